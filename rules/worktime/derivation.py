"""How a duration in a calendar leads from one instant to another, step by step, for people who ask why.

It walks day by day and interval by interval where durations.py searches tables, and arrives at the same instant.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final

from rules.worktime.calendars import REACH, Calendar
from rules.worktime.durations import Duration
from rules.worktime.public_holidays import Special
from streams.instants import Instant, Micros
from streams.text import Text

_ONE_DAY: Final = timedelta(days=1)


class Why(StrEnum):
    """Why a date is off, or works although it would be off."""

    WEEK = "week"  # a weekday without hours
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    OWN = "own"  # the calendar's own exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Counting begins at `at` only: the start was after the cut-off of its date, or that was a day off."""

    at: Instant
    cut_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """Days off, the first and last of a stretch (in the order of the walk)."""

    first: date
    last: date
    why: Why
    name: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """A working day with other hours than its weekday: a make-up day, or an exception of the calendar's own."""

    day: date
    why: Why
    name: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The working day with this number."""

    day: date
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """Working time that counts."""

    start: Instant
    end: Instant


Step = Moved | Off | Unusual | Counted | Worked


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """`end` None: out of range, so that the result is missing."""

    start: Instant
    steps: tuple[Step, ...]
    end: Instant | None


def derive_after(duration: Duration, start: Instant) -> Derivation:
    """How Duration.after comes to its result: the cut-off first."""
    calendar = duration.calendar
    counted = start if calendar is None else calendar.counted_from(start)
    if calendar is None or counted is None or counted == start:
        return Derivation(start=start, steps=(), end=None) if counted is None else derive_add(duration, start)
    walk = _Walk(calendar, start, 1)
    walk.look_until(calendar.date_of(counted))
    day = calendar.date_of(start)
    walk.steps.append(Moved(at=counted, cut_off=day is not None and bool(calendar.hours(day))))
    walk.at = counted
    return walk.gone(duration)


def derive_add(duration: Duration, start: Instant) -> Derivation:
    """How Duration.add comes to its result. Without a calendar there are no steps."""
    if duration.calendar is None:
        return Derivation(start=start, steps=(), end=duration.add(start))
    return _Walk(duration.calendar, start, 1).gone(duration)


def derive_subtract(duration: Duration, end: Instant) -> Derivation:
    """How Duration.subtract comes to its result, from the end back."""
    if duration.calendar is None:
        return Derivation(start=end, steps=(), end=duration.subtract(end))
    return _Walk(duration.calendar, end, -1).gone(duration)


class _Walk:
    """One way through a calendar: forward (1) or back (-1)."""

    def __init__(self, calendar: Calendar, start: Instant, direction: int) -> None:
        self._calendar = calendar
        self._start = start
        self._direction = direction
        self._looked: date | None = None  # the last date whose special character was noted
        self.steps: list[Step] = []
        self.at: Instant | None = start

    def gone(self, duration: Duration) -> Derivation:
        """Days first, then time."""
        if duration.days:
            self._go_days(duration.days)
        if duration.span:
            self._go_time(duration.span)
        near = self.at is not None and abs(self.at - self._start) <= REACH
        return Derivation(start=self._start, steps=tuple(self.steps), end=self.at if near else None)

    def look_until(self, day: date | None) -> None:
        """Note the days off, and those that work differently, from where the walk is to `day`, both included."""
        if day is None:
            return
        if self._looked is None:
            first = self._calendar.date_of(self._start)
            self._looked = day if first is None else first - self._direction * _ONE_DAY
        for one in _dates(self._looked, day, self._direction):
            self._note(one)
            self._looked = one

    def _note(self, day: date) -> None:
        why, name = _character(self._calendar, day)
        if why is None:
            return
        if self._calendar.hours(day):
            self.steps.append(Unusual(day=day, why=why, name=name))
            return
        last = self.steps[-1] if self.steps else None
        if isinstance(last, Off) and (last.why, last.name) == (why, name):
            self.steps[-1] = replace(last, last=day)
        else:
            self.steps.append(Off(first=day, last=day, why=why, name=name))

    def _go_days(self, days: int) -> None:
        at = self.at
        arrived = None if at is None else self._calendar.add_days(at, self._direction * days)
        last = None if arrived is None else self._calendar.date_of(arrived)
        if at is not None and last is not None:
            first = self._calendar.date_of(at)
            assert first is not None
            working = (day for day in _dates(first, last, self._direction) if self._calendar.hours(day))
            for number, day in enumerate(islice(working, days), 1):
                self.look_until(day)
                self.steps.append(Counted(day=day, number=number))
        self.at = arrived

    def _go_time(self, span: Micros) -> None:
        if self.at is None:
            return
        forward = self._direction > 0
        left = span
        for start, end in self._calendar.intervals(self.at) if forward else self._calendar.intervals_before(self.at):
            self.look_until(self._calendar.date_of(start))
            taken = min(left, end - start)
            worked = Worked(start=start, end=start + taken) if forward else Worked(start=end - taken, end=end)
            self.steps.append(worked)
            left -= taken
            if not left:
                self.at = worked.end if forward else worked.start
                return
            if abs(start - self._start) > REACH:
                break
        self.at = None


def _dates(after: date, last: date, direction: int) -> Iterator[date]:
    """From the one behind `after` to `last`."""
    day = after
    while (last - day).days * direction > 0:
        day += direction * _ONE_DAY
        yield day


def _character(calendar: Calendar, day: date) -> tuple[Why | None, Text | None]:
    """What is special about a date; None for an ordinary working day."""
    if day in calendar.days:
        return Why.OWN, None
    match calendar.holidays.special(day):
        case Special.HOLIDAY:
            return Why.HOLIDAY, calendar.holidays.named(day)
        case Special.MAKE_UP:
            return Why.MAKE_UP, calendar.holidays.named(day)
    return (None if calendar.hours(day) else Why.WEEK), None
