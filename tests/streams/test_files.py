"""Histories of own events: JSON lines and Parquet give the same events, and say where a refused one stands."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from streams.decoding import LARGEST_EVENT, Decoded, Decoder
from streams.errors import UnreadableSource
from streams.event import Event
from streams.instants import parse_instant
from streams.sources.files import read_events
from tests.streams.models import model

MODEL = model()
DECODER = Decoder(MODEL)
FIRST: dict[str, Any] = {
    "source": "erp", "id": "7", "kind": "order", "key": "A-1", "type": "placed",
    "occurred_at": "2026-03-02T01:00:00Z", "recorded_at": "2026-03-02T02:00:00Z", "data": {"channel": "web"},
}  # fmt: skip
SECOND: dict[str, Any] = {**FIRST, "id": "8", "type": "paid", "data": {"amount": 5}, "retracts": "7"}
LINE = json.dumps(FIRST).encode()


def found(path: Path) -> list[Event | tuple[str, str]]:
    return [
        item.event if isinstance(item, Decoded) else (item.position, item.code) for item in read_events(path, DECODER)
    ]


def ids(path: Path) -> list[str | tuple[str, str]]:
    return [item.id if isinstance(item, Event) else item for item in found(path)]


@pytest.mark.parametrize("name", ["h.jsonl", "h.ndjson", "h.json", "h.jsonl.gz"])
def test_json_lines(tmp_path: Path, name: str):
    """One event a line; blank lines and a byte-order mark are nothing; a refused one is named by FILE:LINE."""
    data = b"\xef\xbb\xbf" + LINE + b"\r\n\n{broken\n" + json.dumps(SECOND).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert ids(path) == ["7", (f"{name}:3", "not_json"), "8"]


def test_json_array(tmp_path: Path):
    """A file may be one JSON array."""
    path = tmp_path / "h.json"
    path.write_text(json.dumps([FIRST, 5, SECOND], indent=1))
    assert ids(path) == ["7", ("h.json item 2", "wrong_type"), "8"]


@pytest.mark.parametrize("length", [LARGEST_EVENT, LARGEST_EVENT + 1, 3 * LARGEST_EVENT + 7])
def test_a_line_that_is_too_long(tmp_path: Path, length: int):
    """It is refused by itself; the lines after it keep their numbers."""
    path = tmp_path / "h.jsonl"
    path.write_bytes(LINE + b"\n" + b"x" * length + b"\n" + LINE + b"\n{")
    code = "not_json" if length == LARGEST_EVENT else "too_large"
    assert ids(path) == ["7", ("h.jsonl:2", code), "7", ("h.jsonl:4", "not_json")]


def test_parquet_with_json_data(tmp_path: Path):
    """`data` is JSON text; null is absent; without recorded_at it is occurred_at; refused rows have their number."""
    rows = [FIRST, SECOND, {**FIRST, "type": "x"}, {**FIRST, "id": None}]
    columns = {name: [row.get(name) for row in rows] for name in FIRST if name not in ("data", "recorded_at")}
    columns["data"] = [json.dumps(row["data"]) for row in rows]
    columns["retracts"] = [row.get("retracts") for row in rows]
    path = tmp_path / "h.parquet"
    pl.DataFrame(columns).write_parquet(path)
    first, second, *refused = found(path)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert (first.data, first.recorded_at) == ({"channel": "web"}, first.occurred_at)
    assert (second.data, second.retracts) == ({"amount": 5.0}, "7")
    assert refused == [("h.parquet row 3", "unknown_type"), ("h.parquet row 4", "missing_field")]


def test_parquet_with_types(tmp_path: Path):
    """Timestamps with a zone as they are, without one in the model's; digits as ids; struct data, its nulls absent."""
    path = tmp_path / "h.parquet"
    pl.DataFrame(
        {
            "source": ["erp"] * 3,
            "id": [7, 8, 9],
            "key": ["A", "B", "C"],
            "type": ["placed"] * 3,
            "occurred_at": [datetime(2026, 3, 2, 1, tzinfo=UTC)] * 3,
            "recorded_at": [datetime(2026, 3, 2, 10)] * 3,
            "data": [
                {"channel": "web", "amount": None, "lines": [{"sku": "a", "qty": 1}]},
                {"channel": None, "amount": float("nan"), "lines": None},
                {"channel": None, "amount": float("inf"), "lines": None},
            ],
        }
    ).write_parquet(path)
    first, second, third = found(path)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert (first.id, first.data) == ("7", {"channel": "web", "lines": ({"sku": "a", "qty": 1.0},)})
    assert first.occurred_at == parse_instant("2026-03-02T01:00:00Z", MODEL.zone)
    assert first.recorded_at == parse_instant("2026-03-02T02:00:00Z", MODEL.zone)
    assert second.data == {}
    assert third == ("h.parquet row 3", "wrong_type")


def test_parquet_without_the_columns(tmp_path: Path):
    """A table that is no history says which columns it lacks."""
    path = tmp_path / "h.parquet"
    pl.DataFrame({"source": ["erp"], "id": ["7"]}).write_parquet(path)
    with pytest.raises(UnreadableSource, match="no column key, type, occurred_at"):
        found(path)


def test_no_history(tmp_path: Path):
    """A foreign table needs a mapping; a file that is absent or broken is said to be."""
    with pytest.raises(UnreadableSource, match="needs a mapping"):
        found(tmp_path / "orders.csv")
    with pytest.raises(UnreadableSource, match="cannot be read"):
        found(tmp_path / "none.jsonl")
    (tmp_path / "h.jsonl.gz").write_bytes(gzip.compress(LINE * 100)[:-20])
    with pytest.raises(UnreadableSource, match="cannot be read"):
        found(tmp_path / "h.jsonl.gz")
