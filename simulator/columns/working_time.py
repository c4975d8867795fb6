"""Durations added to whole columns of instants, row by row as rules.worktime.durations does it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.language.tree import Type
from rules.worktime.calendars import REACH, Calendar
from rules.worktime.durations import Duration
from rules.worktime.worktable import SLOT, WorkTable
from simulator.columns.column import Column, Instants, Mask, Rows
from streams.instants import DAY, FIRST, LAST, Instant, Micros

_MISSING: Final = FIRST - 1


def add(duration: Duration, starts: Column) -> Column:
    """`starts` plus the duration, no cut-off applied."""
    return _over(starts, lambda known: _added(duration, known))


def subtract(duration: Duration, ends: Column) -> Column:
    """`ends` minus the duration, days first as in `add`."""
    return _over(ends, lambda known: _subtracted(duration, known))


def after(duration: Duration, starts: Column) -> Column:
    """`starts` plus the duration, the calendar's cut-off applied first."""
    return _over(starts, lambda known: _after(duration, known))


def _over(instants: Column, act: Callable[[Instants], Instants]) -> Column:
    """What comes of the instants that are present."""
    if instants.present is None:
        found = act(instants.values)
    else:
        found = np.full(len(instants), _MISSING)
        found[instants.present] = act(instants.values[instants.present])
    missing = found == _MISSING
    return Column(Type.TIMESTAMP, found, ~missing if missing.any() else None)


# --- durations; what is missing stays so ---------------------------------------------------------------------------


def _added(duration: Duration, starts: Instants) -> Instants:
    calendar = duration.calendar
    if calendar is None:
        return _within_years(starts + duration.span)
    later = _days_added(calendar, starts, duration.days)
    return later if not duration.span else _near(starts, _span_added(calendar, later, duration.span))


def _subtracted(duration: Duration, ends: Instants) -> Instants:
    calendar = duration.calendar
    if calendar is None:
        return _within_years(ends - duration.span)
    earlier = _days_added(calendar, ends, -duration.days)
    return earlier if not duration.span else _near(ends, _span_subtracted(calendar, earlier, duration.span))


def _after(duration: Duration, starts: Instants) -> Instants:
    if duration.calendar is None or duration.calendar.cut_off is None:
        return _added(duration, starts)
    return _near(starts, _added(duration, _counted_from(duration.calendar, starts, duration.calendar.cut_off)))


def _within_years(found: Instants) -> Instants:
    return np.where((found >= FIRST) & (found <= LAST), found, _MISSING)


def _near(starts: Instants, found: Instants) -> Instants:
    """None more than 800 days away from where it began."""
    return np.where(np.abs(found - starts) <= REACH, found, _MISSING)


# --- calendars -----------------------------------------------------------------------------------------------------


def _span_added(calendar: Calendar, starts: Instants, span: Micros) -> Instants:
    def added(table: _Table, known: Instants) -> Instants:
        if not len(table.starts):
            return np.full(len(known), _MISSING)
        target = table.worked(known) + span
        place = np.searchsorted(table.done, target) - 1
        found = table.starts[place] + target - table.done[place]
        return np.where((place >= 0) & (found <= table.ends[place]), found, _MISSING)

    return _near(starts, _by_table(calendar, starts, added))


def _span_subtracted(calendar: Calendar, ends: Instants, span: Micros) -> Instants:
    def subtracted(table: _Table, known: Instants) -> Instants:
        if not len(table.starts):
            return np.full(len(known), _MISSING)
        target = table.worked(known) - span
        place = np.searchsorted(table.done, target, side="right") - 1
        return np.where(target >= 0, table.starts[place] + target - table.done[place], _MISSING)

    return _near(ends, _by_table(calendar, ends, subtracted))


def _days_added(calendar: Calendar, starts: Instants, days: int) -> Instants:
    """The same local time so many working days after, or before, where that is negative."""
    if not days:
        return starts

    def added(table: _Table, known: Instants) -> Instants:
        day = table.day(known)
        place = table.next_working[day] + days - 1 if days > 0 else table.this_working[day] + days
        possible = (place >= 0) & (place < len(table.working) - 1)
        target = table.working[np.where(possible, place, -1)]
        found = np.where(possible, table.midnights[target] + known - table.midnights[day], _MISSING)
        odd = table.odd[day] | (possible & table.odd[target])
        return _one_by_one(found, known, odd, lambda start: calendar.add_days(start, days))

    return _near(starts, _by_table(calendar, starts, added))


def _counted_from(calendar: Calendar, instants: Instants, cut_off: Micros) -> Instants:
    def counted(table: _Table, known: Instants) -> Instants:
        day = table.day(known)
        in_time = table.works[day] & (known <= table.midnights[day] + cut_off)
        found = np.where(in_time, known, table.opens[table.next_working[day]])
        return _one_by_one(found, known, table.odd[day], calendar.counted_from)

    return _near(instants, _by_table(calendar, instants, counted))


def _by_table(calendar: Calendar, instants: Instants, act: Callable[["_Table", Instants], Instants]) -> Instants:
    """What comes of the instants, slot by slot; of missing ones nothing."""
    found = np.full(len(instants), _MISSING)
    known = np.flatnonzero(instants != _MISSING)
    slots = instants[known] // SLOT
    while len(known):
        slot = int(slots[0])
        here = slots == slot
        rows = known[here]
        found[rows] = act(_table_of(calendar.table(slot * SLOT)), instants[rows])
        known, slots = known[~here], slots[~here]
    return found


def _one_by_one(found: Instants, known: Instants, odd: Mask, scalar: Callable[[Instant], Instant | None]) -> Instants:
    """`found`, but the odd ones as the calendar says, each different one once."""
    if odd.any():
        different, places = np.unique(known[odd], return_inverse=True)
        said = [scalar(instant) for instant in different.tolist()]
        found[odd] = np.array([_MISSING if one is None else one for one in said], np.int64)[places]
    return found


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Table:
    """A WorkTable in arrays. Days are places in `midnights`; the last of these begins no date of the table."""

    starts: Instants  # of working intervals
    ends: Instants
    done: Instants  # working time before each of them
    midnights: Instants
    odd: Mask  # days on which the clock is changed, or none of the table
    works: Mask  # by day
    working: Rows  # the days that work, and one that is none
    this_working: Rows  # by day: how many of these are before it
    next_working: Rows  # by day: how many of these are not behind it
    opens: Instants  # for each of these the first working instant from then on

    def worked(self, instants: Instants) -> NDArray[np.int64]:
        """Working time from the table's beginning until each instant."""
        place = np.searchsorted(self.starts, instants, side="right") - 1
        worked = self.done[place] + np.minimum(instants, self.ends[place]) - self.starts[place]
        return np.where(place < 0, 0, worked)

    def day(self, instants: Instants) -> Rows:
        """Their days; -1 and the last are none."""
        return np.searchsorted(self.midnights, instants, side="right") - 1


@lru_cache(maxsize=256)
def _table_of(table: WorkTable) -> _Table:
    midnights = np.array(table.midnights, np.int64)
    days = np.arange(len(midnights))
    working = np.array(table.days, np.int64) - table.first
    opens = [_MISSING if opens is None else opens for opens in table.opens]
    return _Table(
        starts=np.array(table.starts, np.int64),
        ends=np.array(table.ends, np.int64),
        done=np.array(table.done, np.int64),
        midnights=midnights,
        odd=np.append(np.diff(midnights) != DAY, True),
        works=np.isin(days, working),
        working=np.append(working, len(midnights) - 1),
        this_working=np.searchsorted(working, days),
        next_working=np.searchsorted(working, days, side="right"),
        opens=np.array([*opens, _MISSING], np.int64),
    )
