"""How a result in working time was come by, step by step."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.worktime.derivation import (
    Counted,
    Moved,
    Off,
    Unusual,
    Why,
    Worked,
    derive_add,
    derive_after,
    derive_subtract,
)
from rules.worktime.durations import parse_duration
from streams.instants import HOUR, MINUTE
from streams.text import Text
from tests.rules.calendar_texts import at, calendars, read

CALENDARS = calendars()
starts = st.integers(at("2025-12-20"), at("2026-12-31")) | st.integers(0, 8_000).map(
    lambda half_hours: at("2026-01-01") + half_hours * 30 * MINUTE
)
durations = st.builds(
    lambda days, minutes, name: parse_duration(f"{days}d {minutes}m {name}", CALENDARS),
    st.integers(0, 12),
    st.integers(0, 5_000) | st.integers(0, 80).map(lambda halves: halves * 30),
    st.sampled_from(sorted(CALENDARS)),
)


@given(duration=durations, start=starts)
def test_the_walk_arrives_where_the_search_does(duration, start):
    """The steps of add, subtract and after end at exactly the instant that the durations themselves come to."""
    assert derive_add(duration, start).end == duration.add(start)
    assert derive_subtract(duration, start).end == duration.subtract(start)
    assert derive_after(duration, start).end == duration.after(start)


@given(duration=durations, start=starts)
def test_what_is_counted_is_the_duration(duration, start):
    """The intervals that count make up its working time, and the days that count are its working days."""
    for found in (derive_after(duration, start), derive_subtract(duration, start)):
        if found.end is None:
            continue
        assert sum(step.end - step.start for step in found.steps if isinstance(step, Worked)) == duration.span
        assert [step.number for step in found.steps if isinstance(step, Counted)] == list(range(1, duration.days + 1))


def test_a_cut_off_and_a_weekend_are_steps():
    """Friday 16:30 is after the cut-off: the weekend is off, and counting begins on Monday at nine."""
    found = derive_after(parse_duration("10h cut", CALENDARS), at("2026-03-06 16:30"))
    assert found.steps == (
        Off(first=date(2026, 3, 7), last=date(2026, 3, 8), why=Why.WEEK),
        Moved(at=at("2026-03-09 09:00"), cut_off=True),
        Worked(start=at("2026-03-09 09:00"), end=at("2026-03-09 18:00")),
        Worked(start=at("2026-03-10 09:00"), end=at("2026-03-10 10:00")),
    )
    assert found.end == at("2026-03-10 10:00")


def test_a_start_on_a_day_off_moves_without_a_cut_off_passed():
    """A Saturday moves to Monday because it is off, not because it is late."""
    found = derive_after(parse_duration("1h cut", CALENDARS), at("2026-03-07 10:00"))
    assert [step.cut_off for step in found.steps if isinstance(step, Moved)] == [False]


def test_holidays_are_named_and_make_up_days_are_said():
    """National Day 2026 is one stretch with its name in both languages; the Saturday worked for it says so."""
    found = derive_add(parse_duration("3d state", CALENDARS), at("2026-09-30 17:00"))
    (off,) = (step for step in found.steps if isinstance(step, Off))
    assert (off.first, off.last, off.why) == (date(2026, 10, 1), date(2026, 10, 7), Why.HOLIDAY)
    assert off.name is not None and (off.name.zh, off.name.en) == ("国庆节", "National Day")
    (unusual,) = (step for step in found.steps if isinstance(step, Unusual))
    assert (unusual.day, unusual.why) == (date(2026, 10, 10), Why.MAKE_UP)
    assert found.end == at("2026-10-10 17:00")


def test_own_exceptions_are_told_from_the_week():
    """The ninth of October is off by the calendar's own word, the tenth works by it."""
    found = derive_add(parse_duration("9h cn", CALENDARS), at("2026-10-08 17:00"))
    assert found.steps[1:3] == (
        Off(first=date(2026, 10, 9), last=date(2026, 10, 9), why=Why.OWN),
        Unusual(day=date(2026, 10, 10), why=Why.OWN),
    )


def test_subtracting_walks_back():
    """Eight hours before Monday noon begin on Friday afternoon, the weekend in between."""
    found = derive_subtract(parse_duration("8h cn", CALENDARS), at("2026-03-02 12:00"))
    assert [type(step) for step in found.steps] == [Worked, Off, Worked]
    assert found.end == at("2026-02-27 13:00")


def test_without_a_calendar_there_are_no_steps():
    """48 hours are 48 hours."""
    found = derive_after(parse_duration("48h", {}), at("2026-03-02 09:00"))
    assert (found.steps, found.end) == ((), at("2026-03-02 09:00") + 48 * HOUR)


@pytest.mark.parametrize(
    ("country", "zh", "en"),
    [
        ("DE", "Christmas Day", "Christmas Day"),
        ("US", "Christmas Day", "Christmas Day"),
        ("HK", "圣诞节", "Christmas Day"),
    ],
)
def test_other_countries_name_their_holidays(country, zh, en):
    """In English where the library can, in Chinese where it has the words, whatever the machine's language."""
    found, _ = read(f"calendars: {{c: {{hours: {{mon-sun: 09:00-18:00}}, holidays: {country}}}}}")
    name = found["c"].holidays.named(date(2026, 12, 25))
    assert name == Text(zh=zh, en=en)
