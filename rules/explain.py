"""Why a rule fired or stopped: the condition's truth tree with values, and where the deadline came from.

The record is plain JSON, kept with the incident, so that it can be shown long after the rule has changed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rules.decisions import decided_record
from rules.language.expression import Expression
from rules.language.truth import bound_values, truth_tree
from rules.rule import By, Clear, Count, For, NoDeadline, OverdueAfter, OverduePromise, Pulse, Rule
from rules.worktime.derivation import Counted, Derivation, Moved, Off, Step, Unusual, Worked, derive_after
from rules.worktime.durations import Duration
from streams.firing import Change, Evidence, Member, Reason, Transition
from streams.instants import Instant, format_instant
from streams.model import Kind, Node, Value
from streams.text import Text

MOST_STEPS: Final = 24
MOST_MEMBERS: Final = 20
_OPENING: Final = (Change.OPENED, Change.REOPENED, Change.AMENDED)
_DECIDING: Final = (*_OPENING, Change.SEVERITY)

Record = dict[str, Any]


def explain(rule: Rule, kind: Kind, transition: Transition) -> Record | None:
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
        "truth": _truth(rule, evidence),
        "deadline": _deadline(rule, kind, evidence, steps=transition.change in _OPENING),
        "count": _members(rule, evidence),
        "stages": [
            {"severity": stage.severity.word, "offset": f"{'-' if stage.early else '+'}{stage.offset}"}
            for stage in rule.stages
        ],
        "decided": decided_record(rule, evidence.values) if transition.change in _DECIDING else None,
        "event": None if event is None else {"type": event.type, "source": event.source, "id": event.id},
        "late": _late(transition),
        "ended": _ended(rule, kind, transition),
    }


def _late(transition: Transition) -> Record | None:
    """What data that came late has to do with it; None: nothing."""
    firing = transition.firing
    if transition.baseline:
        return None
    after = firing.detected_at - firing.opened_at
    moved = transition.change in (Change.AMENDED, Change.REOPENED)
    if not (after or moved or firing.found_late):
        return None
    return {"found_late": firing.found_late, "known_after": after, "moved": moved}


def _ended(rule: Rule, kind: Kind, transition: Transition) -> Record | None:
    """Why it is over: the condition at that instant, and the clear or until that ended it; None while it is open."""
    firing = transition.firing
    evidence = transition.ended or transition.evidence
    if firing.resolved_at is None or firing.reason is None or evidence is None:
        return None
    ending = _ending(rule) if firing.reason in (Reason.CLEARED, Reason.UNTIL) else None
    return {
        "at": format_instant(firing.resolved_at),
        "reason": firing.reason.value,
        "truth": _truth(rule, evidence),
        "deadline": _deadline(rule, kind, evidence, steps=firing.reason is Reason.DEADLINE_MOVED),
        "count": _members(rule, evidence),
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


def _truth(rule: Rule, evidence: Evidence) -> Record | None:
    """Of a group there is none: the condition is its members'."""
    if rule.count is not None:
        return None
    return truth_tree(rule.condition, evidence.values, evidence.before, evidence.event).to_json()


def _members(rule: Rule, evidence: Evidence) -> Record | None:
    return None if rule.count is None else members_record(rule.count, evidence.members)


def members_record(count: Count, members: Sequence[Member]) -> Record:
    """What a group needs, and what is in its window; of very many members the last ones."""
    return {
        "at_least": count.at_least,
        "within": count.within,
        "per": list(count.per),
        "distinct": count.distinct,
        "found": len(members) if count.distinct is None else len({one.distinct for one in members}),
        "left_out": max(0, len(members) - MOST_MEMBERS),
        "members": [
            {"kind": one.kind, "key": one.key, "at": format_instant(one.at), "distinct": one.distinct}
            for one in members[-MOST_MEMBERS:]
        ],
    }


def _deadline(rule: Rule, kind: Kind, evidence: Evidence, *, steps: bool) -> Record | None:
    return None if rule.count is not None else deadline_record(rule, kind, evidence, steps=steps)


def deadline_record(rule: Rule, kind: Kind, evidence: Evidence, *, steps: bool = True) -> Record | None:
    """Where the deadline came from, on a snapshot: what it is counted from, and which working time counted."""
    values, at = evidence.values, evidence.deadline
    start: Instant | None = None
    duration: Duration | None = None
    after: str | None = None
    match rule.deadline:
        case NoDeadline():
            return None
        case For(duration=duration):
            start = evidence.since
            if start is None and at is not None and duration.calendar is None:
                start = at - duration.span
            record: Record = {"how": "for", "subject": None}
        case By(expression=expression):
            seen = [one.to_json() for one in bound_values(expression, values)]
            record = {"how": "by", "subject": expression.text, "operands": seen}
        case OverdueAfter(node=node, after=after, within=duration):
            start = _instant(values, f"{after}.at")
            record = {"how": "overdue", "subject": node, "after": after}
        case OverduePromise(node=node):
            after, start, duration = _lead_behind(kind.nodes[node], values)
            at = at or _instant(values, f"{node}.due")
            record = {"how": "promise", "subject": node, "after": after}
    return record | {
        "from": None if start is None else format_instant(start),
        "duration": None if duration is None else str(duration),
        "at": None if at is None else format_instant(at),
        "steps": _working(duration, start) if steps else [],
        "unknown_holidays": _unknown_holidays(rule, duration, start, at),
    }


def _unknown_holidays(rule: Rule, duration: Duration | None, start: Instant | None, at: Instant | None) -> list[Record]:
    """The calendars that had to count days as ordinary ones because their holidays are not known, by calendar once."""
    if at is None:
        return []
    spans = [(duration, start, at)] if duration is not None and start is not None else []
    for stage in rule.stages:
        reached = stage.offset.subtract(at) if stage.early else stage.offset.add(at)
        if reached is not None:
            spans.append((stage.offset, min(at, reached), max(at, reached)))
    found: dict[str, Record] = {}
    for counted, first, last in spans:
        calendar = counted.calendar
        year = None if calendar is None else calendar.unknown_year(first, last)
        if calendar is not None and year is not None:
            holidays = calendar.holidays
            found.setdefault(
                calendar.name,
                {"calendar": calendar.name, "country": holidays.country, "year": year, "known": list(holidays.years)},
            )
    return list(found.values())


def _working(duration: Duration | None, start: Instant | None) -> list[Record]:
    if duration is None or duration.calendar is None or start is None:
        return []
    return steps_record(derive_after(duration, start))


def _lead_behind(node: Node, values: Mapping[str, Value]) -> tuple[str | None, Instant | None, Duration | None]:
    """The model's lead time, where it is that and no event that says when the node is due."""
    lead = node.lead
    start = None if lead is None else _instant(values, f"{lead.after}.at")
    if lead is None or start is None or lead.within.after(start) != _instant(values, f"{node.name}.due"):
        return None, None, None
    return lead.after, start, lead.within if isinstance(lead.within, Duration) else None


def steps_record(derivation: Derivation) -> list[Record]:
    """The steps as plain JSON; of very many, those in the middle are only counted."""
    steps = derivation.steps
    if len(steps) <= MOST_STEPS:
        return [_step(step) for step in steps]
    half = MOST_STEPS // 2
    left_out = {"step": "more", "count": len(steps) - 2 * half}
    return [*map(_step, steps[:half]), left_out, *map(_step, steps[-half:])]


def _step(step: Step) -> Record:
    match step:
        case Moved(at=at, cut_off=cut_off):
            return {"step": "moved", "at": format_instant(at), "cut_off": cut_off}
        case Off(first=first, last=last, why=why, name=name):
            days = {"first": min(first, last).isoformat(), "last": max(first, last).isoformat()}
            return {"step": "off", **days, "why": why.value, "name": _both(name)}
        case Unusual(day=day, why=why, name=name):
            return {"step": "unusual", "day": day.isoformat(), "why": why.value, "name": _both(name)}
        case Counted(day=day, number=number):
            return {"step": "day", "day": day.isoformat(), "number": number}
        case Worked(start=start, end=end):
            return {"step": "work", "from": format_instant(start), "to": format_instant(end)}


def _both(text: Text | None) -> Record | None:
    return None if text is None else {"zh": text.zh, "en": text.en}


def _instant(values: Mapping[str, Value], name: str) -> Instant | None:
    value = values.get(name)
    return value if isinstance(value, int) else None
