"""A second opinion: the rule language evaluated straight from an author's text, by the page and nothing else.

It shares no code with the product: Python's own tree, `not` carried down as a flag, None for missing.
"""

import ast
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

NODES = ("placed", "paid", "shipped")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LAST = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
UNITS = {"days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000}


class Span(int):
    """A duration, told apart from an instant by its class."""


class Moment(int):
    """An instant."""


class World:
    """`leads`: (node, node, share) -> microseconds, of one kind."""

    def __init__(
        self,
        values: Mapping[str, Any],
        before: Mapping[str, Any],
        event: Any,
        zone: ZoneInfo,
        leads: Mapping[tuple[str, str, float], int] | None = None,
    ) -> None:
        self.values, self.before, self.event, self.zone = values, before, event, zone
        self.leads = leads or {}

    def holds(self, text: str) -> bool:
        return self._condition(tree_of(text), False)

    def value(self, text: str) -> Any:
        """A timestamp expression; None where missing."""
        return self._value(tree_of(text))

    def _condition(self, node: Any, negated: bool) -> bool:
        if isinstance(node, ast.BoolOp):
            found = [self._condition(part, negated) for part in node.values]
            return all(found) if isinstance(node.op, ast.And) != negated else any(found)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._condition(node.operand, not negated)
        if isinstance(node, ast.Compare):
            places = [node.left, *node.comparators]
            found = [self._pair(op, places[i], places[i + 1], negated) for i, op in enumerate(node.ops)]
            return any(found) if negated else all(found)
        if isinstance(node, ast.Call) and node.func.id in ("startswith", "contains", "changed"):  # type: ignore[attr-defined]
            return self._told(node, negated)
        value = self._value(node)
        return value is not None and value is not negated

    def _pair(self, op: Any, left: Any, right: Any, negated: bool) -> bool:
        one = self._value(left)
        if isinstance(op, ast.Is | ast.IsNot):
            return (one is None) == (isinstance(op, ast.Is) != negated)
        if isinstance(op, ast.In | ast.NotIn):
            if one is None:
                return False
            return any(one == self._value(choice) for choice in right.elts) == (isinstance(op, ast.In) != negated)
        other = self._value(right)
        if one is None or other is None:
            return False
        answer = {
            ast.Eq: one == other,
            ast.NotEq: one != other,
            ast.Lt: not isinstance(one, tuple) and one < other,
            ast.LtE: not isinstance(one, tuple) and one <= other,
            ast.Gt: not isinstance(one, tuple) and one > other,
            ast.GtE: not isinstance(one, tuple) and one >= other,
        }[type(op)]
        return bool(answer != negated)

    def _told(self, node: Any, negated: bool) -> bool:
        name = node.func.id
        if name == "changed":
            old, new = self._name(node.args[0], self.before), self._name(node.args[0], self.values)
            return old is not None and new is not None and (old != new) != negated
        subject = self._value(node.args[0])
        if subject is None:
            return False
        text = node.args[1].value
        found = subject[: len(text)] == text if name == "startswith" else text in subject
        return found != negated

    def _name(self, node: Any, snapshot: Mapping[str, Any]) -> Any:
        if isinstance(node, ast.Name):
            if node.id == "closed":
                return snapshot.get("closed", False)
            value = snapshot.get(node.id)
            return Moment(value) if node.id == "promised_at" and value is not None else value
        assert isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        at = snapshot.get(f"{node.value.id}.{'at' if node.attr == 'done' else node.attr}")
        if node.attr == "done":
            return at is not None
        return None if at is None else Moment(at)

    def _value(self, node: Any) -> Any:
        if isinstance(node, ast.Constant):
            value = node.value
            return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        if isinstance(node, ast.Name):
            return self._name(node, self.values)
        if isinstance(node, ast.Attribute):
            return self._dotted(node)
        if isinstance(node, ast.UnaryOp):
            value = self._value(node.operand)
            return None if value is None else type(value)(-value)
        if isinstance(node, ast.BinOp):
            return self._computed(type(node.op), self._value(node.left), self._value(node.right))
        return self._called(node.func.id, node.args)

    def _dotted(self, node: ast.Attribute) -> Any:
        head = node
        while isinstance(head.value, ast.Attribute):
            head = head.value
        root = head.value.id  # type: ignore[attr-defined]
        if root == "event":
            if node.attr == "type":
                return self.event.type
            if node.attr == "at":
                return Moment(self.event.occurred_at)
            value = self.event.data.get(node.attr)
            return Moment(value) if node.attr == "promised_at" and value is not None else value
        if root == "before":
            if node.value is head.value:
                return self._name(ast.Name(id=node.attr), self.before)
            inner = ast.Attribute(value=ast.Name(id=head.attr), attr=node.attr)
            return self._name(inner, self.before)
        return self._name(node, self.values)

    def _computed(self, op: Any, left: Any, right: Any) -> Any:
        if left is None or right is None:
            return None
        if op in (ast.Add, ast.Sub):
            sign = 1 if op is ast.Add else -1
            if isinstance(left, Span) and isinstance(right, Moment):
                left, right = right, left
            if isinstance(left, float):
                return finite(left + sign * right)
            result = int(left) + sign * int(right)
            if isinstance(left, Moment) and isinstance(right, Span):
                return Moment(result) if FIRST <= result <= LAST else None
            return Span(result)
        if isinstance(right, Span):
            left, right = right, left
        if op is ast.Div and right == 0:
            return None
        ratio = finite(float(left) * right if op is ast.Mult else float(left) / right)
        return half_even(ratio) if isinstance(left, Span) else ratio

    def _called(self, name: str, arguments: list[Any]) -> Any:
        if name == "date":
            return self._day_start(datetime.fromisoformat(arguments[0].value))
        if name == "lead":
            start, end, share = (argument.value for argument in arguments)
            return Span(self.leads[start, end, share])
        values = [self._value(argument) for argument in arguments]
        if any(value is None for value in values):
            return None
        if name in UNITS:
            return half_even(finite(values[0] * UNITS[name]))
        if name in ("start_of_day", "end_of_day"):
            local = (EPOCH + timedelta(microseconds=int(values[0]))).astimezone(self.zone).replace(tzinfo=None)
            start = self._day_start(local + timedelta(days=1 if name == "end_of_day" else 0))
            return start if FIRST <= start <= LAST else None
        if name == "abs":
            return type(values[0])(abs(values[0]))
        return min(values) if name == "min" else max(values)

    def _day_start(self, day: datetime) -> Moment:
        first = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return Moment((first - EPOCH) // timedelta(microseconds=1))


@cache
def tree_of(text: str) -> ast.expr:
    return ast.parse(f"({text}\n)", mode="eval").body


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def half_even(value: float | None) -> Span | None:
    return None if value is None else Span(round(Fraction(value)))
