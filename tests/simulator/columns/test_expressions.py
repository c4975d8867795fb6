"""Conditions and values over columns against the same rules row by row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.evaluation import Situation, holds, value_of
from rules.language.tree import (
    Arithmetic,
    Call,
    Changed,
    Comparison,
    Condition,
    Constant,
    Learned,
    Lookup,
    Negative,
    Operand,
    Side,
    Type,
    leaves,
    operands_of,
)
from simulator.columns.expressions import Expressions
from streams.instants import DAY, FIRST, LAST, MINUTE, start_of_date, to_datetime
from streams.model import Record, Value
from tests.rules.condition_drawing import SPOKEN, draw_conditions, draw_event, draw_snapshot
from tests.rules.language import NOON, read
from tests.simulator.columns.situations import Situations, values_of

TYPES = {
    **dict.fromkeys(("amount", "limit", "金额", "total"), Type.NUMBER),
    **dict.fromkeys(("channel", "渠道", "key"), Type.STRING),
    **dict.fromkeys(("promised_at", "placed.at", "paid.at", "shipped.at", "shipped.due"), Type.TIMESTAMP),
    **dict.fromkeys(("urgent", "closed"), Type.BOOL),
    "tags": Type.LIST,
}


def table(rows: Iterable[Situation], dice: Random) -> Situations:
    return Situations(list(rows), TYPES, dice)


def of_values(*rows: Mapping[str, Value], seed: int = 0) -> Situations:
    return table([Situation(values=values) for values in rows], Random(seed))


def draw_rows(dice: Random, count: int) -> list[Situation]:
    """Some without an event, as steps that a total makes."""
    snapshots = [draw_snapshot(dice) for _ in range(count + 1)]
    rows = [Situation(values=now, before=old, event=draw_event(dice)) for old, now in pairwise(snapshots)]
    return [replace(row, event=None, before={}) if dice.random() < 0.1 else row for row in rows]


def within(operand: Operand) -> Iterable[Operand]:
    yield operand
    match operand:
        case Negative(operand=inner):
            yield from within(inner)
        case Arithmetic(left=left, right=right):
            yield from within(left)
            yield from within(right)
        case Call(operands=operands):
            for one in operands:
                yield from within(one)


def check(conditions: Sequence[Condition], rows: Situations) -> None:
    """Every condition, leaf and operand on every row."""
    expressions = Expressions(rows)
    for condition in conditions:
        for part in (*leaves(condition), condition):
            assert expressions.holds(part).tolist() == [holds(part, row) for row in rows.rows], part
        for leaf in leaves(condition):
            for operand in (inner for one in operands_of(leaf) for inner in within(one)):
                check_operand(operand, expressions, rows)


def check_operand(operand: Operand, expressions: Expressions, rows: Situations) -> None:
    found = expressions.value_of(operand)
    assert len(found) == len(rows)
    assert values_of(found) == [value_of(operand, row) for row in rows.rows], operand


def compare(seed: int, conditions: int, rows: int) -> list[str]:
    dice = Random(seed)
    texts, found = draw_conditions(dice, conditions)
    check([one.condition for one in found if one is not None], table(draw_rows(dice, rows), dice))
    return texts


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_columns_hold_what_rows_hold(seed: int) -> None:
    """Random conditions, their leaves and operands, on random rows: the walked tree says the same of each."""
    compare(seed, conditions=12, rows=25)


@pytest.mark.soak
def test_columns_hold_what_rows_hold_for_long() -> None:
    """Thousands of conditions, in which everything is spoken of that the language has."""
    texts = [text for seed in range(150) for text in compare(seed, conditions=40, rows=120)]
    assert [word for word in SPOKEN if not any(word in text for text in texts)] == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "America/St_Johns", "Asia/Kathmandu"])
@pytest.mark.parametrize("function", ["start_of_day", "end_of_day"])
def test_local_days_in_all_zones(zone: str, function: str) -> None:
    """Also where midnight comes twice or never, around clock changes, and at the ends of the calendar."""
    check_days(zone, function, range(2005, 2008))


@pytest.mark.soak
@pytest.mark.parametrize(
    "zone",
    [
        *("America/Sao_Paulo", "America/St_Johns", "Africa/Casablanca", "Asia/Tehran", "Pacific/Apia", "Asia/Gaza"),
        *("Africa/Monrovia", "Europe/Amsterdam", "Asia/Manila", "Australia/Lord_Howe", "Antarctica/Troll"),
    ],
)
def test_local_days_through_history(zone: str) -> None:
    """Zones with strange clock changes, over two centuries."""
    for function in ("start_of_day", "end_of_day"):
        check_days(zone, function, range(1840, 2040))


def check_days(zone: str, function: str, years: range) -> None:
    dice = Random(zone)
    first, last = ((year - 1970) * 31_556_952_000_000 for year in (years[0], years[-1] + 1))
    moments = [dice.randrange(first, last) for _ in range(200)]
    moments += [FIRST, FIRST + DAY, LAST, LAST - DAY]
    day = first // DAY * DAY
    info = ZoneInfo(zone)
    while day < last:
        midnight = start_of_date(to_datetime(day).date(), info)
        if start_of_date(to_datetime(day + DAY).date(), info) != midnight + DAY:
            moments += [midnight + n * 15 * MINUTE + k for n in range(-20, 120) for k in (-1, 0, 1)]
        if len(years) < 9 or dice.random() < 0.1:
            moments += [midnight - 1, midnight, midnight + 1]
        day += DAY
    dice.shuffle(moments)
    call = Call(
        function=function,
        operands=(Lookup(side=Side.SNAPSHOT, name="promised_at", type=Type.TIMESTAMP),),
        type=Type.TIMESTAMP,
        zone=info,
    )
    rows = of_values(*({"promised_at": moment} for moment in moments), {})
    check_operand(call, Expressions(rows), rows)


NUMBER, STRING, BOOL, TIMESTAMP, DURATION, LIST = Type


def look(name: str, type_: Type, **more: Any) -> Lookup:
    return Lookup(side=Side.SNAPSHOT, name=name, type=type_, **more)


def test_durations_beyond_64_bits_stay_exact() -> None:
    """Python's integers are used where whole microseconds do not fit, and never for instants."""
    huge = ("hours(amount)", "days(amount) * limit", "-days(amount)", "abs(days(amount)) + minutes(1)")
    wholes = (*huge, "days(amount) - days(limit)", "max(hours(amount), minutes(limit))", "days(amount) / limit")
    conditions = [f"{one} {sign} {other}" for one in wholes for sign in ("<", ">=") for other in wholes]
    conditions += [f"placed.at {sign} {one} < paid.at" for sign in "+-" for one in wholes]
    conditions += [f"start_of_day(placed.at + {one}) is None" for one in wholes]
    numbers = (1.0, -3.5, 1e10, -1e10, 1e22, 5.34e7, -5.34e7, 1.7e308, 53375995.9, 0.0)
    rows = [
        {"amount": amount, "limit": limit, "placed.at": NOON, "paid.at": NOON + DAY}
        for amount in numbers
        for limit in numbers
    ]
    check([read(text, zone="America/New_York").condition for text in conditions], of_values(*rows, {}))


def test_only_some_rows_are_huge() -> None:
    """Garbage in absent rows neither overflows nor makes a column of Python's integers."""
    rows = of_values({"amount": 2.5, "placed.at": NOON}, {}, {"amount": 1.0})
    found = Expressions(rows).value_of(read("hours(amount) * 2 + (paid.at - placed.at) < days(1)").condition.left)  # type: ignore[union-attr]
    assert found.values.dtype == "int64"
    assert Expressions(rows).value_of(read("hours(amount) < days(1)").condition.left).values.dtype == "int64"  # type: ignore[union-attr]


def test_half_even_and_signed_zeros() -> None:
    """As Python rounds, and as its min and max choose between 0.0 and -0.0."""
    numbers = (0.5, 1.5, 2.5, -0.5, -1.5, 0.0, -0.0, 5e-324, 1e-6)
    rows = of_values(*({"amount": one, "limit": other} for one in numbers for other in numbers))
    texts = ("minutes(amount / 60000000)", "minutes(1) * amount / limit", "-minutes(amount)")
    check([read(f"{text} >= minutes(0)").condition for text in texts], rows)
    expressions = Expressions(rows)
    for name in ("min", "max"):
        operand = Call(function=name, operands=(look("amount", NUMBER), look("limit", NUMBER)), type=NUMBER)
        said = [repr(one) for one in values_of(expressions.value_of(operand))]
        assert said == [repr(value_of(operand, row)) for row in rows.rows]


def test_learned_times_of_segments() -> None:
    """An entity of no segment, or with a field missing, has the overall one; also beyond 64 bits."""
    fields = (look("channel", STRING), look("urgent", BOOL), look("amount", NUMBER), look("promised_at", TIMESTAMP))
    keys = [("web", True, 1.0, NOON), ("web", True, 2.0, NOON), ("shop", False, 1.0, NOON), ("shop", True, 1.0, NOON)]
    spans = ((DAY, 2 * DAY, 3 * DAY, 2**70), (1, 2, 3, 4))
    dice = Random(1)
    values: dict[str, tuple[Value | None, ...]] = {
        "channel": ("web", "shop", "other", None),
        "urgent": (True, False, None),
        "amount": (1.0, 2.0, 3.0, None),
        "promised_at": (NOON, NOON, NOON + 1, None),
    }
    drawn = ({name: dice.choice(some) for name, some in values.items()} for _ in range(300))
    rows = of_values(*({name: one for name, one in row.items() if one is not None} for row in drawn))
    for given_ in spans:
        for depth in range(5):
            segments = tuple({key[:depth]: span for key, span in zip(keys, given_, strict=True)}.items())
            operand = Learned(text="", overall=7, operands=fields[:depth], segments=segments if depth else ())
            check_operand(operand, Expressions(rows), rows)


def test_what_is_never_missing() -> None:
    """A total of nothing is 0, an entity not begun is open; the same behind before."""
    zero, no = Constant(type=NUMBER, value=0.0, text="0"), Constant(type=BOOL, value=False, text="False")
    conditions = [
        Comparison(sign="==", left=look("total", NUMBER, always=True), right=zero),
        Comparison(sign="==", left=look("closed", BOOL, always=True), right=no),
        read("not before.closed").condition,
        read('event.type == "change" or event.at < placed.at').condition,
    ]
    check(conditions, of_values({"total": 3.0, "closed": True}, {"closed": False}, {}))
    check(conditions, of_values({}, {}))


def test_lists_and_records_change_by_value() -> None:
    """Equal values are equal, in whatever dictionary they stand."""
    lists: tuple[Value | None, ...] = (("a",), ("a", "b"), ("b", "a"), (), None)
    one: Record = {"sku": "A", "qty": 1.0}
    same: Record = {"qty": 1.0, "sku": "A"}
    records: tuple[Value | None, ...] = ((one,), (same,), ({**one, "qty": 2.0}, {"sku": "B"}), (), None)
    dice = Random(3)
    rows = []
    for _ in range(80):
        drawn = [{"tags": dice.choice(lists), "lines": dice.choice(records)} for _ in range(2)]
        now, before = ({name: value for name, value in side.items() if value is not None} for side in drawn)
        rows.append(Situation(values=now, before=before))
    conditions = [Changed(name=name, type=LIST, negated=no) for name in ("tags", "lines") for no in (True, False)]
    check(conditions, Situations(rows, {"tags": LIST, "lines": LIST}, dice))


def test_literals_alone() -> None:
    """They hold in every row or in none, as does what is made of them."""
    alone = ("1 < 2", "1 / 0 is None", "1 / 0 > 1", '"a" < "b"', 'startswith("abc", "ab")', '"a" in ["a", "b"]')
    texts = [f"{text} or amount > 1" for text in alone]
    check([read(text).condition for text in texts], of_values({"amount": 2.0}, {"amount": 0.0}, {"paid.at": NOON}, {}))


def test_leaves_that_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; what is forgotten is found again."""
    monkeypatch.setattr("simulator.columns.expressions._MOST", 0)
    compare(seed=1, conditions=40, rows=20)


def test_a_table_without_rows() -> None:
    """Nothing holds, and nothing fails."""
    _, found = draw_conditions(Random(5), 60)
    check([one.condition for one in found if one is not None], of_values())
