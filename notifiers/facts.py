"""What a message says about an incident, as values: whoever tells about one fills this in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.firing import Reason, Severity
from streams.instants import Instant, Micros
from streams.model import Value
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A duration as the rule says it: with a calendar, `days` are working days and `time` is working time."""

    time: Micros = 0
    days: int = 0
    calendar: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """The condition alone, no deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsFor:
    """`for:` the condition has held since `since`, and may for `limit`."""

    since: Instant
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsBy:
    """`by:` the condition still holds at the deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueAfter:
    """`overdue: NODE, after: OTHER, within: LIMIT`; the nodes by name."""

    node: str
    after: str
    within: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class OverduePromise:
    """`overdue: NODE`, due as promised or by the model's lead time."""

    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulsed:
    """A single event is the matter; `count` of them so far."""

    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """`count:` so many members of a group within `within`."""

    at_least: int
    within: Limit


Cause = Holds | HoldsFor | HoldsBy | OverdueAfter | OverduePromise | Pulsed | Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One station of the order's way: planned and actual time, where known."""

    name: str
    label: Text
    at: Instant | None = None
    due: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One incident: the rule's view, the incident's and the entity's, flat."""

    rule: str
    rule_name: Text
    kind: str
    kind_label: Text
    key: str
    severity: Severity
    opened_at: Instant
    cause: Cause
    subject: Text | None = None  # what it is about, where that is no entity but a group
    deadline: Instant | None = None
    resolved_at: Instant | None = None
    reason: Reason | None = None  # why it is over
    resolved_by: str | None = None  # the name of the person who resolved it
    nodes: tuple[NodeFacts, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)  # the entity's fields
    summary: Text | None = None  # the rule's own sentence, a template
    runbook: str | None = None
    touched: tuple[tuple[Text, int], ...] = ()  # by label of the kind: how many open entities it touches

    def node(self, name: str) -> NodeFacts:
        """The node, or one that has not been reached where nothing is known of it."""
        found = next((node for node in self.nodes if node.name == name), None)
        return found or NodeFacts(name=name, label=Text.plain(name.replace("_", " ")))

    @property
    def since(self) -> Instant:
        """What "for 52 h" counts from: the node before, the start of the condition, else the deadline or opening."""
        match self.cause:
            case OverdueAfter(after=after):
                return self.node(after).at or self.opened_at
            case HoldsFor(since=since):
                return since
            case HoldsBy() | OverduePromise():
                return self.opened_at if self.deadline is None else min(self.deadline, self.opened_at)
            case Holds() | Pulsed() | Counted():
                return self.opened_at
