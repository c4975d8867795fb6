"""Conditions and values of the rule language over whole columns: rules.language.evaluation, row by row the same."""

from collections.abc import Callable, Mapping
from functools import partial, reduce
from operator import eq, ge, gt, le, lt, methodcaller, ne, or_
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from rules.language.evaluation import never_missing
from rules.language.tree import (
    MIRRORED,
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
    Leaf,
    Learned,
    Lookup,
    Membership,
    Negative,
    Operand,
    Plain,
    Side,
    TextTest,
    Type,
)
from simulator.columns.arithmetic import SIGNS, VALUES, exact_durations, in_all, negative
from simulator.columns.column import Column, Mask
from simulator.columns.local_days import day_starts
from simulator.columns.meanings import Meanings, where_meaning

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_MOST: Final = 2**28  # bytes of leaves that are kept
_DAYS_LATER: Final[Mapping[str, int]] = {"start_of_day": 0, "end_of_day": 1}
_CODED: Final = (Type.STRING, Type.LIST)
# What stands in a column without a value in any row.
_ANYTHING: Final[Mapping[Type, tuple[type, tuple[Any, ...]]]] = {
    Type.NUMBER: (np.float64, ()),
    Type.STRING: (np.int32, ("",)),
    Type.BOOL: (np.bool_, ()),
    Type.TIMESTAMP: (np.int64, ()),
    Type.DURATION: (np.int64, ()),
    Type.LIST: (np.int32, ((),)),
}


class Table(Protocol):
    """Rows to be judged."""

    def __len__(self) -> int: ...

    def column(self, side: Side, name: str) -> Column:
        """By the name that a Lookup has. One that nothing is known of has no row present, its type whatever."""


class Expressions:
    """Evaluates on one table. Operands and leaves are kept, so that rules share them: what is given out is not to be
    written to."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows = len(table)
        self._operands: dict[Operand, Column] = {}
        self._leaves: dict[Leaf, Mask] = {}
        self._meanings = Meanings()

    def holds(self, condition: Condition) -> Mask:
        match condition:
            case AllOf(parts=parts):
                return self._in_all(parts)
            case AnyOf(parts=parts):
                return reduce(or_, (self.holds(part) for part in parts))
        found = self._leaves.get(condition)
        if found is None:
            with np.errstate(all="ignore"):  # absent rows hold anything
                found = self._leaf(condition)
            if len(self._leaves) * self._rows > _MOST:
                self._leaves.clear()
            self._leaves[condition] = found
        return found

    def value_of(self, operand: Operand) -> Column:
        found = self._operands.get(operand)
        if found is None:
            with np.errstate(all="ignore"):
                found = self._operands[operand] = self._operand(operand)
        return found

    def _in_all(self, parts: tuple[Condition, ...]) -> Mask:
        found = self.holds(parts[0])
        for part in parts[1:]:
            if not found.any():
                break
            found = found & self.holds(part)
        return found

    # --- operands --------------------------------------------------------------------------------------------------

    def _operand(self, operand: Operand) -> Column:
        match operand:
            case Constant(type=type_, value=value):
                return self._constant(type_, value)
            case Lookup():
                return self._look_up(operand)
            case Done(side=side, node=node):
                return Column(Type.BOOL, self._table.column(side, f"{node}.at").mask())
            case Negative(operand=inner):
                return negative(self.value_of(inner))
            case Arithmetic(sign=sign, left=left, right=right):
                return SIGNS[sign, left.type, right.type](self.value_of(left), self.value_of(right))
            case Call(function=function, operands=operands, zone=None):
                return VALUES[function](*(self.value_of(one) for one in operands))
            case Call(function=function, operands=operands, zone=zone) if zone is not None:
                return day_starts(self.value_of(operands[0]), zone, _DAYS_LATER[function])
            case Learned():
                return self._learned(operand)
        raise TypeError(operand)

    def _constant(self, type_: Type, value: Plain | None) -> Column:
        if value is None:
            return self._nothing(type_)
        if type_ in _CODED:
            return Column(type_, np.broadcast_to(np.int32(0), self._rows), meanings=(value,))
        if type_ is Type.DURATION:
            return Column(type_, np.broadcast_to(exact_durations([int(value)])[0:1], self._rows))
        return Column(type_, np.broadcast_to(np.array(value, _ANYTHING[type_][0]), self._rows))

    def _nothing(self, type_: Type) -> Column:
        dtype, meanings = _ANYTHING[type_]
        return Column(type_, np.zeros(self._rows, dtype), np.zeros(self._rows, np.bool_), meanings)

    def _look_up(self, lookup: Lookup) -> Column:
        found = self._table.column(lookup.side, lookup.name)
        if found.present is None:
            return found
        if not found.present.any():
            found = self._nothing(lookup.type)
        default: Any = never_missing(lookup)
        return found if default is None else Column(found.type, np.where(found.mask(), found.values, default))

    def _learned(self, learned: Learned) -> Column:
        """Walks down the fields of the segments, all rows at once: a row's place is the segments it may still be of."""
        spans = exact_durations([learned.overall, *(span for _, span in learned.segments)])
        place = np.zeros(self._rows, np.intp)
        known: dict[tuple[Plain, ...], int] = {(): 0}  # what segments begin with, and the places
        for depth, operand in enumerate(learned.operands, 1):
            plains = sorted({key[depth - 1] for key, _ in learned.segments}, key=repr)
            number = {plain: count for count, plain in enumerate(plains, 1)}
            begun = dict.fromkeys(key[:depth] for key, _ in learned.segments)
            next_ = {begin: count for count, begin in enumerate(begun, 1)}
            ways = np.zeros((max(known.values()) + 1, len(plains) + 1), np.intp)  # 0: of no segment
            for begin, count in next_.items():
                ways[known[begin[:-1]], number[begin[-1]]] = count
            place = ways[place, self._numbered(self.value_of(operand), number)]
            known = next_
        return Column(Type.DURATION, spans[place])

    def _numbered(self, column: Column, number: Mapping[Plain, int]) -> NDArray[np.intp]:
        """The numbers that the values have, 0 for others and for missing ones."""
        if column.type in _CODED:
            found = np.array([number.get(meaning, 0) for meaning in column.meanings], np.intp)[column.values]
        else:
            found = np.zeros(self._rows, np.intp)
            for plain, count in number.items():
                found[column.values == plain] = count
        return found if column.present is None else np.where(column.present, found, 0)

    # --- leaves ----------------------------------------------------------------------------------------------------

    def _leaf(self, leaf: Leaf) -> Mask:
        match leaf:
            case Absence(operand=operand, negated=negated):
                mask = self.value_of(operand).mask()
                return mask if negated else ~mask
            case Changed(name=name, type=type_, negated=negated):
                earlier, now = (Lookup(side=side, name=name, type=type_) for side in (Side.BEFORE, Side.SNAPSHOT))
                return self._compared("==" if negated else "!=", self.value_of(earlier), self.value_of(now))
            case Comparison(sign=sign, left=left, right=Constant(type=Type.STRING, value=value)) if value is not None:
                return _where(self.value_of(left), partial(_COMPARISONS[MIRRORED[sign]], value))
            case Comparison(sign=sign, left=left, right=right):
                return self._compared(sign, self.value_of(left), self.value_of(right))
            case Membership(operand=operand, choices=choices, negated=negated):
                found = self.value_of(operand)
                return _among(found, [choice.value for choice in choices if choice.value is not None], negated)
            case TextTest(function="startswith", operand=operand, text=text, negated=negated):
                return _where(self.value_of(operand), methodcaller("startswith", text), negated)
            case TextTest(operand=operand, text=text, negated=negated):
                return _where(self.value_of(operand), methodcaller("__contains__", text), negated)

    def _compared(self, sign: str, left: Column, right: Column) -> Mask:
        compare = _COMPARISONS[sign]
        found: Mask
        if left.type not in _CODED:
            found = compare(left.values, right.values)
        elif sign in ("==", "!="):
            found = compare(*self._meanings.numbers(left, right))
        else:
            found = compare(*self._meanings.ranks(left, right))
        present = in_all(left, right)
        return found if present is None else found & present


def _where(column: Column, test: Callable[[Any], Any], negated: bool = False) -> Mask:
    """The rows that are present and whose meaning passes a test, or does not."""
    found = where_meaning(column, test)
    found = ~found if negated else found
    return found if column.present is None else found & column.present


def _among(column: Column, values: list[Plain], negated: bool) -> Mask:
    if column.type in _CODED:
        return _where(column, frozenset(values).__contains__, negated)
    found = reduce(or_, (column.values == value for value in values), np.zeros(len(column), np.bool_))
    found = ~found if negated else found
    return found if column.present is None else found & column.present
