"""Situations just at, below and above what a condition compares with: where two matchers would differ if they do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf, isfinite, nextafter
from typing import Final, cast

from rules.language.evaluation import Situation, holds
from rules.language.tree import (
    Changed,
    Comparison,
    Condition,
    Constant,
    Done,
    Leaf,
    Learned,
    Lookup,
    Membership,
    Operand,
    Plain,
    Side,
    TextTest,
    Type,
    conjuncts,
    leaves,
    lookups,
    operands_of,
)
from streams.event import Event
from streams.instants import DAY, FIRST, LAST, Instant
from streams.model import Value

_MOMENT: Final[Instant] = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
_ROUNDS: Final = 2
_MOST_VALUES: Final = 64  # of one look-up

Assignment = Mapping[Lookup, Value]


def boundary_situations(condition: Condition) -> Iterator[Situation]:
    """Of a condition: one in which it holds, if one is easily found, and every step from there over a boundary."""
    candidates = _candidates(condition)
    weights = _weights(condition)
    centre: dict[Lookup, Value] = {}
    yield _situation(centre)
    for _ in range(_ROUNDS):
        before = dict(centre)
        for lookup, values in candidates.items():
            concerned = [(one, weight) for one, weight, read in weights if lookup in read]
            centre = max((_with(centre, lookup, value) for value in values), key=partial(_score, concerned))
        if centre == before:
            break
    for lookup, values in candidates.items():
        for value in values:
            yield _situation(_with(centre, lookup, value))
    for index in range(max(map(len, candidates.values()), default=0)):
        mixed = {lookup: values[index % len(values)] for lookup, values in candidates.items()}
        yield _situation({lookup: value for lookup, value in mixed.items() if value is not None})


def _weights(condition: Condition) -> list[tuple[Condition, float, frozenset[Lookup]]]:
    """What brings a situation nearer to the condition where it holds: the parts of it, then the leaves.

    With each how much it counts, and what it looks at: nothing else can change it.
    """
    weights = dict.fromkeys(conjuncts(condition), 1.0)
    inner = tuple(leaves(condition))
    for leaf in inner:
        weights[leaf] = weights.get(leaf, 0.0) + 1 / (len(inner) + 1)
    return [(one, weight, frozenset(lookups(one))) for one, weight in weights.items()]


def _score(concerned: Sequence[tuple[Condition, float]], assignment: Assignment) -> float:
    situation = _situation(assignment)
    return sum(weight for one, weight in concerned if holds(one, situation))


def _with(assignment: Assignment, lookup: Lookup, value: Value | None) -> dict[Lookup, Value]:
    changed = {one: other for one, other in assignment.items() if one != lookup}
    if value is not None:
        changed[lookup] = value
    return changed


def _situation(assignment: Assignment) -> Situation:
    sides: dict[Side, dict[str, Value]] = {Side.SNAPSHOT: {}, Side.BEFORE: {}, Side.EVENT: {}}
    for lookup, value in assignment.items():
        sides[lookup.side][lookup.name] = value
    event = _event(sides[Side.EVENT]) if sides[Side.EVENT] else _ANY_EVENT
    return Situation(values=sides[Side.SNAPSHOT], before=sides[Side.BEFORE], event=event)


def _event(told: Mapping[str, Value]) -> Event:
    at = cast(Instant, told.get("at", _MOMENT))
    return Event(
        source="boundary",
        id="1",
        kind="boundary",
        key="boundary",
        type=str(told.get("type", "updated")),
        occurred_at=at,
        recorded_at=at,
        data={name: value for name, value in told.items() if name not in ("type", "at")},
    )


_ANY_EVENT: Final = _event({})


@dataclass(slots=True)
class _Collected:
    """Values of one look-up, in order, each once; missing first."""

    values: dict[tuple[type, Value | None], Value | None] = field(default_factory=lambda: {(type(None), None): None})

    def add(self, *values: Value) -> None:
        self.values.update({(type(value), value): value for value in values})


def _candidates(condition: Condition) -> dict[Lookup, Sequence[Value | None]]:
    found: dict[Lookup, _Collected] = {}
    for leaf in leaves(condition):
        literals = _literals(leaf)
        for operand in operands_of(leaf):
            for lookup in lookups(operand):
                collected = found.setdefault(lookup, _Collected())
                collected.add(*_usual(lookup.type))
                for literal in literals:
                    collected.add(*_around(lookup.type, operand is not lookup, literal))
        if isinstance(leaf, Changed):
            for operand in operands_of(leaf):
                found[cast(Lookup, operand)].add(*_usual(leaf.type))
    return {lookup: _thinned(tuple(collected.values.values())) for lookup, collected in found.items()}


def _thinned(values: Sequence[Value | None]) -> Sequence[Value | None]:
    """Of very many, some from all over."""
    step = -(-len(values) // _MOST_VALUES)
    return values[::step]


def _literals(leaf: Leaf) -> Iterable[Plain]:
    match leaf:
        case Comparison(left=left, right=right):
            return [*_within(left), *_within(right)]
        case Membership(choices=choices):
            return [choice.value for choice in choices if choice.value is not None]
        case TextTest(text=text):
            return [text]
    return ()


def _within(operand: Operand) -> Iterator[Plain]:
    """The literals in an operand."""
    match operand:
        case Constant(value=value):
            if value is not None:
                yield value
        case Lookup() | Done():
            return
        case Learned(overall=overall, segments=segments):
            yield overall
            for key, span in segments:
                yield from (*key, span)
        case _:
            inner = [getattr(operand, name, None) for name in ("operand", "left", "right")]
            for one in (*inner, *getattr(operand, "operands", ())):
                if one is not None:
                    yield from _within(one)


def _usual(type_: Type) -> Iterable[Value]:
    match type_:
        case Type.NUMBER:
            return (0.0, 1.0, -1.5, 1e22)
        case Type.STRING:
            return ("", "True", "9", 'a"b\\c')
        case Type.BOOL:
            return (True, False)
        case Type.TIMESTAMP:
            return (_MOMENT, _MOMENT + DAY, _MOMENT - DAY)
        case Type.LIST:
            return ((), ("",), ("a", "b"))
        case Type.DURATION:
            return ()


def _around(type_: Type, computed: bool, literal: Plain) -> Iterable[Value]:
    """Values of a look-up at and next to a literal that it is compared or computed with."""
    match type_:
        case Type.NUMBER if isinstance(literal, float):
            near = (literal, nextafter(literal, inf), nextafter(literal, -inf), -literal)
            return [number for number in near if isfinite(number)]
        case Type.STRING if isinstance(literal, str):
            return (literal, literal + "x", "x" + literal, literal[:-1])
        case Type.LIST if isinstance(literal, str):
            return ((literal,), ("x", literal + "x"))
        case Type.TIMESTAMP if isinstance(literal, int) and not isinstance(literal, bool):
            base = _MOMENT if computed and abs(literal) < 400 * DAY else 0
            moments = (base + literal + step for step in (-1, 0, 1))
            return [moment for moment in moments if FIRST <= moment <= LAST]
    return ()
