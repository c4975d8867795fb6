"""Events that make a simple condition hold, where no test shows them: from the constants that it compares with."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from rules.language.tree import (
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Done,
    Leaf,
    Lookup,
    Membership,
    Side,
    Type,
    conjuncts,
    lookups,
)
from rules.rule import By, OverduePromise, Rule
from rules.testing.reading import DEFAULT_KEY
from rules.testing.timeline import event_id
from streams.event import Event
from streams.instants import DAY, MINUTE, Instant, local_instant
from streams.model import Kind, Model, Value

_MONDAY: Final = datetime(2026, 3, 2, 10)
_STEPS: Final = {"==": 0, "<=": 0, ">=": 0, "!=": 1, ">": 1, "<": -1}


class _Beyond(Exception):
    """More than constants are needed."""


def synthesise(rule: Rule, model: Model) -> tuple[Event, ...]:
    """Events from which the condition might hold (the caller finds out); none where it is not simple."""
    kind = model.kinds[rule.on]
    start = local_instant(_MONDAY, model.zone)
    try:
        wanted = _wanted(rule, kind, start)
    except _Beyond:
        return ()
    nodes = sorted(kind.nodes.values(), key=lambda node: node.place)
    types = [node.name for node in nodes if node.name in wanted.reached]
    types += [wanted.last] if wanted.last is not None else []
    return tuple(
        Event(
            source="test",
            id=event_id(place + 1),
            kind=kind.name,
            key=DEFAULT_KEY,
            type=type_,
            occurred_at=start + place * MINUTE,
            recorded_at=start + place * MINUTE,
            data=wanted.data if place == 0 else {},
        )
        for place, type_ in enumerate(types or ["updated"])
    )


@dataclass(slots=True)
class _Wanted:
    reached: set[str] = field(default_factory=set)  # nodes
    data: dict[str, Value | None] = field(default_factory=dict)
    last: str | None = None  # the type of the last event


def _wanted(rule: Rule, kind: Kind, start: Instant) -> _Wanted:
    found = _Wanted()
    for leaf in _leaves(rule.condition.condition):
        _want(leaf, found)
    if any(name not in kind.fields and not _is_promise(name, kind) for name in found.data):
        raise _Beyond
    for name in () if rule.count is None else (*rule.count.per, rule.count.distinct):
        if name is not None and name in kind.fields:  # string fields, or "key"
            found.data.setdefault(name, "S-1")
    match rule.deadline:
        case OverduePromise(node=node):
            lead = kind.nodes[node].lead
            if lead is None:
                found.data[f"{node}.due"] = start + 2 * DAY
            else:
                found.reached.add(lead.after)
        case By(expression=expression):
            for lookup in lookups(expression.operand):
                if lookup.name.endswith(".at"):
                    found.reached.add(lookup.name.removesuffix(".at"))
                elif lookup.type is Type.TIMESTAMP:
                    found.data[lookup.name] = start + 3 * DAY
    return found


def _is_promise(name: str, kind: Kind) -> bool:
    return name.endswith(".due") and name.removesuffix(".due") in kind.nodes


def _want(leaf: Leaf, found: _Wanted) -> None:
    match leaf:
        case Comparison(sign="==", left=Done(side=Side.SNAPSHOT, node=node), right=Constant(value=value)):
            if value:
                found.reached.add(node)
        case Comparison(sign="==", left=Lookup(side=Side.EVENT, name="type"), right=Constant(value=str(type_))):
            found.last = type_
        case Comparison(sign=sign, left=Lookup(side=Side.SNAPSHOT, name=name), right=Constant(value=value)):
            if name != "closed":
                found.data[name] = _beside(value, _STEPS[sign])
        case Membership(operand=Lookup(side=Side.SNAPSHOT, name=name), choices=choices, negated=False):
            found.data[name] = choices[0].value
        case _:
            raise _Beyond


def _leaves(condition: Condition) -> Iterator[Leaf]:
    """Leaves that together make it hold."""
    for part in conjuncts(condition):
        if isinstance(part, AnyOf):
            yield from _leaves(part.parts[0])
        else:
            yield part  # type: ignore[misc]  # conjuncts are flat


def _beside(value: Value | None, step: int) -> Value:
    match value:
        case bool():
            return value != bool(step)
        case float():
            return value + step
        case str() if step >= 0:
            return value + "x" * step
        case _:
            raise _Beyond
