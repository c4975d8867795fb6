"""Why a condition holds or does not: its tree with the values that were seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.language.evaluation import Situation, holds, value_of
from rules.language.expression import Expression
from rules.language.tree import AllOf, AnyOf, Condition, Constant, Operand, Type, operands_of, say
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
    return _tree(expression.condition, Situation(values=values, before=before or {}, event=event))


def _tree(condition: Condition, situation: Situation) -> Truth:
    text, held = say(condition), holds(condition, situation)
    if isinstance(condition, AllOf | AnyOf):
        parts = tuple(_tree(part, situation) for part in condition.parts)
        return Truth(text=text, holds=held, how="and" if isinstance(condition, AllOf) else "or", parts=parts)
    seen = tuple(_bound(one, situation) for one in operands_of(condition) if not isinstance(one, Constant))
    return Truth(text=text, holds=held, how="leaf", operands=seen)


def _bound(operand: Operand, situation: Situation) -> Bound:
    return Bound(text=say(operand), type=operand.type, value=value_of(operand, situation))
