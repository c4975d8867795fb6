"""How columns write times."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from simulator.mapping_proposal.times import Times, guess_times


@pytest.mark.parametrize(
    ("values", "as_", "by_day", "zoned"),
    [
        (["2026-03-02", "2026-04-30"], None, True, False),
        (["2026-03-02 00:00", "2026-04-30 00:00:00"], None, True, False),
        (["2026-03-02T09:00:00Z", "2026-04-30T10:00:00+08:00"], None, False, True),
        (["2026/3/2", "2026/12/30"], "%Y/%m/%d", True, False),
        (["2026年3月2日", "2026年12月30日"], "%Y年%m月%d日", True, False),
        (["02/13/2026", "03/01/2026"], "%m/%d/%Y", True, False),
        (["13/02/2026 09:30", "01/03/2026 10:00"], "%d/%m/%Y %H:%M", False, False),
        (["13.02.2026", "01.03.2026"], "%d.%m.%Y", True, False),
        (["13-Feb-26", "01-Mar-26"], "%d-%b-%y", True, False),
        (["2/13/2026 9:30 PM", "3/1/2026 10:00 AM"], "%m/%d/%Y %I:%M %p", False, False),
        (["20260302", "20261230"], "%Y%m%d", True, False),
        (["1772413200", "1772413201"], "unix_s", False, True),
        (["1772413200123", "1772413201000"], "unix_ms", False, True),
        ([1772413200, 1772413201], "unix_s", False, True),
        ([date(2026, 3, 2)], None, True, False),
        ([datetime(2026, 3, 2), datetime(2026, 3, 3)], None, True, False),
        ([datetime(2026, 3, 2, 9)], None, False, False),
        ([datetime(2026, 3, 2, tzinfo=UTC)], None, False, True),
    ],
)
def test_what_times_are(values: list[Any], as_: str | None, by_day: bool, zoned: bool):
    """Format, whether they are days alone, and whether they say their offset."""
    found = guess_times(values, named=True)
    assert found is not None
    assert (found.as_, found.by_day, found.zoned, found.other, found.wrong) == (as_, by_day, zoned, None, ())
    assert found.local == (not zoned)


@pytest.mark.parametrize(
    "values", [["A", "B"], ["7", "8"], ["1.5"], [], [True], ["12/45/2026"], ["02674", "99999999"], [1.5, 2.5]]
)
def test_what_is_no_time(values: list[Any]):
    """Texts, numbers, and dates that no calendar has."""
    assert guess_times(values, named=True) is None


def test_numbers_are_times_only_where_the_name_says_so():
    """An order number may look like seconds since 1970, or like 20260302."""
    assert guess_times(["1772413200"], named=False) is None
    assert guess_times(["20260302"], named=False) is None


def test_days_that_can_be_read_both_ways():
    """Where no value decides which comes first, day or month, both readings are told."""
    found = guess_times(["02/03/2026", "04/05/2026"], named=True)
    assert found is not None
    assert (found.as_, found.other) == ("%d/%m/%Y", "%m/%d/%Y")


def test_some_values_that_are_none():
    """A few that are no times are told, and the others count; many mean that it is none."""
    days = [f"2026-03-{day:02d}" for day in range(1, 20)]
    assert guess_times([*days, "soon"], named=True) == Times(None, by_day=True, wrong=("soon",))
    assert guess_times([*days[:5], "soon", "later"], named=True) is None
