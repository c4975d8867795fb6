"""Incidents against outcomes, counted by hand."""

import polars as pl
import pytest

from simulator.backtest.censoring import Period
from simulator.backtest.judging import judge
from simulator.backtest.outcomes import OUTCOMES
from simulator.shares import Share
from streams.instants import DAY, HOUR
from tests.simulator.backtest.incident_tables import hours, incidents

PERIOD = Period(start=hours(0), begin=hours(10), until=hours(100), wait=10 * HOUR, chosen=False)


def outcomes(*rows: tuple[str, bool | None, float | None], closed: float | None = None) -> pl.DataFrame:
    """Key, outcome, and the hour since when it is certain."""
    told = [
        (key, hours(0), None if closed is None else hours(closed), bad, None if at is None else hours(at))
        for key, bad, at in rows
    ]
    return pl.DataFrame(told, schema=OUTCOMES, orient="row")


WHOLE = outcomes(
    ("early", True, 60),
    ("just", True, 50),
    ("after", True, 40),
    ("missed", True, 40),
    ("false", False, None),
    ("quiet", False, None),
    ("open", None, None),
    ("hidden", None, None),
)
FOUND = incidents(
    {"key": "early", "opened": 12, "resolved": 14},
    {"key": "early", "opened": 30, "resolved": 70},
    {"key": "just", "opened": 50},
    {"key": "after", "opened": 41, "resolved": 42},
    {"key": "false", "opened": 20, "resolved": 25},
    {"key": "false", "opened": 30},
    {"key": "open", "opened": 90},
)


def test_each_order_has_one_verdict() -> None:
    """By its first incident of the period and its outcome."""
    judgement = judge(FOUND, WHOLE, PERIOD)
    assert dict(judgement.orders.select("key", "verdict").iter_rows()) == {
        "early": "warned",
        "just": "warned",
        "after": "late",
        "missed": "missed",
        "false": "false",
        "quiet": "quiet",
        "open": "open_warned",
        "hidden": "open_quiet",
    }


def test_precision_recall_and_f1_by_hand() -> None:
    """Two of four alarms were followed by the outcome, two of four bad orders were known before."""
    judgement = judge(FOUND, WHOLE, PERIOD)
    assert judgement.precision.share == Share(count=2, of=4)
    assert judgement.recall.share == Share(count=2, of=4)
    assert judgement.f1 == pytest.approx(0.5)
    assert judgement.about_bad == Share(count=3, of=4)


def test_what_is_not_known_yet_gives_the_bounds() -> None:
    """The open order with an incident may turn out well or badly, and so may the one without."""
    judgement = judge(FOUND, WHOLE, PERIOD)
    assert (judgement.precision.worst, judgement.precision.best) == (Share(count=2, of=5), Share(count=3, of=5))
    assert (judgement.recall.worst, judgement.recall.best) == (Share(count=2, of=5), Share(count=3, of=5))


def test_lead_times_are_those_of_the_first_incident() -> None:
    """48 hours before, and on the very instant."""
    judgement = judge(FOUND, WHOLE, PERIOD)
    assert judgement.leads.to_list() == [0, 48 * HOUR]
    assert judgement.lead_at(0.5) == 24 * HOUR
    assert judgement.ahead(1) == Share(count=1, of=4)
    assert judgement.ahead(2 * DAY) == Share(count=1, of=4)
    assert judgement.ahead(0) == Share(count=2, of=4)


def test_incidents_are_counted_apart_from_orders() -> None:
    """Seven incidents: three followed by the outcome, one after it, two false ones of which one healed, one open."""
    judgement = judge(FOUND, WHOLE, PERIOD)
    counted = {one: judgement.incidents_that(one) for one in ("followed", "late", "false", "open")}
    assert counted == {"followed": 3, "late": 1, "false": 2, "open": 1}
    assert judgement.right_incidents == Share(count=3, of=6)
    assert judgement.healed == Share(count=1, of=6)


def test_the_warm_up_is_left_out() -> None:
    """An order over by then, one whose incident was open then; an incident that had ended by then does not count."""
    before = incidents(
        {"key": "alarmed", "opened": 5, "resolved": 30},
        {"key": "again", "opened": 5, "resolved": 6},
        {"key": "again", "opened": 20, "resolved": 30},
    )
    judgement = judge(before, outcomes(("alarmed", True, 20), ("past", True, 9), ("again", True, 25)), PERIOD)
    assert judgement.orders.select("key", "verdict", "lead").rows() == [("again", "warned", 5 * HOUR)]
    assert judgement.left_out == 2
    assert judgement.incidents["opened_at"].len() == 1
    assert judge(before, outcomes(("quiet", False, None), closed=9), PERIOD).orders.is_empty()


def test_an_outcome_without_an_instant_counts_but_has_no_lead() -> None:
    """A table that only says yes."""
    judgement = judge(FOUND, outcomes(("after", True, None), ("missed", True, None)), PERIOD)
    assert judgement.precision.share == Share(count=1, of=1)
    assert judgement.recall.share == Share(count=1, of=2)
    assert judgement.leads.is_empty() and judgement.lead_at(0.5) is None


def test_nothing_to_judge() -> None:
    """No incidents and no orders: shares of nothing have no value, and nothing fails."""
    judgement = judge(incidents(), outcomes(), PERIOD)
    assert judgement.precision.share.value is None and judgement.precision.share.interval is None
    assert judgement.f1 is None


def test_wilson_intervals_are_those_of_the_literature() -> None:
    """Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3."""
    for count, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert Share(count=count, of=of).interval == pytest.approx((low, high), abs=5e-5)


def test_what_counts_is_when_it_was_told() -> None:
    """Opened before the outcome but found after it by late data: too late. Over when it was found: told to nobody."""
    late = incidents({"key": "A", "opened": 20, "resolved": 90, "detected": 60})
    judgement = judge(late, outcomes(("A", True, 50)), PERIOD)
    assert judgement.orders["verdict"].to_list() == ["late"]
    assert judgement.incidents_that("late") == 1
    over = late.with_columns(found_late=pl.lit(True), detected_at=pl.col("opened_at"))
    assert judge(over, outcomes(("A", True, 50)), PERIOD).orders["verdict"].to_list() == ["missed"]
