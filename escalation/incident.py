"""The incident: the open problem of one (rule, entity). What the events say and what people did are kept apart."""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from escalation.reasons import Reason as WhyNot
from escalation.state import EscalationState
from streams.firing import Firing, Reason, Severity
from streams.instants import Instant

IncidentMode = Literal["live", "shadow"]
ActorKind = Literal["person", "rule", "source", "provider", "system"]
FiringKey = tuple[str, str, str, int]  # rule, kind, key, number


_WITHDRAWN: Final = (Reason.LATE_DATA, Reason.RULE_CHANGED)


class State(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


def firing_key(firing: Firing) -> FiringKey:
    return (firing.rule, firing.kind, firing.key, firing.number)


class Incident(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`firings` are what the events say, one after another where the next firing reopened the incident.

    Everything else is what people and the escalation made of it, so that late data can change the one without losing
    the other. `state` may be resolved while the last firing goes on (a person resolved it) and open while it is over (a
    person reopened it).
    """

    id: int  # given by the store, short, shown to people
    mode: IncidentMode
    firings: tuple[Firing, ...]
    state: State
    highest: Severity  # since it opened or was reopened
    resolved_at: Instant | None = None  # the firing's own end, or when a person resolved it
    resolved_by: str | None = None  # a person; None: its firing ended
    acknowledged_by: str | None = None
    acknowledged_at: Instant | None = None
    ack_expires_at: Instant | None = None
    owner: str | None = None  # the person it was handed over to
    run_out: bool = False  # the chain came to its end without anybody taking it
    escalation: EscalationState | None = None  # None: nobody is told (shadow, found late, no chain)
    due_at: Instant | None = None  # when `advance` wants to be called next
    version_no: int = 0  # each transaction that changes the incident takes it from v to v + 1

    @property
    def firing(self) -> Firing:
        """Which the incident is about: the last one that was not withdrawn, if there is one."""
        last = self.firings[-1]
        if last.reason not in _WITHDRAWN:
            return last
        return next((one for one in reversed(self.firings) if one.reason not in _WITHDRAWN), last)

    @property
    def severity(self) -> Severity:
        return self.firing.severity

    @property
    def is_resolved(self) -> bool:
        return self.state is State.RESOLVED

    @property
    def is_baseline(self) -> bool:
        """It began before anybody watched for it, and its chain has not been started since."""
        return self.escalation is not None and self.escalation.baseline is not None

    @property
    def is_unannounced(self) -> bool:
        """The next digest tells of it."""
        return self.escalation is not None and self.escalation.baseline == "found" and not self.is_resolved


class Actor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who did it and from where: a person by the link in an SMS, a rule, a provider by its callback, we ourselves."""

    kind: ActorKind
    id: str
    channel: str | None = None


SYSTEM = Actor(kind="system", id="advance")


class AuditRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that happened to an incident. Nothing is changed without one."""

    incident: int
    at: Instant
    actor: Actor
    what: str  # stable word: opened, resolved, acknowledged, step_notify, not_sent, accepted, ...
    reason: WhyNot | None = None  # why something was not sent
    before: str | None = None
    after: str | None = None
    detail: str | None = None
