"""Evaluating a tree by walking it: plain and slow, for constants at load time and for explanations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from rules.language.functions import SIGNS, VALUES, Number, negative
from rules.language.tree import (
    Absence,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Changed,
    Comparison,
    Condition,
    Constant,
    Done,
    Learned,
    Lookup,
    Membership,
    Negative,
    Operand,
    Side,
    TextTest,
    Type,
)
from streams.event import Event
from streams.model import Value

NOTHING: Final[Mapping[str, Value]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What an expression is judged on; a pulse also on the event and the snapshot just before it."""

    values: Mapping[str, Value]
    before: Mapping[str, Value] = field(default_factory=dict)
    event: Event | None = None


def never_missing(lookup: Lookup) -> Value | None:
    """What a lookup is where the snapshot does not carry it: an entity not begun is open, a total of nothing 0."""
    if not lookup.always or lookup.side is Side.EVENT:
        return None
    if lookup.type is Type.BOOL:
        return False
    return 0.0 if lookup.type is Type.NUMBER else None


def look_up(lookup: Lookup, situation: Situation) -> Value | None:
    match lookup.side:
        case Side.SNAPSHOT:
            return situation.values.get(lookup.name, never_missing(lookup))
        case Side.BEFORE:
            return situation.before.get(lookup.name, never_missing(lookup))
        case Side.EVENT:
            event = situation.event
            if event is None:
                return None
            if lookup.name == "type":
                return event.type
            return event.occurred_at if lookup.name == "at" else event.data.get(lookup.name)


def value_of(operand: Operand, situation: Situation) -> Value | None:
    """The value; None where missing."""
    match operand:
        case Constant(value=value):
            return value
        case Lookup():
            return look_up(operand, situation)
        case Done(side=side, node=node):
            return look_up(Lookup(side=side, name=f"{node}.at", type=Type.TIMESTAMP), situation) is not None
        case Negative(operand=inner):
            return negative(_number(inner, situation))
        case Arithmetic(sign=sign, left=left, right=right):
            _, act = SIGNS[sign, left.type, right.type]
            return act(_number(left, situation), _number(right, situation))
        case Call(function=function, operands=operands, zone=zone):
            arguments = [_number(one, situation) for one in operands]
            return VALUES[function](*arguments) if zone is None else VALUES[function](*arguments, zone)
        case Learned(overall=overall, operands=operands, segments=segments):
            seen = tuple(value_of(one, situation) for one in operands)
            return next((span for key, span in segments if key == seen), overall)


def holds(condition: Condition, situation: Situation) -> bool:
    match condition:
        case AllOf(parts=parts):
            return all(holds(part, situation) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, situation) for part in parts)
        case Absence(operand=operand, negated=negated):
            return (value_of(operand, situation) is None) != negated
        case Changed(name=name, type=type_, negated=negated):
            earlier = look_up(Lookup(side=Side.BEFORE, name=name, type=type_), situation)
            now = look_up(Lookup(side=Side.SNAPSHOT, name=name, type=type_), situation)
            return earlier is not None and now is not None and (earlier == now) == negated
        case Comparison(sign=sign, left=left, right=right):
            one, other = value_of(left, situation), value_of(right, situation)
            return one is not None and other is not None and compare(sign, one, other)
        case Membership(operand=operand, choices=choices, negated=negated):
            value = value_of(operand, situation)
            return value is not None and any(value == choice.value for choice in choices) != negated
        case TextTest(function=function, operand=operand, text=text, negated=negated):
            subject = value_of(operand, situation)
            if subject is None:
                return False
            if function == "startswith":
                return cast(str, subject).startswith(text) != negated
            return (text in cast(str | tuple[str, ...], subject)) != negated


def compare(sign: str, one: Value, other: Value) -> bool:
    """Of two values of one type."""
    if sign == "==":
        return one == other
    if sign == "!=":
        return one != other
    left, right = cast(float, one), cast(float, other)
    match sign:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _number(operand: Operand, situation: Situation) -> Number | None:
    return cast(Number | None, value_of(operand, situation))
