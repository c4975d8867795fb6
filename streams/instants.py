"""Instants and durations as plain integers; text only at the edges.

An Instant counts microseconds since 1970-01-01T00:00:00Z; a duration is a number of microseconds.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

Instant = int
Micros = int

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(microseconds=1)
_TEXT: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?)?"
    r"\s*(Z|z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?$"
)


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime."""
    return (moment - _EPOCH) // _ONE


def to_datetime(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


FIRST: Final = from_datetime(datetime(1, 1, 1, tzinfo=UTC))
LAST: Final = from_datetime(datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))


def local_instant(moment: datetime, zone: ZoneInfo) -> Instant:
    """The instant of a naive local time, skipped or repeated ones read with fold=0."""
    return from_datetime(moment.replace(tzinfo=zone))


def start_of_date(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a date in a zone."""
    return local_instant(datetime(day.year, day.month, day.day), zone)


def parse_instant(text: str, zone: ZoneInfo) -> Instant:
    """Read ISO 8601 with T or one blank, offset or Z or none (then `zone`); a date alone is its first instant.

    Parts finer than a microsecond are cut. Raises ValueError saying what was expected.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no instant; expected something like 2026-03-02T09:00:00Z")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if hour is None and offset is not None:
        raise ValueError(f"{text!r} is no instant: a date with an offset but no time")
    try:
        naive = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
        )
    except ValueError as error:
        raise ValueError(f"{text!r} is no instant: {error}") from None
    utc = from_datetime(naive.replace(tzinfo=UTC))
    instant = local_instant(naive, zone) if offset is None else utc - _shift(offset)
    # The first and last local times of the calendar are outside it in UTC.
    if not FIRST <= instant <= LAST:
        raise ValueError(f"{text!r} is outside the years 1 to 9999")
    return instant


def _shift(offset: str) -> Micros:
    """How far a written offset is ahead of UTC."""
    if offset in "Zz":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    shift = int(digits[:2]) * HOUR + int(digits[2:]) * MINUTE
    return -shift if offset[0] == "-" else shift


def format_instant(instant: Instant) -> str:
    """RFC 3339 with Z and six decimals, as in results files."""
    return to_datetime(instant).strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0") + "Z"
