"""Conditions and values over columns against the same rules row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.evaluation import Situation, holds, value_of
from rules.language.tree import (
    Arithmetic,
    Call,
    Condition,
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
from streams.model import Value
from tests.rules.condition_drawing import SPOKEN, draw_conditions, draw_event, draw_snapshot
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


def of_values(*rows: dict[str, Value], seed: int = 0) -> Situations:
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
