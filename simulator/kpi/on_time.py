"""On time: delivered by what was promised, by instant and by calendar day, for each promise that there is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from rules.worktime.durations import Duration
from simulator.frames import INSTANT
from simulator.kpi.definitions import NO_TIME, Compare, Definition, Promise
from simulator.kpi.orders import PROMISES, REACHED, Orders
from simulator.shares import Share
from streams.instants import Instant

COMPARED: Final[tuple[Compare, ...]] = ("instant", "day")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTime:
    """Of what was delivered with this promise, compared so: on time = delivered - early - late."""

    promise: Promise
    compare: Compare
    delivered: int
    early: int
    late: int
    open_overdue: int  # neither delivered nor closed, and past the promise
    chosen: bool  # what the declaration says counts

    @property
    def on_time(self) -> Share:
        return Share(count=self.delivered - self.early - self.late, of=self.delivered)

    @property
    def with_open(self) -> Share:
        """Open ones past their promise count as late: else the worst orders would flatter the figure."""
        return Share(count=self.on_time.count, of=self.delivered + self.open_overdue)


def on_time(
    definition: Definition, orders: Orders, zone: ZoneInfo, since: Instant | None, until: Instant
) -> tuple[OnTime, ...]:
    """For each promise that occurs and both ways to compare; entities delivered in the period."""
    delivered, still_open = orders.delivered(since), orders.open
    return tuple(
        _on_time(definition, promise, compare, delivered, still_open, zone, until)
        for promise, column in PROMISES.items()
        if orders.rows[column].null_count() < len(orders.rows)
        for compare in COMPARED
    )


def _on_time(
    definition: Definition,
    promise: str,
    compare: Compare,
    delivered: pl.DataFrame,
    still_open: pl.DataFrame,
    zone: ZoneInfo,
    until: Instant,
) -> OnTime:
    column, window = PROMISES[promise], Window.of(definition, compare, zone)
    judged = delivered.filter(pl.col(column).is_not_null())
    waiting = still_open.filter(pl.col(column).is_not_null())
    now = pl.repeat(until, len(waiting), dtype=pl.Int64, eager=True).cast(INSTANT)
    return OnTime(
        promise=promise,  # type: ignore[arg-type]
        compare=compare,
        delivered=len(judged),
        early=int(window.early(judged[REACHED], judged[column]).sum()),
        late=int(window.late(judged[REACHED], judged[column]).sum()),
        open_overdue=int(window.late(now, waiting[column]).sum()),
        chosen=(promise, compare) == (definition.declared.promise, definition.compare),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How early and how late something may be, by instant or by day in a zone."""

    compare: Compare
    early_by: Duration | None
    grace: Duration
    zone: ZoneInfo

    @classmethod
    def of(cls, definition: Definition, compare: Compare, zone: ZoneInfo) -> "Window":
        return cls(compare=compare, early_by=definition.declared.early, grace=definition.declared.grace, zone=zone)

    def late(self, reached: pl.Series, promised: pl.Series) -> pl.Series:
        """What is reached exactly at its deadline is on time."""
        last = promised if self.grace == NO_TIME else _moved(promised, self.grace.add)
        return (self._shown(reached) > self._shown(last)).fill_null(False)

    def early(self, reached: pl.Series, promised: pl.Series) -> pl.Series:
        if self.early_by is None:
            return pl.repeat(False, len(reached), eager=True)
        return (self._shown(reached) < self._shown(_moved(promised, self.early_by.subtract))).fill_null(False)

    def _shown(self, times: pl.Series) -> pl.Series:
        return times if self.compare == "instant" else times.dt.convert_time_zone(self.zone.key).dt.date()


def _moved(times: pl.Series, move: Callable[[Instant], Instant | None]) -> pl.Series:
    """A grace or an early window may be in working time. Out of range: missing."""
    moved = [None if one is None else move(one) for one in times.cast(pl.Int64)]
    return pl.Series(moved, dtype=pl.Int64).cast(INSTANT)
