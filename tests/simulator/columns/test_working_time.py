"""Durations over columns against the same durations row by row."""

from random import Random

import numpy as np
import pytest

from rules.language.tree import Type
from rules.worktime.durations import Duration, parse_duration
from simulator.columns.column import Column
from simulator.columns.working_time import add, after, subtract
from streams.instants import DAY, FIRST, HOUR, LAST, SECOND
from tests.rules.calendar_texts import at, read
from tests.simulator.columns.situations import column_of, values_of

CALENDARS, _ = read("""
calendars:
  cn:
    zone: Asia/Shanghai
    hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}
    days: {2026-10-10: ["09:00-18:00"], 2026-10-09: off}
  cut: {zone: Asia/Shanghai, hours: {mon-fri: ["09:00-18:00"]}, cut_off: "16:00", holidays: CN}
  ny: {zone: America/New_York, hours: {mon-sun: ["00:00-24:00"]}, cut_off: "02:30"}
  gap: {zone: America/New_York, hours: {sun: ["02:00-02:30", "03:00-04:00"]}, cut_off: "02:10"}
  nights: {zone: America/New_York, hours: {mon-sun: ["00:30-03:30", "22:00-24:00"]}, cut_off: "03:00"}
  johns: {zone: America/St_Johns, hours: {mon-fri: ["00:00-01:00", "09:00-17:00"]}, cut_off: "00:30"}
  rare: {hours: {mon: "09:00-09:01"}, cut_off: "09:00"}
  once: {hours: {mon: "09:00-17:00"}, days: {2026-03-02: ["09:00-09:00:01"]}}
""")
TEXTS = ("0h", "1s", "30m", "4h", "40h", "900h", "1d", "2d", "2d 4h", "5d 30m", "3w", "560d", "801d", "4000h")


def draw_instants(dice: Random, count: int, since: int = 2025) -> list[int | None]:
    """Around the turns of working hours, of clocks and of tables; at the ends of the calendar; and none."""
    new_york = [at(text, "America/New_York") for text in ("2026-03-08T02:00", "2026-11-01T01:00")]
    turns = [at("2026-03-02T09:00"), at("2026-02-17T09:00"), at("2006-10-29T00:00", "America/St_Johns"), *new_york]
    turns += [400 * DAY * 51, FIRST, LAST]
    found: list[int | None] = []
    for _ in range(count):
        near = dice.choice(turns) + dice.randrange(-40, 40) * 15 * 60 * SECOND + dice.choice([0, 0, 1, -1])
        far = dice.randrange(at(f"{since}-11-01T00:00"), at("2027-01-01T00:00"))
        at_turn = near + dice.randrange(-10, 10) * DAY
        found.append(dice.choice([min(max(FIRST, near), LAST), min(max(FIRST, at_turn), LAST), far, None]))
    return found


def check(duration: Duration, instants: list[int | None], dice: Random) -> None:
    column = column_of(Type.TIMESTAMP, instants, dice)
    for over, one in ((add, duration.add), (subtract, duration.subtract), (after, duration.after)):
        expected = [None if instant is None else one(instant) for instant in instants]
        assert values_of(over(duration, column)) == expected, (str(duration), over.__name__)


@pytest.mark.parametrize("calendar", [*CALENDARS, ""])
def test_columns_arrive_where_rows_arrive(calendar: str) -> None:
    """add, subtract and after, with days and cut-offs, on change days, and out of reach."""
    dice = Random(calendar)
    for text in TEXTS:
        duration = parse_duration(f"{text} {calendar}", CALENDARS)
        check(duration, draw_instants(dice, 60), dice)


@pytest.mark.soak
@pytest.mark.parametrize("calendar", [*CALENDARS, ""])
def test_columns_arrive_where_rows_arrive_for_long(calendar: str) -> None:
    """The same with more instants and lengths."""
    dice = Random(calendar)
    for _ in range(150):
        days, span = dice.choice([0, 0, 1, 2, 7, 100, 799]), dice.choice([0, 1, SECOND, 3 * HOUR, 2_000 * HOUR])
        span += dice.randrange(100 * HOUR) if dice.random() < 0.5 else 0
        duration = Duration(span=span) if not calendar else Duration(days=days, span=span, calendar=CALENDARS[calendar])
        check(duration, draw_instants(dice, 1_000, since=2005), dice)


def test_nothing_comes_of_no_rows() -> None:
    """Columns may be empty."""
    nothing = Column(Type.TIMESTAMP, np.zeros(0, np.int64))
    assert len(after(parse_duration("2d 1h cut", CALENDARS), nothing)) == 0
