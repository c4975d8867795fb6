"""What became of orders, by hand: yes and since when, no, or not known yet."""

from typing import Any

import pytest

from rules.errors import Place
from rules.language.expression import Scope, Type, parse
from rules.workspace import read_workspace
from simulator.backtest.outcomes import outcomes_of
from streams.event import Event
from streams.instants import HOUR
from tests.simulator.backtest.incident_tables import START, hours
from tests.simulator.in_columns import snapshots_in_columns

MODEL = """
kinds:
  order:
    nodes: {placed: {}, paid: {}, received: {}, settled: {}, cancelled: {off_path: true}}
    closed_by: [settled, cancelled]
    fields: {promised_at: timestamp, status: string, amount: number}
    events: {returned: {resets: [received]}}
"""
WORLD = read_workspace(MODEL)
UNTIL = 100
LATE = "received.at > promised_at"


def answer(
    condition: str, *events: tuple[float, str] | tuple[float, str, dict[str, object]]
) -> tuple[bool | None, float | None]:
    """The outcome of one order, and the hour since when it is certain."""
    log = [
        Event(
            source="s",
            id=str(place),
            kind="order",
            key="A",
            type=type_,
            occurred_at=hours(at),
            recorded_at=hours(at),
            data=dict(*data),
        )
        for place, (at, type_, *data) in enumerate(events)
    ]
    expression, problems = parse(
        condition,
        Scope.of(WORLD.model, "order", pulse=False, totals=False),
        Type.BOOL,
        Place(file="t", line=1, column=1),
    )
    assert expression is not None, problems
    snapshots = snapshots_in_columns(WORLD.model, "order", log, hours(UNTIL))
    table = outcomes_of(expression, WORLD.model.kinds["order"], snapshots, hours(UNTIL))
    ((outcome, at),) = table.with_columns(table["outcome_at"].to_physical()).select("outcome", "outcome_at").rows()
    return outcome, None if at is None else (at - START) / HOUR


def placed(promised: float | None = 48) -> tuple[float, str, dict[str, Any]]:
    return (0, "placed", {} if promised is None else {"promised_at": hours(promised)})


def test_received_late_is_certain_from_the_promise_on() -> None:
    """Not only when it came: from then on it could not come in time any more."""
    assert answer(LATE, placed(), (60, "received")) == (True, 48)


def test_not_received_and_the_promise_has_passed() -> None:
    """Whenever it comes, it is late."""
    assert answer(LATE, placed()) == (True, 48)


def test_not_received_and_the_promise_is_still_to_come() -> None:
    """Nobody knows yet."""
    assert answer(LATE, placed(120)) == (None, None)


def test_received_in_time_is_no() -> None:
    """Also on the very instant of the promise, and though the order is not closed."""
    assert answer(LATE, placed(), (40, "received")) == (False, None)
    assert answer(LATE, placed(), (48, "received")) == (False, None)


def test_cancelled_orders_are_late_no_more() -> None:
    """Closed without having been received: the comparison is false, as the language says."""
    assert answer(LATE, placed(), (60, "cancelled")) == (False, None)


def test_a_promise_moved_later_makes_it_uncertain_again() -> None:
    """The outcome counts since the last time that it was in doubt."""
    assert answer(LATE, placed(10), (20, "updated", {"promised_at": hours(30)}), (50, "received")) == (True, 30)


def test_without_a_promise_nothing_is_known_before_it_closes() -> None:
    """A promise may still come."""
    assert answer(LATE, placed(None), (10, "received")) == (None, None)
    assert answer(LATE, placed(None), (10, "received"), (11, "settled")) == (False, None)


def test_the_good_outcome_can_be_asked_for_as_well() -> None:
    """Received before promised: certain when it came, impossible from the promise on."""
    assert answer("received.at < promised_at", placed(), (40, "received")) == (True, 40)
    assert answer("received.at < promised_at", placed()) == (False, None)
    assert answer("received.at < promised_at", placed(120)) == (None, None)


def test_lengths_of_time_become_certain_by_waiting() -> None:
    """More than five hours from paid to received is certain five hours after paid."""
    assert answer("received.at - paid.at > hours(5)", placed(), (10, "paid")) == (True, 15)
    assert answer("received.at - paid.at > hours(5)", placed(), (97, "paid")) == (None, None)
    assert answer("received.at - paid.at > hours(5)", placed()) == (None, None)


def test_by_day_means_from_the_end_of_the_day_on() -> None:
    """Data known by day: the first instant of the day after the promise is the first late one."""
    outcome, at = answer("start_of_day(received.at) > promised_at", placed(24))
    assert outcome and at == pytest.approx(48, abs=1e-6)


@pytest.mark.parametrize("condition", ["cancelled.done", "cancelled.at is not None"])
def test_a_node_is_reached_or_may_still_be(condition: str) -> None:
    """Yes since it was reached; no once the order has closed otherwise; else not known."""
    assert answer(condition, placed(), (60, "cancelled")) == (True, 60)
    assert answer(condition, placed(), (60, "settled")) == (False, None)
    assert answer(condition, placed(), (60, "received")) == (None, None)


def test_a_field_counts_when_it_says_yes_or_the_order_is_closed() -> None:
    """What does not hold of an open order can still come."""
    returned = 'status == "returned"'
    assert answer(returned, placed(), (5, "updated", {"status": "returned"})) == (True, 5)
    assert answer(returned, placed(), (5, "updated", {"status": "sent"})) == (None, None)
    assert answer(returned, placed(), (5, "settled", {"status": "sent"})) == (False, None)
    assert answer(returned, placed()) == (None, None)


def test_or_and_and_in_three_values() -> None:
    """One yes is enough for `or`, one no for `and`; what is not known stays so."""
    assert answer(f"{LATE} or cancelled.done", placed(), (60, "cancelled")) == (True, 48)
    assert answer(f"{LATE} or cancelled.done", placed(120)) == (None, None)
    assert answer(f"{LATE} and amount > 10", placed(120), (1, "settled", {"amount": 5})) == (False, None)
    assert answer(f"{LATE} and amount > 10", placed(), (1, "updated", {"amount": 50})) == (True, 48)


def test_a_reset_counts_from_the_last_reaching() -> None:
    """Received in time, taken back, and received again too late."""
    assert answer(LATE, placed(), (20, "received"), (30, "returned"), (70, "received")) == (True, 48)
    assert answer(LATE, placed(), (20, "received"), (60, "returned"), (70, "received")) == (True, 60)
