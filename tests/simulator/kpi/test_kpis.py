"""KPIs on orders that can be counted by hand: what is late, in full, perfect, and what counts nowhere."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import Problems
from rules.files.document import read_text
from simulator.kpi.definitions import NOTHING_DECLARED, Declared
from simulator.kpi.dwell import Dwell
from simulator.kpi.file import read_kpis
from simulator.kpi.measuring import Kpis, measure
from simulator.kpi.on_time import OnTime
from simulator.shares import Share
from streams.event import Event
from streams.instants import DAY, HOUR
from tests.simulator.small_history import KIND, WORKSPACE, at, order, snapshots

UNTIL = "03-31 00:00"


def declared(text: str) -> Declared:
    """kpi.yaml's entry of orders."""
    problems = Problems()
    root = read_text(f"kpi: {{order: {{{text}}}}}", "kpi.yaml", problems)
    assert root is not None
    found = read_kpis(root, WORKSPACE.model, WORKSPACE.calendars)
    assert [str(one) for one in problems.found] == []
    return found["order"]


def kpis(*orders: list[Event], says: str = "", until: str = UNTIL, **options: Any) -> Kpis:
    return measure(
        WORKSPACE.model,
        KIND,
        declared(says) if says else NOTHING_DECLARED,
        snapshots(*orders, until=until),
        until=at(until),
        **options,
    )


def on_time(found: Kpis, promise: str = "last", compare: str = "instant") -> OnTime:
    return next(one for one in found.on_time if (one.promise, one.compare) == (promise, compare))


def figures(found: Kpis, level: str = "order") -> dict[str, tuple[int, int]]:
    chosen = next(one for one in found.fulfilment if one.level == level)
    return {name: (share.count, share.of) for name, share in chosen.figures.items()}


def delivered(key: str, promised: str | None, when: str | None, **data: Any) -> list[Event]:
    """Placed on the first with a promise of receipt, received when said."""
    promise = {} if promised is None else {"received.due": at(promised)}
    steps: list[Any] = [("03-01 00:00", "placed", {**promise, **data})]
    if when is not None:
        steps.append((when, "received"))
    return order(key, *steps)


THREE = (
    delivered("before", "03-10 12:00", "03-09 12:00"),
    delivered("exact", "03-10 12:00", "03-10 12:00"),
    delivered("same-day", "03-10 12:00", "03-10 23:59"),
    delivered("after", "03-10 12:00", "03-11 00:00"),
)


def test_by_instant_and_by_calendar_day():
    """At its deadline is on time; later on the same day of the model's zone is on time by day only."""
    found = kpis(*THREE)
    assert (on_time(found).delivered, on_time(found).late) == (4, 2)
    assert on_time(found, compare="day").late == 1
    assert (found.definition.compare, found.definition.node) == ("instant", "received")


def test_days_are_those_of_the_models_zone():
    """In Shanghai 00:30 is a new day, in UTC it is not: promised for the 10th, received on the 11th there."""
    found = kpis(delivered("A", "03-10 00:00", "03-11 00:30"), delivered("B", "03-10 00:00", "03-10 23:30"))
    assert on_time(found, compare="day").late == 1
    assert found.definition.compare == "day"  # as all promises lie at midnight there


def test_early_window_and_grace():
    """No more than a day too early, and half a day late is forgiven; in working time too."""
    found = kpis(*THREE, delivered("far", "03-10 12:00", "03-08 00:00"), says="early: 1d, grace: 12h")
    assert (on_time(found).early, on_time(found).late, on_time(found).on_time.count) == (1, 0, 4)
    monday = (delivered("A", "03-06 16:00", "03-09 10:00"), delivered("B", "03-06 16:00", "03-09 10:00:01"))
    assert on_time(kpis(*monday, says="grace: 2h work")).late == 1


def test_which_promise():
    """The last that was agreed when it came, the first one, and what the customer wanted: three figures."""
    moved = order(
        "moved",
        ("03-01 00:00", "placed", {"received.due": at("03-05 00:00"), "wanted_at": at("03-09 00:00")}),
        ("03-04 00:00", "updated", {"received.due": at("03-10 00:00")}),
        ("03-08 00:00", "received"),
        ("03-09 00:00", "updated", {"received.due": at("03-20 00:00")}),
    )
    found = kpis(moved, says="requested: wanted_at, promise: first")
    late = {one.promise: one.late for one in found.on_time if one.compare == "instant"}
    assert late == {"last": 0, "first": 1, "requested": 0}
    assert [one.promise for one in found.on_time if one.chosen] == ["first"]
    assert figures(found)["on_time"] == (0, 1)
    later = order(
        "later",
        ("03-01 00:00", "placed", {"received.due": at("03-05 00:00")}),
        ("03-08 00:00", "received"),
        ("03-09 00:00", "updated", {"received.due": at("03-20 00:00")}),
    )
    assert on_time(kpis(later)).late == 1, "what is agreed after delivery resets nothing"


def test_open_overdue_counts_in_the_second_figure_only():
    """Open past their promise: late; open before it, closed, or due exactly at the end: not."""
    found = kpis(
        delivered("good", "03-10 00:00", "03-09 00:00"),
        delivered("open", "03-10 00:00", None),
        delivered("not-yet", "04-10 00:00", None),
        delivered("now", UNTIL, None),
        order("gone", ("03-01 00:00", "placed", {"received.due": at("03-02 00:00")}), ("03-05 00:00", "cancelled")),
    )
    one = on_time(found)
    assert (one.on_time, one.with_open) == (Share(count=1, of=1), Share(count=1, of=2))
    assert (found.counted.open, found.counted.cancelled, found.counted.delivered) == (3, 1, 1)


def test_the_period_is_that_of_delivery():
    """--from takes what was delivered then or later; open overdue orders count whenever they began."""
    found = kpis(*THREE, delivered("open", "03-02 00:00", None), since=at("03-10 12:00"))
    assert (on_time(found).delivered, on_time(found).late, on_time(found).open_overdue) == (3, 2, 1)


def lines(*quantities: tuple[float | None, float | None, float | None]) -> dict[str, Any]:
    records = [dict(zip(("qty", "delivered", "rejected"), one, strict=True)) for one in quantities]
    return {"lines": tuple({name: value for name, value in one.items() if value is not None} for one in records)}


def test_in_full_and_perfect_by_order_and_by_line():
    """An order is what all its lines are; rejected goods spoil the perfect order, not OTIF."""
    found = kpis(
        delivered("full", "03-10 00:00", "03-09 00:00", **lines((2, 2, 0), (3, 4, 0))),
        delivered("short", "03-10 00:00", "03-09 00:00", **lines((2, 2, 0), (3, 2, 0))),
        delivered("spoilt", "03-10 00:00", "03-09 00:00", **lines((2, 2, 1))),
        delivered("late", "03-10 00:00", "03-11 00:00", **lines((2, 2, 0))),
    )
    assert figures(found) == {
        "on_time": (3, 4),
        "in_full": (3, 4),
        "condition": (3, 4),
        "otif": (2, 4),
        "perfect": (1, 4),
    }
    assert figures(found, "line") == {
        "on_time": (5, 6),
        "in_full": (5, 6),
        "condition": (5, 6),
        "otif": (4, 6),
        "perfect": (3, 6),
    }


def test_tolerance_to_the_grain():
    """42 of 100 is in full where 58 % may be missing, although 100 * (1 - 0.58) is a little more than 42 in doubles."""
    short = delivered("A", "03-10 00:00", "03-09 00:00", **lines((100, 42, 0)))
    says = "lines: lines, ordered: qty, delivered: delivered, tolerance: "
    assert figures(kpis(short, says=says + "0.58"))["in_full"] == (1, 1)
    assert figures(kpis(short, says=says + "0.57"))["in_full"] == (0, 1)


def test_what_cannot_be_judged_is_left_out_and_counted():
    """Without an ordered quantity nobody can say; no delivered quantity means nothing came; no promise, no OTIF."""
    found = kpis(
        delivered("nothing-came", "03-10 00:00", "03-09 00:00", **lines((2, None, None))),
        delivered("unknown", "03-10 00:00", "03-09 00:00", **lines((None, 2, None), (1, 1, None))),
        delivered("no-lines", "03-10 00:00", "03-09 00:00"),
        delivered("no-promise", None, "03-09 00:00", **lines((1, 1, None))),
    )
    assert figures(found) == {
        "on_time": (3, 3),
        "in_full": (1, 2),
        "condition": (4, 4),
        "otif": (0, 1),
        "perfect": (0, 1),
    }
    assert found.fulfilment[0].not_judged("in_full") == 2


def test_documents_and_condition_are_declared():
    """Their conditions make two more of the four parts; what is not declared is not measured."""
    good = delivered("good", "03-10 00:00", "03-09 00:00", right_papers=True)
    bad = delivered("bad", "03-10 00:00", "03-09 00:00", right_papers=False)
    found = kpis(good, bad, delivered("x", "03-10 00:00", "03-09 00:00"), says="documents: right_papers")
    assert figures(found) == {"on_time": (3, 3), "documents": (1, 3), "perfect": (1, 3)}
    assert "documents" not in figures(kpis(good, bad))


AFTERWARDS = (("03-09 00:00", "received"), ("03-12 00:00", "cancelled"))


def test_cancelled_and_not_meant_orders_count_nowhere():
    """Cancelled after delivery too; `where` chooses; both are told."""
    found = kpis(
        delivered("A", "03-10 00:00", "03-09 00:00", supplier="A"),
        delivered("B", "03-10 00:00", "03-09 00:00", supplier="B"),
        order("gone", ("03-01 00:00", "placed", {"supplier": "A"}), *AFTERWARDS),
        says="where: supplier == 'A'",
    )
    assert (found.counted.delivered, found.counted.elsewhere, found.counted.cancelled) == (1, 1, 1)


def test_by_a_field():
    """Each value of a field, the most orders first; those without it too."""
    found = kpis(
        delivered("a", "03-10 00:00", "03-09 00:00", supplier="A"),
        delivered("b", "03-10 00:00", "03-11 00:00", supplier="A"),
        delivered("c", "03-10 00:00", "03-11 00:00"),
        by="supplier",
    )
    assert [(one.value, one.delivered, one.figures["on_time"].count) for one in found.segments] == [
        ("A", 2, 1),
        (None, 1, 0),
    ]


def dwell(found: Kpis) -> Dwell:
    return next(one for one in found.dwell if one.pair == ("placed", "paid"))


def test_dwell_with_open_orders():
    """Percentiles of those that left flatter: two took a day, two are there for 29; what goes backwards is told."""
    found = dwell(
        kpis(
            order("A", ("03-02 00:00", "placed"), ("03-03 00:00", "paid")),
            order("B", ("03-02 00:00", "placed"), ("03-03 00:00", "paid")),
            order("C", ("03-02 00:00", "placed")),
            order("D", ("03-02 00:00", "placed")),
            order("E", ("03-02 00:00", "placed"), ("03-01 00:00", "paid")),
        )
    )
    assert (found.arrived, found.open, found.negative) == (2, 2, 1)
    assert (found.done.percentiles, found.done.mean) == ((DAY, DAY, DAY), DAY)
    assert found.estimated.percentiles == (DAY, None, None)
    assert found.open_age.percentiles == (29 * DAY,) * 3


def test_dwell_in_working_time():
    """From Friday 16:00 to Monday 10:00 two hours are worked."""
    found = dwell(kpis(order("A", ("03-06 16:00", "placed"), ("03-09 10:00", "paid")), says="calendar: work"))
    assert found.worked is not None
    assert (found.worked.mean, found.done.mean) == (2 * HOUR, 66 * HOUR)


def test_satisfaction():
    """The mean score and the share of two and less, of late orders and of others; only where a field is declared."""
    orders = (
        delivered("a", "03-10 00:00", "03-09 00:00", score=5.0),
        delivered("b", "03-10 00:00", "03-11 00:00", score=2.0),
        delivered("c", "03-10 00:00", "03-11 00:00", score=3.0),
        delivered("d", "03-10 00:00", "03-09 00:00"),
    )
    assert kpis(*orders).satisfaction is None
    found = kpis(*orders, says="score: score").satisfaction
    assert found is not None
    assert (found.all.scored, found.all.low) == (3, Share(count=1, of=3))
    assert (found.on_time.mean, found.late.mean) == (5.0, 2.5)


quantity = st.one_of(st.none(), st.integers(0, 5).map(float))
one_order = st.tuples(
    st.one_of(st.none(), st.integers(2, 28)),
    st.one_of(st.none(), st.integers(2, 28)),
    st.lists(st.tuples(quantity, quantity, quantity), max_size=3),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(one_order, min_size=1, max_size=12))
def test_otif_is_never_better_than_its_parts(drawn: list[tuple[int | None, int | None, list[Any]]]):
    """Of the orders that can be judged for it; and a perfect order is on time and in full."""
    orders = [
        delivered(
            str(number),
            None if promised is None else f"03-{promised:02} 00:00",
            None if came is None else f"03-{came:02} 00:00",
            **lines(*quantities),
        )
        for number, (promised, came, quantities) in enumerate(drawn)
    ]
    found = kpis(*orders, says="lines: lines, ordered: qty, delivered: delivered, rejected: rejected")
    for level in ("order", "line"):
        counted = {name: share for name, (share, _) in figures(found, level).items()}
        if "otif" in counted:
            assert counted["perfect"] <= counted["otif"] <= min(counted["on_time"], counted["in_full"])


def test_a_history_of_one_kind_without_promises():
    """Nothing is promised: no on time, no OTIF; what was counted instead is said."""
    found = kpis(delivered("a", None, "03-09 00:00", **lines((1, 1, 0))))
    assert (found.on_time, figures(found)) == ((), {"in_full": (1, 1), "condition": (1, 1)})
    assert {one.key: one.why.en for one in found.definition.taken}["node"].endswith("the history has no promises")


@pytest.mark.parametrize("node", ["shipped", "received"])
def test_the_node_of_delivery_can_be_declared(node):
    """Delivered is what the declaration says."""
    both = order(
        "A",
        ("03-01 00:00", "placed", {"shipped.due": at("03-03 00:00"), "received.due": at("03-09 00:00")}),
        ("03-04 00:00", "shipped"),
        ("03-08 00:00", "received"),
    )
    assert on_time(kpis(both, says=f"node: {node}")).late == (node == "shipped")
