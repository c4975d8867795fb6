"""Why a condition holds or does not: its tree with the values that were seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.language.evaluation import Situation, holds, value_of
from rules.language.expression import Expression
from rules.language.tree import AllOf, AnyOf, Condition, Constant, Operand, Type, operands_of, parts_of, say
from streams.event import Event
from streams.instants import format_instant
from streams.model import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One operand and what it was: None where missing. Timestamps are instants, durations microseconds."""

    text: str
    type: Type
    value: Value | None

    def to_json(self) -> dict[str, Any]:
        """Timestamps as text (RFC 3339)."""
        value = self.value
        if self.type is Type.TIMESTAMP and isinstance(value, int):
            value = format_instant(value)
        shown = list(value) if isinstance(value, tuple) else value
        return {"text": self.text, "type": self.type.value, "value": shown}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A part of a condition in its normal form (`not` pushed to the leaves), whether it held, and why.

    `how` is "and", "or" or "leaf"; the first two have parts, a leaf has the operands that are no literals.
    """

    text: str
    holds: bool
    how: str
    parts: tuple["Truth", ...] = ()
    operands: tuple[Bound, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "holds": self.holds,
            "how": self.how,
            "parts": [part.to_json() for part in self.parts],
            "operands": [operand.to_json() for operand in self.operands],
        }


def truth_tree(
    expression: Expression,
    values: Mapping[str, Value],
    before: Mapping[str, Value] | None = None,
    event: Event | None = None,
) -> Truth:
    """The tree of a condition on a snapshot; a pulse needs the snapshot before the event, and the event."""
    situation = Situation(values=values, before=before or {}, event=event)
    return _tree(expression.condition, situation, expression.texts)


def bound_values(expression: Expression, values: Mapping[str, Value]) -> list[Bound]:
    """What the parts of a value, such as that of `by`, were: each name once, in the order of the text."""
    situation = Situation(values=values)
    parts = dict.fromkeys(parts_of(expression.operand))
    return [_bound(part, situation) for part in parts]


def _tree(condition: Condition, situation: Situation, texts: Mapping[int, str]) -> Truth:
    text = texts[id(condition)]
    if isinstance(condition, AllOf | AnyOf):
        parts = tuple(_tree(part, situation, texts) for part in condition.parts)
        every = isinstance(condition, AllOf)
        held = (all if every else any)(part.holds for part in parts)
        return Truth(text=text, holds=held, how="and" if every else "or", parts=parts)
    seen = tuple(
        _bound(one, situation, texts.get(id(one))) for one in operands_of(condition) if not isinstance(one, Constant)
    )
    return Truth(text=text, holds=holds(condition, situation), how="leaf", operands=seen)


def _bound(operand: Operand, situation: Situation, text: str | None = None) -> Bound:
    return Bound(text=text or say(operand), type=operand.type, value=value_of(operand, situation))
