"""Working time: adding it to an instant and taking it away (semantics.md, section 3)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from rules.errors import Place
from rules.worktime.public_holidays import NO_HOLIDAYS, PublicHolidays, Special
from rules.worktime.worktable import SLOT, Span, WorkTable, make_table
from streams.instants import DAY, FIRST, LAST, Instant, Micros

__all__ = ["MONDAY", "REACH", "Calendar", "Span"]

REACH: Final = 800 * DAY  # a result further away than this is missing
MONDAY: Final = 0
_KEPT_TABLES: Final = 64


@dataclass(frozen=True, kw_only=True)
class Calendar:
    name: str
    zone: ZoneInfo
    week: Mapping[int, tuple[Span, ...]]  # by weekday, Monday is 0; without an entry a day off
    holidays: PublicHolidays = NO_HOLIDAYS
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)  # exceptions, () is off; they win
    cut_off: Micros | None = None  # local clock time since midnight
    where: Place | None = field(default=None, compare=False, repr=False)  # of its holidays in the file
    _tables: dict[int, WorkTable] = field(default_factory=dict, init=False, compare=False, repr=False)

    def add(self, start: Instant, span: Micros) -> Instant | None:
        """The earliest instant at which `span` of working time has passed since `start`."""
        if span == 0:
            return start
        table = self.table(start)
        target = table.worked(start) + span
        place = bisect_left(table.done, target) - 1
        if place < 0:
            return None
        found = table.starts[place] + target - table.done[place]
        return found if found <= table.ends[place] and found - start <= REACH else None

    def subtract(self, end: Instant, span: Micros) -> Instant | None:
        """The latest instant from which `span` of working time passes until `end`."""
        if span == 0:
            return end
        table = self.table(end)
        target = table.worked(end) - span
        if target < 0:
            return None
        place = bisect_right(table.done, target) - 1
        found = table.starts[place] + target - table.done[place]
        return found if end - found <= REACH else None

    def worked(self, start: Instant, end: Instant) -> Micros:
        """The working time between two instants, however far apart."""
        total = 0
        while start < end:
            stop = min(end, start + SLOT)  # no table ends before that
            table = self.table(start)
            total += table.worked(stop) - table.worked(start)
            start = stop
        return total

    def add_days(self, start: Instant, days: int) -> Instant | None:
        """The same local time of day, `days` working days after (negative: before) the date of `start`."""
        if days == 0:
            return start
        table = self.table(start)
        local = table.local(start)
        if local is None:
            return None
        ordinal, clock = local
        place = bisect_right(table.days, ordinal) + days - 1 if days > 0 else bisect_left(table.days, ordinal) + days
        if not 0 <= place < len(table.days):
            return None
        found = table.instant(table.days[place], clock)
        return found if -REACH <= found - start <= REACH else None

    def counted_from(self, instant: Instant) -> Instant | None:
        """The instant itself; later than a cut-off, or on a day off then: the next date's first working instant."""
        if self.cut_off is None:
            return instant
        table = self.table(instant)
        local = table.local(instant)
        if local is None:
            return None
        ordinal = local[0]
        following = bisect_right(table.days, ordinal)
        works = following > 0 and table.days[following - 1] == ordinal
        if works and instant <= table.instant(ordinal, self.cut_off):
            return instant
        opens = table.opens[following] if following < len(table.opens) else None
        return opens if opens is not None and opens - instant <= REACH else None

    def next_working(self, instant: Instant) -> Instant | None:
        """The instant itself if it is in working time, else the next one that is."""
        table = self.table(instant)
        place = bisect_right(table.ends, instant)
        if place == len(table.starts):
            return None
        found = max(instant, table.starts[place])
        return found if found - instant <= REACH else None

    def date_of(self, instant: Instant) -> date | None:
        """The local date of an instant; None at the ends of the years 1 to 9999."""
        local = self.table(instant).local(instant)
        return None if local is None else date.fromordinal(local[0])

    def intervals(self, start: Instant) -> Iterator[tuple[Instant, Instant]]:
        """The working intervals from `start` on, the one it lies in cut there, as far as results can be."""
        table = self.table(start)
        for place in range(bisect_right(table.ends, start), len(table.starts)):
            yield max(start, table.starts[place]), table.ends[place]

    def intervals_before(self, end: Instant) -> Iterator[tuple[Instant, Instant]]:
        """The same before `end`, the last one first."""
        table = self.table(end)
        for place in range(bisect_left(table.starts, end) - 1, -1, -1):
            yield table.starts[place], min(end, table.ends[place])

    def hours(self, day: date) -> tuple[Span, ...]:
        """The working hours of a date; none on a day off."""
        own = self.days.get(day)
        if own is not None:
            return own
        match self.holidays.special(day):
            case Special.HOLIDAY:
                return ()
            case Special.MAKE_UP:
                return self.week.get(MONDAY, ())
        return self.week.get(day.weekday(), ())

    def knows(self, instant: Instant) -> bool:
        """Whether the holidays of that date are known; where they are not, it counts as an ordinary day."""
        local = self.table(instant).local(instant)
        return local is not None and self.holidays.knows(date.fromordinal(local[0]))

    def unknown_year(self, first: Instant, last: Instant) -> int | None:
        """The first year between two instants whose holidays are not known; None: all are."""
        start, end = self.date_of(first), self.date_of(last)
        if start is None or end is None:
            return None
        unknown = (year for year in range(start.year, end.year + 1) if not self.holidays.knows(date(year, 1, 1)))
        return next(unknown, None)

    @property
    def meaning(self) -> object:
        """All that its results depend on, as plain values."""
        return {
            "zone": self.zone.key,
            "week": [[day, _plain(spans)] for day, spans in sorted(self.week.items())],
            "holidays": self.holidays.fingerprint,
            "days": [[day.isoformat(), _plain(spans)] for day, spans in sorted(self.days.items())],
            "cut_off": self.cut_off,
        }

    def table(self, instant: Instant) -> WorkTable:
        """The days around an instant: results for all instants of its slot are found in one table."""
        slot = instant // SLOT
        table = self._tables.get(slot)
        if table is None:
            slot = min(max(FIRST, instant), LAST) // SLOT
            if len(self._tables) >= _KEPT_TABLES:
                self._tables.clear()
            table = self._tables[slot] = make_table(slot, self.zone, self.hours)
        return table


def _plain(spans: tuple[Span, ...]) -> list[list[Micros]]:
    return [[span.start, span.end] for span in spans]
