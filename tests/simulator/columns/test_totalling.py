"""What entities give to totals, in columns against the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rules.language.evaluation import Situation
from rules.language.tree import Type
from rules.workspace import read_workspace
from simulator.columns.totalling import contributions
from streams.model import Model, Record, Value
from streams.totals import Totals
from tests.simulator.columns.situations import Situations

MODEL = """
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    fields: {sku: string, site: string, qty: number, urgent: bool, lines: {sku: string, site: string, qty: number}}
  stock: {}
totals:
  stock.x: {of: order, %s}
"""
TOTALS = (
    "sum: qty, key: sku",
    "count: true, key: sku",
    'sum: qty, key: "{sku}@{site}", where: urgent',
    'count: true, key: "all of {key}: {site}{site}", where: not shipped.done',
    "each: lines, sum: qty, key: sku",
    'each: lines, sum: qty, key: "{sku}@{site}", where: not closed',
    'each: lines, count: true, key: "{sku}/{key}"',
    'each: lines, count: true, key: "{key}", where: qty > 1 or urgent',
)
NUMBERS = (0.0, 1.0, 2.0, 0.1, 5e-7, 1.5e-6, -3.0, 9e9, -9e9, 9.1e9, 1e300)
TEXTS = ("a", "b", "", "电商")
TYPES = {
    "sku": Type.STRING,
    "site": Type.STRING,
    "key": Type.STRING,
    "qty": Type.NUMBER,
    "urgent": Type.BOOL,
    "closed": Type.BOOL,
    "shipped.at": Type.TIMESTAMP,
    "lines": Type.LIST,
}


@dataclass(frozen=True)
class Snapshots(Situations):
    entity: NDArray[np.int64]
    at: NDArray[np.int64]


@cache
def model(total: str) -> Model:
    return read_workspace(MODEL % total).model


def draw_record(dice: Random) -> dict[str, Any]:
    pools: dict[str, tuple[Any, ...]] = {"sku": TEXTS[:2], "site": TEXTS, "qty": NUMBERS}
    return {name: dice.choice(pool) for name, pool in pools.items() if dice.random() < 0.85}


def draw_snapshot(dice: Random, lists: list[Value]) -> dict[str, Value]:
    pools: dict[str, tuple[Value, ...]] = {
        "sku": TEXTS[:2],
        "site": TEXTS,
        "qty": NUMBERS,
        "urgent": (True, False),
        "shipped.at": (5,),
        "lines": tuple(lists),
    }
    found = {name: dice.choice(pool) for name, pool in pools.items() if dice.random() < 0.75}
    return {**found, "closed": dice.random() < 0.3}


def histories(dice: Random, long: int) -> list[tuple[int, int, dict[str, Value]]]:
    """Entity, instant and snapshot; many of them like the one before."""
    lists: list[Value] = [tuple(draw_record(dice) for _ in range(dice.randrange(long))) for _ in range(5)]
    found = []
    for entity in range(dice.randint(0, 6)):
        values: dict[str, Value] = {}
        for at in sorted(dice.sample(range(30), dice.randint(1, 6))):
            fresh = draw_snapshot(dice, lists)
            values = fresh if dice.random() < 0.4 else {**values, **dict(dice.sample(sorted(fresh.items()), 1))}
            values = {"closed": False, **values, "key": f"O-{entity}"}
            found.append((entity, at, values))
    return found


def compare(seed: int, long: int = 5) -> int:
    dice = Random(seed)
    rows = histories(dice, long)
    text = dice.choice(TOTALS)
    expected = []
    for entity, steps in groupby(rows, key=lambda row: row[0]):
        feeds = Totals(model(text)).changes("order", [(at, values) for _, at, values in steps], None)
        expected += [(entity, one.delta.at, one.owner[1], one.delta.units) for one in feeds]
    givers = Snapshots(
        [Situation(values=values) for _, _, values in rows],
        TYPES,
        dice,
        np.array([entity for entity, _, _ in rows], np.int64),
        np.array([at for _, at, _ in rows], np.int64),
    )
    found = contributions(model(text).totals[0], givers)
    assert sorted(found.select("entity", "at", "owner", "units").rows()) == sorted(expected), text
    return len(expected)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_entities_give_as_in_the_engine(seed: int) -> None:
    """Per entity and per record, with parts missing, numbers out of bounds, and lists that come and go."""
    compare(seed)


@pytest.mark.soak
def test_entities_give_as_in_the_engine_for_long() -> None:
    """Many of them."""
    assert sum(compare(seed) for seed in range(8_000)) > 15_000


def test_lists_so_long_that_they_do_not_fit_in_64_bits() -> None:
    """Nothing is lost: they come in several rows."""
    line: Record = {"sku": "a", "qty": 9e9}
    lines = (line,) * 2_300
    rows: list[Mapping[str, Value]] = [{"key": "O", "lines": lines}, {"key": "O", "lines": lines[:-1]}, {"key": "O"}]
    at = np.arange(3)
    givers = Snapshots([Situation(values=values) for values in rows], TYPES, Random(1), np.zeros(3, np.int64), at)
    found = contributions(model("each: lines, sum: qty, key: sku").totals[0], givers)
    sums = [sum(found.filter(at=instant)["units"].to_list()) for instant in at.tolist()]
    assert sums == [2_300 * 9 * 10**15, -9 * 10**15, -2_299 * 9 * 10**15]
