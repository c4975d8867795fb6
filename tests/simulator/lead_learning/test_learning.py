"""Lead times learned, and the file that is made of them."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rules.workspace import read_workspace
from simulator.lead_learning.learning import Learning, Pair, learn_lead_times, usual_pairs
from simulator.lead_learning.writing import lead_text
from streams.event import Event
from streams.instants import DAY, HOUR, MINUTE, SECOND
from streams.lead_times import LeadTimes
from tests.simulator.small_history import CALENDARS, KIND, MODEL, WORKSPACE, at, order, snapshots

UNTIL = "03-31 00:00"
PAIR: Pair = ("order", "paid", "shipped")


def took(key: str, days: int, **data: Any) -> list[Event]:
    """Paid on the first, shipped so many days later."""
    return order(key, ("03-01 00:00", "paid", data), (f"03-{days + 1:02} 00:00", "shipped"))


def learned(*orders: list[Event], least: int = 1, by: tuple[str, ...] = (), shares: str = "0.5 0.9") -> Learning:
    return learn_lead_times(
        WORKSPACE.model,
        {"order": snapshots(*orders, until=UNTIL)},
        [PAIR],
        at(UNTIL),
        by=by,
        least=least,
        shares=[Fraction(one) for one in shares.split()],
    )


def read(text: str) -> LeadTimes:
    found = read_workspace(MODEL, calendars=CALENDARS, lead_times=text).model.lead_times
    assert found is not None
    return found


def test_quantiles_of_ten_orders():
    """One to ten days: half take five at most, nine of ten take nine."""
    (way,) = learned(*(took(str(days), days) for days in range(1, 11))).ways
    assert [one.span for one in way.overall.quantiles] == [5 * DAY, 9 * DAY]
    assert (way.overall.orders, way.overall.arrived) == (10, 10)


def test_open_orders_make_quantiles_longer():
    """Five took one to five days, five were paid three days before the end and are open: by hand 1 - S(2) = 2/10, and
    from the third day on five are at risk fewer.
    """
    still = [order(f"open{number}", ("03-28 00:00", "paid")) for number in range(5)]
    (way,) = learned(*(took(str(days), days) for days in range(1, 6)), *still).ways
    # S: 9/10, 8/10, 7/10 (the open ones are cut off at day 3), then of two left 1/2: 0.35, and 0.
    assert [one.span for one in way.overall.quantiles] == [4 * DAY, 5 * DAY]
    assert way.open == 5


def test_what_the_curve_does_not_reach_is_left_out_and_said():
    """Two of ten arrived: no quantile of 0.5, and with none at all the way is not written."""
    still = [order(f"open{number}", ("03-02 00:00", "paid")) for number in range(8)]
    found = learned(took("a", 1), took("b", 2), *still, shares="0.1 0.5")
    (way,) = found.ways
    assert [one.span for one in way.overall.quantiles] == [DAY, None]
    text = lead_text(found, "h.csv", "", "en")
    assert "0.5: left out, too few have arrived to say" in text and "quantiles: {0.1: 1d}" in text
    found = learned(took("a", 1), *still, shares="0.5")
    assert (found.ways, len(found.left_out)) == ((), 1)


def test_segments_with_enough_orders():
    """Supplier B has two orders and C too many open ones: the figures over all count for them, and the file says so."""
    slow = [order(f"c{number}", ("03-02 00:00", "paid", {"supplier": "C"})) for number in range(4)]
    orders = [took(f"a{number}", number, supplier="A") for number in range(1, 31)][:20]
    found = learned(
        *orders,
        took("b1", 9, supplier="B"),
        took("b2", 9, supplier="B"),
        *slow,
        *(took(f"c{number}x", 1, supplier="C") for number in range(3)),
        took("nobody", 1),
        by=("supplier",),
        least=3,
        shares="0.5",
    )
    (way,) = found.ways
    assert {values: one.arrived for values, one in way.segments.items()} == {("A",): 20}
    assert (way.few, way.incomplete) == (1, (("C",),))
    text = lead_text(found, "h.csv", "", "en")
    assert "1 further segments have too few" in text
    assert "so the figures over all count: supplier: C" in text


def test_min_orders_counts_for_ways_too():
    """Forty-nine are not enough where fifty are asked for."""
    found = learned(*(took(str(number), 1) for number in range(9)), least=10)
    assert (found.ways, [way.overall.arrived for way in found.left_out]) == ((), [9])


def test_usual_pairs():
    """Neighbours, and each node with the later ones that were promised; never one off the path."""
    frame = snapshots(order("A", ("03-02 00:00", "placed", {"received.due": at("03-20 00:00")})))
    assert usual_pairs(KIND, frame) == (
        ("order", "placed", "paid"),
        ("order", "placed", "received"),
        ("order", "paid", "shipped"),
        ("order", "paid", "received"),
        ("order", "shipped", "received"),
    )


def test_the_file_says_the_same_to_who_reads_it():
    """Every quantile and segment comes back, of texts, numbers and booleans in odd forms."""
    values: list[dict[str, Any]] = [
        {"supplier": 'S "4": {x}, #1', "express": True, "grade": 4.0},
        {"supplier": "null", "express": False, "grade": 0.1},
        {"supplier": "0123", "express": False, "grade": -1e30},
        {"supplier": "供应商\n甲", "express": True, "grade": 3.5},
    ]
    orders = [took(f"{place}-{days}", days, **one) for place, one in enumerate(values) for days in range(1, 8)]
    found = learned(*orders, by=("supplier", "grade", "express"), least=5)
    (way,) = found.ways
    for language in ("zh", "en"):
        times = read(lead_text(found, "订单 2026.csv", "", language))
        assert (times.learned_at, times.learned_from) == (at(UNTIL), "订单 2026.csv")
        (back,) = times.times.values()
        assert back.by == ("express", "grade", "supplier")
        assert back.overall.spans == tuple(one.span for one in way.overall.known)
        assert set(back.segments) == {(one["express"], one["grade"], one["supplier"]) for one in values}
        assert {one.spans for one in back.segments.values()} == {(4 * DAY, 7 * DAY)}


def test_the_same_learning_makes_the_same_text():
    """Nothing of the day or the machine is in it, whatever the order of events."""
    orders = [took(str(days), days, supplier="A" if days % 2 else "B") for days in range(1, 11)]
    texts = {lead_text(learned(*some, by=("supplier",), least=2), "h", "", "en") for some in (orders, orders[::-1])}
    assert len(texts) == 1


def test_what_is_not_learned_now_stays():
    """Ways of the old file that are not learned this time are kept, and the first line for editors too."""
    old = (
        "# yaml-language-server: $schema=.schemas/lead_times.json\n"
        "lead_times:\n"
        "  - {from: placed, to: paid, quantiles: {0.5: 2h}}  # by hand\n"
        "  - {on: order, from: paid, to: shipped, quantiles: {0.5: 99h}}\n"
    )
    text = lead_text(learned(took("a", 1), took("b", 2)), "h", old, "en")
    times = read(text).times
    assert times["order", "placed", "paid"].overall.spans == (2 * HOUR,)
    assert times["order", "paid", "shipped"].overall.spans == (DAY, 2 * DAY)
    assert text.startswith("# yaml-language-server:")


def test_spans_are_whole_seconds_rounded_up():
    """The file holds whole seconds; rounded down, fewer than the share would be done within."""
    odd = took("a", 1)
    odd[1] = order("a", ("03-01 00:00", "x"), ("03-01 00:05:00.000001", "shipped"))[1]
    (way,) = learned(odd, shares="0.5").ways
    assert way.overall.quantiles[0].span == 5 * MINUTE + SECOND


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 28), st.booleans()), min_size=2, max_size=30))
def test_whatever_is_learned_can_be_read(ways: list[tuple[int, bool]]):
    """Quantiles rise and the loader takes the file, whatever arrived and whatever is open."""
    orders = [
        took(str(number), days) if arrived else order(str(number), (f"03-{days:02} 00:00", "paid"))
        for number, (days, arrived) in enumerate(ways)
    ]
    found = learned(*orders, shares="0.1 0.5 0.8 0.95")
    assume(found.ways)
    back = read(lead_text(found, "h", "", "zh")).times
    for way in found.ways:
        assert back[way.pair].overall.spans == tuple(one.span for one in way.overall.known)
    assert len(back) == len(found.ways)


def test_a_file_that_is_broken_is_replaced_whole():
    """What cannot be read has no entries to keep."""
    assert read(lead_text(learned(took("a", 1)), "h", "lead_times: [}", "en")).times.keys() == {PAIR}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_file_explains_itself(language):
    """Comments in one's language say what the numbers are and how to undo."""
    text = lead_text(learned(took("a", 1)), "h.csv", "", language)
    assert "Kaplan-Meier" in text and "lead_times.yaml.bak" in text
    assert ("节点之间要用多久" in text) == (language == "zh")
