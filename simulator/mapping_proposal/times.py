"""How a column writes times: days or instants, day or month first, seconds since 1970, with offsets or without."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.errors import BadValue
from streams.sources.mapping_cells import cell_text
from streams.values import read_instant

_UTC: Final = ZoneInfo("UTC")
_ENOUGH: Final = 0.9  # of the values: the others are mistakes, and are said to be
_DAYS: Final = (
    "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y",
    "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y%m%d",
)  # fmt: skip
_HOURS: Final = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", "%H时%M分")
_FIRST_YEAR: Final = 1980
_LAST_YEAR: Final = 2100
_UNITS: Final = (("unix_s", 1), ("unix_ms", 1000))


@dataclass(frozen=True, slots=True)
class Times:
    """`as_` as in a mapping, None where the reader needs none."""

    as_: str | None
    by_day: bool  # every one is the first instant of a day
    zoned: bool = False  # they say their offset
    other: str | None = None  # a second format that fits as well: day or month first
    wrong: tuple[str, ...] = ()  # values that are none

    @property
    def local(self) -> bool:
        """They are in a zone that only somebody who knows the system can name."""
        return not self.zoned and self.as_ not in ("unix_s", "unix_ms")


def guess_times(values: Sequence[Any], *, named: bool) -> Times | None:
    """Of the distinct values of a column. What might also be a plain number counts only where the name says so."""
    if not values or any(isinstance(value, bool) for value in values):
        return None
    if all(isinstance(value, date) for value in values):
        return _typed(values)
    texts = [cell_text(value) for value in values]
    if all(text.isdigit() for text in texts):
        return _digits(texts) if named else None
    iso = _fitting(texts, lambda text: read_instant(text, _UTC) is not None)
    if iso is not None:
        return Times(
            None, all(len(text) == 10 or _midnight(text) for text in iso), _zoned(iso), wrong=_left(texts, iso)
        )
    return _formatted(texts)


def _typed(values: Sequence[Any]) -> Times:
    moments = [value for value in values if isinstance(value, datetime)]
    by_day = all(moment.time() == datetime.min.time() and moment.tzinfo is None for moment in moments)
    return Times(None, by_day, zoned=any(moment.tzinfo is not None for moment in moments))


def _digits(texts: Sequence[str]) -> Times | None:
    for as_, unit in _UNITS:
        if all(_year_of(int(text) / unit) for text in texts if len(text) < 16):
            return Times(as_, by_day=False, zoned=True)
    days = _fitting(texts, lambda text: len(text) == 8 and _reasonable(datetime.strptime(text, "%Y%m%d")))
    return None if days is None else Times("%Y%m%d", by_day=True, wrong=_left(texts, days))


def _year_of(seconds: float) -> bool:
    try:
        return _reasonable(datetime(1970, 1, 1) + timedelta(seconds=seconds))
    except OverflowError:
        return False


def _reasonable(moment: datetime) -> bool:
    return _FIRST_YEAR <= moment.year < _LAST_YEAR


def _formatted(texts: Sequence[str]) -> Times | None:
    found = [(format_, fitting) for format_, fitting in _formats(texts) if fitting is not None]
    if not found:
        return None
    most = max(len(fitting) for _, fitting in found)
    best = [(format_, fitting) for format_, fitting in found if len(fitting) == most]
    format_, fitting = best[0]
    other = next((each for each, _ in best[1:] if _swapped(format_, each)), None)
    hours = any(part in format_ for part in ("%H", "%I"))
    by_day = not hours or all(_midnight(text) for text in fitting)
    return Times(format_, by_day, other=other, wrong=_left(texts, fitting))


def _formats(texts: Sequence[str]) -> Iterator[tuple[str, list[str] | None]]:
    """Formats by the shape of the first values: most are excluded before anything is parsed."""
    few = texts[:5]
    for day in _DAYS:
        for hours in _HOURS:
            format_ = day + hours
            if any(_parses(text, format_) for text in few):
                yield format_, _fitting(texts, lambda text, each=format_: _parses(text, each))  # type: ignore[misc]


def _parses(text: str, format_: str) -> bool:
    try:
        return _reasonable(datetime.strptime(text, format_))
    except ValueError:
        return False


def _fitting(texts: Sequence[str], reads: Callable[[str], bool]) -> list[str] | None:
    """Those that can be read so; None where they are too few."""
    found = []
    for text in texts:
        try:
            if reads(text):
                found.append(text)
        except (BadValue, ValueError, OverflowError):
            pass
        if len(found) == 0 and len(texts) > 20 and text is texts[19]:
            return None
    return found if len(found) >= _ENOUGH * len(texts) and found else None


def _left(texts: Sequence[str], taken: Sequence[str]) -> tuple[str, ...]:
    known = set(taken)
    return tuple(text for text in texts if text not in known)[:3]


def _midnight(text: str) -> bool:
    hours = text[10:].strip("T ").rstrip("Z")
    return (bool(hours) and set(hours) <= set("0:.")) or hours.upper() in ("12:00 AM", "12:00:00 AM")


def _zoned(texts: Sequence[str]) -> bool:
    return any(text.endswith(("Z", "z")) or (len(text) > 16 and text[-6] in "+-") for text in texts)


def _swapped(one: str, other: str) -> bool:
    """Whether two formats differ in what comes first, day or month."""
    return one.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m") == other
