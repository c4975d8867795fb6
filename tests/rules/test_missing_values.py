"""Missing values, arithmetic and the other small print of section 2 of the semantics, by every evaluator."""

import json
import math
from datetime import datetime
from typing import Any

import pytest

from rules.language.expression import Expression, Type
from rules.language.truth import truth_tree
from rules.matching.compiled import compile_conditions, compile_value
from rules.matching.durable import DurableMatcher
from streams.event import Event
from streams.instants import LAST, from_datetime, parse_instant
from streams.model import Value
from streams.text import nfc
from tests.conftest import shared_data
from tests.rules.language import HOUR, NOON, event, model, read

DAY = 24 * HOUR


def answer(
    expression: Expression, values: dict[str, Value], before: dict[str, Value] | None = None, told: Event | None = None
) -> bool:
    """What all evaluators say; they must agree."""
    durable = DurableMatcher([expression])
    assert durable.fallback_shards == 0
    answers = {
        "compiled": compile_conditions([expression])(values, before, told),
        "durable": durable.match(values, before, told),
        "walked": int(truth_tree(expression, values, before, told).holds),
    }
    durable.close()
    assert len(set(answers.values())) == 1, answers
    return answers["compiled"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "amount == 1",
        "amount != 1",
        "not (amount == 1)",
        "not (amount != 1)",
        "amount < 1 or amount >= 1",
        "amount in [1]",
        "amount not in [1]",
        "not (amount in [1])",
        "urgent",
        "not urgent",
        "urgent == False",
        "amount + 1 > 0 or amount + 1 <= 0",
        "min(amount, 2) == 2",
        "max(2, amount) == 2",
        "limit > amount",
        "not (limit > amount)",
        'startswith(channel, "")',
        'not startswith(channel, "x")',
        'contains(channel, "")',
        'not contains(tags, "x")',
        "changed(amount)",
        "not changed(amount)",
        "1 < amount < 3 or not (1 < amount < 3)",
        "promised_at - placed.at > hours(1) or promised_at - placed.at <= hours(1)",
        "shipped.at > placed.at",
    ],
)
def test_every_leaf_is_false_where_an_operand_is_missing(text: str) -> None:
    """Negated or not; nothing but `is None` sees absence."""
    assert not answer(read(text), {"limit": 2.0, "placed.at": NOON}, {"limit": 2.0}, event())


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("amount is None", True),
        ("amount is not None", False),
        ("not (amount is None)", False),
        ("amount + 1 is None", True),
        ("limit + 1 is None", False),
        ("limit / 0 is None", True),
        ("limit / (limit - 2) is None", True),
        ("limit * 1e308 is None", True),
        ("limit * 1e308 * 0 is None", True),
        ("-limit * 1e308 is None", True),
        ("shipped.at is None", True),
        ("shipped.done", False),
        ("not shipped.done", True),
        ("not closed", True),
        ("before.paid.done", False),
        ("not before.closed", True),
        ("before.amount is None", True),
        ("event.limit is None", True),
        ("limit == 2", True),
    ],
)
def test_only_is_none_sees_absence(text: str, holds: bool) -> None:
    """Absent operands, division by zero and overflow are missing; done and closed never are."""
    assert answer(read(text), {"limit": 2.0, "placed.at": NOON, "closed": False}, {}, event()) is holds


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("amount == 0.3", {"amount": 0.1 + 0.2}, False),
        ("amount + limit == 0.30000000000000004", {"amount": 0.1, "limit": 0.2}, True),
        ("amount == 1e22", {"amount": 1e22}, True),
        ("amount > 1e22", {"amount": math.nextafter(1e22, math.inf)}, True),
        ("amount > 3.5", {"amount": 9.0}, True),
        ('channel == "9"', {"channel": "9"}, True),
        ('channel > "3.5"', {"channel": "10"}, False),
        ('channel < "é"', {"channel": "z"}, True),
        ('channel > "\U0001f600"', {"channel": "\uffff"}, False),
        ('channel == "True"', {"channel": "True"}, True),
        ('channel == "a\\"b\\\\c\\n"', {"channel": 'a"b\\c\n'}, True),
        ('channel != "a"', {"channel": ""}, True),
        ("urgent == True", {"urgent": True}, True),
        ("amount == 1", {"amount": 1.0}, True),
        ("abs(amount) == 3", {"amount": -3.0}, True),
        ("-amount > 2", {"amount": -3.0}, True),
        ("amount / 4 == 0.25", {"amount": 1.0}, True),
        ("tags == tags", {"tags": ("a",)}, True),
        ('contains(tags, "a")', {"tags": ("ab",)}, False),
        ('contains(channel, "a")', {"channel": "xab"}, True),
        ("promised_at - placed.at == hours(3)", {"promised_at": NOON + 3 * HOUR, "placed.at": NOON}, True),
        ("promised_at - placed.at > hours(3)", {"promised_at": NOON + 3 * HOUR + 1, "placed.at": NOON}, True),
        ("abs(placed.at - promised_at) == hours(3)", {"promised_at": NOON + 3 * HOUR, "placed.at": NOON}, True),
        ("max(placed.at, promised_at) == promised_at", {"promised_at": NOON + 1, "placed.at": NOON}, True),
        ("start_of_day(placed.at) + hours(9) == placed.at", {"placed.at": NOON}, True),
        ("end_of_day(placed.at) - placed.at == hours(15)", {"placed.at": NOON}, True),
        ('placed.at == date("2026-03-02") + hours(9)', {"placed.at": NOON}, True),
        ("promised_at + days(1) is None", {"promised_at": LAST - DAY + 1}, True),
        ("promised_at + days(1) is None", {"promised_at": LAST - DAY}, False),
        ("end_of_day(promised_at) is None", {"promised_at": LAST}, True),
        ("end_of_day(promised_at) is None", {"promised_at": LAST - DAY}, False),
        ("promised_at - days(1e9) is None", {"promised_at": NOON}, True),
        ("promised_at - days(1e300) is None", {"promised_at": NOON}, True),
        ("days(amount) is None", {"amount": 1e300}, True),
        ("days(amount) > days(1e200)", {"amount": 1e250}, True),
        ("days(amount) == days(1e200)", {"amount": 1e201}, False),
    ],
)
def test_values(text: str, values: dict[str, Value], holds: bool) -> None:
    """Doubles, code points, microseconds and instants, exactly; types never mix."""
    assert answer(read(text), values) is holds


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("minutes(0.00000001)", 1),  # 0.6 microseconds
        ("hours(0.0000005 / 3600)", 0),  # 0.5, to the even one
        ("hours(0.0000015 / 3600)", 2),  # 1.5, to the even one
        ("hours(1) * 0.1", 360_000_000),
        ("hours(1) / 7", 514_285_714),
        ("-hours(1) / 7", -514_285_714),
        ("hours(1) + minutes(1) - days(2)", HOUR + 60_000_000 - 2 * DAY),
        ("min(hours(1), minutes(1), days(2))", 60_000_000),
    ],
)
def test_durations_are_whole_microseconds(text: str, micros: int) -> None:
    """The double product, rounded half-even."""
    assert read(text, want=Type.DURATION).canonical == f"duration:{micros}"


def test_local_days_in_the_zone_of_the_model() -> None:
    """Days begin where the model's zone says, also where a clock change makes them 23 hours long."""
    new_york = "America/New_York"
    noon = parse_instant("2026-03-08T12:00:00-04:00", model(new_york).zone)
    start = compile_value(read("start_of_day(placed.at)", want=Type.TIMESTAMP, zone=new_york))
    end = compile_value(read("end_of_day(placed.at)", want=Type.TIMESTAMP, zone=new_york))
    started, ended = start({"placed.at": noon}), end({"placed.at": noon})
    assert isinstance(started, int) and isinstance(ended, int)
    assert ended - started == 23 * HOUR
    assert start({}) is None
    assert from_datetime(datetime.fromisoformat("2026-03-08T05:00:00+00:00")) == started


def test_by_values() -> None:
    """A `by` expression is an instant, or missing where anything it needs is."""
    value = compile_value(read("promised_at - hours(24)", want=Type.TIMESTAMP))
    assert value({"promised_at": NOON}) == NOON - DAY
    assert value({}) is None
    latest = compile_value(read("max(promised_at, shipped.due)", want=Type.TIMESTAMP))
    assert latest({"promised_at": NOON, "shipped.due": NOON + 1}) == NOON + 1
    assert latest({"promised_at": NOON}) is None


def test_pulses() -> None:
    """event is the event's own data, before the snapshot just before it; changed needs both."""
    told = event("refund", data={"amount": 7.0, "limit": None})
    now: dict[str, Value] = {"amount": 7.0, "tags": ("b", "a"), "placed.at": NOON, "shipped.due": NOON}
    old: dict[str, Value] = {"amount": 5.0, "tags": ("a", "b"), "shipped.due": NOON}
    assert answer(read('event.type == "refund" and event.amount > 5'), now, old, told)
    assert answer(read("event.at == placed.at"), now, old, told)
    assert answer(read("event.limit is None and event.channel is None"), now, old, told)
    assert answer(read("before.amount < amount and changed(amount)"), now, old, told)
    assert answer(read("changed(tags)"), now, old, told)
    assert answer(read("not changed(shipped.due)"), now, old, told)
    assert not answer(read("changed(placed.at)"), now, old, told)
    assert answer(read("not before.placed.done and placed.done"), now, old, told)


def test_totals_are_never_missing() -> None:
    """No contributor means 0."""
    assert answer(read("demand == 0", kind="stock"), {})
    assert answer(read("demand > on_hand", kind="stock"), {"demand": 3.0, "on_hand": 2.0})
    assert not answer(read("demand > on_hand", kind="stock"), {"demand": 3.0})


def _cases() -> list[Any]:
    return [
        case
        for case in json.loads(shared_data("semantics", "cases.json").read_text(encoding="utf-8"))["cases"]
        if case["name"].startswith(("truth[", "half_even", "overflow_is"))
    ]


def test_the_truth_cases_of_the_semantics() -> None:
    """Every small case that was worked out by hand: one placed event, one condition, an incident or none."""
    cases = _cases()
    assert len(cases) >= 59
    for case in cases:
        values: dict[str, Value] = {"closed": False, "key": "O1"}
        for told in case["events"]:
            at = parse_instant(told["occurred_at"], model().zone)
            values[f"{told['type']}.at"] = at
            for name, value in told["data"].items():
                match value:
                    case bool():
                        values[name] = value
                    case int() | float():
                        values[name] = float(value)
                    case list():
                        values[name] = tuple(value)
                    case _ if name == "promised_at":
                        values[name] = parse_instant(value, model().zone)
                    case _:
                        values[name] = nfc(value)
        assert answer(read(case["rule"]["when"]), values) is bool(case["incidents"]), case["name"]
