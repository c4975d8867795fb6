"""The arithmetic of rules.language.functions over columns: exact doubles, whole microseconds.

Whole numbers of present rows stay below 2^62 in size, so that two of them add up within 64 bits; a column of
durations that has larger ones holds Python's integers.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.language.functions import UNITS
from rules.language.tree import Type
from simulator.columns.column import Column, Mask
from streams.instants import FIRST, LAST

_SAFE: Final = 2**62
_GREATEST: Final = int(np.finfo(np.float64).max)


def in_all(*columns: Column) -> Mask | None:
    """Where each of them has a value; None: everywhere."""
    return reduce(both, (column.present for column in columns))


def both(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def where_finite(values: NDArray[np.float64], present: Mask | None) -> Column:
    """Numbers; one that is no finite double is missing."""
    return Column(Type.NUMBER, values, both(present, _unless_all(np.isfinite(values))))


def where_instants(values: NDArray[np.int64], present: Mask | None) -> Column:
    """Instants; one outside the years 1 to 9999 is missing."""
    if _between(FIRST - 1, values, LAST + 1):
        return Column(Type.TIMESTAMP, values, present)
    return Column(Type.TIMESTAMP, values, both(present, (values >= FIRST) & (values <= LAST)))


def add(left: Column, right: Column) -> Column:
    return where_finite(left.values + right.values, in_all(left, right))


def subtract(left: Column, right: Column) -> Column:
    return where_finite(left.values - right.values, in_all(left, right))


def multiply(left: Column, right: Column) -> Column:
    return where_finite(left.values * right.values, in_all(left, right))


def divide(left: Column, right: Column) -> Column:
    return where_finite(left.values / right.values, both(in_all(left, right), right.values != 0))


def add_durations(left: Column, right: Column) -> Column:
    return _durations(left.values + right.values, in_all(left, right))


def subtract_durations(left: Column, right: Column) -> Column:
    return _durations(left.values - right.values, in_all(left, right))


def between(end: Column, start: Column) -> Column:
    return Column(Type.DURATION, end.values - start.values, in_all(end, start))


def later(start: Column, duration: Column) -> Column:
    return where_instants(start.values + _shift(duration), in_all(start, duration))


def earlier(start: Column, duration: Column) -> Column:
    return where_instants(start.values - _shift(duration), in_all(start, duration))


def scale(duration: Column, factor: Column) -> Column:
    """The double product, rounded half-even."""
    return _rounded(duration.values.astype(np.float64) * factor.values, in_all(duration, factor))


def share(duration: Column, divisor: Column) -> Column:
    quotient = duration.values.astype(np.float64) / divisor.values
    return _rounded(quotient, both(in_all(duration, divisor), divisor.values != 0))


def negative(column: Column) -> Column:
    return Column(column.type, -column.values, column.present)


def absolute(column: Column) -> Column:
    return Column(column.type, np.abs(column.values), column.present)


def least(*columns: Column) -> Column:
    """The first of those that are equal, as Python's min: 0.0 and -0.0 are."""
    values = reduce(lambda best, one: np.where(one < best, one, best), (column.values for column in columns))
    return Column(columns[0].type, values, in_all(*columns))


def greatest(*columns: Column) -> Column:
    values = reduce(lambda best, one: np.where(one > best, one, best), (column.values for column in columns))
    return Column(columns[0].type, values, in_all(*columns))


def durations_of(numbers: Column, unit: int) -> Column:
    """days(n), hours(n), minutes(n)."""
    return _rounded(float(unit) * numbers.values, numbers.present)


def exact_durations(values: list[int]) -> NDArray[Any]:
    """As a column holds them."""
    small = all(-_SAFE < value < _SAFE for value in values)
    return np.array(values, np.int64 if small else object)


def _unless_all(mask: Mask) -> Mask | None:
    return None if mask.all() else mask


def _durations(values: NDArray[Any], present: Mask | None) -> Column:
    """Sums of durations, none of which has overflown in a row that is present."""
    if values.dtype == object:
        possible = np.abs(values) <= _GREATEST
        return Column(Type.DURATION, np.where(possible, values, 0), both(present, _unless_all(possible)))
    if not _small(values):
        values = values if present is None else np.where(present, values, 0)
        values = values if _small(values) else values.astype(object)
    return Column(Type.DURATION, values, present)


def _small(values: NDArray[Any]) -> bool:
    return _between(-_SAFE, values, _SAFE)


def _between(low: int, values: NDArray[Any], high: int) -> bool:
    """Whether all are, the bounds excluded, those of absent rows too; what is no number is not."""
    return not len(values) or bool(values.min() > low and values.max() < high)


def _rounded(values: NDArray[np.float64], present: Mask | None) -> Column:
    """Whole microseconds, half-even; what is no finite double is missing."""
    whole = np.rint(values)
    if not _small(whole):
        finite = np.isfinite(whole)
        present = finite if present is None else present & finite
        whole = np.where(present, whole, 0.0)
    if _small(whole):
        return Column(Type.DURATION, whole.astype(np.int64), present)
    large = np.abs(whole) >= _SAFE
    exact = np.where(large, 0.0, whole).astype(np.int64).astype(object)
    exact[large] = [int(value) for value in whole[large].tolist()]
    return Column(Type.DURATION, exact, present)


def _shift(duration: Column) -> NDArray[np.int64]:
    """Durations to add to instants; those beyond 64 bits lead outside the years in any case."""
    values: NDArray[Any] = duration.values
    shift: NDArray[np.int64] = np.clip(values, -_SAFE, _SAFE).astype(np.int64) if values.dtype == object else values
    return shift


# How an arithmetic sign acts, by the types of its operands: as SIGNS and VALUES of rules.language.functions.
SIGNS: Final[Mapping[tuple[str, Type, Type], Callable[[Column, Column], Column]]] = {
    ("+", Type.NUMBER, Type.NUMBER): add,
    ("-", Type.NUMBER, Type.NUMBER): subtract,
    ("*", Type.NUMBER, Type.NUMBER): multiply,
    ("/", Type.NUMBER, Type.NUMBER): divide,
    ("+", Type.DURATION, Type.DURATION): add_durations,
    ("-", Type.DURATION, Type.DURATION): subtract_durations,
    ("*", Type.DURATION, Type.NUMBER): scale,
    ("/", Type.DURATION, Type.NUMBER): share,
    ("-", Type.TIMESTAMP, Type.TIMESTAMP): between,
    ("+", Type.TIMESTAMP, Type.DURATION): later,
    ("-", Type.TIMESTAMP, Type.DURATION): earlier,
}
VALUES: Final[Mapping[str, Callable[..., Column]]] = {
    "days": lambda numbers: durations_of(numbers, UNITS["days"]),
    "hours": lambda numbers: durations_of(numbers, UNITS["hours"]),
    "minutes": lambda numbers: durations_of(numbers, UNITS["minutes"]),
    "abs": absolute,
    "min": least,
    "max": greatest,
}
