"""Scenario files: what they say, and every way in which they are wrong."""

import re
from datetime import date
from pathlib import Path

import pytest

from rules.errors import Problems
from rules.files.document import read_text
from simulator.generator.scenario import DWELL, Scenario
from simulator.generator.scenario_file import read_scenario
from streams.instants import HOUR, MINUTE


def read(text: str) -> tuple[Scenario | None, Problems]:
    problems = Problems()
    root = read_text(text, "shop.scenario.yaml", problems)
    assert root is not None
    return read_scenario(root), problems


def test_an_empty_file_is_the_default():
    """What is not said stays as it is."""
    scenario, problems = read("")
    assert scenario == Scenario()
    assert not problems.found


def test_everything_can_be_said():
    """Sizes, shares, dwell times of a segment, faults, and how much of all others there is."""
    scenario, problems = read("""
orders: 500
start: 2026-04-01
days: 20
customers: 40
articles: 12
suppliers: 2
sites: [SHA, SZX]
channels: {web: 0.5, b2b: 0.5}
urgent: 0
cancelled: 0.1
recorded_late: 0.2
late_by: 30m
duplicates: 0
kinds: [order, stock]
dwell:
  paid>stocked: {median: 4h, by: {b2b: 2}}
faults: {others: 0, unpaid: 0.25}
""")
    assert not problems.found
    assert scenario is not None
    assert (scenario.orders, scenario.start, scenario.days) == (500, date(2026, 4, 1), 20)
    assert (scenario.customer_count, scenario.article_count, scenario.supplier_count) == (40, 12, 2)
    assert (scenario.sites, scenario.channels, scenario.kinds) == (
        ("SHA", "SZX"),
        (0.5, 0.0, 0.5),
        frozenset({"order", "stock"}),
    )
    assert (scenario.urgent, scenario.cancelled, scenario.recorded_late, scenario.duplicates) == (0, 0.1, 0.2, 0)
    assert scenario.late_by == 30 * MINUTE
    dwell = scenario.dwell["paid>stocked"]
    assert (dwell.median, dwell.spread, dwell.by["b2b"]) == (4 * HOUR, DWELL["paid>stocked"].spread, 2)
    assert (scenario.share("unpaid"), scenario.share("returned")) == (0.25, 0)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("oders: 5", "1:1", "orders"),
        ("orders: none", "1:9", "whole number"),
        ("orders: 0", "1:9", "above zero"),
        ("start: soon", "1:8", "2026-01-05"),
        ("urgent: 2", "1:9", "from 0 to 1"),
        ("late_by: 3x", "1:10", "3x"),
        ("kinds: [orders]", "1:9", "order"),
        ("channels: {web: 0.4}", "1:11", "add up to 1"),
        ("channels: {wob: 1}", "1:12", "web"),
        ("dwell: {paid>shipped: {median: 4h}}", "1:9", "stocked>shipped"),
        ("dwell: {paid>stocked: {spread: -1}}", "1:32", "from 0 to 3"),
        ("faults: {unpayed: 0.1}", "1:10", "unpaid"),
        ("faults: {unpaid: 0.6, unsettled: 0.6}", "1:9", "no more than 1"),
    ],
)
def test_mistakes_are_located(text: str, place: str, said: str):
    """Each names its line, its column, and what was expected."""
    scenario, problems = read(text)
    assert scenario is None
    (found,) = problems.found
    assert str(found.place) == f"shop.scenario.yaml:{place}"
    assert said in found.message.en
    assert found.message.zh != found.message.en


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_scenario_of_the_guide_is_one(language: str):
    """What docs/ shows can be used as it stands."""
    page = (Path(__file__).parents[3] / "docs" / language / "backtesting.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n# slow-suppliers.yaml(.*?)```", page, re.DOTALL)
    scenario, problems = read("#" + shown)
    assert not problems.found
    assert scenario is not None and scenario.share("supplier_late") == 0.1
