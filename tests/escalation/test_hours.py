"""Hours of the week: membership and end, over midnight and over clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation.hours import Hours
from streams.instants import HOUR, LAST, MINUTE, Instant, from_datetime, local_instant

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Hours(days=(((22 * 60, 7 * 60),),) * 7)
OFFICE = Hours(days=(((9 * 60, 12 * 60), (12 * 60, 18 * 60)),) * 5 + ((), ()))


def local(text: str, zone: ZoneInfo = SHANGHAI) -> Instant:
    return local_instant(datetime.fromisoformat(text), zone)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-02T21:59:59.999999", None),
        ("2026-03-02T22:00", "2026-03-03T07:00"),
        ("2026-03-03T00:00", "2026-03-03T07:00"),
        ("2026-03-03T06:59:59.999999", "2026-03-03T07:00"),
        ("2026-03-03T07:00", None),
    ],
)
def test_hours_over_midnight_begin_in_and_end_out(at: str, until: str | None) -> None:
    """From is in, until is out, and an interval whose from is later goes on into the next day."""
    assert NIGHT.until(local(at), SHANGHAI) == (None if until is None else local(until))
    assert NIGHT.contain(local(at), SHANGHAI) is (until is not None)


def test_intervals_that_touch_end_together() -> None:
    """09-12 and 12-18 are one stretch: it ends at 18."""
    assert OFFICE.until(local("2026-03-02T11:00"), SHANGHAI) == local("2026-03-02T18:00")


def test_each_weekday_has_its_own_hours() -> None:
    """Saturday has none here."""
    assert OFFICE.until(local("2026-03-07T11:00"), SHANGHAI) is None


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    """`fri: 22:00-07:00` covers Saturday's morning and not Friday's."""
    friday = Hours(days=((), (), (), (), ((22 * 60, 7 * 60),), (), ()))
    assert friday.until(local("2026-03-06T03:00"), SHANGHAI) is None
    assert friday.until(local("2026-03-07T03:00"), SHANGHAI) == local("2026-03-07T07:00")


def test_a_whole_weekend_is_one_stretch() -> None:
    """Saturday and Sunday around the clock end on Monday's first instant."""
    weekend = Hours(days=((), (), (), (), (), ((0, 1440),), ((0, 1440),)))
    assert weekend.until(local("2026-03-07T00:00"), SHANGHAI) == local("2026-03-09T00:00")


def test_hours_around_the_clock_never_end() -> None:
    """All hours of all days: there is no end to name."""
    assert Hours(days=(((0, 1440),),) * 7).until(local("2026-03-07T00:00"), SHANGHAI) == LAST


def test_overlapping_intervals_end_with_the_later_one() -> None:
    """The union counts, in whatever order the file has them."""
    hours = Hours(days=(((10 * 60, 11 * 60), (8 * 60, 16 * 60), (15 * 60, 17 * 60)),) * 7)
    assert hours.until(local("2026-03-02T10:30"), SHANGHAI) == local("2026-03-02T17:00")


def test_a_skipped_hour_makes_the_night_shorter() -> None:
    """Berlin, 2026-03-29: 22:00 to 07:00 lasts eight hours."""
    start = local("2026-03-28T22:00", BERLIN)
    assert NIGHT.until(start, BERLIN) == start + 8 * HOUR


def test_a_repeated_time_is_read_as_its_first() -> None:
    """Berlin, 2026-10-25: 02:30 comes twice; hours until 02:30 end at the first."""
    hours = Hours(days=(((60, 150),),) * 7)
    start = local("2026-10-25T01:00", BERLIN)
    assert hours.until(start, BERLIN) == start + 90 * MINUTE
    assert hours.until(start + 150 * MINUTE, BERLIN) is None


def test_agrees_with_the_clock_on_the_wall_over_a_year() -> None:
    """Away from the clock changes, membership is what a local clock shows."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for step in range(365 * 24 // 5):
        at = moment + timedelta(hours=5 * step, minutes=7)
        wall = at.astimezone(BERLIN)
        if 1 <= wall.hour <= 3 and wall.month in (3, 10):
            continue
        assert NIGHT.contain(from_datetime(at), BERLIN) is (wall.hour >= 22 or wall.hour < 7)


def test_the_last_and_first_days_of_the_calendar_do_not_break_it() -> None:
    """Where no next or previous day exists, there are no hours there."""
    assert NIGHT.until(LAST, ZoneInfo("UTC")) in (None, LAST)
    assert NIGHT.until(from_datetime(datetime(1, 1, 1, 3, tzinfo=UTC)), ZoneInfo("UTC")) is None
