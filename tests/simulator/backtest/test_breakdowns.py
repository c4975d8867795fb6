"""Incidents by day, hour of the week, node and fields, by hand."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from rules.workspace import read_workspace
from simulator.backtest.breakdowns import at_opening, breakdown, dimensions_of
from streams.event import Event
from tests.simulator.backtest.incident_tables import hours, incidents
from tests.simulator.in_columns import snapshots_in_columns

SHANGHAI = ZoneInfo("Asia/Shanghai")
MODEL = read_workspace(
    """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}}
    fields: {supplier: string, tags: list, promised_at: timestamp, lines: {sku: string, due_on: timestamp}}
"""
).model
ORDER = MODEL.kinds["order"]


def told(at: float, type_: str, **data: Any) -> Event:
    instant, id_ = hours(at), f"{at}{type_}"
    return Event(
        source="s", id=id_, kind="order", key="A", type=type_, occurred_at=instant, recorded_at=instant, data=data
    )


EVENTS = [
    told(0, "placed", supplier="S1", tags=("urgent", "gift"), lines=({"sku": "x"}, {"sku": "x"}, {"sku": "y"})),
    told(10, "paid", supplier="S2"),
    told(10, "shipped"),
    told(30, "updated", supplier="S3"),
]
OPENED = at_opening(
    incidents(
        {"key": "A", "opened": 5}, {"key": "A", "opened": 10}, {"key": "A", "opened": 20}, {"key": "B", "opened": 20}
    ),
    snapshots_in_columns(MODEL, "order", EVENTS, hours(100)),
)


def counted(dimension: str, opened: pl.DataFrame = OPENED) -> list[tuple[object, int]]:
    return breakdown(opened, dimension, ORDER, SHANGHAI).select("value", "incidents").rows()


def test_fields_as_they_were_at_opening() -> None:
    """An event of the instant of opening counts; what came later does not. An order without a snapshot has no value."""
    assert counted("supplier") == [("S2", 2), ("S1", 1), (None, 1)]


def test_days_and_hours_are_those_of_the_zone() -> None:
    """Five hours after midnight in UTC is one in the afternoon in Shanghai, and 20:00 is the next day there."""
    assert counted("day") == [(date(2026, 1, 1), 2), (date(2026, 1, 2), 2)]
    assert counted("hour") == [(3 * 24 + 13, 1), (3 * 24 + 18, 1), (4 * 24 + 4, 2)]  # a Thursday


def test_where_the_order_stood() -> None:
    """The node reached last; of one instant the later in the model's order."""
    assert counted("node") == [("shipped", 2), ("placed", 1), (None, 1)]


def test_members_of_lists_and_records_count_once_each() -> None:
    """Two lines of one article are one; an order counts for each of its tags."""
    assert counted("tags") == [("gift", 3), ("urgent", 3), (None, 1)]
    assert counted("lines.sku") == [("x", 3), ("y", 3), (None, 1)]


def test_what_can_be_asked_for() -> None:
    """Timestamps are no values to group by."""
    assert list(dimensions_of(ORDER)) == ["day", "hour", "node", "supplier", "tags", "lines.sku"]


def test_verdicts_are_counted_where_they_are_known() -> None:
    """How many were right, of those whose outcome is known."""
    verdicts = pl.Series("verdict", ["followed", "false", "open", "followed"])
    rows = breakdown(OPENED.with_columns(verdicts), "node", ORDER, SHANGHAI).rows()
    assert rows == [("shipped", 2, 1, 0, 1), ("placed", 1, 1, 1, 1), (None, 1, 1, 1, 1)]
