"""The version of a rule: the hash of its normalised meaning, so that texts, owners and comments can be edited freely.

Part of the meaning is all that decides when it fires: its expressions in canonical form, its deadline, stages and
ending, the calendars it counts in, and what the model says about the fields and nodes it reads.
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from rules.decisions import decides_severity
from rules.language.expression import Expression
from rules.rule import (
    By,
    Clear,
    Count,
    Deadline,
    Decision,
    Ending,
    For,
    KeepOpen,
    NoDeadline,
    OverdueAfter,
    OverduePromise,
    Plain,
    Pulse,
    StageRule,
)
from streams.model import Kind, Model, Total

_LENGTH: Final = 12
_SIDES: Final = ("before.", "event.")

Meaning = object  # plain data that JSON can write


def version_of(
    model: Model,
    kind: Kind,
    condition: Expression,
    deadline: Deadline,
    stages: Iterable[StageRule],
    ending: Ending,
    count: Count | None = None,
    decisions: Sequence[Decision] = (),
) -> str:
    deciding = decisions if decides_severity(decisions) else ()  # owners and chains are no part of the meaning
    names = {*_read(condition), *_read_by_deadline(deadline), *_read_by_ending(ending)}
    names.update(*(_read(row.condition) for row in deciding))
    meaning: dict[str, Meaning] = {
        "kind": kind.name,
        "condition": condition.canonical,
        "deadline": _deadline(deadline),
        "stages": sorted((_stage(stage) for stage in stages), key=_json),
        "ending": _ending(ending),
        "model": {name: _part(model, kind, name) for name in sorted(names)},
    }
    if count is not None:
        meaning["count"] = [count.at_least, count.within, count.per, count.distinct]
    if deciding:
        meaning["decide"] = [_row(row) for row in deciding]
    return sha256(_json(meaning).encode()).hexdigest()[:_LENGTH]


def _json(meaning: Meaning) -> str:
    return json.dumps(meaning, sort_keys=True, separators=(",", ":"), default=_as_plain)


def _as_plain(duration: object) -> Meaning:
    """Durations say their own meaning; streams.model knows them only by what they do."""
    return duration.meaning if hasattr(duration, "meaning") else str(duration)


def _read(expression: Expression | None) -> frozenset[str]:
    return frozenset() if expression is None else expression.fields


def _read_by_deadline(deadline: Deadline) -> frozenset[str]:
    match deadline:
        case By(expression=expression):
            return _read(expression)
        case OverdueAfter(after=after):
            return frozenset({f"{after}.at"})
        case OverduePromise(node=node):
            return frozenset({f"{node}.due"})
        case NoDeadline() | For():
            return frozenset()


def _read_by_ending(ending: Ending) -> frozenset[str]:
    match ending:
        case Clear(expression=expression):
            return _read(expression)
        case Pulse(until=until):
            return _read(until)
        case Plain() | KeepOpen():
            return frozenset()


def _deadline(deadline: Deadline) -> Meaning:
    match deadline:
        case NoDeadline():
            return None
        case For(duration=duration):
            return ["for", duration.meaning]
        case By(expression=expression):
            return ["by", expression.canonical]
        case OverdueAfter(node=node, after=after, within=within):
            return ["overdue", node, after, within.meaning]
        case OverduePromise(node=node):
            return ["overdue", node]


def _stage(stage: StageRule) -> Meaning:
    return [stage.severity.word, stage.early, stage.offset.meaning]


def _row(row: Decision) -> Meaning:
    condition = None if row.condition is None else row.condition.canonical
    return [condition, None if row.severity is None else row.severity.word]


def _ending(ending: Ending) -> Meaning:
    match ending:
        case Plain():
            return None
        case Clear(expression=expression):
            return ["clear", expression.canonical]
        case KeepOpen(duration=duration):
            return ["keep_open_for", duration]
        case Pulse(until=until, expires=expires):
            return ["pulse", None if until is None else until.canonical, expires]


def _part(model: Model, kind: Kind, name: str) -> Meaning:
    """What the model says about a name that a rule reads."""
    for side in _SIDES:
        name = name.removeprefix(side)
    if name in kind.fields:
        return kind.fields[name].type.value
    total = model.total(kind.name, name)
    if total is not None:
        return _total(model, total)
    if name == "closed":
        return [_node(kind, node, promise=False) for node in sorted(kind.closed_by)]
    node, _, part = name.partition(".")
    return _node(kind, node, promise=part == "due") if node in kind.nodes else None


def _total(model: Model, total: Total) -> Meaning:
    """What is added up, and what the model says about the names that its `where` reads."""
    where = total.where
    source = model.kinds[total.of]
    read = () if where is None else sorted(where.reads)
    return {
        "sum": [total.of, total.each, total.sum, total.key, None if where is None else where.meaning],
        "model": {name: _part(model, source, name) for name in read},
    }


def _node(kind: Kind, name: str, *, promise: bool) -> Meaning:
    """Which events reach and reset it; for its promise also its lead time."""
    node = kind.nodes[name]
    lead = node.lead if promise else None
    return {
        "types": sorted({name, *node.types}),
        "resets": sorted(event.name for event in kind.events.values() if name in event.resets),
        "lead": None if lead is None else [lead.within, _node(kind, lead.after, promise=False)],
    }
