"""Instants of files over columns: ISO texts, local times, days. What is odd is left to the row readers."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.columns.column import Instants, Mask
from streams.instants import DAY, FIRST, HOUR, LAST, MINUTE, SECOND, from_datetime, local_instant, to_datetime

Letters = NDArray[np.uint8]  # a row for each text

ANY_TIME: Final = "2026-01-01T00:00:00Z"

_SAFE: Final = (FIRST + 2 * DAY, LAST - 2 * DAY)  # no zone leads out of the calendar from here
_WHOLE_MINUTES: Final = from_datetime(datetime(1973, 1, 1, tzinfo=UTC))  # offsets of zones since then
_UTC: Final = frozenset({"UTC", "Etc/UTC"})
_OFFSET: Final = len("+08:00")
_LONGEST: Final = len("2026-03-02T09:00:00.123456789+08:00")
_SIGNS: Final = (ord("+"), ord("-"))
_GAPS: Final = (ord("T"), ord(" "))
_MONTH_DAYS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def within_years(instants: Instants) -> Mask:
    return (instants >= FIRST) & (instants <= LAST)


def of_local_times(local: Instants, zone: ZoneInfo) -> tuple[Instants, Mask]:
    """The instants of local times, and where they are known: not in the hour of a clock change."""
    known = (local >= _SAFE[0]) & (local <= _SAFE[1])
    if zone.key in _UTC:
        return local, known
    hours, places = np.unique(np.where(known, local, 0) // HOUR, return_inverse=True)
    shifts = np.array([_shifts(int(hour) * HOUR, zone) for hour in hours.tolist()], np.int64).reshape(-1, 2)
    known &= (shifts[:, 0] == shifts[:, 1])[places]
    return local - shifts[:, 0][places], known


def _shifts(local: int, zone: ZoneInfo) -> tuple[int, int]:
    """How far local clocks are ahead at the beginning and at the end of a local hour."""

    def shift(moment: int) -> int:
        return moment - local_instant(to_datetime(moment).replace(tzinfo=None), zone)

    return shift(local), shift(local + HOUR - 1)


def of_members(members: pl.Series, zone: ZoneInfo) -> tuple[Instants, Mask, Mask]:
    """Instants of a history's own column: where there are any, and where that is certain."""
    present = members.is_not_null().to_numpy()
    if members.dtype == pl.String:
        instants, known = of_texts(members, zone)
        return instants, present, known | ~present
    if members.dtype == pl.Date:
        members = members.cast(pl.Datetime("us"))
    if not isinstance(members.dtype, pl.Datetime):
        return np.zeros(len(members), np.int64), present, ~present
    instants = members.dt.cast_time_unit("us").to_physical().fill_null(0).to_numpy()
    if members.dtype.time_zone is None:
        instants, known = of_local_times(instants, zone)
    else:  # far back offsets have seconds, which texts of instants have not
        known = within_years(instants) & ((members.dtype.time_zone in _UTC) | (instants >= _WHOLE_MINUTES))
    return instants, present, known | ~present


def of_texts(texts: pl.Series, zone: ZoneInfo) -> tuple[Instants, Mask]:
    """Instants written as ISO 8601 in ASCII, and where they are known: texts of rarer forms are not."""
    instants = np.zeros(len(texts), np.int64)
    known = np.zeros(len(texts), np.bool_)
    lengths = texts.str.len_bytes().fill_null(0).to_numpy()
    for length in np.flatnonzero(np.bincount(np.minimum(lengths, _LONGEST + 1))).tolist():
        if len("2026-03-02") <= length <= _LONGEST:
            rows = np.flatnonzero(lengths == length)
            joined = texts.gather(rows).str.join("")[0].encode()
            letters = np.frombuffer(joined, np.uint8).reshape(len(rows), length)
            instants[rows], known[rows] = _of_letters(letters, zone)
    return instants, known


def _of_letters(letters: Letters, zone: ZoneInfo) -> tuple[Instants, Mask]:
    """Of texts of one length: those that end with Z, those with an offset, and those without."""
    utc = letters[:, -1] == ord("Z")
    shifted = np.isin(letters[:, -_OFFSET], _SIGNS) & (letters[:, -3] == ord(":")) & ~utc
    instants = np.zeros(len(letters), np.int64)
    known = np.zeros(len(letters), np.bool_)
    if utc.any():
        instants[utc], known[utc] = _local_times(letters[utc, :-1], with_time=True)
    if shifted.any():
        chosen = letters[shifted]
        shifts, good = _offsets(chosen[:, -_OFFSET:])
        local, read = _local_times(chosen[:, :-_OFFSET], with_time=True)
        instants[shifted] = local - shifts
        known[shifted] = good & read & (local >= _SAFE[0]) & (local <= _SAFE[1])
    plain = ~(utc | shifted)
    if plain.any():
        local, read = _local_times(letters[plain], with_time=False)
        instants[plain], inside = of_local_times(local, zone)
        known[plain] = read & inside
    return instants, known


def _offsets(letters: Letters) -> tuple[Instants, Mask]:
    """How far "+HH:MM" is ahead of UTC."""
    good = np.ones(len(letters), np.bool_)
    hours, minutes = _number(letters, 1, 2, good), _number(letters, 4, 2, good)
    shifts = hours * HOUR + minutes * MINUTE
    return np.where(letters[:, 0] == ord("-"), -shifts, shifts), good & (hours < 24) & (minutes < 60)


def _local_times(letters: Letters, *, with_time: bool) -> tuple[Instants, Mask]:
    """Dates, dates with hours and minutes, with seconds, with a fraction, as if they were of UTC."""
    width = letters.shape[1]
    if (width not in (10, 16, 19) and not width >= 21) or (with_time and width == 10):
        return np.zeros(len(letters), np.int64), np.zeros(len(letters), np.bool_)
    local, good = _dates(letters)
    if width >= 16:
        good &= np.isin(letters[:, 10], _GAPS) & (letters[:, 13] == ord(":"))
        local += _part(letters, 11, 24, good) * HOUR + _part(letters, 14, 60, good) * MINUTE
    if width >= 19:
        good &= letters[:, 16] == ord(":")
        local += _part(letters, 17, 60, good) * SECOND
    if width >= 21:
        good &= letters[:, 19] == ord(".")
        digits = min(width - 20, 6)
        local += _number(letters, 20, digits, good) * 10 ** (6 - digits)
        _number(letters, 20, width - 20, good)  # finer ones are cut, but have to be digits
    return local, good


def _dates(letters: Letters) -> tuple[Instants, Mask]:
    good = (letters[:, 4] == ord("-")) & (letters[:, 7] == ord("-"))
    year = _number(letters, 0, 4, good)
    month, day = _number(letters, 5, 2, good), _number(letters, 8, 2, good)
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    month[~good] = 1
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good &= (day <= _MONTH_DAYS[month]) & ((month != 2) | (day <= 28) | leap)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    return (months.astype("datetime64[D]").astype(np.int64) + day - 1) * DAY, good


def _part(letters: Letters, start: int, below: int, good: Mask) -> NDArray[np.int64]:
    number = _number(letters, start, 2, good)
    good &= number < below
    return number


def _number(letters: Letters, start: int, digits: int, good: Mask) -> NDArray[np.int64]:
    """What so many digits say; `good` is no longer set where one is none."""
    number = np.zeros(len(letters), np.int64)
    for place in range(start, start + digits):
        digit = letters[:, place].astype(np.int64) - ord("0")
        good &= (digit >= 0) & (digit <= 9)
        number = number * 10 + digit
    return number
