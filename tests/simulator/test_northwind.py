"""Northwind, a real order history, through the real command: what comes out is what can be counted in its files."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.commands import replay
from streams.text import Language
from tests.conftest import shared_data
from tests.service.commands import run

UNTIL = "1998-07-01T00:00:00Z"
COUNTED_ON = "1998-05-06"

MODEL = """
zone: UTC
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    closed_by: [shipped]
    fields: {customer: string, freight: number}
  stock:
    fields: {name: string, on_hand: number, on_order: number, reorder_level: number}
"""
ORDER_RULES = """
rules:
  - {id: late, overdue: shipped}
"""
STOCK_RULES = """
rules:
  - {id: low, on: stock, when: on_hand < reorder_level, severity: minor}
  - {id: out, on: stock, when: on_hand == 0}
"""
ORDERS_MAP = """
kind: order
format: wide
source: northwind
key: order_id
nodes:
  placed: order_date
  shipped: {column: shipped_date, as: date}
due:
  shipped: {column: required_date, as: date}
fields: {customer: customer_id, freight: freight}
"""
STOCK_MAP = f"""
kind: stock
format: long
source: northwind
key: product_id
type: {{value: updated}}
occurred_at: {{value: "{COUNTED_ON}"}}
fields: {{name: product_name, on_hand: units_in_stock, on_order: units_on_order, reorder_level: reorder_level}}
"""

BY = ("occurred_at", "recorded_at")
ENGINES = {
    "columns": ("--engine", "columns"),
    "durable": ("--engine", "live", "--matcher", "durable"),
    "compiled": ("--engine", "live", "--matcher", "compiled"),
}


def first_instant(day: str) -> str:
    return f"{day}T00:00:00.000000Z"


@dataclass(frozen=True)
class Counted:
    """What anybody can count in orders.csv: days as YYYY-MM-DD compare as texts."""

    orders: int
    events: int
    late: frozenset[tuple[str, str, str]]  # order, required, shipped
    unshipped: frozenset[tuple[str, str]]  # order, required
    on_the_day: frozenset[str]


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def count(path: Path) -> Counted:
    orders = [(row["order_id"], row["required_date"], row["shipped_date"]) for row in rows(path)]
    return Counted(
        orders=len(orders),
        events=len(orders) + sum(shipped != "" for _, _, shipped in orders),
        late=frozenset((key, required, shipped) for key, required, shipped in orders if shipped and shipped > required),
        unshipped=frozenset((key, required) for key, required, shipped in orders if not shipped),
        on_the_day=frozenset(key for key, required, shipped in orders if shipped == required),
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "northwind"
    (folder / "rules").mkdir(parents=True)
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    (folder / "rules" / "orders.yaml").write_text(ORDER_RULES, encoding="utf-8")
    (folder / "rules" / "stock.yaml").write_text(STOCK_RULES, encoding="utf-8")
    (folder / "orders.map.yaml").write_text(ORDERS_MAP, encoding="utf-8")
    (folder / "stock.map.yaml").write_text(STOCK_MAP, encoding="utf-8")
    return folder


def replayed(
    workspace: Path, table: Path, mapping: str, *options: str, language: Language = "en"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The summary that --json prints, and the rows that --incidents writes; --strict, because nothing is refused."""
    incidents = workspace / "incidents.jsonl"
    result = run(
        replay, table, "-w", workspace, "--map", workspace / mapping, "--json", "--strict", "--incidents", incidents,
        *options, language=language,
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout), [json.loads(line) for line in incidents.read_text(encoding="utf-8").splitlines()]


def test_the_files_are_the_known_ones():
    """830 orders: 37 shipped after the day that was required, 21 never shipped, 3 shipped on the very day."""
    counted = count(shared_data("northwind", "orders.csv"))
    assert (counted.orders, len(counted.late), len(counted.unshipped), len(counted.on_the_day)) == (830, 37, 21, 3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("by", BY)
def test_exactly_the_orders_that_were_not_shipped_in_time(workspace, by, engine):
    """58 incidents: the 37 late ones from their required to their shipped date, the 21 unshipped ones open at the
    end; what was shipped on its required date or before it is silent."""
    table = shared_data("northwind", "orders.csv")
    counted = count(table)
    summary, incidents = replayed(workspace, table, "orders.map.yaml", "--until", UNTIL, "--by", by, *ENGINES[engine])
    assert len(incidents) == 58
    assert summary["rules"]["late"] == {"opened": 58, "open_at_end": 21}
    assert (summary["events"], summary["entities"]) == (counted.events, counted.orders)
    assert summary["until"] == first_instant("1998-07-01")

    ended = {(one["key"], one["opened_at"], one["resolved_at"]) for one in incidents if one["resolved_at"] is not None}
    still_open = {(one["key"], one["opened_at"]) for one in incidents if one["resolved_at"] is None}
    assert ended == {(key, first_instant(required), first_instant(shipped)) for key, required, shipped in counted.late}
    assert still_open == {(key, first_instant(required)) for key, required in counted.unshipped}
    assert not {one["key"] for one in incidents} & counted.on_the_day


@pytest.mark.parametrize("by", BY)
def test_the_incidents_file_is_as_the_format_says(workspace, by):
    """Each row has the agreed keys, and the rows are sorted by opened_at, rule, key, detected_at, resolved_at."""
    table = shared_data("northwind", "orders.csv")
    _, incidents = replayed(workspace, table, "orders.map.yaml", "--until", UNTIL, "--by", by)
    for one in incidents:
        closed = one["resolved_at"] is not None
        assert one == {
            "rule": "late",
            "version": one["version"],
            "kind": "order",
            "key": one["key"],
            "severity": "major",
            "opened_at": one["opened_at"],
            "resolved_at": one["resolved_at"],
            "reason": "condition" if closed else "end",
            "stages": [{"severity": "major", "at": one["opened_at"]}],
            "detected_at": one["opened_at"],
            "closed_at": one["resolved_at"],
            "found_late": False,
            "pulses": 0,
        }
    assert len({one["version"] for one in incidents}) == 1
    order = [
        (one["opened_at"], one["rule"], one["key"], one["detected_at"], one["resolved_at"] or "~") for one in incidents
    ]
    assert order == sorted(order)


def test_both_readings_and_all_engines_agree_to_the_byte(workspace):
    """Every event was known when it happened, so what was true and what was known are the same file."""
    table = shared_data("northwind", "orders.csv")
    written = set()
    for by in BY:
        for options in ENGINES.values():
            replayed(workspace, table, "orders.map.yaml", "--until", UNTIL, "--by", by, *options)
            written.add((workspace / "incidents.jsonl").read_bytes())
    assert len(written) == 1


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("until", ["1996-08-21", "1996-08-22", "1997-01-01T12:00:00Z", "1998-05-06"])
def test_until_cuts_as_the_file_says(workspace, until, by):
    """What opens at the instant of --until is in, what resolves at it is resolved, and nothing later is known."""
    table = shared_data("northwind", "orders.csv")
    _, incidents = replayed(workspace, table, "orders.map.yaml", "--until", until, "--by", by)
    expected = set()
    for row in rows(table):
        required, shipped = row["required_date"], row["shipped_date"]
        placed_in_time = row["order_date"] <= until
        if placed_in_time and required <= until and (not shipped or shipped > required):
            resolved = first_instant(shipped) if shipped and shipped <= until else None
            expected.add((row["order_id"], first_instant(required), resolved))
    assert {(one["key"], one["opened_at"], one["resolved_at"]) for one in incidents} == expected
    assert expected, "the cut shows nothing"


def test_the_required_date_is_a_day_where_the_shop_is(workspace):
    """In Shanghai the same days begin eight hours earlier: the same 58 orders, each time moved by the zone."""
    (workspace / "model.yaml").write_text(MODEL.replace("zone: UTC", "zone: Asia/Shanghai"), encoding="utf-8")
    table = shared_data("northwind", "orders.csv")
    counted = count(table)
    _, incidents = replayed(workspace, table, "orders.map.yaml", "--until", "1998-07-01")
    assert {one["key"] for one in incidents} == {key for key, *_ in counted.late | counted.unshipped}
    assert {one["opened_at"][11:] for one in incidents} <= {"16:00:00.000000Z", "15:00:00.000000Z"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("by", BY)
def test_stock_below_its_reorder_level_and_at_zero(workspace, by, engine):
    """18 products are below their reorder level and 5 at zero, from the day they were counted on to the end."""
    table = shared_data("northwind", "products.csv")
    products = list(rows(table))
    low = {row["product_id"] for row in products if float(row["units_in_stock"]) < float(row["reorder_level"])}
    out = {row["product_id"] for row in products if float(row["units_in_stock"]) == 0}
    assert (len(low), len(out)) == (18, 5)
    summary, incidents = replayed(workspace, table, "stock.map.yaml", "--until", UNTIL, "--by", by, *ENGINES[engine])
    assert summary["rules"] == {
        "late": {"opened": 0, "open_at_end": 0},
        "low": {"opened": 18, "open_at_end": 18},
        "out": {"opened": 5, "open_at_end": 5},
    }
    assert {(one["rule"], one["key"]) for one in incidents} == {("low", key) for key in low} | {
        ("out", key) for key in out
    }
    assert {(one["opened_at"], one["resolved_at"]) for one in incidents} == {(first_instant(COUNTED_ON), None)}


def test_a_row_that_cannot_be_read_is_said_and_the_others_count(workspace, tmp_path):
    """A shipped date that is no date: with --strict the exit code is 1, the row is named, and its order is overdue."""
    lines = shared_data("northwind", "orders.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("10248,") and "1996-07-16" in lines[1]
    table = tmp_path / "orders.csv"
    table.write_text("\n".join([lines[0], lines[1].replace("1996-07-16", "16.7."), *lines[2:]]), encoding="utf-8")
    options = ["-w", workspace, "--map", workspace / "orders.map.yaml", "--until", UNTIL, "--json"]
    result = run(replay, table, *options, "--strict")
    assert result.exit_code == 1
    assert "1 refused" in result.stderr and "16.7." in result.stderr and "shipped_date" in result.stderr
    assert json.loads(result.stdout)["rules"]["late"] == {"opened": 59, "open_at_end": 22}
    assert run(replay, table, *options).exit_code == 0


def test_the_installed_command_says_it_in_a_process_of_its_own(workspace):
    """`tocsin replay` as a user runs it, in the workspace, prints the two figures and no complaint."""
    table = shared_data("northwind", "orders.csv")
    result = subprocess.run(
        [
            sys.executable, "-c", "from service.cli import main; main()", "replay", str(table), "--map",
            "orders.map.yaml", "--until", UNTIL,
        ],
        cwd=workspace,
        env={"TOCSIN_LANG": "en", "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert "late      58           21" in result.stdout
    assert "nothing can be late" in result.stdout
