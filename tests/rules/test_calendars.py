"""Working time against hand computation, against counting minutes, and by its properties."""

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.worktime.calendars import Calendar
from rules.worktime.durations import parse_duration
from streams.instants import (
    DAY,
    FIRST,
    HOUR,
    LAST,
    MINUTE,
    Instant,
    Micros,
    format_instant,
    from_datetime,
    parse_instant,
)
from tests.rules.calendar_texts import UTC, at, calendars, read

CALENDARS = calendars()


@pytest.mark.parametrize(
    ("duration", "start", "expected"),
    [
        # Monday 2026-03-02; Shanghai is UTC+8. Lunch is no working time.
        ("1h cn", "2026-03-02 11:30", "2026-03-02 13:30"),
        ("3h cn", "2026-03-02 09:00", "2026-03-02 12:00"),
        ("8h cn", "2026-03-02 09:00", "2026-03-02 18:00"),
        ("16h cn", "2026-03-06 17:00", "2026-03-10 17:00"),
        ("1h cn", "2026-03-07 15:00", "2026-03-09 10:00"),
        ("0h cn", "2026-03-07 15:00", "2026-03-07 15:00"),
        ("2d cn", "2026-03-02 09:30", "2026-03-04 09:30"),
        ("2d cn", "2026-03-05 23:15", "2026-03-09 23:15"),
        ("1d cn", "2026-03-07 10:00", "2026-03-09 10:00"),
        ("1w cn", "2026-03-02 10:00", "2026-03-11 10:00"),
        ("1d 4h cn", "2026-03-06 16:00", "2026-03-10 11:00"),
        ("1d cn", "2026-10-08 10:00", "2026-10-10 10:00"),
        ("9h cn", "2026-10-08 17:00", "2026-10-10 17:00"),
        ("1h cut", "2026-03-02 16:00", "2026-03-02 17:00"),
        ("1h cut", "2026-03-02 16:00:00.000001", "2026-03-03 10:00"),
        ("1d cut", "2026-03-02 17:00", "2026-03-04 09:00"),
        ("1h cut", "2026-03-06 16:30", "2026-03-09 10:00"),
        ("1h cut", "2026-03-07 08:00", "2026-03-09 10:00"),
        ("1h cut", "2026-03-02 03:00", "2026-03-02 10:00"),
        ("0h cut", "2026-03-06 17:00", "2026-03-09 09:00"),
    ],
)
def test_after_by_hand(duration, start, expected):
    """`after` counts working time or working days, from the cut-off on where there is one."""
    found = parse_duration(duration, CALENDARS).after(at(start))
    assert found is not None
    assert format_instant(found) == format_instant(at(expected))


@pytest.mark.parametrize(
    ("duration", "end", "expected"),
    [
        ("1h cn", "2026-03-02 13:30", "2026-03-02 11:30"),
        ("3h cn", "2026-03-02 12:00", "2026-03-02 09:00"),
        # The latest instant from which 8 hours pass until Monday 18:00 is Monday 09:00, not Friday evening.
        ("8h cn", "2026-03-02 18:00", "2026-03-02 09:00"),
        ("8h cn", "2026-03-03 09:00", "2026-03-02 09:00"),
        ("1h cn", "2026-03-08 12:00", "2026-03-06 17:00"),
        ("2d cn", "2026-03-09 23:15", "2026-03-05 23:15"),
        ("1d cn", "2026-03-08 10:00", "2026-03-06 10:00"),
        ("1d 4h cn", "2026-03-10 11:00", "2026-03-06 16:00"),
        ("1h cut", "2026-03-02 17:30", "2026-03-02 16:30"),
    ],
)
def test_subtract_by_hand(duration, end, expected):
    """`subtract` is the mirror of `add`: the latest instant, days first, and no cut-off."""
    found = parse_duration(duration, CALENDARS).subtract(at(end))
    assert found is not None
    assert format_instant(found) == format_instant(at(expected))


def test_offsets_know_no_cut_off():
    """`add` counts from where it is, even after the cut-off; only `after` waits for the next working day."""
    hour = parse_duration("1h cut", CALENDARS)
    assert hour.add(at("2026-03-02 16:30")) == at("2026-03-02 17:30")
    assert hour.after(at("2026-03-02 16:30")) == at("2026-03-03 10:00")


def test_working_time_in_a_gap_of_the_clock_counts_once():
    """02:00-02:30 does not exist on 2026-03-08 in New York: with fold=0 it is 03:00-03:30, which 03:00-04:00 covers."""
    start = parse_instant("2026-03-08T00:00:00Z", UTC)
    assert CALENDARS["gap"].add(start, HOUR) == parse_instant("2026-03-08T08:00:00Z", UTC)
    assert CALENDARS["gap"].add(start, HOUR + 1) == parse_instant("2026-03-15T06:00:00.000001Z", UTC)


def test_a_day_of_25_hours_works_25_hours():
    """In "00:00-24:00" the hour that the clock repeats is worked twice, and the one that it skips not at all."""
    ny = CALENDARS["ny"]
    assert ny.add(at("2026-11-01 00:00", "America/New_York"), 25 * HOUR) == at("2026-11-02 00:00", "America/New_York")
    assert ny.add(at("2026-03-08 00:00", "America/New_York"), 23 * HOUR) == at("2026-03-09 00:00", "America/New_York")


def test_a_working_day_later_is_the_same_local_time():
    """Days keep the time of day across a clock change; a skipped one is read with fold=0."""
    day = parse_duration("1d ny", CALENDARS)
    assert day.add(at("2026-03-07 12:00", "America/New_York")) == at("2026-03-08 12:00", "America/New_York")
    assert day.add(at("2026-03-07 02:30", "America/New_York")) == parse_instant("2026-03-08T07:30:00Z", UTC)
    second = parse_instant("2026-11-01T06:30:00Z", UTC)  # the second 01:30 of that night
    assert day.add(second) == at("2026-11-02 01:30", "America/New_York")


def test_chinese_holidays_and_make_up_days():
    """The national holidays of 2026 are off, and a make-up Saturday has the hours of Monday."""
    state = CALENDARS["state"]
    assert state.hours(date(2026, 10, 1)) == ()
    assert state.hours(date(2026, 10, 10)) == state.hours(date(2026, 9, 21)) != state.hours(date(2026, 9, 22))
    assert state.add(at("2026-09-30 17:00"), 2 * HOUR) == at("2026-10-08 10:00")
    assert parse_duration("2d state", CALENDARS).add(at("2026-10-08 11:00")) == at("2026-10-10 11:00")


def test_holidays_beyond_the_library_are_said_not_to_be_known():
    """Outside the years of the notice a day is an ordinary one, and the calendar does not claim to know it."""
    state = CALENDARS["state"]
    assert state.knows(at("2026-10-01"))
    assert not state.knows(at("2060-10-01"))
    assert state.hours(date(2060, 10, 1)) == state.week[date(2060, 10, 1).weekday()]


def test_own_exceptions_win_over_the_library():
    """A day under `days` is what the file says, whatever the country does."""
    found, problems = read(
        "calendars: {c: {hours: {mon-fri: 09:00-18:00}, holidays: CN, days: {2026-10-01: 10:00-11:00}}}"
    )
    assert not problems.found
    assert [span.start for span in found["c"].hours(date(2026, 10, 1))] == [10 * HOUR]


def test_other_countries_come_from_the_other_library():
    """Germany rests on 3 October; Hungary works on a Saturday in exchange for a bridge day."""
    found, problems = read(
        "calendars:\n"
        "  de: {hours: {mon-sun: 09:00-18:00}, holidays: DE}\n"
        "  hu: {hours: {mon-fri: 09:00-18:00}, holidays: HU}\n"
    )
    assert not problems.found
    assert found["de"].hours(date(2026, 10, 3)) == ()
    assert found["hu"].hours(date(2026, 8, 8)) != ()


def test_more_than_800_days_away_is_missing():
    """One minute a week: 114 of them lie within 800 days, 115 do not. Without a calendar there is no such limit."""
    start = at("2026-03-02 09:01", "UTC")
    rare = CALENDARS["rare"]
    assert rare.add(start, 114 * MINUTE) == start + 114 * 7 * DAY
    assert rare.add(start, 115 * MINUTE) is None
    assert rare.subtract(start, 115 * MINUTE) == start - 114 * 7 * DAY - MINUTE
    assert rare.subtract(start, 116 * MINUTE) is None
    assert rare.add_days(start, 114) is not None
    assert rare.add_days(start, 115) is None
    assert parse_duration("900d", {}).after(start) == start + 900 * DAY


@pytest.mark.parametrize("name", sorted(CALENDARS))
def test_the_ends_of_time_are_missing_not_errors(name):
    """Near the years 1 and 9999 results are missing where they would lie outside."""
    calendar = CALENDARS[name]
    for edge in (FIRST, FIRST + DAY, LAST - DAY, LAST):
        for found in (calendar.add(edge, 900 * DAY), calendar.subtract(edge, 900 * DAY), calendar.counted_from(edge)):
            assert found is None or FIRST <= found <= LAST
        assert calendar.add_days(edge, 5000) is None
    assert calendar.add(LAST, HOUR) is None and calendar.subtract(FIRST, HOUR) is None
    assert parse_duration("1h", {}).add(LAST) is None


def working_minutes(calendar: Calendar, around: date) -> list[Instant]:
    """The minutes of working time of four months as instants, straight from the page: local times, then their union."""
    minutes: set[Instant] = set()
    for offset in range(-60, 60):
        midnight = datetime.combine(around + timedelta(days=offset), datetime.min.time())
        for span in calendar.hours(midnight.date()):
            start, end = (
                from_datetime((midnight + timedelta(microseconds=clock)).replace(tzinfo=calendar.zone))
                for clock in (span.start, span.end)
            )
            minutes.update(range(start, end, MINUTE))
    return sorted(minutes)


@pytest.mark.parametrize("name", ["ny", "gap", "nights", "cn", "state"])
@pytest.mark.parametrize("around", [date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 1)])
def test_add_and_subtract_agree_with_counting_minutes(name, around):
    """Around clock changes and holidays, the results are those of counting minute by minute."""
    calendar = CALENDARS[name]
    minutes = working_minutes(calendar, around)
    origin = from_datetime(datetime.combine(around - timedelta(days=1), datetime.min.time(), calendar.zone))
    for start in range(origin, origin + 3 * DAY, 13 * MINUTE):
        first = bisect_left(minutes, start)
        for length in (1, 29, 61, 240, 600):
            assert calendar.add(start, length * MINUTE) == minutes[first + length - 1] + MINUTE
            assert calendar.subtract(start, length * MINUTE) == minutes[first - length]


TWO_YEARS = (date(2025, 1, 1), date(2026, 12, 31))


def local_days(calendar: Calendar) -> dict[date, list[tuple[Instant, ...]]]:
    """The working intervals of every date of the two years and the quarters around them, straight from the page."""
    first, last = TWO_YEARS[0] - timedelta(days=90), TWO_YEARS[1] + timedelta(days=90)
    found: dict[date, list[tuple[Instant, ...]]] = {}
    for number in range((last - first).days + 1):
        midnight = datetime.combine(first + timedelta(days=number), datetime.min.time())
        found[midnight.date()] = [
            tuple(local(midnight + timedelta(microseconds=clock), calendar.zone) for clock in (span.start, span.end))
            for span in calendar.hours(midnight.date())
        ]
    return found


def local(moment: datetime, zone: ZoneInfo) -> Instant:
    return from_datetime(moment.replace(tzinfo=zone, fold=0))


@pytest.mark.parametrize("name", ["ny", "gap", "nights", "state", "cut"])
def test_two_years_agree_with_counting_minutes(name):
    """Over two years, all four clock changes and the holidays in them, hours, days and cut-off are as counted out."""
    calendar = CALENDARS[name]
    days = local_days(calendar)
    minutes = sorted(
        {minute for spans in days.values() for start, end in spans for minute in range(start, end, MINUTE)}
    )
    working = [day for day, spans in days.items() if spans]
    start = local(datetime.combine(TWO_YEARS[0], datetime.min.time()), calendar.zone)
    end = local(datetime.combine(TWO_YEARS[1], datetime.min.time()), calendar.zone)
    for at_ in range(start, end, 23 * HOUR + 17 * MINUTE):
        place = bisect_left(minutes, at_)
        for length in (1, 61, 601):
            assert calendar.add(at_, length * MINUTE) == minutes[place + length - 1] + MINUTE
            assert calendar.subtract(at_, length * MINUTE) == minutes[place - length]
        moment = datetime.fromtimestamp(at_ // 1_000_000, UTC).astimezone(calendar.zone)
        day, clock = moment.date(), moment.replace(tzinfo=None) - datetime.combine(moment.date(), datetime.min.time())
        for count in (1, 5):
            arrived = working[bisect_right(working, day) + count - 1]
            assert calendar.add_days(at_, count) == local(
                datetime.combine(arrived, datetime.min.time()) + clock, calendar.zone
            )
            earlier = working[bisect_left(working, day) - count]
            assert calendar.add_days(at_, -count) == local(
                datetime.combine(earlier, datetime.min.time()) + clock, calendar.zone
            )
        if calendar.cut_off is not None:
            last = local(
                datetime.combine(day, datetime.min.time()) + timedelta(microseconds=calendar.cut_off), calendar.zone
            )
            opens = days[working[bisect_right(working, day)]][0][0]
            assert calendar.counted_from(at_) == (at_ if days[day] and at_ <= last else opens)


INSTANTS = st.integers(parse_instant("1990-01-01", UTC), parse_instant("2040-01-01", UTC))
SPANS = st.integers(1, 60 * HOUR)


@given(name=st.sampled_from(["cn", "cut", "ny", "nights", "state", "plain"]), start=INSTANTS, span=SPANS)
def test_add_and_subtract_are_mirrors(name, start, span):
    """Adding leads to the earliest, subtracting to the latest instant, with exactly that working time between."""
    calendar = CALENDARS[name]
    later = calendar.add(start, span)
    assert later is not None
    assert worked(calendar, start, later) == span
    assert worked(calendar, start, later - 1) == span - 1
    back = calendar.subtract(later, span)
    assert back is not None and back >= start
    assert worked(calendar, back, later) == span
    assert worked(calendar, back + 1, later) == span - 1
    assert calendar.add(back, span) == later


@given(name=st.sampled_from(["cn", "cut", "ny", "gap", "nights", "state"]), start=INSTANTS, span=SPANS)
def test_hours_are_an_exact_inverse_on_working_instants(name, start, span):
    """From an instant of working time, adding and then taking away the same hours leads back."""
    calendar = CALENDARS[name]
    instant = calendar.next_working(start)
    assert instant is not None
    later, earlier = calendar.add(instant, span), calendar.subtract(instant + 1, span)
    assert later is not None and calendar.subtract(later, span) == instant
    assert earlier is not None and calendar.add(earlier, span) == instant + 1


@given(name=st.sampled_from(["cn", "ny", "nights", "state"]), start=INSTANTS, one=SPANS, two=SPANS)
def test_adding_in_parts_is_adding_at_once(name, start, one, two):
    """Working time adds up."""
    calendar = CALENDARS[name]
    part = calendar.add(start, one)
    assert part is not None
    assert calendar.add(part, two) == calendar.add(start, one + two)


@given(name=st.sampled_from(["cn", "ny", "nights", "state"]), start=INSTANTS, days=st.integers(1, 40))
def test_days_forth_and_back(name, start, days):
    """From a working day, as many working days back as forth lead to the same local time."""
    calendar = CALENDARS[name]
    there = calendar.add_days(start, days)
    assert there is not None
    back = calendar.add_days(there, -days)
    local = datetime.fromtimestamp(start // 1_000_000, calendar.zone)
    if calendar.hours(local.date()) and not near_clock_change(start, there, calendar.zone):
        assert back == start


def near_clock_change(start: Instant, there: Instant, zone: ZoneInfo) -> bool:
    """Within a day of a change a local time may be skipped or repeated."""
    for instant in (start, there):
        moments = [datetime.fromtimestamp(instant // 1_000_000, zone) + timedelta(days=day) for day in (-1, 0, 1)]
        if len({moment.utcoffset() for moment in moments}) > 1:
            return True
    return False


def worked(calendar: Calendar, start: Instant, end: Instant) -> Micros:
    """Working time from start until end, added up interval by interval."""
    total, free = 0, start
    day = datetime.fromtimestamp(start // 1_000_000, UTC).date() - timedelta(days=2)
    while from_datetime(datetime.combine(day, datetime.min.time(), UTC)) < end + 2 * DAY:
        midnight = datetime.combine(day, datetime.min.time())
        for span in calendar.hours(day):
            begin, stop = (
                from_datetime((midnight + timedelta(microseconds=clock)).replace(tzinfo=calendar.zone))
                for clock in (span.start, span.end)
            )
            begin, stop = max(begin, free), min(stop, end)
            if begin < stop:
                total, free = total + stop - begin, stop
        day += timedelta(days=1)
    return total


def test_next_working():
    """In working time it is the instant itself, the end of an interval being outside."""
    cn = CALENDARS["cn"]
    assert cn.next_working(at("2026-03-02 10:00")) == at("2026-03-02 10:00")
    assert cn.next_working(at("2026-03-02 12:00")) == at("2026-03-02 13:00")
    assert cn.next_working(at("2026-03-07 12:00")) == at("2026-03-09 09:00")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{}", "no_hours"),
        ("{hours: {}}", "no_hours"),
        ("{hours: {mon: off}}", "no_hours"),
        ("{hours: {mon: 18:00-09:00}}", "crosses_midnight"),
        ("{hours: {mon: 09:00}}", "wrong_value"),
        ("{hours: {mon: 09:00-24:30}}", "wrong_value"),
        ("{hours: {mo: 09:00-18:00}}", "unknown_day"),
        ("{hours: {mon-fri: 09:00-18:00, fri: 09:00-12:00}}", "duplicate_key"),
        ("{hours: {mon: 09:00-18:00}, zone: Asia/Shangai}", "unknown_zone"),
        ("{hours: {mon: 09:00-18:00}, holidays: XX}", "unknown_country"),
        ("{hours: {mon: 09:00-18:00}, days: {2026-02-30: off}}", "wrong_value"),
        ("{hours: {mon: 09:00-18:00}, cut_off: 4pm}", "wrong_value"),
        ("{hours: {mon: 09:00-18:00}, cutoff: 16:00}", "unknown_key"),
    ],
)
def test_what_is_no_calendar_is_refused(body, code):
    """Each slip has its own error, with a place."""
    _, problems = read(f"calendars:\n  c: {body}\n")
    (problem,) = problems.found
    assert (problem.code, problem.place.line) == (code, 2)


def test_days_are_names_ranges_and_lists():
    """`mon-wed,fri` and a range over Sunday."""
    found, problems = read('calendars: {c: {hours: {"tue, thu": 09:00-10:00, sat-mon: 10:00-11:00}}}')
    assert not problems.found
    assert {day: spans[0].start // HOUR for day, spans in found["c"].week.items()} == {1: 9, 3: 9, 5: 10, 6: 10, 0: 10}


@given(st.integers(0, 400 * DAY), st.integers(0, 200 * HOUR))
def test_worked_is_what_was_added(offset: Micros, span: Micros):
    """Between an instant and itself plus so much working time, so much was worked."""
    calendar = CALENDARS["cn"]
    start = at("2026-01-05 00:00") + offset
    end = calendar.add(start, span)
    assert end is not None
    assert calendar.worked(start, end) == span
    assert calendar.worked(end, start) == 0


def test_worked_over_many_years():
    """However far apart: the years together are what each of them is."""
    calendar = CALENDARS["cn"]
    years = [at(f"{year}-01-01 00:00") for year in range(2018, 2027)]
    assert calendar.worked(years[0], years[-1]) == sum(map(calendar.worked, years[:-1], years[1:]))
