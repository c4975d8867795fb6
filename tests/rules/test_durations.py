"""Durations as authors write them."""

import pytest

from rules.errors import Problems
from rules.files.document import read_text
from rules.worktime.durations import Duration, DurationError, parse_duration, parse_offset, read_duration, read_plain
from streams.instants import DAY, HOUR, MINUTE, SECOND, WEEK
from tests.rules.calendar_texts import calendars

CALENDARS = calendars()


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("90s", 90 * SECOND),
        ("15m", 15 * MINUTE),
        ("48h", 48 * HOUR),
        ("7d", 7 * DAY),
        ("2w", 2 * WEEK),
        ("1d 12h", 36 * HOUR),
        ("1d12h", 36 * HOUR),
        (" 0h ", 0),
        ("48小时", 48 * HOUR),
        ("2天", 2 * DAY),
        ("1周", WEEK),
        ("30分钟", 30 * MINUTE),
        ("10秒", 10 * SECOND),
        ("1天 12小时", 36 * HOUR),
        ("２天", 2 * DAY),
    ],
)
def test_whole_numbers_with_units(text, micros):
    """Without a calendar a day is 24 hours."""
    assert parse_duration(text, {}).micros == micros


def test_a_calendar_name_makes_days_working_days():
    """Days and weeks are counted apart from hours where a calendar is named."""
    found = parse_duration("1w 2d 4h cn", CALENDARS)
    assert (found.days, found.span, found.calendar) == (9, 4 * HOUR, CALENDARS["cn"])
    with pytest.raises(ValueError, match="cn"):
        _ = found.micros


@pytest.mark.parametrize("text", ["", "5", "1.5h", "h", "2dcn", "-4h", "1h 1h", "1h nowhere", "1d 5", "2 d ays", "1mo"])
def test_what_is_no_duration(text):
    """Anything else is refused."""
    with pytest.raises(DurationError):
        parse_duration(text, CALENDARS)


def test_offsets_have_a_sign():
    """`-4h` is before, `+49h` and `24h` after."""
    assert parse_offset("-4h", {}) == (Duration(span=4 * HOUR), True)
    assert parse_offset("+49h", {}) == (Duration(span=49 * HOUR), False)
    assert parse_offset("24h", {}) == (Duration(span=24 * HOUR), False)


def test_the_message_shows_how_working_days_are_written():
    """Where there is a calendar, with its name; where none may stand, without."""
    with pytest.raises(DurationError, match="working days as in 2d"):
        parse_duration("2个工作日", CALENDARS)
    with pytest.raises(DurationError) as caught:
        parse_duration("2个工作日", {})
    assert "working days" not in caught.value.message.en


def test_problems_point_into_the_value():
    """An unknown calendar is reported where its name stands, with the nearest known one."""
    problems = Problems()
    root = read_text('a: "2d cnn"\nb: 1h cn\n', "f.yaml", problems)
    assert root is not None
    a, b = root.leaf("a"), root.leaf("b")
    assert a is not None and b is not None
    assert read_duration(a, CALENDARS) is None
    assert read_plain(b) is None
    unknown, plain = problems.found
    assert (unknown.place.line, unknown.place.column) == (1, 8) and "did you mean cn" in unknown.message.en
    assert (plain.place.line, plain.place.column) == (2, 7) and "no calendar" in plain.message.en


def test_a_duration_covers_shorter_ones_in_its_calendar_and_unit():
    """What may stand as a negative offset beside a `for`."""

    def covers(one: str, other: str) -> bool:
        return parse_duration(one, CALENDARS).covers(parse_duration(other, CALENDARS))

    assert covers("48h", "2d") and covers("2d cn", "1d cn") and covers("1d 4h cn", "4h cn")
    assert not covers("47h", "2d")
    assert not covers("2d cn", "4h cn")
    assert not covers("2d cn", "1h") and not covers("48h", "1h cn") and not covers("4h cn", "4h cut")


@pytest.mark.parametrize("text", ["2d", "1d 12h", "90m", "0h", "2d 3h cn"])
def test_a_duration_is_said_so_that_it_can_be_read_again(text):
    """str() gives a text with the same meaning."""
    found = parse_duration(text, CALENDARS)
    assert parse_duration(str(found), CALENDARS) == found
