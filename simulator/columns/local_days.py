"""start_of_day and end_of_day over columns: a few facts a day and zone, then look-ups."""

from datetime import date
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from rules.language.functions import end_of_day, start_of_day
from rules.language.tree import Type
from simulator.columns.column import Column, Instants, Rows
from streams.instants import DAY, FIRST, LAST, Instant, from_datetime, start_of_date, to_datetime

_MISSING: Final = FIRST - 1
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FEW_DAYS: Final = 200_000  # up to so many, days are counted by marking them


def day_starts(moments: Column, zone: ZoneInfo, days_later: int) -> Column:
    """The first instant of each moment's local date (0), or of the next one (1)."""
    present = moments.mask()
    if not present.any():
        return moments
    known = moments.values if moments.present is None else np.where(present, moments.values, moments.values[present][0])
    days = known // DAY
    distinct, places = _distinct(days)
    facts = np.array([_facts(zone, day) for day in distinct.tolist()], np.int64)
    midnight = facts[:, 0][places]
    found = np.where(known < midnight, facts[:, 1 + days_later][places], facts[:, 2 + days_later][places])
    _change_days(found, known, facts[:, 0][places] == _MISSING, zone, days_later)
    return Column(Type.TIMESTAMP, found, present & (found != _MISSING))


def _distinct(days: NDArray[np.int64]) -> tuple[NDArray[np.int64], Rows]:
    """The different days, and for each row the place of its own among them."""
    first, last = int(days.min()), int(days.max())
    if last - first > _FEW_DAYS:
        return np.unique(days, return_inverse=True)
    marked = np.zeros(last - first + 1, np.bool_)
    marked[days - first] = True
    numbers = np.cumsum(marked) - 1
    return np.flatnonzero(marked) + first, numbers[days - first]


def _change_days(found: Instants, known: Instants, rows: NDArray[np.bool_], zone: ZoneInfo, days_later: int) -> None:
    """Rows on days of UTC in which the clock is changed, one by one as far as they differ."""
    if not rows.any():
        return
    scalar = end_of_day if days_later else start_of_day
    moments, places = np.unique(known[rows], return_inverse=True)
    starts = [scalar(moment, zone) for moment in moments.tolist()]
    found[rows] = np.array([_MISSING if start is None else start for start in starts], np.int64)[places]


@lru_cache(maxsize=100_000)
def _facts(zone: ZoneInfo, day: int) -> tuple[Instant, Instant, Instant, Instant]:
    """Of a day of UTC: the local midnight within it, and the starts of the local dates before it, behind it, and of
    the next. The midnight is _MISSING where the clock is changed on that day or it lies at the ends of the calendar."""
    start, end = day * DAY, (day + 1) * DAY - 1
    if start - 3 * DAY < FIRST or end + 3 * DAY > LAST:
        return (_MISSING,) * 4
    offset = _offset(zone, start)
    if offset != _offset(zone, end):
        return (_MISSING,) * 4
    local = (start + offset) // DAY
    before, behind, next_ = (start_of_date(date.fromordinal(_EPOCH + local + n), zone) for n in range(3))
    return (local + 1) * DAY - offset, before, behind, next_


def _offset(zone: ZoneInfo, moment: Instant) -> int:
    """How far local clocks are ahead of UTC."""
    aware = to_datetime(moment)
    return from_datetime(aware.astimezone(zone).replace(tzinfo=aware.tzinfo)) - moment
