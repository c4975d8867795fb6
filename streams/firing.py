"""A firing: one unbroken stretch in which a rule holds for an entity, and what changed about it."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum

import msgspec

from streams.event import Event
from streams.instants import Instant
from streams.model import Value


class Severity(IntEnum):
    INFO = 0
    MINOR = 1
    MAJOR = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Reason(StrEnum):
    """Why a firing ended; `end` (still open at the end of a replay) exists in result files only."""

    CONDITION = "condition"
    DEADLINE_MOVED = "deadline_moved"
    CLEARED = "cleared"
    UNTIL = "until"
    EXPIRED = "expired"
    WINDOW = "window"
    LATE_DATA = "late_data"
    RULE_CHANGED = "rule_changed"
    PERSON = "person"


class Stage(msgspec.Struct, frozen=True, gc=False):
    """The severity from an instant on."""

    severity: Severity
    at: Instant


class Firing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One incident as the events alone make it (semantics.md, sections 3 and 4); people's doings lie over it.

    `(rule, kind, key, number)` identifies it: `number` counts the firings of a rule and entity from 1, never reused.
    """

    rule: str
    version: str
    kind: str
    key: str
    number: int
    opened_at: Instant
    detected_at: Instant  # when the service learned that it opened
    stages: tuple[Stage, ...]  # severity at opening and each change while open
    resolved_at: Instant | None = None
    closed_at: Instant | None = None  # when the service learned that it ended
    reason: Reason | None = None
    pulses: int = 0
    found_late: bool = False

    @property
    def severity(self) -> Severity:
        """The last severity."""
        return self.stages[-1].severity

    @property
    def highest(self) -> Severity:
        return max(stage.severity for stage in self.stages)

    @property
    def open(self) -> bool:
        return self.resolved_at is None


class Change(StrEnum):
    OPENED = "opened"  # also found late: then it is already over
    SEVERITY = "severity"
    PULSED = "pulsed"
    RESOLVED = "resolved"
    AMENDED = "amended"  # late data moved its times
    REOPENED = "reopened"  # late data: it was over and goes on
    WITHDRAWN = "withdrawn"  # late data: it never was; reason late_data


class Member(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A pulse, or the opening of a firing, that counts for a group (rules with `count`)."""

    rule: str
    version: str
    group: str  # the key of the group
    at: Instant
    kind: str  # of the entity
    key: str
    distinct: str | None = None  # the value that is counted once; None: each member counts

    @property
    def name(self) -> tuple[str, str]:
        """Of its group."""
        return (self.rule, self.group)


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was known at a change, so that it can be explained: the snapshot, and for a pulse the event that made it."""

    values: Mapping[str, Value]
    deadline: Instant | None = None
    before: Mapping[str, Value] | None = None
    event: Event | None = None
    members: tuple[Member, ...] = ()  # of a group: those in its window
    since: Instant | None = None  # start of the unbroken run of the condition, where that was followed


class Findings(msgspec.Struct, gc=False):
    """What judging comes to; filled as it goes."""

    transitions: list["Transition"] = []
    members: list[Member] = []


class Transition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the engine tells the store and the escalation: one change of one firing, with the firing after it."""

    change: Change
    at: Instant  # the firing's own time of the change
    firing: Firing
    evidence: Evidence | None = None
    ended: Evidence | None = None  # of the end, where an opening tells of both: it was found late
    baseline: bool = False  # a change of rules found it, no event: what opens began before anybody watched for it
