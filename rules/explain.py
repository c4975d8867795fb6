"""Why a rule fired or stopped: the condition's truth tree with values, and where the deadline came from.

The record is plain JSON, kept with the incident, so that it can be shown long after the rule has changed.
"""

from collections.abc import Mapping
from typing import Any

from rules.language.expression import Expression
from rules.language.truth import truth_tree
from rules.rule import By, Clear, For, NoDeadline, OverdueAfter, OverduePromise, Pulse, Rule
from rules.worktime.durations import Duration
from streams.firing import Evidence, Reason, Transition
from streams.instants import Instant, format_instant
from streams.model import Kind, Value


def explain(rule: Rule, kind: Kind, transition: Transition) -> dict[str, Any] | None:
    """The record of one change; None where nothing is known about it (what a person did, a withdrawal)."""
    evidence = transition.evidence
    if evidence is None:
        return None
    event = evidence.event
    return {
        "change": transition.change.value,
        "at": format_instant(transition.at),
        "rule": rule.id,
        "version": rule.version,
        "truth": truth_tree(rule.condition, evidence.values, evidence.before, event).to_json(),
        "deadline": _deadline(rule, kind, evidence, transition.firing.opened_at),
        "stages": [
            {"severity": stage.severity.word, "offset": f"{'-' if stage.early else '+'}{stage.offset}"}
            for stage in rule.stages
        ],
        "event": None if event is None else {"type": event.type, "source": event.source, "id": event.id},
        "late": transition.firing.found_late,
        "ended": _ended(rule, kind, transition),
    }


def _ended(rule: Rule, kind: Kind, transition: Transition) -> dict[str, Any] | None:
    """Why it is over: the condition at that instant, and the clear or until that ended it; None while it is open."""
    firing = transition.firing
    evidence = transition.ended or transition.evidence
    if firing.resolved_at is None or firing.reason is None or evidence is None:
        return None
    ending = _ending(rule) if firing.reason in (Reason.CLEARED, Reason.UNTIL) else None
    return {
        "at": format_instant(firing.resolved_at),
        "reason": firing.reason.value,
        "truth": truth_tree(rule.condition, evidence.values, evidence.before, evidence.event).to_json(),
        "deadline": _deadline(rule, kind, evidence, firing.opened_at),
        "ending": None if ending is None else truth_tree(ending, evidence.values).to_json(),
    }


def _ending(rule: Rule) -> Expression | None:
    match rule.ending:
        case Clear(expression=expression):
            return expression
        case Pulse(until=until):
            return until
        case _:
            return None


def _deadline(rule: Rule, kind: Kind, evidence: Evidence, opened_at: Instant) -> dict[str, Any] | None:
    values = evidence.values
    match rule.deadline:
        case NoDeadline():
            return None
        case For(duration=duration):
            return _counted("for", None, None, duration, evidence.deadline)
        case By(expression=expression):
            return _counted("by", expression.text, None, None, evidence.deadline)
        case OverdueAfter(node=node, after=after, within=within):
            start = _instant(values, f"{after}.at")
            return _counted("overdue", node, start, within, evidence.deadline) | {"after": after}
        case OverduePromise(node=node):
            due = _instant(values, f"{node}.due")
            lead = kind.nodes[node].lead
            from_lead = lead is not None and due is not None and _is_lead(values, lead.after, lead.within.after, due)
            return _counted("promise", node, None, None, evidence.deadline or due) | {
                "after": lead.after if lead is not None and from_lead else None
            }


def _is_lead(values: Mapping[str, Value], after: str, count: Any, due: Instant) -> bool:
    start = _instant(values, f"{after}.at")
    return start is not None and bool(count(start) == due)


def _counted(
    how: str, subject: str | None, start: Instant | None, duration: Duration | None, at: Instant | None
) -> dict[str, Any]:
    return {
        "how": how,
        "subject": subject,
        "from": None if start is None else format_instant(start),
        "duration": None if duration is None else str(duration),
        "at": None if at is None else format_instant(at),
    }


def _instant(values: Mapping[str, Value], name: str) -> Instant | None:
    value = values.get(name)
    return value if isinstance(value, int) else None
