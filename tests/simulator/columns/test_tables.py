"""Tables of snapshots out of columns are those that the fold of single events makes."""

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rules.workspace import read_workspace
from simulator.columns.tables import snapshots_of
from simulator.frames import snapshot_schema
from simulator.history import History
from simulator.reading.histories import of_history
from streams.entity import Fold, new_entity
from streams.event import Event
from streams.instants import HOUR

MODEL = read_workspace(
    """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {due: {after: paid, within: 2d}}, cancelled: {off_path: true}}
    closed_by: [cancelled]
    fields: {name: string, amount: number, urgent: bool, on: timestamp, tags: list, lines: {sku: string, qty: number}}
    events: {taken_back: {resets: [shipped]}}
  stock: {fields: {on_hand: number}}
"""
).model


def told(
    place: int, key: str, at: int, type_: str, data: Any = None, *, retracts: str | None = None, late: int = 0
) -> Event:
    return Event(
        source="s",
        id=str(place),
        kind="order",
        key=key,
        type=type_,
        occurred_at=at * HOUR,
        recorded_at=(at + late) * HOUR,
        data=data or {},
        retracts=retracts,
    )


LINES = ({"sku": "k", "qty": 1.0}, {"sku": "l"})
EVENTS = [
    told(1, "A", 0, "placed", {"name": "a", "amount": 2.5, "tags": ("x", "y"), "lines": LINES}),
    told(2, "A", 3, "paid", {"urgent": True, "on": 7 * HOUR}),
    told(3, "A", 3, "updated", {"name": None, "amount": 3.0}),
    told(4, "A", 9, "shipped", late=5),
    told(5, "A", 12, "taken_back", {"tags": ()}),
    told(6, "B", 1, "placed", {"shipped.due": 5 * HOUR}),
    told(7, "B", 2, "cancelled"),
    told(8, "B", 4, "updated", retracts="7", late=3),
    told(9, "C", 50, "placed", {"name": "later"}),
]


def folded(until: int) -> pl.DataFrame:
    """Event by event, those that are not taken back."""
    kind, schema = MODEL.kinds["order"], snapshot_schema(MODEL.kinds["order"])
    gone = {event.retracts for event in EVENTS}
    rows = []
    for key in "ABC":
        own = [one for one in EVENTS if one.key == key and one.id not in gone and one.occurred_at <= until]
        steps = list(Fold(kind).snapshots(new_entity("order", key), sorted(own, key=lambda event: event.order)))
        for place, (at, values) in enumerate(steps):
            end = steps[place + 1][0] if place + 1 < len(steps) else None
            shown: dict[str, Any] = {**values, "key": key, "at": at, "until": end}
            rows.append([shown.get(name) for name in schema])
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize("until", [0, 3, 8, 20, 100])
@pytest.mark.parametrize("keep_retracted", [False, True])
def test_the_same_table(until, keep_retracted):
    """Missing values, resets, promises, lead times, lists, records, events of one instant, retractions and the cut."""
    history = History(events=tuple(EVENTS), refusals=(), left_out={}, copies=0)
    columns = of_history(history, MODEL, keep_retracted=keep_retracted)
    found = snapshots_of(columns, MODEL, "order", until * HOUR)
    assert_frame_equal(found, folded(until * HOUR))


def test_a_kind_without_events_has_no_rows():
    """And the columns that it would have."""
    columns = of_history(History(events=(), refusals=(), left_out={}, copies=0), MODEL)
    found = snapshots_of(columns, MODEL, "stock", 0)
    assert_frame_equal(found, pl.DataFrame(schema=snapshot_schema(MODEL.kinds["stock"])))


def test_only_some_columns():
    """Those asked for, and what every table has."""
    history = of_history(History(events=tuple(EVENTS), refusals=(), left_out={}, copies=0), MODEL)
    found = snapshots_of(history, MODEL, "order", 100 * HOUR, only={"shipped.due", "name"})
    assert found.columns == ["key", "at", "until", "closed", "shipped.due", "name"]
    whole = snapshots_of(history, MODEL, "order", 100 * HOUR)
    assert_frame_equal(found, whole.select(found.columns))
