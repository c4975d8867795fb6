"""The functions of the rule language, and its arithmetic: exact, with None for what is missing.

Numbers are doubles, instants and durations whole microseconds. A result that is no finite double, or no instant of
the years 1 to 9999, is missing; so is every result with a missing operand. (semantics.md, section 2)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import isfinite
from typing import Final
from zoneinfo import ZoneInfo

from rules.language.tree import Type
from streams.instants import DAY, FIRST, HOUR, LAST, MINUTE, Instant, Micros, start_of_date, to_datetime

Number = float | int  # a double, or whole microseconds

_GREATEST: Final = 1.7976931348623157e308
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """How a function is called: for the author's errors. `example` shows its arguments."""

    example: str
    least: int
    most: int | None  # arguments; None: any number
    pulse: bool = False
    condition: bool = False


FUNCTIONS: Final[Mapping[str, Function]] = {
    "days": Function(example="days(2)", least=1, most=1),
    "hours": Function(example="hours(48)", least=1, most=1),
    "minutes": Function(example="minutes(30)", least=1, most=1),
    "startswith": Function(example='startswith(channel, "web")', least=2, most=2, condition=True),
    "contains": Function(example='contains(note, "urgent")', least=2, most=2, condition=True),
    "abs": Function(example="abs(x)", least=1, most=1),
    "min": Function(example="min(x, y)", least=2, most=None),
    "max": Function(example="max(x, y)", least=2, most=None),
    "date": Function(example='date("2026-01-31")', least=1, most=1),
    "start_of_day": Function(example="start_of_day(paid.at)", least=1, most=1),
    "end_of_day": Function(example="end_of_day(paid.at)", least=1, most=1),
    "lead": Function(example='lead("paid", "shipped", 0.9)', least=3, most=3),
    "changed": Function(example="changed(promised_at)", least=1, most=1, pulse=True, condition=True),
}

UNITS: Final[Mapping[str, Micros]] = {"days": DAY, "hours": HOUR, "minutes": MINUTE}

# Fields and nodes may not be called so: each word has one meaning.
RESERVED: Final = frozenset(
    {"event", "before", "changed", "closed", "key", "type", "at", "done", "due", "lead", "now", *FUNCTIONS}
)


def finite(value: Number) -> Number | None:
    return value if -_GREATEST <= value <= _GREATEST else None


def instant(value: int) -> Instant | None:
    return value if FIRST <= value <= LAST else None


def add(left: Number | None, right: Number | None) -> Number | None:
    """Numbers or durations."""
    return None if left is None or right is None else finite(left + right)


def subtract(left: Number | None, right: Number | None) -> Number | None:
    """Numbers, durations, or two instants (their duration)."""
    return None if left is None or right is None else finite(left - right)


def later(start: Instant | None, duration: Micros | None) -> Instant | None:
    return None if start is None or duration is None else instant(start + duration)


def earlier(start: Instant | None, duration: Micros | None) -> Instant | None:
    return None if start is None or duration is None else instant(start - duration)


def multiply(left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    product = left * right
    return product if isfinite(product) else None


def divide(left: float | None, right: float | None) -> float | None:
    if left is None or right is None or right == 0:
        return None
    quotient = left / right
    return quotient if isfinite(quotient) else None


def scale(duration: Micros | None, factor: float | None) -> Micros | None:
    """Duration times number: the double product rounded half-even."""
    if duration is None or factor is None:
        return None
    return _whole(multiply(_double(duration), factor))


def share(duration: Micros | None, divisor: float | None) -> Micros | None:
    """Duration divided by number."""
    if duration is None or divisor is None:
        return None
    return _whole(divide(_double(duration), divisor))


def negative(value: Number | None) -> Number | None:
    return None if value is None else -value


def absolute(value: Number | None) -> Number | None:
    return None if value is None else abs(value)


def least(*values: Number | None) -> Number | None:
    present = [value for value in values if value is not None]
    return min(present) if len(present) == len(values) else None


def greatest(*values: Number | None) -> Number | None:
    present = [value for value in values if value is not None]
    return max(present) if len(present) == len(values) else None


def days(count: float | None) -> Micros | None:
    return scale(DAY, count)


def hours(count: float | None) -> Micros | None:
    return scale(HOUR, count)


def minutes(count: float | None) -> Micros | None:
    return scale(MINUTE, count)


def start_of_day(moment: Instant | None, zone: ZoneInfo) -> Instant | None:
    """The first instant of its local date."""
    return None if moment is None else _day_start(moment, zone, 0)


def end_of_day(moment: Instant | None, zone: ZoneInfo) -> Instant | None:
    """The first instant of the next local date."""
    return None if moment is None else _day_start(moment, zone, 1)


def date_start(day: date, zone: ZoneInfo) -> Instant | None:
    return instant(start_of_date(day, zone))


@lru_cache(maxsize=4096)
def _day_start(moment: Instant, zone: ZoneInfo, days_later: int) -> Instant | None:
    try:
        day = to_datetime(moment).astimezone(zone).date() + days_later * _ONE_DAY
        return date_start(day, zone)
    except OverflowError:  # a local date outside the years 1 to 9999
        return None


def _double(value: Number) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _whole(value: float | None) -> Micros | None:
    return None if value is None else round(value)


# How an arithmetic sign acts, by the types of its operands, and what comes out.
SIGNS: Final[Mapping[tuple[str, Type, Type], tuple[Type, Callable[..., Number | None]]]] = {
    ("+", Type.NUMBER, Type.NUMBER): (Type.NUMBER, add),
    ("-", Type.NUMBER, Type.NUMBER): (Type.NUMBER, subtract),
    ("*", Type.NUMBER, Type.NUMBER): (Type.NUMBER, multiply),
    ("/", Type.NUMBER, Type.NUMBER): (Type.NUMBER, divide),
    ("+", Type.DURATION, Type.DURATION): (Type.DURATION, add),
    ("-", Type.DURATION, Type.DURATION): (Type.DURATION, subtract),
    ("*", Type.DURATION, Type.NUMBER): (Type.DURATION, scale),
    ("/", Type.DURATION, Type.NUMBER): (Type.DURATION, share),
    ("-", Type.TIMESTAMP, Type.TIMESTAMP): (Type.DURATION, subtract),
    ("+", Type.TIMESTAMP, Type.DURATION): (Type.TIMESTAMP, later),
    ("-", Type.TIMESTAMP, Type.DURATION): (Type.TIMESTAMP, earlier),
}

# The functions that give a value; those marked take the zone as their last argument.
VALUES: Final[Mapping[str, Callable[..., Number | None]]] = {
    "days": days,
    "hours": hours,
    "minutes": minutes,
    "abs": absolute,
    "min": least,
    "max": greatest,
    "start_of_day": start_of_day,
    "end_of_day": end_of_day,
}
