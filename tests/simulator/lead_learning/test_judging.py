"""Lead times tried on what came afterwards: by hand, on orders whose days are counted on the fingers."""

from fractions import Fraction
from typing import Any

import pytest

from rules.rule import Rule
from rules.workspace import Workspace, read_workspace
from simulator.columns.evaluator import Partitioned
from simulator.columns.tables import snapshots_of
from simulator.lead_learning.judging import KnownBefore, RuleTried, calibrate, leads_of, split_at, try_rules
from simulator.lead_learning.learning import Learning, learn_lead_times
from simulator.lead_learning.writing import lead_text
from streams.event import Event
from streams.instants import DAY
from tests.simulator.in_columns import in_columns, snapshots_in_columns
from tests.simulator.small_history import MODEL, at, order

RULES = """
rules:
  - {id: soon, when: paid.done and not shipped.done, by: 'promised_at - lead("paid", "shipped", 0.5)'}
"""
SPLIT, UNTIL = "03-15 00:00", "03-31 00:00"


def paid(key: str, day: int, took: int | None, promised: int, **data: Any) -> list[Event]:
    """Paid on a day of March, promised so many days later; it took so many, or is open."""
    promise = {"promised_at": at(f"03-{day:02} 00:00") + promised * DAY, **data}
    steps: list[Any] = [(f"03-{day:02} 00:00", "paid", promise)]
    if took is not None:
        steps.append((f"03-{day + took:02} 00:00", "shipped"))
    return order(key, *steps)


def learned(events: list[Event], until: str, **options: Any) -> Learning:
    return learned_on(in_columns(events, workspace().model), until, **options)


def learned_first(events: list[Event], **options: Any) -> Learning:
    """On what was known before the split."""
    return learned_on(KnownBefore(in_columns(events, workspace().model), at(SPLIT)), SPLIT, **options)


def learned_on(history: Partitioned, until: str, **options: Any) -> Learning:
    frame = snapshots_of(history, workspace().model, "order", at(until))
    return learn_lead_times(
        workspace().model,
        {"order": frame},
        [("order", "paid", "shipped")],
        at(until),
        least=1,
        shares=[Fraction("0.5")],
        **options,
    )


def workspace(lead_times: str = "") -> Workspace:
    return read_workspace(MODEL, RULES if lead_times else "", lead_times=lead_times)


def rules(learning: Learning) -> tuple[Rule, ...]:
    return workspace(lead_text(learning, "h", "", "en")).rules


def tried(events: list[Event], **options: Any) -> RuleTried:
    first, whole = learned_first(events), learned(events, UNTIL)
    frame = snapshots_in_columns(workspace().model, "order", events, at(UNTIL))
    found, refused = try_rules(
        workspace().model,
        rules(first),
        rules(whole),
        in_columns(events, workspace().model),
        {"order": frame},
        at(SPLIT),
        at(UNTIL),
        **options,
    )
    assert refused == ()
    return found[0]


BEFORE = [event for day in range(1, 6) for event in paid(f"b{day}", day, 2, 5)]  # two days each


@pytest.fixture
def history() -> list[Event]:
    """Learned: two days. So a promise five days ahead is warned of on the third day, two days before it."""
    return [
        *BEFORE,
        *paid("missed", 15, 8, 5),  # warned on the 18th, promised on the 20th, shipped on the 23rd
        *paid("false", 15, 4, 5),  # warned on the 18th, shipped on the 19th
        *paid("quiet", 15, 1, 5),  # shipped before the warning
        *paid("never", 16, None, 5),  # warned on the 19th, and the promise of the 21st has passed
        *paid("unknown", 29, None, 5),  # promised after the end
        *paid("short", 15, 3, 1),  # promised so soon that the warning is there from the beginning
        *order("gone", ("03-16 00:00", "paid", {"promised_at": at("03-20 00:00")}), ("03-17 00:00", "cancelled")),
    ]


def test_how_often_right_and_how_early(history):
    """Of seven orders after the split: three missed and warned two, two and one day before, one warned for nothing."""
    found = tried(history)
    verdicts = dict(found.out_of_sample.orders.select("key", "verdict").iter_rows())
    assert verdicts == {
        "missed": "warned",
        "never": "warned",
        "short": "warned",
        "false": "false",
        "quiet": "quiet",
        "unknown": "open_quiet",
    }
    assert found.out_of_sample.leads.to_list() == [DAY, 2 * DAY, 2 * DAY]
    assert (found.out_of_sample.precision.share.value, found.out_of_sample.recall.share.value) == (0.75, 1.0)
    assert (found.before, found.closed, found.end, found.promise) == (5, 1, "shipped", "promised_at")


def test_in_sample_knows_what_nobody_could_know():
    """Everything takes eight days since the split: learned on all, the warning comes earlier than it could have."""
    history = [*BEFORE, *(event for n in range(8) for event in paid(f"a{n}", 16, 8, 5))]
    found = tried(history)
    assert set(found.out_of_sample.leads) == {2 * DAY}
    assert set(found.in_sample.leads) == {5 * DAY}  # from the beginning


def test_nothing_known_later_is_learned():
    """An order of before the split whose shipping was recorded after it counts as open then."""
    late = paid("late", 10, 3, 5)
    late[1] = Event(
        **{name: getattr(late[1], name) for name in late[1].__struct_fields__} | {"recorded_at": at("03-20 00:00")}
    )
    (way,) = learned_first([*BEFORE, *late]).ways
    assert (way.overall.arrived, way.open) == (5, 1)


def test_calibration(history):
    """Learned: half take two days. Of the seven orders after the split one took at most that; the two that are cut off
    were still there when it came.
    """
    ways = learned_first(history).ways
    frame = snapshots_in_columns(workspace().model, "order", history, at(UNTIL))
    (found,) = calibrate(workspace().model, ways, {"order": frame}, at(SPLIT), at(UNTIL))
    assert (found.span, found.orders, found.arrived) == (2 * DAY, 7, 4)
    assert found.done == pytest.approx(1 / 7)
    assert found.fits is True  # with so few orders


def test_calibration_of_segments():
    """Each segment is tried on its own orders."""
    events = [
        *(event for day in range(1, 4) for event in paid(f"a{day}", day, 1, 5, supplier="A")),
        *(event for day in range(1, 4) for event in paid(f"b{day}", day, 4, 5, supplier="B")),
        *(event for n in range(4) for event in paid(f"later{n}", 16, 4, 5, supplier="A")),
    ]
    ways = learned_first(events, by=("supplier",)).ways
    frame = snapshots_in_columns(workspace().model, "order", events, at(UNTIL))
    found = calibrate(workspace().model, ways, {"order": frame}, at(SPLIT), at(UNTIL))
    assert [(one.segment, one.span, one.orders, one.done) for one in found] == [
        ((), DAY, 4, 0.0),
        (("A",), DAY, 4, 0.0),
    ]
    assert [one.fits for one in found] == [False, False]


def test_rules_without_a_promise_are_said(history):
    """A promise that no order has cannot be missed; a rule that the first part cannot teach is said too."""
    first, whole = learned_first(history), learned(history, UNTIL)
    frame = snapshots_in_columns(workspace().model, "order", history, at(UNTIL))
    read = (
        workspace().model,
        rules(first),
        rules(whole),
        in_columns(history, workspace().model),
        {"order": frame},
        at(SPLIT),
        at(UNTIL),
    )
    assert try_rules(*read, promise="wanted_at") == ((), (("soon", "no_promise"),))
    assert try_rules(read[0], (), *read[2:]) == ((), (("soon", "not_learned"),))


def test_which_lead_times_a_rule_uses(history):
    """The ways that its deadline and its condition look up."""
    (rule,) = rules(learned(history, UNTIL))
    assert leads_of(rule) == (("order", "paid", "shipped"),)


def test_a_share_as_the_split(history):
    """By then that share of all orders had begun."""
    frame = snapshots_in_columns(workspace().model, "order", history, at(UNTIL))
    assert split_at([frame], 0.5) == at("03-15 00:00")
    assert split_at([frame], 0.01) == at("03-02 00:00")
