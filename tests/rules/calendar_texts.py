"""Calendars for tests, read from texts as the product reads them."""

from zoneinfo import ZoneInfo

from rules.errors import Problems
from rules.files.calendar_file import read_calendars
from rules.files.document import read_text
from rules.worktime.calendars import Calendar
from streams.instants import Instant, parse_instant

UTC = ZoneInfo("UTC")

CALENDARS = """
calendars:
  cn:
    zone: Asia/Shanghai
    hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}
    days: {2026-10-10: ["09:00-18:00"], 2026-10-09: off}
  cut: {zone: Asia/Shanghai, hours: {mon-fri: ["09:00-18:00"]}, cut_off: "16:00"}
  ny: {zone: America/New_York, hours: {mon-sun: ["00:00-24:00"]}}
  gap: {zone: America/New_York, hours: {sun: ["02:00-02:30", "03:00-04:00"]}}
  nights: {zone: America/New_York, hours: {mon-sun: ["00:30-03:30", "22:00-24:00"]}}
  state: {zone: Asia/Shanghai, hours: {mon: ["10:00-16:00"], tue-fri: ["09:00-18:00"]}, holidays: CN}
  plain: {hours: {mon-fri: "09:00-17:00"}}
  rare: {hours: {mon: "09:00-09:01"}}
"""


def read(text: str) -> tuple[dict[str, Calendar], Problems]:
    problems = Problems()
    root = read_text(text, "calendars.yaml", problems)
    assert root is not None, problems.found
    return read_calendars(root, UTC), problems


def calendars() -> dict[str, Calendar]:
    found, problems = read(CALENDARS)
    assert not problems.found
    return found


def at(text: str, zone: str = "Asia/Shanghai") -> Instant:
    """The instant of a local time."""
    return parse_instant(text, ZoneInfo(zone))
