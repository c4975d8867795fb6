"""Hours of the week in local time, as quiet hours and the `time` of an `if` step name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from streams.instants import LAST, Instant, local_instant, to_datetime

Minutes = int  # of the local day, 0 to 1440
MINUTES_A_DAY: Final = 24 * 60
_ALWAYS: Final = 9  # days: hours that go on for more than a week never end


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Intervals `[from, until)` of each weekday, Monday first; one whose `from` is later crosses midnight.

    Local times are read with fold=0, where a clock change skips or repeats them.
    """

    days: tuple[tuple[tuple[Minutes, Minutes], ...], ...]

    def until(self, instant: Instant, zone: ZoneInfo) -> Instant | None:
        """When the hours around `instant` end, following on one another; None: it is outside. LAST: never."""
        end = None
        today = to_datetime(instant).astimezone(zone).date()
        for start, stop in _around(self, today, zone):
            if start <= (instant if end is None else end) < stop:
                end = stop
        if end is not None and end >= _midnight(today, _ALWAYS - 1, zone):
            return LAST
        return end

    def contain(self, instant: Instant, zone: ZoneInfo) -> bool:
        return self.until(instant, zone) is not None


@lru_cache(maxsize=1024)  # of a few people and the days of now: many messages of a day ask the same
def _around(hours: Hours, today: date, zone: ZoneInfo) -> Sequence[tuple[Instant, Instant]]:
    """The intervals, as instants, that begin from yesterday (they may cross midnight) on for more than a week."""
    found = []
    for shift in range(-1, _ALWAYS):
        try:
            day = today + timedelta(days=shift)
            for first, last in hours.days[day.weekday()]:
                over = MINUTES_A_DAY if last <= first else 0
                found.append((_at(day, first, zone), _at(day, last + over, zone)))
        except OverflowError:  # the years end
            continue
    return sorted(found)


def _midnight(day: date, shift: int, zone: ZoneInfo) -> Instant:
    try:
        return _at(day, shift * MINUTES_A_DAY, zone)
    except OverflowError:
        return LAST


def _at(day: date, minutes: Minutes, zone: ZoneInfo) -> Instant:
    return local_instant(datetime(day.year, day.month, day.day) + timedelta(minutes=minutes), zone)
