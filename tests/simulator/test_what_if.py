"""What-if changes: what moves, what stays, and that the same seed does the same."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.what_if import Cancelled, Change, Closed, Dwell, Late, Segment, Volume, perturb
from simulator.what_if_options import WrongQuestion, cancelled, closed, dwell, late, volume
from streams.event import Event
from streams.instants import DAY, HOUR, WEEK, Instant
from streams.model import Field, FieldType, Kind, Model, Node
from streams.text import Text

NODES = ("placed", "paid", "shipped", "received", "cancelled")
MODEL = Model(
    zone=ZoneInfo("UTC"),
    kinds={
        "order": Kind(
            name="order",
            label=Text.plain("Order"),
            nodes={
                name: Node(name=name, label=Text.plain(name), place=place, off_path=name == "cancelled")
                for place, name in enumerate(NODES)
            },
            fields={
                "channel": Field(name="channel", type=FieldType.STRING),
                "amount": Field(name="amount", type=FieldType.NUMBER),
                "urgent": Field(name="urgent", type=FieldType.BOOL),
            },
            closed_by=("received", "cancelled"),
        ),
        "stock": Kind(
            name="stock", label=Text.plain("Stock"), fields={"site": Field(name="site", type=FieldType.STRING)}
        ),
    },
)
START = 1_770_000_000 * 10**6


def event(key: str, type_: str, at: Instant, data: dict[str, Any] | None = None, **more: Any) -> Event:
    told: dict[str, Any] = {
        "source": "erp", "id": f"{key}-{type_}", "kind": "order", "key": key, "type": type_, "occurred_at": START + at,
        "recorded_at": START + at + 5, "data": data or {},
    } | more  # fmt: skip
    return Event(**told)


def order(key: str, *hours: float, channel: str = "web", start: Instant = 0) -> list[Event]:
    """Its nodes at these hours, with a promise."""
    told: dict[str, Any] = {"channel": channel, "received.due": START + start + 3 * DAY}
    return [
        event(key, name, start + int(hour * HOUR), told if name == "placed" else {})
        for name, hour in zip(NODES, hours, strict=False)
    ]


def changed(events: Sequence[Event], *changes: Change, seed: int = 1) -> list[Event]:
    return list(perturb(events, MODEL, changes, seed=seed).events)


def hours(events: Sequence[Event]) -> dict[str, list[float]]:
    """By key, when its events are."""
    found: dict[str, list[float]] = {}
    for one in events:
        found.setdefault(one.key, []).append((one.occurred_at - START) / HOUR)
    return found


def test_later_nodes_move_with_the_one_that_is_later():
    """Twice the time from paid to shipped; what was received later is received so much later, promised as before."""
    found = changed(order("A", 0, 1, 11, 40), Dwell(kind="order", start="paid", end="shipped", factor=2))
    assert hours(found) == {"A": [0, 1, 21, 50]}
    assert found[0].data["received.due"] == START + 3 * DAY
    assert [one.recorded_at - one.occurred_at for one in found] == [5] * 4


def test_only_the_segment_moves():
    """Of two channels one is four hours slower."""
    events = order("A", 0, 1, 11, channel="b2b") + order("B", 0, 1, 11)
    where = Segment(field="channel", value="b2b")
    found = changed(events, Dwell(kind="order", start="paid", end="shipped", longer=4 * HOUR, where=where))
    assert hours(found) == {"A": [0, 1, 15], "B": [0, 1, 11]}


def test_the_last_value_of_a_field_decides():
    """An order that became one of business customers counts as one."""
    events = [*order("A", 0, 1, 11), event("A", "updated", 2 * HOUR, {"channel": "b2b"})]
    where = Segment(field="channel", value="b2b")
    late_ = Late(kind="order", where=where, by=HOUR)
    assert perturb([*events, event("A", "received", 20 * HOUR)], MODEL, [late_], seed=1).touched == (1,)


def test_nothing_comes_before_what_it_follows():
    """A time that gets shorter stops at the event before."""
    found = changed(order("A", 0, 1, 3, 40), Dwell(kind="order", start="paid", end="shipped", longer=-10 * HOUR))
    assert [round(hour, 6) for hour in hours(found)["A"]] == [0, 1, 1, 38]


def test_an_order_that_is_not_there_yet_stays():
    """Without the second node nothing is known of the time to it."""
    events = order("A", 0, 1)
    assert changed(events, Dwell(kind="order", start="paid", end="shipped", factor=2)) == events


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 500), min_size=1, max_size=4, unique=True), min_size=1, max_size=3),
    st.floats(0, 5),
    st.integers(-100, 100),
)
def test_order_of_events_is_kept(orders: list[list[int]], factor: float, longer: int):
    """Whatever the factor, the events of an entity follow each other as before, and none is lost."""
    events = [one for place, times in enumerate(orders) for one in order(f"A-{place}", *sorted(times))]
    change = Dwell(kind="order", start="placed", end="paid", factor=factor, longer=longer * HOUR)
    found = changed(events, change)
    assert [one.id for one in sorted(found, key=lambda one: one.order) if one.key == "A-0"] == [
        one.id for one in events if one.key == "A-0"
    ]
    for times in hours(found).values():
        assert times == sorted(times)


def test_a_share_is_late():
    """About so many, the same ones for the same seed, others for another; at 1 all, at 0 none."""
    events = [one for number in range(300) for one in order(f"A-{number}", 0, 1, 2, 3)]
    where = Segment(field="channel", value="web")

    def moved(share: float, seed: int = 1) -> set[str]:
        found = changed(events, Late(kind="order", where=where, by=3 * DAY, share=share), seed=seed)
        return {one.key for one in found if one.type == "received" and one.occurred_at > START + DAY}

    assert (len(moved(0)), len(moved(1))) == (0, 300)
    assert 60 < len(moved(0.3)) < 120
    assert moved(0.3) == moved(0.3) != moved(0.3, 2)
    assert moved(0.3) < moved(0.6)


def test_twice_the_volume_is_copies_of_whole_orders():
    """Each order once more, under a new key and new ids, whole weeks and some minutes away, its promise as far off."""
    events = [one for n in range(40) for one in order(f"A-{n}", 0, 1, 11, 40, start=n * DAY)]
    found = changed(events, Volume(kind="order", factor=2))
    assert len({(one.source, one.id) for one in found}) == 2 * len(events)
    times = hours(found)
    for n in range(40):
        own, copy = times[f"A-{n}"], times[f"A-{n}~1"]
        shift = {round(b - a, 9) for a, b in zip(own, copy, strict=True)}
        (hours_,) = shift
        assert abs((hours_ + 84) % 168 - 84) <= 20 / 60
        placed = next(one for one in found if one.id == f"A-{n}-placed~1")
        due = placed.data["received.due"]
        assert isinstance(due, int) and due - placed.occurred_at == 3 * DAY


def test_half_the_volume_and_a_half_more():
    """Factors below one leave orders out; fractions are drawn."""
    events = [one for n in range(400) for one in order(f"A-{n}", 0, 1)]
    for factor in (0.5, 1.5):
        found = changed(events, Volume(kind="order", factor=factor))
        assert abs(len({one.key for one in found}) / 400 - factor) < 0.1
    assert changed(events, Volume(kind="order", factor=1)) == events


def test_copies_of_orders_under_way_do_not_begin_earlier():
    """They would seem to stand still from where the history ends."""
    done = [one for n in range(30) for one in order(f"D-{n}", 0, 1, 2, 3, start=n * DAY)]
    underway = order("U", 0, 1, start=29 * DAY)
    found = hours(changed(done + underway, Volume(kind="order", factor=3)))
    assert all(found[f"U~{n}"][0] >= found["U"][0] for n in (1, 2))
    assert any(found[f"D-{n}~1"][0] < found[f"D-{n}"][0] - WEEK / HOUR / 2 for n in range(30))


def test_a_closed_window_holds_up_what_was_under_way():
    """What would have happened in it happens at its end; orders go on being placed."""
    events = order("A", 0, 1, 30, 40) + order("B", 26, 27)
    found = changed(events, Closed(kind="order", begin=START + DAY, end=START + 3 * DAY))
    assert hours(found) == {"A": [0, 1, 72, 82], "B": [26, 72]}


def test_some_are_cancelled_on_their_way():
    """What would have followed does not happen; those that are cancelled already stay as they are."""
    gone = [event("B", "placed", 0), event("B", "cancelled", HOUR)]
    found = changed(order("A", 0, 2, 3) + gone, Cancelled(kind="order", type="cancelled", share=1))
    assert [(one.key, one.type, one.occurred_at - START) for one in found] == [
        ("A", "placed", 0), ("A", "cancelled", HOUR), ("B", "placed", 0), ("B", "cancelled", HOUR),
    ]  # fmt: skip


def test_other_kinds_stay():
    """Stock has no nodes and is left alone."""
    stock = event("tea@north", "updated", 0, {"site": "north"}, kind="stock")
    found = perturb([stock, *order("A", 0, 1)], MODEL, [Volume(kind="order", factor=2)], seed=1)
    assert found.events[0] is stock
    assert found.touched == (1,)


# --- as people write them ------------------------------------------------------------------------------------------


def test_questions_are_understood():
    """Each shape of each option."""
    web = Segment(field="channel", value="web")
    assert late("channel=web:3d", MODEL) == (Late(kind="order", where=web, by=3 * DAY),)
    assert late("channel=web:1d 4h:0.5", MODEL) == (Late(kind="order", where=web, by=28 * HOUR, share=0.5),)
    dwells: dict[str, dict[str, Any]] = {
        "paid>shipped*1.5": {"factor": 1.5},
        "paid > shipped + 4h": {"longer": 4 * HOUR},
        "paid>shipped-30m where channel=web": {"longer": -HOUR // 2, "where": web},
        "paid>shipped*2 where amount=10": {"factor": 2.0, "where": Segment(field="amount", value=10.0)},
        "paid>shipped*2 where urgent=true": {"factor": 2.0, "where": Segment(field="urgent", value=True)},
    }
    for text, wanted in dwells.items():
        assert dwell(text, MODEL) == (Dwell(kind="order", start="paid", end="shipped", **wanted),)
    assert volume("2", MODEL) == volume("order*2", MODEL) == (Volume(kind="order", factor=2.0),)
    assert volume("stock*2", MODEL) == (Volume(kind="stock", factor=2.0),)
    (window,) = closed("2026-02-16..2026-02-18 12:00", MODEL)
    assert isinstance(window, Closed) and window.end - window.begin == 60 * HOUR
    assert closed("order:2026-02-16..2026-02-18 12:00", MODEL) == (window,)
    assert cancelled("0.1 where channel=web", MODEL) == (
        Cancelled(kind="order", type="cancelled", share=0.1, where=web),
    )


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (late, "supplier", "supplier=S4:3d"),
        (late, "chanel=web:3d", "did you mean channel"),
        (late, "channel:3d", "supplier=S4"),
        (late, "channel=web:soon", "soon"),
        (late, "channel=web:3d:2", "from 0 to 1"),
        (dwell, "paid>shiped*2", "did you mean shipped"),
        (dwell, "paid>shipped", "paid>shipped*1.5"),
        (dwell, "paid>shipped*x", "no number"),
        (dwell, "paid>shipped*-1", "from 0 to 100"),
        (dwell, "paid>shipped*2 where site=north", "no field site"),
        (volume, "odrer*2", "did you mean order"),
        (volume, "1000", "from 0 to 100"),
        (closed, "2026-02-16", "2026-02-16.."),
        (closed, "2026-02-16..2026-02-16", "ends before"),
        (closed, "soon..later", "soon"),
        (cancelled, "most", "no number"),
        (cancelled, "0.1 where site=north", "no field site"),
    ],
)
def test_mistakes_say_what_was_expected(read: Any, text: str, said: str):
    """In both languages."""
    with pytest.raises(WrongQuestion) as error:
        read(text, MODEL)
    assert said in error.value.text.en
    assert error.value.text.zh != error.value.text.en
