"""All KPIs of one kind of a history."""

from dataclasses import dataclass

import polars as pl

from simulator.kpi.definitions import Declared, Definition, settle
from simulator.kpi.dwell import Dwell, dwell_times
from simulator.kpi.exceptions import Exceptions, exceptions
from simulator.kpi.in_full import Fulfilment, Scores, fulfilment, scores_of, share_of
from simulator.kpi.on_time import OnTime, Window, on_time
from simulator.kpi.orders import Orders, orders_of
from simulator.kpi.satisfaction import Satisfaction, satisfaction
from simulator.shares import Share
from streams.instants import Instant
from streams.model import Kind, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """Incidents as of exceptions.RESPONSES; `with_people`: of a service's database, else of a replay."""

    table: pl.DataFrame
    with_people: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The orders with one value of a field."""

    value: str | float | bool | None  # None: the field is missing
    delivered: int
    figures: dict[str, Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What there is of a kind."""

    entities: int
    delivered: int  # in the period
    open: int
    cancelled: int
    elsewhere: int  # `where` does not hold
    closed: int  # closed without being delivered, nor cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """`since` None: from the beginning. `exceptions` None: there are no rules."""

    definition: Definition
    since: Instant | None
    until: Instant
    counted: Counted
    on_time: tuple[OnTime, ...]
    fulfilment: tuple[Fulfilment, ...]
    by: str | None
    segments: tuple[Segment, ...]  # the most orders first
    dwell: tuple[Dwell, ...]
    exceptions: Exceptions | None
    satisfaction: Satisfaction | None


def measure(
    model: Model,
    kind: Kind,
    declared: Declared,
    snapshots: pl.DataFrame,
    *,
    until: Instant,
    since: Instant | None = None,
    by: str | None = None,
    responses: Responses | None = None,
) -> Kpis:
    """`snapshots` as of simulator.columns.tables.snapshots_of, up to `until`; `by` a field of the kind."""
    definition = settle(declared, model, kind, snapshots)
    orders = orders_of(definition, snapshots)
    scores = scores_of(definition, orders.delivered(since), Window.of(definition, definition.compare, model.zone))
    return Kpis(
        definition=definition,
        since=since,
        until=until,
        counted=_counted(orders, scores),
        on_time=on_time(definition, orders, model.zone, since, until),
        fulfilment=fulfilment(definition, scores),
        by=by,
        segments=() if by is None else _segments(scores, by),
        dwell=dwell_times(definition, snapshots, since, until),
        exceptions=None
        if responses is None
        else exceptions(definition, snapshots, responses.table, since, until, with_people=responses.with_people),
        satisfaction=satisfaction(definition, scores.orders),
    )


def _counted(orders: Orders, scores: Scores) -> Counted:
    rows, still_open = orders.rows, orders.open
    delivered = len(orders.delivered(None))
    return Counted(
        entities=len(rows) + orders.cancelled + orders.elsewhere,
        delivered=len(scores.orders),
        open=len(still_open),
        cancelled=orders.cancelled,
        elsewhere=orders.elsewhere,
        closed=len(rows) - delivered - len(still_open),
    )


def _segments(scores: Scores, by: str) -> tuple[Segment, ...]:
    parts = scores.orders.partition_by(by, as_dict=True, maintain_order=True)
    found = [
        Segment(
            value=value,
            delivered=len(part),
            figures={name: share_of(part[name]) for name in scores.measured},
        )
        for (value,), part in parts.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.delivered, str(one.value))))
