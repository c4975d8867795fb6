"""Some thousand days of a calendar as sorted lists of instants, so that counting working time is searching."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from streams.instants import DAY, FIRST, Instant, Micros, from_datetime

SLOT: Final = 400 * DAY  # the instants that share a table
_MARGIN_DAYS: Final = 810  # what a table holds on either side of its slot: the 800 days of reach, and the zones
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
# The outermost dates are left out: in some zone they lie outside the years 1 to 9999.
_FIRST_ORDINAL: Final = date(1, 1, 3).toordinal()
_LAST_ORDINAL: Final = date(9999, 12, 29).toordinal()


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Working hours of a date, as microseconds of local clock time since its midnight; `end` may be 24:00."""

    start: Micros
    end: Micros


@dataclass(frozen=True, slots=True, eq=False)
class WorkTable:
    zone: ZoneInfo
    first: int  # ordinal of the first date
    midnights: list[Instant]  # of every date, and of the one after the last
    starts: list[Instant]  # of the working intervals, in order, none overlapping
    ends: list[Instant]
    done: list[Micros]  # working time before each of them
    days: list[int]  # ordinals of the working days
    opens: list[Instant | None]  # for each of them: the first working instant on that day or later

    def worked(self, instant: Instant) -> Micros:
        """Working time from the table's beginning until an instant."""
        place = bisect_right(self.starts, instant) - 1
        if place < 0:
            return 0
        end = self.ends[place]
        return self.done[place] + (instant if instant < end else end) - self.starts[place]

    def local(self, instant: Instant) -> tuple[int, Micros] | None:
        """Date (ordinal) and clock time since its midnight of an instant; None outside the table."""
        place = bisect_right(self.midnights, instant) - 1
        if place < 0 or place >= len(self.midnights) - 1:
            return None
        midnight = self.midnights[place]
        if self.midnights[place + 1] - midnight == DAY:
            return self.first + place, instant - midnight
        return _clock(instant, self.zone)  # the clock is changed on this date

    def instant(self, ordinal: int, clock: Micros) -> Instant:
        """Of a clock time on a date of the table, what a clock change skips or repeats read with fold=0."""
        place = ordinal - self.first
        midnight = self.midnights[place]
        if self.midnights[place + 1] - midnight == DAY:
            return midnight + clock
        return _instant(ordinal, clock, self.zone)


def make_table(slot: int, zone: ZoneInfo, hours: Callable[[date], Iterable[Span]]) -> WorkTable:
    """The table for the instants from `slot` * SLOT until the next slot."""
    first = max(_FIRST_ORDINAL, slot * SLOT // DAY + _EPOCH_ORDINAL - _MARGIN_DAYS)
    last = min(_LAST_ORDINAL, (slot + 1) * SLOT // DAY + _EPOCH_ORDINAL + _MARGIN_DAYS)
    midnights = [_instant(ordinal, 0, zone) for ordinal in range(first, last + 2)]
    table = WorkTable(zone=zone, first=first, midnights=midnights, starts=[], ends=[], done=[], days=[], opens=[])
    intervals: list[tuple[Instant, Instant]] = []
    for ordinal in range(first, last + 1):
        spans = tuple(hours(date.fromordinal(ordinal)))
        if spans:
            table.days.append(ordinal)
            found = [(table.instant(ordinal, span.start), table.instant(ordinal, span.end)) for span in spans]
            begins = [start for start, end in found if start < end]  # a clock change can leave none
            table.opens.append(min(begins, default=None))
            intervals.extend(found)
    _join(table, sorted(intervals))
    for place in range(len(table.opens) - 2, -1, -1):
        if table.opens[place] is None:
            table.opens[place] = table.opens[place + 1]
    return table


def _join(table: WorkTable, intervals: Iterable[tuple[Instant, Instant]]) -> None:
    """Overlapping intervals count once, also those that overlap by a clock change only."""
    done, free = 0, FIRST
    for begin, end in intervals:
        start = max(begin, free)
        if start < end:
            table.starts.append(start)
            table.ends.append(end)
            table.done.append(done)
            done, free = done + end - start, end


def _instant(ordinal: int, clock: Micros, zone: ZoneInfo) -> Instant:
    return from_datetime((datetime.fromordinal(ordinal) + timedelta(microseconds=clock)).replace(tzinfo=zone))


def _clock(instant: Instant, zone: ZoneInfo) -> tuple[int, Micros]:
    local = (datetime(1970, 1, 1) + timedelta(microseconds=instant)).replace(tzinfo=zone)
    local = zone.fromutc(local)
    ordinal = local.toordinal()
    return ordinal, (local.replace(tzinfo=None) - datetime.fromordinal(ordinal)) // timedelta(microseconds=1)
