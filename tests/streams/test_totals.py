"""Totals: what orders add to the demand of an article (semantics.md, section 1)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.workspace import read_workspace
from streams.instants import parse_instant
from streams.totals import Totals, as_number

MODEL = """
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    fields: {sku: string, site: string, qty: number, urgent: bool, lines: {sku: string, site: string, qty: number}}
  stock: {}
totals:
  stock.x: {of: order, %s}
"""
NOON = parse_instant("2026-03-02T12:00:00Z", ZoneInfo("UTC"))


def given(total: str, **values: Any) -> dict[str, int]:
    """What one order adds, by the key of the stock."""
    totals = Totals(read_workspace(MODEL % total).model)
    found = totals.given("order", {"key": "A-1", "closed": False, **values})
    return {key: units for (_, key, _), units in found.items()}


LINES = ({"sku": "a", "site": "x", "qty": 2.0}, {"sku": "a", "site": "x", "qty": 0.5}, {"sku": "b", "qty": 1.0})


@pytest.mark.parametrize(
    ("total", "values", "wanted"),
    [
        ("sum: qty, key: sku", {"qty": 3.0, "sku": "a"}, {"a": 3_000_000}),
        ("each: lines, sum: qty, key: sku", {"lines": LINES}, {"a": 2_500_000, "b": 1_000_000}),
        ("each: lines, count: true, key: sku", {"lines": LINES}, {"a": 2_000_000, "b": 1_000_000}),
        ('each: lines, sum: qty, key: "{sku}@{site}"', {"lines": LINES}, {"a@x": 2_500_000}),  # b has no site
        ('each: lines, count: true, key: "{sku}/{key}"', {"lines": LINES}, {"a/A-1": 2_000_000, "b/A-1": 1_000_000}),
        ("sum: qty, key: sku, where: urgent", {"qty": 3.0, "sku": "a", "urgent": False}, {}),
        ("sum: qty, key: sku, where: not shipped.done", {"qty": 3.0, "sku": "a", "shipped.at": NOON}, {}),
        ("sum: qty, key: sku", {"sku": "a"}, {}),
        ("sum: qty, key: sku", {"qty": 5e-7, "sku": "a"}, {"a": 0}),  # half to even
        ("sum: qty, key: sku", {"qty": 1.5e-6, "sku": "a"}, {"a": 2}),
        ("sum: qty, key: sku", {"qty": 9e9, "sku": "a"}, {"a": 9 * 10**15}),
        ("sum: qty, key: sku", {"qty": -9.1e9, "sku": "a"}, {}),  # beyond what counts
    ],
)
def test_what_an_order_gives(total: str, values: dict[str, Any], wanted: dict[str, int]):
    """Per record or per entity, summed or counted, in whole millionths; what lacks a part gives nothing."""
    assert given(total, **values) == wanted


def test_a_sum_beyond_what_a_double_counts_is_rounded_before_it_is_divided():
    """The page: the total is that sum as a double / 10^6, for every evaluator to the last bit."""
    assert as_number(50_022_660_039_881_205) == 50_022_660_039.88121
    assert as_number(300_000) == 0.3
