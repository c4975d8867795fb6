"""Whom a set is compared with, and what is said of them, by hand."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from rules.errors import Place
from rules.language.expression import Scope, Type, parse
from rules.workspace import read_workspace
from simulator.backtest.censoring import Period
from simulator.why.asking import fields_of, why
from simulator.why.items import items_of
from simulator.why.population import population
from simulator.why.sets import OPENINGS, opened_in, read_openings
from streams.event import Event
from streams.instants import HOUR
from tests.simulator.backtest.incident_tables import START, hours, incidents
from tests.simulator.in_columns import snapshots_in_columns

WORLD = read_workspace(
    """
kinds:
  order:
    nodes: {placed: {label: Placed}, paid: {label: Paid}, closed_: {}}
    closed_by: [closed_]
    fields: {supplier: {type: string, label: Supplier}, amount: number, urgent: bool, tags: list, lines: {sku: string}}
""",
    """
rules:
  - {id: slow, where: amount > 10, overdue: closed_, after: paid, within: 1d}
""",
)
MODEL, RULE = WORLD.model, WORLD.rules[0]
ORDER = MODEL.kinds["order"]
PERIOD = Period(start=hours(0), begin=hours(10), until=hours(100), wait=0, chosen=True)
UTC = ZoneInfo("UTC")


def order(key: str, *steps: tuple[float, str] | tuple[float, str, dict[str, Any]]) -> list[Event]:
    return [
        Event(
            source="s",
            id=f"{key}{place}",
            kind="order",
            key=key,
            type=type_,
            occurred_at=hours(at),
            recorded_at=hours(at),
            data=dict(*data),
        )
        for place, (at, type_, *data) in enumerate(steps)
    ]


def snapshots(*orders: list[Event]) -> pl.DataFrame:
    return snapshots_in_columns(MODEL, "order", [event for one in orders for event in one], hours(100))


def where(text: str) -> Any:
    scope = Scope.of(MODEL, "order", pulse=False)
    return parse(text, scope, Type.BOOL, Place(file="t", line=1, column=1))[0]


def test_the_others_are_taken_at_the_same_age() -> None:
    """The set 20 hours after its beginning; so the others too: what came later is not seen."""
    table = snapshots(
        order("late", (0, "placed", {"supplier": "S1"}), (30, "updated", {"supplier": "S9"})),
        order("other", (40, "placed", {"supplier": "S2"}), (59, "updated", {"supplier": "S3"}), (61, "closed_")),
    )
    found = population(table, incidents({"key": "late", "opened": 20}), PERIOD, None, None)
    assert found.age == 20 * HOUR
    assert dict(found.states.select("key", "supplier").iter_rows()) == {"late": "S1", "other": "S3"}
    assert dict(zip(found.states["key"], found.member.tolist(), strict=True)) == {"late": True, "other": False}


def test_the_base_is_what_the_rule_looks_at_in_the_period() -> None:
    """Not what was closed before, nor begun after, nor never paid, nor below its `where`; the set is always in it."""
    paid = (1, "paid")
    table = snapshots(
        order("in", (0, "placed", {"amount": 20.0}), paid),
        order("over", (0, "placed", {"amount": 20.0}), paid, (5, "closed_")),
        order("unpaid", (0, "placed", {"amount": 20.0})),
        order("small", (0, "placed", {"amount": 5.0}), paid),
        order("once", (0, "placed", {"amount": 20.0}), paid, (2, "updated", {"amount": 5.0})),
        order("set", (0, "placed", {"amount": 5.0})),
    )
    found = population(table, incidents({"key": "set", "opened": 20}), PERIOD, RULE, where("amount > 10"))
    assert sorted(found.states["key"]) == ["in", "once", "set"]


def test_keys_alone_are_taken_as_they_were_in_the_end() -> None:
    """A list of keys says no instant."""
    table = snapshots(order("A", (0, "placed", {"supplier": "S1"}), (50, "updated", {"supplier": "S2"})))
    openings = pl.DataFrame([("A", None)], schema=OPENINGS, orient="row")
    found = population(table, openings, PERIOD, None, None)
    assert found.age is None
    assert found.states["supplier"].to_list() == ["S2"]


def test_items_in_words() -> None:
    """Values as they are, numbers in ranges with round bounds, members once each, weekdays, hours, lengths, absence."""
    orders = [
        order(
            f"{place}",
            (0, "placed", {"amount": place * 10.7, "tags": ("a", "a"), "lines": ({"sku": "k"}, {"sku": "k"})}),
            (place / 10, "paid", {"supplier": "S1"} if place % 2 else {}),
        )
        for place in range(1, 41)
    ]
    states = snapshots(*orders, order("x", (24, "placed"))).group_by("key", maintain_order=True).last()
    said = {
        one.item.text.en: len(one.rows)
        for one in items_of(states.with_columns(begun_at=pl.col("placed.at")), ORDER, UTC, 5)
    }
    assert said["Supplier = S1"] == 20
    assert said["Supplier = missing"] == 21
    assert [name for name in said if name.startswith("amount")] == [
        "amount = below 86",
        "amount = 86 to below 170",
        "amount = 170 to below 260",
        "amount = 260 to below 340",
        "amount = 340 or more",
    ]
    assert said["tags = a"] == said["lines.sku = k"] == 40
    assert said["weekday of Placed = Thu"] == 40
    assert not any(name.startswith("hour of Placed") for name in said)  # of all it is midnight
    assert said["Placed to Paid = 3 h 10 min or more"] == 9
    assert sum(count for name, count in said.items() if name.startswith("Placed to Paid")) == 40
    assert "urgent = missing" not in said  # nothing is known of it anywhere


def test_fields_of_the_rule_are_no_news() -> None:
    """The amount is what the rule looks at."""
    assert fields_of(RULE, ORDER) == ("amount",)
    draw = np.random.default_rng(7)
    suppliers = draw.integers(1, 6, 300)
    orders = [
        order(f"{place}", (0, "placed", {"supplier": f"S{supplier}", "amount": 20.0 + place}), (1, "paid"))
        for place, supplier in enumerate(suppliers)
    ]
    late = [f"{place}" for place, supplier in enumerate(suppliers) if draw.random() < (0.6 if supplier == 4 else 0.1)]
    openings = incidents(*({"key": key, "opened": 25} for key in late))
    found = why(
        snapshots(*orders), openings, kind=ORDER, zone=UTC, period=PERIOD, rule=RULE, where=where("amount > 10")
    )
    assert [item.text.en for item in found.search.findings[0].items] == ["Supplier = S4"]
    assert all(item.attribute != "amount" for one in found.search.findings for item in one.items)
    assert (found.search.base, found.search.size, found.of_rule) == (300, len(late), ("amount",))


def test_a_filter_is_judged_at_the_opening() -> None:
    """On the snapshot of that instant, its own events included."""
    table = snapshots(order("A", (0, "placed", {"supplier": "S1"}), (20, "updated", {"supplier": "S2"})))
    openings = incidents({"key": "A", "opened": 19}, {"key": "A", "opened": 20}, {"key": "gone", "opened": 20})
    kept = opened_in(openings, table, where('supplier == "S2"'))
    assert [(at - START) / HOUR for at in kept["opened_at"].to_physical()] == [20]


def test_files_of_incidents_and_of_keys(tmp_path) -> None:
    """Lines of another rule are left out; keys have no instant."""
    path = tmp_path / "set.jsonl"
    path.write_text(
        '{"rule": "slow", "key": "A", "opened_at": "2026-01-01T05:00:00Z"}\n{"rule": "other", "key": "B"}\n\nC\n',
        encoding="utf-8",
    )
    found = read_openings(path, "slow")
    assert found.with_columns(found["opened_at"].to_physical()).rows() == [("A", hours(5)), ("C", None)]
