"""The shipped packs against generated faults, end to end: through a file, the reading of histories, and the engine."""

from datetime import date

import polars as pl
import pytest

from bench.faults_found import faults_found
from simulator.generator.faults import FAULTS
from simulator.generator.scenario import Scenario

# A few weeks with five times the usual faults, so that most kinds are there. Bounds are those of a small sample: the
# figures of a large one are what `python -m bench.faults_found` prints, with the reasons of what is below 1.
SCENARIO = Scenario(orders=900, days=36, start=date(2026, 3, 2), fault_scale=5.0)
SEEN_AT_ONCE = (  # what single events show, whatever their times
    "amount_changed", "amount_wrong", "changed_after_stocking", "changed_often", "delivery_failed", "node_lost",
    "placing_lost", "promise_moved", "quantity_changed", "returned", "stock_miscounted", "supplier_moves_date",
)  # fmt: skip


@pytest.fixture(scope="module")
def scores() -> pl.DataFrame:
    return faults_found(SCENARIO, 7)


def test_most_kinds_of_faults_are_there(scores: pl.DataFrame):
    """The sample has nearly every kind of fault before the time that is not judged."""
    assert scores.filter(pl.col("injected") > 0).height > 0.75 * len(FAULTS)


def test_faults_are_found(scores: pl.DataFrame):
    """All that events show by themselves is found; of what takes too long all but those shorter than the limit."""
    judged = scores.filter(pl.col("injected") > 0)
    at_once = judged.filter(pl.col("fault").is_in(SEEN_AT_ONCE))
    assert at_once.filter(pl.col("recall") < 1)["fault"].to_list() == []
    assert sum(judged["found"]) / sum(judged["injected"]) > 0.95
    assert judged.filter((pl.col("injected") >= 8) & (pl.col("recall") < 0.7))["fault"].to_list() == []


def test_incidents_have_a_reason(scores: pl.DataFrame):
    """Nearly every incident of a rule that looks for a fault is explained by one."""
    rung = scores.filter(pl.col("incidents") > 0)
    explained = rung.filter(pl.col("fault").is_in(SEEN_AT_ONCE))
    assert explained.filter(pl.col("precision") < 1)["fault"].to_list() == []
    assert sum(rung["unexplained"]) < 0.06 * sum(rung["incidents"])
