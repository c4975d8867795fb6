"""Durations added to whole columns of instants, row by row as rules.worktime.durations does it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from rules.worktime.calendars import REACH, Calendar
from rules.worktime.durations import Duration
from rules.worktime.worktable import SLOT, WorkTable
from simulator.columns.arithmetic import where_instants
from simulator.columns.column import Column, Instants, Mask, Rows
from simulator.columns.edges import Edges
from simulator.columns.slots import MISSING, one_by_one, over, slot_by_slot
from streams.instants import DAY, Micros


def add(duration: Duration, starts: Column) -> Column:
    """`starts` plus the duration, no cut-off applied."""
    if duration.calendar is None:
        return where_instants(starts.values + duration.span, starts.present)
    return over(starts, partial(_added, duration, duration.calendar))


def subtract(duration: Duration, ends: Column) -> Column:
    """`ends` minus the duration, days first as in `add`."""
    if duration.calendar is None:
        return where_instants(ends.values - duration.span, ends.present)
    return over(ends, partial(_subtracted, duration, duration.calendar))


def after(duration: Duration, starts: Column) -> Column:
    """`starts` plus the duration, the calendar's cut-off applied first."""
    if duration.calendar is None:
        return where_instants(starts.values + duration.span, starts.present)
    return over(starts, partial(_after, duration, duration.calendar))


# --- durations; what is missing stays so ---------------------------------------------------------------------------


def _added(duration: Duration, calendar: Calendar, starts: Instants) -> Instants:
    later = _days_added(calendar, starts, duration.days)
    return later if not duration.span else _near(starts, _span_added(calendar, later, duration.span))


def _subtracted(duration: Duration, calendar: Calendar, ends: Instants) -> Instants:
    earlier = _days_added(calendar, ends, -duration.days)
    return earlier if not duration.span else _near(ends, _span_subtracted(calendar, earlier, duration.span))


def _after(duration: Duration, calendar: Calendar, starts: Instants) -> Instants:
    if calendar.cut_off is None:
        return _added(duration, calendar, starts)
    return _near(starts, _added(duration, calendar, _counted_from(calendar, starts, calendar.cut_off)))


def _near(starts: Instants, found: Instants) -> Instants:
    """None more than 800 days away from where it began."""
    return np.where(np.abs(found - starts) <= REACH, found, MISSING)


# --- calendars -----------------------------------------------------------------------------------------------------


def _span_added(calendar: Calendar, starts: Instants, span: Micros) -> Instants:
    def added(table: _Table, known: Instants) -> Instants:
        if not len(table.ends):
            return np.full(len(known), MISSING)
        target = table.worked(known) + span
        place = table.done.last_before(target)
        found = table.starts.at[place] + target - table.done.at[place]
        return np.where((place >= 0) & (found <= table.ends[place]), found, MISSING)

    return _near(starts, _by_table(calendar, starts, added))


def _span_subtracted(calendar: Calendar, ends: Instants, span: Micros) -> Instants:
    def subtracted(table: _Table, known: Instants) -> Instants:
        if not len(table.ends):
            return np.full(len(known), MISSING)
        target = table.worked(known) - span
        place = table.done.last_upto(target)
        return np.where(target >= 0, table.starts.at[place] + target - table.done.at[place], MISSING)

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
        found = np.where(possible, table.midnights.at[target] + known - table.midnights.at[day], MISSING)
        odd = table.odd[day] | (possible & table.odd[target])
        return one_by_one(found, known, odd, lambda start: calendar.add_days(start, days))

    return _near(starts, _by_table(calendar, starts, added))


def _counted_from(calendar: Calendar, instants: Instants, cut_off: Micros) -> Instants:
    def counted(table: _Table, known: Instants) -> Instants:
        day = table.day(known)
        in_time = table.works[day] & (known <= table.midnights.at[day] + cut_off)
        found = np.where(in_time, known, table.opens[table.next_working[day]])
        return one_by_one(found, known, table.odd[day], calendar.counted_from)

    return _near(instants, _by_table(calendar, instants, counted))


def _by_table(calendar: Calendar, instants: Instants, act: Callable[["_Table", Instants], Instants]) -> Instants:
    return slot_by_slot(instants, SLOT, lambda slot, known: act(_table_of(calendar.table(slot * SLOT)), known))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Table:
    """A WorkTable in arrays. Days are places in `midnights`; the last of these begins no date of the table."""

    starts: Edges  # of working intervals
    ends: Instants
    done: Edges  # working time before each of them
    midnights: Edges
    odd: Mask  # days on which the clock is changed, or none of the table
    works: Mask  # by day
    working: Rows  # the days that work, and one that is none
    this_working: Rows  # by day: how many of these are before it
    next_working: Rows  # by day: how many of these are not behind it
    opens: Instants  # for each of these the first working instant from then on

    def worked(self, instants: Instants) -> NDArray[np.int64]:
        """Working time from the table's beginning until each instant."""
        place = self.starts.last_upto(instants)
        worked = self.done.at[place] + np.minimum(instants, self.ends[place]) - self.starts.at[place]
        return np.where(place < 0, 0, worked)

    def day(self, instants: Instants) -> Rows:
        """Their days; -1 and the last are none."""
        return self.midnights.last_upto(instants)


@lru_cache(maxsize=256)
def _table_of(table: WorkTable) -> _Table:
    midnights = np.array(table.midnights, np.int64)
    days = np.arange(len(midnights))
    working = np.array(table.days, np.int64) - table.first
    opens = [MISSING if opens is None else opens for opens in table.opens]
    return _Table(
        starts=Edges(table.starts),
        ends=np.array(table.ends, np.int64),
        done=Edges(table.done),
        midnights=Edges(table.midnights),
        odd=np.append(np.diff(midnights) != DAY, True),
        works=np.isin(days, working),
        working=np.append(working, len(midnights) - 1),
        this_working=np.searchsorted(working, days),
        next_working=np.searchsorted(working, days, side="right"),
        opens=np.array([*opens, MISSING], np.int64),
    )
