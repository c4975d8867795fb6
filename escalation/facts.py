"""What can be said about an incident: its rule, its entity and its times, put together for messages and pages."""

from collections.abc import Mapping
from typing import Final

from escalation.groups import group_subject, values_of
from escalation.incident import Incident
from notifiers.facts import (
    Cause,
    Counted,
    Facts,
    Holds,
    HoldsBy,
    HoldsFor,
    Limit,
    NodeFacts,
    OverdueAfter,
    OverduePromise,
    Pulsed,
)
from rules import rule as declared
from rules.rule import Rule
from rules.worktime.durations import Duration
from streams.firing import Firing
from streams.instants import Instant
from streams.model import Kind, Value, Values
from streams.text import Text

_BUILT_IN: Final = frozenset({"key", "closed"})  # the rest are fields, totals, and what nodes have: NODE.at


def facts_of(
    incident: Incident,
    rule: Rule | None,
    kind: Kind,
    values: Values,
    *,
    resolved_by: str | None = None,
) -> Facts:
    """The facts of an incident as they stand. `rule` is None where it is no longer declared: then its id must do."""
    firing = incident.firing
    values = values_of(rule, firing.key, values)
    subject = None if rule is None or rule.count is None else group_subject(rule, firing.key, kind.label)
    cause, deadline = (Holds(), None) if rule is None else _cause(rule, firing, values)
    return Facts(
        rule=firing.rule,
        rule_name=Text.plain(firing.rule) if rule is None else rule.name,
        kind=kind.name,
        kind_label=kind.label,
        key=firing.key,
        severity=firing.severity,
        opened_at=firing.opened_at,
        cause=cause,
        subject=subject,
        deadline=deadline,
        resolved_at=incident.resolved_at,
        reason=firing.reason,
        resolved_by=resolved_by,
        nodes=tuple(_node(kind, name, values) for name in kind.nodes) if subject is None else (),
        values={name: value for name, value in values.items() if name not in _BUILT_IN and "." not in name},
        summary=None if rule is None else rule.summary,
        runbook=None if rule is None else rule.runbook,
    )


def _node(kind: Kind, name: str, values: Mapping[str, Value]) -> NodeFacts:
    node = kind.nodes[name]
    return NodeFacts(
        name=name, label=node.label, at=_instant(values, f"{name}.at"), due=_instant(values, f"{name}.due")
    )


def _cause(rule: Rule, firing: Firing, values: Mapping[str, Value]) -> tuple[Cause, Instant | None]:
    """Why it fires, and the deadline as far as the snapshot tells it."""
    if rule.count is not None:
        return Counted(at_least=rule.count.at_least, within=Limit(time=rule.count.within)), None
    if isinstance(rule.ending, declared.Pulse):
        return Pulsed(count=firing.pulses), None
    match rule.deadline:
        case declared.NoDeadline():
            return Holds(), None
        case declared.For(duration=duration):
            # opened_at is the deadline plus the offset of the first stage; without stages they are the same instant.
            since = duration.subtract(firing.opened_at) if len(rule.stages) == 1 else None
            return HoldsFor(since=since or firing.opened_at, limit=_limit(duration)), None
        case declared.By():
            return HoldsBy(), firing.opened_at if len(rule.stages) == 1 else None
        case declared.OverdueAfter(node=node, after=after, within=within):
            start = _instant(values, f"{after}.at")
            deadline = None if start is None else within.after(start)
            return OverdueAfter(node=node, after=after, within=_limit(within)), deadline
        case declared.OverduePromise(node=node):
            return OverduePromise(node=node), _instant(values, f"{node}.due")


def _limit(duration: Duration) -> Limit:
    calendar = None if duration.calendar is None else duration.calendar.name
    return Limit(time=duration.span, days=duration.days, calendar=calendar)


def _instant(values: Mapping[str, Value], name: str) -> Instant | None:
    value = values.get(name)
    return value if isinstance(value, int) else None
