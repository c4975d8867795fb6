"""What a rule is: values only. rules/workspace.py reads them from files, rules/judging/judge.py applies them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rules.language.expression import Expression
from rules.worktime.durations import Duration
from streams.firing import Severity
from streams.instants import Instant, Micros
from streams.text import Text

Mode = Literal["live", "shadow", "off"]
OnChange = Literal["recompute", "fresh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDeadline:
    """The condition alone decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    """`for: 48h`: the start of the current unbroken run of the condition, plus this."""

    duration: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """`by: promised_at - hours(24)`: a timestamp expression on the snapshot."""

    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueAfter:
    """`overdue: NODE, after: OTHER, within: 48h`."""

    node: str
    after: str
    within: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class OverduePromise:
    """`overdue: NODE`: its promise, else the model's lead time."""

    node: str


Deadline = NoDeadline | For | By | OverdueAfter | OverduePromise


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRule:
    """From the deadline plus (or, `early`, minus) `offset` on, the incident has this severity."""

    severity: Severity
    offset: Duration
    early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Resolves when it no longer fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepOpen:
    duration: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Opens at single events; stays open until `until` holds or `expires` has passed since the last pulse."""

    until: Expression | None
    expires: Micros | None


Ending = Plain | Clear | KeepOpen | Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """`count: {at_least: 3, within: 7d, per: supplier, distinct: key}`: how many members a group needs, and since when.

    Its members are the pulses of the condition, or the openings of its firings; the incident is the group's.
    """

    at_least: int
    within: Micros
    per: tuple[str, ...] = ()  # string fields or "key"; none: one group of all
    distinct: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """`impact: {order: lines.sku == sku}`: open entities of `kind` whose field `theirs` equals `own` are touched."""

    kind: str
    theirs: str  # "sku", or "lines.sku": some record of the list
    own: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row of a decision table: the first whose condition holds (None: any other) decides what it names."""

    condition: Expression | None
    severity: Severity | None = None
    owner: str | None = None
    chain: str | None = None
    where: str = "unknown"  # file:line:column of the row


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One declared exception. `condition` is all that must hold: `where`, `when` and what `overdue` adds."""

    id: str
    version: str  # hash of the normalised meaning
    name: Text
    on: str  # kind
    condition: Expression
    deadline: Deadline
    stages: tuple[StageRule, ...]  # at least one; without stages in the file one at offset 0
    ending: Ending
    count: Count | None = None  # then `ending` is the group's, and its members end plainly
    decisions: tuple[Decision, ...] = ()  # of the first that holds
    impacts: tuple[Impact, ...] = ()
    mode: Mode = "live"
    on_change: OnChange = "recompute"
    owner: str | None = None
    chain: str | None = None
    runbook: str | None = None
    summary: Text | None = None  # a jinja2 template in each language
    labels: Mapping[str, str] = field(default_factory=dict)
    where: str = "unknown"  # file:line:column of the rule, for messages
    # `on_change: fresh` (rules that changed while the service ran; semantics.md, section 5):
    since: Instant | None = None  # only steps after this instant are judged
    retired_at: Instant | None = None  # an older version: only firings that opened by then, until they end

    @property
    def is_fresh(self) -> bool:
        """Whether it is judged for a part of time only."""
        return self.since is not None or self.retired_at is not None

    @property
    def is_pulse(self) -> bool:
        """Whether it judges single events."""
        return self.condition.pulse

    @property
    def reads(self) -> frozenset[str]:
        """What its expressions look at, as Expression.fields."""
        expressions = [self.condition, *(row.condition for row in self.decisions)]
        if isinstance(self.deadline, By):
            expressions.append(self.deadline.expression)
        match self.ending:
            case Clear(expression=ending) | Pulse(until=ending):
                expressions.append(ending)
        return frozenset(name for one in expressions if one is not None for name in one.fields)
