"""How long ways between nodes took: what counts, up to when, and what is left out."""

from simulator.lead_learning.ways import Ways, ways_between
from streams.event import Event
from streams.instants import DAY, HOUR
from tests.simulator.small_history import KIND, at, order, snapshots

UNTIL = "03-31 00:00"


def ways(*orders: list[Event], start: str = "paid", end: str = "shipped") -> Ways:
    return ways_between(KIND, start, end, snapshots(*orders, until=UNTIL), at(UNTIL))


def test_arrived_and_open():
    """What arrived counts its time; what is open counts up to the end of the history."""
    found = ways(
        order("A", ("03-02 00:00", "paid"), ("03-03 12:00", "shipped")),
        order("B", ("03-29 00:00", "paid")),
        order("C", ("03-29 00:00", "placed")),
    )
    assert found.rows["key"].to_list() == ["A", "B"]
    assert found.rows["how"].to_list() == ["done", "open"]
    assert found.spans.tolist() == [36 * HOUR, 2 * DAY]
    assert found.done.tolist() == [True, False]


def test_closed_counts_up_to_its_closing():
    """A cancelled order is no longer under way: it lasted at least until it was cancelled."""
    found = ways(order("A", ("03-02 00:00", "paid"), ("03-05 00:00", "cancelled")))
    assert (found.rows["how"].to_list(), found.spans.tolist()) == (["closed"], [3 * DAY])


def test_passed_over_counts_up_to_the_next_node():
    """Whose shipping nobody recorded, but whose receipt is: not open for ever."""
    found = ways(order("A", ("03-01 00:00", "placed"), ("03-05 00:00", "shipped")), start="placed", end="paid")
    assert (found.rows["how"].to_list(), found.spans.tolist()) == (["passed"], [4 * DAY])


def test_backwards_is_left_out_and_counted():
    """Shipped before it was paid says nothing about how long shipping takes after payment."""
    found = ways(
        order("A", ("03-02 00:00", "shipped"), ("03-03 00:00", "paid")),
        order("B", ("03-02 00:00", "paid"), ("03-02 00:00", "shipped")),
    )
    assert (found.rows["key"].to_list(), found.spans.tolist(), found.negative) == (["B"], [0], 1)


def test_of_what_was_reset_the_last_round_counts():
    """Returned and shipped again: from payment to the shipping that stands; counted as reset."""
    found = ways(
        order(
            "A",
            ("03-02 00:00", "paid"),
            ("03-03 00:00", "shipped"),
            ("03-04 00:00", "returned"),
            ("03-06 00:00", "shipped"),
        ),
        order("B", ("03-02 00:00", "paid"), ("03-03 00:00", "shipped"), ("03-05 00:00", "received")),
        order("C", ("03-02 00:00", "paid"), ("03-03 00:00", "shipped"), ("03-30 00:00", "returned")),
    )
    assert dict(zip(found.rows["key"], found.spans.tolist(), strict=True)) == {"A": 4 * DAY, "B": DAY, "C": 29 * DAY}
    assert found.reset == 2


def test_those_that_began_since():
    """A period takes the ways that began in it."""
    found = ways(order("A", ("03-02 00:00", "paid")), order("B", ("03-03 00:00", "paid"))).begun(at("03-03 00:00"))
    assert found.rows["key"].to_list() == ["B"]
