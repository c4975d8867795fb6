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
    """How long something took: mean, median, 90 %, and how many were in time (None: nothing is agreed)."""

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
    opened = responses.filter(
        pl.col("kind") == kind, pl.col("opened_at").is_between(_at(FIRST if since is None else since), _at(until))
    )
    active = active_in(definition, snapshots, since)
    over = opened.filter(pl.col("resolved_at").is_not_null())
    by_person, acknowledged = over.filter("by_person"), opened.filter(pl.col("acknowledged_at").is_not_null())
    waiting = opened.filter(pl.col("resolved_at").is_null())
    calendar, resolve_within = declared.calendar, declared.resolve_within
    return Exceptions(
        share=Share(count=len(active.join(opened, on="key", how="semi")), of=len(active)),
        incidents=len(opened),
        acknowledging=_times(acknowledged, "acknowledged_at", declared.acknowledge_within, calendar)
        if with_people
        else None,
        unacknowledged=_ages(waiting.filter(pl.col("acknowledged_at").is_null()), until),
        over_unacknowledged=len(over.filter(pl.col("acknowledged_at").is_null())),
        resolved_itself=_times(over.filter(~pl.col("by_person")), "resolved_at", resolve_within, calendar),
        resolved_by_person=_times(by_person, "resolved_at", resolve_within, calendar) if with_people else None,
        still_open=_ages(waiting, until),
    )


def active_in(definition: Definition, snapshots: pl.DataFrame, since: Instant | None) -> pl.DataFrame:
    """The entities that were not closed before the period began."""
    nodes = [f"{name}.at" for name in definition.kind.closed_by]
    last = last_snapshots(snapshots.select("key", "at", "until", "closed", *nodes))
    if since is None or not nodes:
        return last
    return last.filter(~pl.col("closed") | (pl.min_horizontal(nodes) >= _at(since)))


def _times(over: pl.DataFrame, end: str, within: Duration | None, calendar: Calendar | None) -> Times:
    pairs: Sequence[tuple[Instant, Instant]] = over.select(pl.col("opened_at", end).cast(pl.Int64)).rows()
    spans = [stop - start for start, stop in pairs]
    worked = None if calendar is None else [calendar.worked(start, stop) for start, stop in pairs]
    in_time = None
    if within is not None:
        limits = [within.add(start) for start, _ in pairs]
        kept = sum(limit is None or stop <= limit for limit, (_, stop) in zip(limits, pairs, strict=True))
        in_time = Share(count=kept, of=len(pairs))
    return Times(
        count=len(spans),
        mean=_mean(spans),
        median=_percentile(spans, 0.5),
        p90=_percentile(spans, 0.9),
        in_time=in_time,
        worked_mean=None if worked is None else _mean(worked),
        worked_median=None if worked is None else _percentile(worked, 0.5),
    )


def _mean(spans: Sequence[Micros]) -> Micros | None:
    return round(sum(spans) / len(spans)) if spans else None


def _percentile(spans: Sequence[Micros], share: float) -> Micros | None:
    return int(np.quantile(spans, share, method="inverted_cdf")) if spans else None


def _ages(waiting: pl.DataFrame, until: Instant) -> tuple[Micros, ...]:
    return tuple(sorted((until - at for at in waiting["opened_at"].cast(pl.Int64)), reverse=True))


def _at(instant: Instant) -> pl.Expr:
    return pl.lit(instant).cast(INSTANT)
