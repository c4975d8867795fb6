"""Generated histories: reproducible, causal, in working time, with stock that adds up."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rules.workspace import Workspace, load_workspace
from rules.worktime.calendars import Calendar
from service.packs.catalogue import PACKS
from service.workspace_template import write_workspace
from simulator.generator import history
from simulator.generator.defaults import usual_calendar
from simulator.generator.faults import FAULTS
from simulator.generator.history import generate
from simulator.generator.scenario import KINDS, Scenario
from simulator.generator.writing import read_truth, write_history
from simulator.history import read_history
from streams.instants import from_datetime

SMALL = Scenario(orders=600, days=30, start=date(2026, 4, 20))
FINE = replace(SMALL, fault_scale=0.0)
CALENDAR = usual_calendar("zh")  # with the holidays of 1 to 5 May


def made(scenario: Scenario, seed: int = 7, calendar: Calendar = CALENDAR) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events, their data as columns, and truth."""
    batches = list(generate(scenario, calendar, seed=seed))
    events = pl.concat([batch.events for batch in batches])
    return events.unnest("data"), pl.concat([batch.truth for batch in batches])


def reached(events: pl.DataFrame, kind: str = "order") -> pl.DataFrame:
    """One row an entity, its first event of each type as a column."""
    own = events.filter(pl.col("kind") == kind).unique(["source", "id"])
    return own.pivot("type", index="key", values="occurred_at", aggregate_function="min")


@pytest.fixture(scope="module")
def fine() -> pl.DataFrame:
    return made(FINE)[0]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("shop") / "shop"
    write_workspace(folder, "zh", list(PACKS))
    return load_workspace(folder)


def test_one_seed_gives_the_same_bytes_again(tmp_path: Path):
    """The same seed writes the same file; another seed another history."""
    written = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        path = tmp_path / f"{name}.jsonl"
        write_history(generate(SMALL, CALENDAR, seed=seed), path, tmp_path / f"{name}-truth.jsonl")
        written.append((path.read_bytes(), (tmp_path / f"{name}-truth.jsonl").read_bytes()))
    assert written[0] == written[1]
    assert written[0][0] != written[2][0]


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_packs_model_takes_every_event(workspace: Workspace, suffix: str, tmp_path: Path):
    """Nothing is refused, no field is unknown, and copies say the same, in either format."""
    path, truth = tmp_path / f"history{suffix}", tmp_path / f"truth{suffix}"
    write_history(generate(SMALL, workspace.calendars["workdays"], seed=3, language="zh"), path, truth)
    read = read_history(path, workspace.model)
    assert (read.refusals, read.left_out) == ((), {})
    assert read.copies > 0
    assert {event.kind for event in read.events} == set(KINDS) <= set(workspace.model.kinds)
    _, expected = made(SMALL, 3, workspace.calendars["workdays"])
    assert read_truth(truth).equals(expected)


def test_nodes_come_in_order(fine: pl.DataFrame):
    """Without faults no node is before the one that it follows, and every order is promised a date after it."""
    orders = reached(fine)
    for before, after in (("placed", "paid"), ("paid", "stocked"), ("stocked", "shipped"), ("shipped", "received")):
        both = orders.filter(pl.col(before).is_not_null() & pl.col(after).is_not_null())
        assert len(both) > 300
        assert (both[before] <= both[after]).all()
    parcels = reached(fine, "shipment").drop_nulls(["picked_up", "delivered"])
    assert (parcels["picked_up"] < parcels["delivered"]).all()
    placed = fine.filter(pl.col("type") == "placed")
    assert (placed["received.due"] > placed["occurred_at"]).all()


def test_work_is_done_in_working_time(fine: pl.DataFrame):
    """Stocking, shipping and settling never happen at night, at weekends or on public holidays."""
    at = fine.filter((pl.col("kind") == "order") & pl.col("type").is_in(["stocked", "shipped", "settled"]))
    local = at["occurred_at"].dt.convert_time_zone("Asia/Shanghai")
    assert ((local.dt.hour() >= 9) & (local.dt.hour() <= 18)).all()
    days = set(local.dt.date().to_list())
    assert days  # 9 May is a Saturday on which China works
    assert all(CALENDAR.hours(day) for day in days)
    assert not days & {date(2026, 5, day) for day in range(1, 6)}


def test_orders_come_with_the_hours_and_days():
    """More come in the evening than at night, more on working days than at weekends."""
    events, _ = made(replace(FINE, orders=6000, kinds=frozenset({"order"})))
    placed = events.filter(pl.col("type") == "placed")["occurred_at"].dt.convert_time_zone("Asia/Shanghai")
    assert (placed.dt.hour() == 20).sum() > 3 * (placed.dt.hour() == 3).sum()
    weekend = (placed.dt.weekday() >= 6).mean()
    assert isinstance(weekend, float) and weekend < 2 / 7 - 0.03


def test_stock_adds_up(monkeypatch: pytest.MonkeyPatch):
    """On hand is what was there, less what was shipped, more what was delivered, never negative."""
    monkeypatch.setattr(history, "_ORDERS", 150)
    events, _ = made(replace(FINE, duplicates=0.0))
    stock = events.filter(pl.col("kind") == "stock").sort("occurred_at", "id")
    assert stock["on_hand"].min() >= 0  # type: ignore[operator]
    first, last = (
        stock.group_by("key").agg(pl.col("on_hand").first() if one == "first" else pl.col("on_hand").last())
        for one in ("first", "last")
    )
    left = first.join(last, on="key", suffix="_last").with_columns(gone=pl.col("on_hand") - pl.col("on_hand_last"))
    lines = _lines(events)
    bought = events.filter(pl.col("kind") == "supply")
    come = bought.filter(pl.col("type") == "delivered").select("key")
    brought = bought.filter(pl.col("type") == "ordered").join(come, on="key").select("sku", "site", "qty")
    assert sum(left["gone"]) == sum(lines["qty"]) - sum(brought["qty"])


def _lines(events: pl.DataFrame) -> pl.DataFrame:
    shipped = events.filter(pl.col("type") == "shipped").select("key")
    placed = events.filter(pl.col("type") == "placed").join(shipped, on="key")
    return placed.select(pl.col("lines").explode()).unnest("lines")


def test_ids_are_unique_but_for_copies(monkeypatch: pytest.MonkeyPatch):
    """Over several batches each (source, id) is one event, and its copies say the same, recorded later."""
    monkeypatch.setattr(history, "_ORDERS", 150)
    events, _ = made(SMALL)
    assert events.drop("recorded_at").unique().height == events.unique(["source", "id"]).height
    assert 0 < events.height - events.unique(["source", "id"]).height < 0.02 * events.height


def test_recorded_after_it_occurred(fine: pl.DataFrame):
    """Nothing is known before it happens; some of it only hours later."""
    late = fine["recorded_at"] - fine["occurred_at"]
    assert late.min() >= pl.Series([0]).cast(pl.Duration("us"))[0]
    share = (late > pl.Series([3600 * 10**6]).cast(pl.Duration("us"))[0]).mean()
    assert isinstance(share, float) and 0.008 < share < 0.025


def test_a_history_ends_as_an_export_does(fine: pl.DataFrame):
    """Nothing lies after the last day, and orders are left on their way."""
    end = pl.Series([from_datetime(_midnight(date(2026, 5, 20)))]).cast(pl.Datetime("us", "UTC"))[0]
    assert fine["occurred_at"].max() < end
    orders = reached(fine)
    assert orders["received"].null_count() > 10


def _midnight(day: date) -> Any:
    return pl.Series([day]).cast(pl.Datetime("us")).dt.replace_time_zone("Asia/Shanghai").to_list()[0]


def test_shares_say_how_many_faults():
    """A scenario with one fault has that fault alone, about as often as it says."""
    events, truth = made(replace(FINE, orders=2000, faults={"node_lost": 0.1}))
    expected = truth.filter(pl.col("rules").list.len() > 0)
    assert set(expected["fault"]) == {"node_lost"}
    assert 140 < expected.height < 260
    orders = reached(events)
    lost = orders.filter(pl.col("stocked").is_null() & pl.col("shipped").is_not_null())
    assert set(lost["key"]) <= set(expected["key"])


def test_every_rule_of_the_packs_has_a_fault(workspace: Workspace):
    """There is a fault for each rule that `tocsin init --packs all` writes, and no fault for any other."""
    expected = {rule for fault in FAULTS.values() for rule in (*fault.rules, *fault.also)}
    assert expected == {rule.id for rule in workspace.rules}
    assert {rule for fault in FAULTS.values() for rule in fault.rules} == expected
