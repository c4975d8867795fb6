"""Working time over columns, against the calendar itself."""

from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.worktime.calendars import Calendar, Span
from simulator.generator.defaults import usual_calendar
from simulator.generator.pace import Pace, WorkingTime
from streams.instants import DAY, HOUR, MINUTE

START = 1_774_000_000 * 10**6  # 20 March 2026; clocks change on the 29th in Berlin
CHINA = usual_calendar("zh")
BERLIN = Calendar(name="berlin", zone=ZoneInfo("Europe/Berlin"), week=dict.fromkeys(range(6), (Span(0, 24 * HOUR),)))
WORKING = {one.name: WorkingTime.of(one, START, START + 200 * DAY) for one in (CHINA, BERLIN)}


@settings(max_examples=60, deadline=None)  # the first call makes a calendar's tables
@given(st.sampled_from([CHINA, BERLIN]), st.integers(0, 60 * 24 * 60), st.integers(1, 200 * 60))
def test_added_as_the_calendar_adds(calendar: Calendar, start: int, span: int):
    """The same instant for any start and any span, over weekends, holidays and changes of clocks."""
    working = WORKING[calendar.name]
    at = START + start * MINUTE
    found = working.add(np.array([at]), np.array([span * MINUTE], np.float64))
    assert found.tolist() == [calendar.add(at, span * MINUTE)]


def test_closing_is_the_next_such_clock_time():
    """Six in the evening local time, today or tomorrow."""
    pace = Pace.of(CHINA, START, START + DAY, START + DAY)
    evening = START // DAY * DAY + 10 * HOUR  # 18:00 in Shanghai
    at = np.array([evening - 1, evening, evening + 1])
    assert pace.closing(at, 18 * HOUR).tolist() == [evening, evening, evening + DAY]


def test_everything_comes_between_beginning_and_end():
    """The rhythm begins and ends with its history, and never goes back."""
    rhythm = Pace.of(CHINA, START, START + 10 * DAY, START + 10 * DAY).rhythm
    at = rhythm.at(np.linspace(0, 1, 1000))
    assert (at[0], at[-1]) == (START, START + 10 * DAY)
    assert (np.diff(at) > 0).all()
