"""How long entities stay between two nodes: those that left, those still there, and both together (Kaplan-Meier)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rules.worktime.calendars import Calendar
from simulator.kpi.definitions import Definition, Pair
from simulator.lead_learning.survival import kaplan_meier
from simulator.lead_learning.ways import Ways, ways_between
from streams.instants import Instant, Micros

SHARES: Final = (0.5, 0.9, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Percentiles by SHARES and the mean; None: there are none, or too many have not ended to say."""

    percentiles: tuple[Micros | None, ...]
    mean: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """From one node to another, for entities that began the way in the period.

    `done` is of those that arrived alone: it flatters, as the slow ones are still open. `estimated` counts open ones as
    lasting at least so long. `worked` is `done` in working time.
    """

    pair: Pair
    arrived: int
    open: int
    closed: int  # without ever arriving
    passed: int  # a later node was reached without this one
    negative: int  # arrived before they began: data quality, counted nowhere else
    reset: int
    done: Spread
    estimated: Spread
    worked: Spread | None
    open_age: Spread


def dwell_times(
    definition: Definition, snapshots: pl.DataFrame, since: Instant | None, until: Instant
) -> tuple[Dwell, ...]:
    return tuple(
        _dwell(ways_between(definition.kind, start, end, snapshots, until), definition.declared.calendar, since)
        for start, end in definition.pairs
    )


def _dwell(ways: Ways, calendar: Calendar | None, since: Instant | None) -> Dwell:
    ways = ways if since is None else ways.begun(since)
    spans, done, still = ways.spans, ways.done, (ways.rows["how"] == "open").to_numpy()
    curve = kaplan_meier(spans, done)
    return Dwell(
        pair=(ways.start, ways.end),
        arrived=int(done.sum()),
        open=int(still.sum()),
        closed=ways.count("closed"),
        passed=ways.count("passed"),
        negative=ways.negative,
        reset=ways.reset,
        done=_spread(spans[done]),
        estimated=Spread(percentiles=tuple(curve.quantile(share) for share in SHARES), mean=None),
        worked=None if calendar is None else _spread(_worked(ways.rows.filter(pl.col("how") == "done"), calendar)),
        open_age=_spread(spans[still]),
    )


def _spread(spans: NDArray[np.int64]) -> Spread:
    """The shortest span within which such a share lies."""
    if not len(spans):
        return Spread(percentiles=(None,) * len(SHARES), mean=None)
    found = np.quantile(spans, SHARES, method="inverted_cdf")
    return Spread(percentiles=tuple(int(one) for one in found), mean=round(float(spans.mean())))


def _worked(rows: pl.DataFrame, calendar: Calendar) -> NDArray[np.int64]:
    """The working time of each way."""
    times = rows.select(pl.col("started_at", "ended_at").cast(pl.Int64))
    return np.array([calendar.worked(start, end) for start, end in times.iter_rows()], np.int64)
