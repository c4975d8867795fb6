"""Histories written as Parquet: what is read again is what was written."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from simulator.history import read_history
from simulator.history_writing import HistorySchema, write_parquet
from simulator.reading.from_events import from_events
from streams.event import Event
from tests.streams.models import model

MODEL = model("UTC")
DATA = {
    "amount": 7.25,
    "channel": "网店",
    "urgent": True,
    "promised_at": 1_767_225_600_000_001,
    "tags": ("a", "b"),
    "lines": ({"sku": "x", "qty": 2.0, "wanted_at": 1_767_225_600_000_000}, {"sku": "y"}),
    "shipped.due": 1_767_225_600_000_000,
}


def event(number: int, key: str = "A", **members: Any) -> Event:
    at = 1_767_225_600_000_000 + number
    usual: dict[str, Any] = {
        "source": "erp",
        "id": f"{number:03d}",
        "kind": "order",
        "key": key,
        "type": "placed",
        "data": {},
    }
    usual |= {"occurred_at": at, "recorded_at": at + number}
    return Event(**{**usual, **members})


EVENTS = [
    event(1, data=DATA),
    event(2, "B", type="paid"),
    event(3, kind="stock", type="counted", data={"on_hand": 3.0}),
    event(4, retracts="002"),
    event(5, data={"channel": "web"}),
]


@pytest.mark.parametrize("removing", [False, True])
def test_events_come_back(removing: bool, tmp_path: Path):
    """Batches of events, with data as a struct or as JSON text."""
    schema = HistorySchema(MODEL, removing=removing)
    more = [event(6, data={"channel": None, "amount": 1.0})] if removing else []
    write_parquet(
        tmp_path / "h.parquet", (schema.of_events(batch) for batch in (EVENTS[:2], EVENTS[2:] + more)), schema.columns
    )
    found = read_history(tmp_path / "h.parquet", MODEL)
    assert found.refusals == ()
    assert list(found.events) == EVENTS + more


def test_removing_a_field_needs_text():
    """A struct cannot say that a field is removed."""
    with pytest.raises(ValueError, match="removing"):
        HistorySchema(MODEL).of_events([event(1, data={"channel": None})])


@pytest.mark.parametrize("removing", [False, True])
def test_columns_come_back(removing: bool, tmp_path: Path):
    """Events in columns, in their order."""
    schema = HistorySchema(MODEL, removing=removing)
    plain = [one for one in EVENTS if one.retracts is None]
    columns = from_events(plain, MODEL)
    write_parquet(
        tmp_path / "h.parquet", [schema.of_columns(columns[kind], "erp") for kind in MODEL.kinds], schema.columns
    )
    found = read_history(tmp_path / "h.parquet", MODEL)
    assert found.refusals == ()
    expected = [(one.kind, one.key, one.type, one.occurred_at, one.recorded_at, one.data) for one in plain]
    assert sorted(expected, key=str) == sorted(
        [(one.kind, one.key, one.type, one.occurred_at, one.recorded_at, one.data) for one in found.events], key=str
    )
    assert {one.id for one in found.events if one.key == "B"} == {"order/B/000000001"}


def test_nothing_is_written_as_an_empty_history(tmp_path: Path):
    """A history without events has its columns."""
    schema = HistorySchema(MODEL)
    write_parquet(tmp_path / "h.parquet", [], schema.columns)
    assert pl.read_parquet_schema(tmp_path / "h.parquet") == schema.columns
    assert read_history(tmp_path / "h.parquet", MODEL).events == ()
