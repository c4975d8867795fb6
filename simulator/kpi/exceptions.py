"""How many entities had an exception, how soon somebody took it, and how soon it was over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from rules.worktime.calendars import Calendar
from rules.worktime.durations import Duration
from simulator.frames import INSTANT, last_snapshots
from simulator.kpi.definitions import Definition
from simulator.shares import Share
from store.responses import Response
from streams.instants import FIRST, Instant, Micros

# One row an incident, whatever it comes from.
RESPONSES: Final[dict[str, Any]] = {
    "rule": pl.String,
    "kind": pl.String,
    "key": pl.String,
    "opened_at": INSTANT,
    "acknowledged_at": INSTANT,  # the first time
    "resolved_at": INSTANT,
    "by_person": pl.Boolean,  # resolved by one; else it ended by itself
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took: mean, median, 90 %, and how many were in time (None: nothing is agreed).

    What has not happened yet although its time is over is not in time: so `in_time` can be of more than `count`.
    """

    count: int
    mean: Micros | None
    median: Micros | None
    p90: Micros | None
    in_time: Share | None
    worked_mean: Micros | None = None  # in working time, where a calendar is given
    worked_median: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """Of the incidents of one kind that opened in the period. `acknowledging` is None where nobody could: a replay."""

    share: Share  # of the entities active in the period, those with an incident
    incidents: int
    acknowledging: Times | None  # MTTA
    unacknowledged: tuple[Micros, ...]  # ages of those still open and not acknowledged, the oldest first
    over_unacknowledged: int  # were over before anybody took them
    resolved_itself: Times  # MTTR
    resolved_by_person: Times | None
    still_open: tuple[Micros, ...]  # ages, the oldest first


def of_replay(incidents: pl.DataFrame) -> pl.DataFrame:
    """The RESPONSES of replayed incidents (simulator.frames.INCIDENTS): nobody acknowledged or resolved them."""
    nobody = incidents.with_columns(acknowledged_at=pl.lit(None, dtype=INSTANT), by_person=pl.lit(False))
    return nobody.select(list(RESPONSES))


def of_service(responses: Iterable[Response]) -> pl.DataFrame:
    """The RESPONSES of a service's own history."""
    rows = [
        (
            one.rule,
            one.kind,
            one.key,
            one.opened_at,
            one.acknowledged_at,
            one.resolved_at,
            one.resolved_by is not None,
        )
        for one in responses
    ]
    return pl.DataFrame(rows, schema=RESPONSES, orient="row")


def exceptions(
    definition: Definition,
    snapshots: pl.DataFrame,
    responses: pl.DataFrame,
    since: Instant | None,
    until: Instant,
    *,
    with_people: bool,
) -> Exceptions:
    declared, kind = definition.declared, definition.kind.name
    opened = _cut(responses, until).filter(
        pl.col("kind") == kind, pl.col("opened_at").is_between(_at(FIRST if since is None else since), _at(until))
    )
    active = active_in(definition, snapshots, since)
    untaken, waiting = (
        opened.filter(pl.col("acknowledged_at").is_null()),
        opened.filter(pl.col("resolved_at").is_null()),
    )
    by_person = pl.col("by_person") & pl.col("resolved_at").is_not_null()
    acknowledging, resolving = (
        _Timing(within, declared.calendar, until) for within in (declared.acknowledge_within, declared.resolve_within)
    )
    return Exceptions(
        share=Share(count=len(active.join(opened, on="key", how="semi")), of=len(active)),
        incidents=len(opened),
        acknowledging=acknowledging.times(opened, "acknowledged_at") if with_people else None,
        unacknowledged=_ages(untaken.filter(pl.col("resolved_at").is_null()), until),
        over_unacknowledged=len(untaken.filter(pl.col("resolved_at").is_not_null())),
        resolved_itself=resolving.times(opened.filter(~by_person), "resolved_at"),
        resolved_by_person=resolving.times(opened.filter(by_person), "resolved_at") if with_people else None,
        still_open=_ages(waiting, until),
    )


def _cut(responses: pl.DataFrame, until: Instant) -> pl.DataFrame:
    """What happened after the end is not known yet."""
    ends = ("acknowledged_at", "resolved_at")
    return responses.with_columns(pl.when(pl.col(name) <= _at(until)).then(pl.col(name)).alias(name) for name in ends)


def active_in(definition: Definition, snapshots: pl.DataFrame, since: Instant | None) -> pl.DataFrame:
    """The entities that were not closed before the period began."""
    nodes = [f"{name}.at" for name in definition.kind.closed_by]
    last = last_snapshots(snapshots.select("key", "at", "until", "closed", *nodes))
    if since is None or not nodes:
        return last
    return last.filter(~pl.col("closed") | (pl.min_horizontal(nodes) >= _at(since)))


@dataclass(frozen=True, slots=True)
class _Timing:
    """How soon something should happen, in working time where there is a calendar."""

    within: Duration | None
    calendar: Calendar | None
    until: Instant

    def times(self, incidents: pl.DataFrame, end: str) -> Times:
        """From the opening to `end`; an incident that was over before counts as waiting until then."""
        read = {"start": "opened_at", "stop": end, "over": "resolved_at"}
        instants = incidents.select(pl.col(column).cast(pl.Int64).alias(name) for name, column in read.items()).rows()
        done = [(start, stop) for start, stop, _ in instants if stop is not None]
        spans = [stop - start for start, stop in done]
        worked = None if self.calendar is None else [self.calendar.worked(*one) for one in done]
        return Times(
            count=len(done),
            mean=_mean(spans),
            median=_percentile(spans, 0.5),
            p90=_percentile(spans, 0.9),
            in_time=self._in_time(instants),
            worked_mean=None if worked is None else _mean(worked),
            worked_median=None if worked is None else _percentile(worked, 0.5),
        )

    def _in_time(self, instants: Iterable[tuple[Instant, Instant | None, Instant | None]]) -> Share | None:
        if self.within is None:
            return None
        kept = missed = 0
        for start, stop, over in instants:
            limit = self.within.add(start)
            if stop is not None and (limit is None or stop <= limit):
                kept += 1
            elif limit is not None and limit < next(one for one in (stop, over, self.until) if one is not None):
                missed += 1
        return Share(count=kept, of=kept + missed)


def _mean(spans: Sequence[Micros]) -> Micros | None:
    return round(sum(spans) / len(spans)) if spans else None


def _percentile(spans: Sequence[Micros], share: float) -> Micros | None:
    return int(np.quantile(spans, share, method="inverted_cdf")) if spans else None


def _ages(waiting: pl.DataFrame, until: Instant) -> tuple[Micros, ...]:
    return tuple(sorted((until - at for at in waiting["opened_at"].cast(pl.Int64)), reverse=True))


def _at(instant: Instant) -> pl.Expr:
    return pl.lit(instant).cast(INSTANT)
