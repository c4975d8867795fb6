"""Time as it passes in a business: working time over whole columns, and the rhythm in which orders come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.worktime.calendars import Calendar, Span
from simulator.columns.column import Instants
from streams.instants import DAY, HOUR, Instant, Micros, local_instant, to_datetime

_MARGIN: Final = 3  # days
_WEEKEND: Final = (5, 6)
_BY_DAY: Final = (Span(8 * HOUR, 20 * HOUR),)

# How many orders come in each hour of a day, and on each weekday, against the average one.
_HOURS: Final = np.concatenate(
    [
        [0.5, 0.3, 0.2, 0.15, 0.15, 0.2],
        [0.4, 0.7, 1.1, 1.5, 1.7, 1.5],
        [1.2, 1.3, 1.5, 1.5, 1.3, 1.1],
        [1.0, 1.2, 1.6, 1.7, 1.3, 0.9],
    ]
)
_WEEKDAYS: Final = np.array([1.15, 1.1, 1.05, 1.05, 1.15, 0.8, 0.7])
_HOLIDAY: Final = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class WorkingTime:
    """Working intervals in order, with the working time before each. What leads past the last one ends with it."""

    starts: Instants
    ends: Instants
    done: Instants

    @classmethod
    def of(cls, calendar: Calendar, start: Instant, end: Instant) -> "WorkingTime":
        spans = [span for day in _days(calendar, start, end) for span in _spans(calendar, day)]
        starts = np.array([begin for begin, _ in spans], np.int64)
        ends = np.array([finish for _, finish in spans], np.int64)
        lengths = ends - starts
        return cls(starts, ends, np.cumsum(lengths) - lengths)

    def add(self, at: Instants, span: NDArray[np.float64]) -> Instants:
        """The instants at which `span` of working time has passed, like Calendar.add."""
        target = self._worked(at) + np.maximum(span.astype(np.int64), 1)
        place = np.searchsorted(self.done, target, "left") - 1
        found: Instants = np.minimum(self.starts[place] + target - self.done[place], self.ends[-1])
        return found

    def inside(self, at: Instants) -> NDArray[np.bool_]:
        place = np.searchsorted(self.starts, at, "right") - 1
        return (place >= 0) & (at < self.ends[np.maximum(place, 0)])

    def _worked(self, at: Instants) -> Instants:
        place = np.maximum(np.searchsorted(self.starts, at, "right") - 1, 0)
        worked: Instants = self.done[place] + np.clip(at, self.starts[place], self.ends[place]) - self.starts[place]
        return worked


@dataclass(frozen=True, slots=True, eq=False)
class Rhythm:
    """When what comes all day and week long comes: a rate that changes from hour to hour."""

    hours: Instants  # the beginnings, and the end of the last one
    share: NDArray[np.float64]  # of everything that has come by then

    @classmethod
    def of(cls, calendar: Calendar, start: Instant, end: Instant) -> "Rhythm":
        hours = np.arange(start, end, HOUR)
        local = [to_datetime(int(hour)).astimezone(calendar.zone) for hour in hours]
        rate = _HOURS[[one.hour for one in local]] * _WEEKDAYS[[one.weekday() for one in local]]
        rate[[_is_holiday(calendar, one.date()) for one in local]] *= _HOLIDAY
        length = np.diff(np.append(hours, end))
        share = np.concatenate([[0.0], np.cumsum(rate * length)])
        return cls(np.append(hours, end), share / share[-1])

    def at(self, share: NDArray[np.float64]) -> Instants:
        """The instants by which these shares of everything have come."""
        since = np.interp(share, self.share, (self.hours - self.hours[0]).astype(np.float64))
        found: Instants = self.hours[0] + since.astype(np.int64)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """All that time means to one history."""

    working: WorkingTime
    carriers: WorkingTime  # on every day from eight to eight
    rhythm: Rhythm
    zone_shift: Micros  # of the zone, at the beginning

    @classmethod
    def of(cls, calendar: Calendar, start: Instant, end: Instant, reach: Instant) -> "Pace":
        """Of a history from `start` to `end`; working time is known until `reach`."""
        every_day = Calendar(name="carriers", zone=calendar.zone, week=dict.fromkeys(range(7), _BY_DAY))
        shift = to_datetime(start).astimezone(calendar.zone).utcoffset() or timedelta()
        return cls(
            WorkingTime.of(calendar, start, reach),
            WorkingTime.of(every_day, start, reach),
            Rhythm.of(calendar, start, end),
            shift // timedelta(microseconds=1),
        )

    def closing(self, at: Instants, clock: Micros) -> Instants:
        """The next time that the local clock shows that."""
        due: Instants = -((clock - self.zone_shift - at) // DAY) * DAY + clock - self.zone_shift
        return due


def _days(calendar: Calendar, start: Instant, end: Instant) -> Iterator[date]:
    first = to_datetime(start).astimezone(calendar.zone).date() - timedelta(days=_MARGIN)
    for number in range((end - start) // DAY + 2 * _MARGIN):
        yield first + timedelta(days=number)


def _spans(calendar: Calendar, day: date) -> Iterator[tuple[Instant, Instant]]:
    midnight = datetime(day.year, day.month, day.day)
    for span in calendar.hours(day):
        begin, finish = (
            local_instant(midnight + timedelta(microseconds=clock), calendar.zone) for clock in (span.start, span.end)
        )
        if begin < finish:
            yield begin, finish


def _is_holiday(calendar: Calendar, day: date) -> bool:
    return day.weekday() not in _WEEKEND and not calendar.hours(day)
