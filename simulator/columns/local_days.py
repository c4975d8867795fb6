"""start_of_day and end_of_day over columns: the local dates of some years and a zone as a table, then searching."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from rules.language.functions import end_of_day, start_of_day
from simulator.columns.column import Column, Instants, Rows
from simulator.columns.edges import Edges
from simulator.columns.slots import one_by_one, over, slot_by_slot
from streams.instants import DAY, FIRST, LAST, Instant, from_datetime, start_of_date, to_datetime

_SLOT: Final = 1600 * DAY
_ENDS: Final = 4 * DAY  # so near to the ends of the calendar, zones may lead out of it
_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_starts(moments: Column, zone: ZoneInfo, days_later: int) -> Column:
    """The first instant of each moment's local date (0), or of the next one (1)."""
    return over(moments, partial(_starts, zone, days_later))


def _starts(zone: ZoneInfo, days_later: int, moments: Instants) -> Instants:
    def of_slot(slot: int, known: Instants) -> Instants:
        if slot * _SLOT < FIRST + _ENDS or (slot + 1) * _SLOT > LAST - _ENDS:
            scalar = end_of_day if days_later else start_of_day
            return one_by_one(known.copy(), known, np.ones(len(known), np.bool_), lambda moment: scalar(moment, zone))
        dates = _dates(zone, slot)
        return dates.starts[dates.date[dates.begins.last_upto(known)] + days_later]

    return slot_by_slot(moments, _SLOT, of_slot)


@dataclass(frozen=True, slots=True, eq=False)
class _Dates:
    begins: Edges  # from each of these on clocks show the same date
    date: Rows  # for each of them that date, as a place in `starts`
    starts: Instants


@lru_cache(maxsize=64)
def _dates(zone: ZoneInfo, slot: int) -> _Dates:
    """A date begins twice where clocks are put back over midnight: its start is the first of these."""
    begins: list[Instant] = []
    days: list[int] = []
    for start, end in pairwise(_changes(zone, slot * _SLOT, (slot + 1) * _SLOT)):
        offset = _offset(zone, start)
        shown = range((start + offset) // DAY, (end - 1 + offset) // DAY + 1)
        begins += (max(start, day * DAY - offset) for day in shown)
        days += shown
    first = min(days)
    starts = [start_of_date(date.fromordinal(_EPOCH + day), zone) for day in range(first, max(days) + 2)]
    return _Dates(Edges(begins), np.array(days) - first, np.array(starts, np.int64))


def _changes(zone: ZoneInfo, first: Instant, last: Instant) -> list[Instant]:
    """The two, and between them the instants at which the offset of local clocks changes: in no zone twice a day."""
    found = [first]
    for day, next_ in pairwise(range(first, last + 1, DAY)):
        offset = _offset(zone, day)
        if _offset(zone, next_) != offset:
            found.append(_leaves(zone, offset, day, next_))
    return [*found, last]


def _leaves(zone: ZoneInfo, offset: int, first: Instant, last: Instant) -> Instant:
    """The first instant between the two at which local clocks have another offset."""
    return first + bisect_left(range(first, last), True, key=lambda moment: _offset(zone, moment) != offset)


def _offset(zone: ZoneInfo, moment: Instant) -> int:
    """How far local clocks are ahead of UTC."""
    aware = to_datetime(moment)
    return from_datetime(aware.astimezone(zone).replace(tzinfo=aware.tzinfo)) - moment
