"""Durations as authors write them: `90s`, `1d 12h`, `48小时`, `2d cn-workdays`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rules.errors import RulesError, guess
from rules.files.document import Leaf
from rules.worktime.calendars import REACH, Calendar
from streams.instants import DAY, FIRST, HOUR, LAST, MINUTE, SECOND, WEEK, Instant, Micros
from streams.text import Text

_UNITS: Final = {
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": WEEK,
    "秒": SECOND,
    "分钟": MINUTE,
    "小时": HOUR,
    "天": DAY,
    "周": WEEK,
}
_PART: Final = re.compile(r"([0-9]+)\s*([smhdw](?![^\W\d])|秒|分钟|小时|天|周)\s*")
_MOST: Final = LAST - FIRST  # longer than this nothing lasts


class DurationError(RulesError):
    """A text that is no duration; `offset` is where in it the trouble begins."""

    def __init__(self, message: Text, offset: int) -> None:
        self.message = message
        self.offset = offset
        super().__init__(message.en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A length of time. With a calendar it is so many working days, then so much working time; else `days` is 0."""

    days: int = 0
    span: Micros = 0
    calendar: Calendar | None = None

    @property
    def micros(self) -> Micros:
        """Of a duration without a calendar; ValueError with one, whose length depends on where it begins."""
        if self.calendar is not None:
            raise ValueError(f"a duration in {self.calendar.name} has no fixed length")
        return self.span

    def add(self, start: Instant) -> Instant | None:
        """`start` plus this, no cut-off applied: for the offsets of stages. None: out of range."""
        calendar = self.calendar
        if calendar is None:
            return _within_years(start + self.span)
        if not self.days:
            return calendar.add(start, self.span)
        later = calendar.add_days(start, self.days)
        return later if later is None or not self.span else _near(start, calendar.add(later, self.span))

    def subtract(self, end: Instant) -> Instant | None:
        """`end` minus this, days first as in `add`. None: out of range."""
        calendar = self.calendar
        if calendar is None:
            return _within_years(end - self.span)
        if not self.days:
            return calendar.subtract(end, self.span)
        earlier = calendar.add_days(end, -self.days)
        return earlier if earlier is None or not self.span else _near(end, calendar.subtract(earlier, self.span))

    def after(self, start: Instant) -> Instant | None:
        """`start` plus this, the calendar's cut-off applied first: for `for`, `within` and lead times."""
        if self.calendar is None:
            return _within_years(start + self.span)
        counted = self.calendar.counted_from(start)
        if counted is None or counted == start:
            return None if counted is None else self.add(start)
        return _near(start, self.add(counted))

    @property
    def meaning(self) -> object:
        """All that its results depend on, as plain values."""
        calendar = None if self.calendar is None else self.calendar.meaning
        return {"days": self.days, "span": self.span, "calendar": calendar}

    def covers(self, other: "Duration") -> bool:
        """Whether `other` is in the same calendar and unit and no longer than this."""
        same = (self.calendar is None) == (other.calendar is None) and (
            self.calendar is None or other.calendar is None or self.calendar.name == other.calendar.name
        )
        return same and other.days <= self.days and other.span <= self.span

    def __str__(self) -> str:
        parts = [f"{self.days}d"] if self.days else []
        rest = self.span
        for unit in ("d", "h", "m", "s"):
            count, rest = divmod(rest, _UNITS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return " ".join((*(parts or ["0h"]), *([] if self.calendar is None else [self.calendar.name])))


def parse_duration(text: str, calendars: Mapping[str, Calendar]) -> Duration:
    """A duration, a calendar's name behind it. Raises DurationError."""
    return _parse(unicodedata.normalize("NFKC", text), 0, calendars)


def parse_offset(text: str, calendars: Mapping[str, Calendar]) -> tuple[Duration, bool]:
    """A signed duration (`-4h`, `+49h`, `24h`): its length, and whether it is negative. Raises DurationError."""
    text = unicodedata.normalize("NFKC", text)
    start = len(text) - len(text.lstrip())
    signed = text[start : start + 1] in ("-", "+")
    return _parse(text, start + signed, calendars), text[start : start + 1] == "-"


def read_duration(leaf: Leaf, calendars: Mapping[str, Calendar]) -> Duration | None:
    """The duration that a file gives; None, with a problem, where it is none."""
    try:
        return parse_duration(leaf.raw, calendars)
    except DurationError as error:
        _report(leaf, error)
        return None


def read_offset(leaf: Leaf, calendars: Mapping[str, Calendar]) -> tuple[Duration, bool] | None:
    """The signed duration that a file gives: its length, and whether it is negative."""
    try:
        return parse_offset(leaf.raw, calendars)
    except DurationError as error:
        _report(leaf, error)
        return None


def read_plain(leaf: Leaf) -> Micros | None:
    """A duration where no calendar may stand, such as keep_open_for."""
    try:
        return _parse(unicodedata.normalize("NFKC", leaf.raw), 0, None).micros
    except DurationError as error:
        _report(leaf, error)
        return None


def _report(leaf: Leaf, error: DurationError) -> None:
    message = error.message
    leaf.source.problems.error(leaf.rest(error.offset), "duration", zh=message.zh, en=message.en)


def _parse(text: str, index: int, calendars: Mapping[str, Calendar] | None) -> Duration:
    counts: dict[Micros, int] = {}
    index += len(text[index:]) - len(text[index:].lstrip())
    begin = index
    while (found := _PART.match(text, index)) is not None:
        unit = _UNITS[found[2]]
        if unit in counts:
            raise DurationError(
                Text(zh=f"单位 {found[2]} 出现两次", en=f"the unit {found[2]} stands there twice"), index
            )
        counts[unit] = int(found[1]) if len(found[1]) <= 18 else _MOST
        index = found.end()
    name = text[index:].strip()
    apart = text[index - 1 : index].isspace() and not (name[:1].isdigit() and name not in (calendars or ()))
    if not counts or (name and not apart):
        working = next(iter(calendars or ()), None)
        example = Text(zh="", en="")
        if working is not None:
            example = Text(zh=f"；工作日如 2d {working}", en=f"; working days as in 2d {working}")
        raise DurationError(
            Text(
                zh=f"“{text[begin:]}”不是时长；应为带单位的整数，如 90s 15m 48h 7d 2w、1d 12h、48小时{example.zh}",
                en=f'"{text[begin:]}" is no duration; expected whole numbers with units, '
                f"such as 90s 15m 48h 7d 2w, 1d 12h{example.en}",
            ),
            index,
        )
    if not name:
        return Duration(span=min(_MOST, sum(unit * count for unit, count in counts.items())))
    if calendars is None:
        raise DurationError(Text(zh="此处不能使用日历", en="no calendar can stand here"), index)
    calendar = calendars.get(name)
    if calendar is None:
        end = guess(name, calendars)
        raise DurationError(Text(zh=f"未知的日历 {name}{end.zh}", en=f"unknown calendar {name}{end.en}"), index)
    days = counts.pop(WEEK, 0) * 7 + counts.pop(DAY, 0)
    return Duration(days=days, span=min(_MOST, sum(unit * count for unit, count in counts.items())), calendar=calendar)


def _within_years(instant: Instant) -> Instant | None:
    return instant if FIRST <= instant <= LAST else None


def _near(start: Instant, found: Instant | None) -> Instant | None:
    """What working time leads to, unless it is more than 800 days away from where it began."""
    return found if found is not None and -REACH <= found - start <= REACH else None
