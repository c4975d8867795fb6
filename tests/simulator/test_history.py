"""Histories as the replay gets them: each event once, what was not taken, and what is to be reported."""

import csv
import json
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from simulator.history import History, read_history
from streams.errors import UnreadableSource
from streams.instants import HOUR, parse_instant
from streams.model import Kind, Model
from streams.sources.mapping import Mappings
from streams.text import Text
from tests.conftest import shared_data
from tests.streams.mapped import mapping
from tests.streams.models import fields, model, nodes

MODEL = model("UTC")
PLACED: dict[str, Any] = {
    "source": "erp", "id": "7", "kind": "order", "key": "A", "type": "placed", "occurred_at": "2026-03-02T01:00:00Z",
}  # fmt: skip


def history(folder: Path, *events: dict[str, Any], **options: Any) -> History:
    path = folder / "h.jsonl"
    path.write_text("\n".join(json.dumps(event) for event in events))
    return read_history(path, MODEL, **options)


def test_copies_count_once(tmp_path: Path):
    """Further copies that say the same are counted; undeclared fields make no difference, nor does another source."""
    found = history(
        tmp_path,
        PLACED,
        {**PLACED, "recorded_at": "2026-03-05T00:00:00Z", "data": {"colour": "red"}},
        {**PLACED, "source": "shop"},
    )
    assert [(event.source, event.recorded_at - event.occurred_at) for event in found.events] == [
        ("erp", 0),
        ("shop", 0),
    ]
    assert (found.copies, found.refusals, found.left_out) == (1, (), {"colour": 1})


def test_the_first_received_counts(tmp_path: Path):
    """Of copies with other content the least recorded_at counts, then the first by JSON text, in any order."""
    early = {**PLACED, "recorded_at": "2026-03-02T02:00:00Z", "data": {"amount": 3}}
    ten = {**PLACED, "recorded_at": "2026-03-02T03:00:00Z", "data": {"amount": 10}}
    two = {**ten, "data": {"amount": 2}}
    for copies in permutations([early, ten, two]):
        found = history(tmp_path, *copies)
        assert [event.data for event in found.events] == [{"amount": 3.0}]
        assert [refusal.code for refusal in found.refusals] == ["copy_differs"] * 2
        assert {json.loads(refusal.raw)["data"]["amount"] for refusal in found.refusals} == {10, 2}
    for copies in permutations([ten, two]):
        assert [event.data for event in history(tmp_path, *copies).events] == [{"amount": 10.0}]


def test_refused_copies_do_not_count(tmp_path: Path):
    """A refused event is no copy of the one that can be read."""
    found = history(tmp_path, {**PLACED, "data": {"amount": "x"}}, PLACED)
    assert len(found.events) == 1
    assert [refusal.code for refusal in found.refusals] == ["wrong_type"]


def test_never_late(tmp_path: Path):
    """Without recorded_at nothing can be late; with it, it can."""
    assert history(tmp_path, PLACED).never_late
    assert not history(tmp_path, PLACED, {**PLACED, "id": "8", "recorded_at": "2026-03-02T02:00:00Z"}).never_late


def test_skew_of_sources(tmp_path: Path):
    """Recorded before it happened by more than its source's allowed skew is refused."""
    event = {**PLACED, "recorded_at": "2026-03-02T00:00:00Z"}
    assert [refusal.code for refusal in history(tmp_path, event).refusals] == ["ahead_of_time"]
    assert len(history(tmp_path, event, skews={"erp": HOUR}).events) == 1


def test_progress(tmp_path: Path):
    """Progress is told in steps that add up to the events taken."""
    steps: list[int] = []
    history(tmp_path, *({**PLACED, "id": str(number)} for number in range(5_001)), progress=steps.append)
    assert steps == [5_000, 1]


def test_several_maps_are_one_history(tmp_path: Path):
    """Their files are in the folder; of one source and id the copies that say the same count, others are refused."""
    (tmp_path / "a.csv").write_text("id,o\nA,2026-03-02\nB,2026-03-02\n")
    (tmp_path / "b.csv").write_text("id,o\nA,2026-03-02\nB,2026-03-03\nC,2026-03-02\n")
    (tmp_path / "l.csv").write_text("id,n\nA,1\nA,2\n")
    one = mapping("{kind: order, format: wide, source: erp, key: id, nodes: {placed: o}, file: a.csv}", MODEL)
    joined = mapping(
        "{kind: order, format: wide, source: shop, key: id, nodes: {placed: o}, file: a.csv, "
        "fields: {amount: {column: l.n, take: sum}}, tables: {l: {file: l.csv, key: id}}}",
        MODEL,
    )
    found = read_history(tmp_path, MODEL, Mappings(maps=(one, replace(one, file="b.csv"), joined)))
    assert [(event.source, event.key) for event in found.events] == [
        ("erp", "A"), ("erp", "B"), ("erp", "C"), ("shop", "A"), ("shop", "B"),
    ]  # fmt: skip
    assert [dict(event.data) for event in found.events[3:]] == [{"amount": 3.0}, {}]
    assert (found.copies, [refusal.code for refusal in found.refusals]) == (1, ["copy_differs"])
    assert [(report.file, report.rows) for report in found.mappings] == [("a.csv", 2), ("b.csv", 3), ("a.csv", 2)]


def test_a_file_of_a_single_mapping(tmp_path: Path):
    """Where a history is a folder, `file` says which; a file that is named is the one that is meant."""
    (tmp_path / "a.csv").write_text("id,o\nA,2026-03-02\n")
    (tmp_path / "b.csv").write_text("id,o\nB,2026-03-02\n")
    one = mapping("{kind: order, format: wide, key: id, nodes: {placed: o}, file: a.csv}", MODEL)
    assert [event.key for event in read_history(tmp_path, MODEL, one).events] == ["A"]
    assert [event.key for event in read_history(tmp_path / "b.csv", MODEL, one).events] == ["B"]
    for path, wrong in [
        (tmp_path, None),
        (tmp_path, replace(one, file=None)),
        (tmp_path / "a.csv", Mappings(maps=(one,))),
    ]:
        with pytest.raises(UnreadableSource, match="folder"):
            read_history(path, MODEL, wrong)


NORTHWIND = Model(
    zone=MODEL.zone,
    kinds={
        "order": Kind(
            name="order",
            label=Text.plain("Order"),
            nodes=nodes("placed", "shipped"),
            fields=fields(customer="string", freight="number"),
        ),
        "stock": Kind(
            name="stock",
            label=Text.plain("Stock"),
            fields=fields(name="string", on_hand="number", on_order="number", reorder_level="number", gone="bool"),
        ),
    },
)


def test_northwind_orders():
    """830 orders: 37 shipped after the day that was required, 21 never, and the promise travels on the placed event."""
    path = shared_data("northwind", "orders.csv")
    found = read_history(
        path,
        NORTHWIND,
        mapping(
            """
            kind: order
            format: wide
            source: northwind
            key: order_id
            nodes: {placed: order_date, shipped: {column: shipped_date, as: date}}
            due: {shipped: {column: required_date, as: date}}
            fields: {customer: customer_id, freight: freight}
            """,
            NORTHWIND,
        ),
    )
    placed = {event.key: event for event in found.events if event.type == "placed"}
    shipped = {event.key: event for event in found.events if event.type == "shipped"}
    late = {key for key, event in shipped.items() if event.occurred_at > placed[key].data["shipped.due"]}  # type: ignore[operator]
    assert ([report.rows for report in found.mappings], len(placed), len(shipped)) == ([830], 830, 809)
    assert (len(late), found.refusals, found.never_late) == (37, (), True)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert late == {
        row["order_id"]
        for row in rows
        if row["shipped_date"] and date.fromisoformat(row["shipped_date"]) > date.fromisoformat(row["required_date"])
    }
    assert placed["10248"].data == {
        "customer": "VINET",
        "freight": 32.38,
        "shipped.due": parse_instant("1996-08-01", MODEL.zone),
    }


def test_northwind_stock():
    """77 products as stock: 18 below their reorder level, 5 at zero, 2 below with what is on order."""
    found = read_history(
        shared_data("northwind", "products.csv"),
        NORTHWIND,
        mapping(
            """
            kind: stock
            format: long
            key: product_id
            type: {value: updated}
            occurred_at: {value: 1998-05-06}
            fields:
              name: product_name
              on_hand: units_in_stock
              on_order: units_on_order
              reorder_level: reorder_level
              gone: {column: discontinued, values: {0: false, 1: true}}
            """,
            NORTHWIND,
        ),
    )
    data: list[Any] = [event.data for event in found.events]
    assert (len(data), found.refusals) == (77, ())
    assert sum(stock["on_hand"] < stock["reorder_level"] for stock in data) == 18
    assert sum(stock["on_hand"] == 0 for stock in data) == 5
    assert sum(stock["on_hand"] + stock["on_order"] < stock["reorder_level"] for stock in data) == 2
