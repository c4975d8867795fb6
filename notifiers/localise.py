"""Durations, instants and numbers as people of a language and zone write them."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_decimal

from streams.instants import DAY, HOUR, MINUTE, SECOND, Instant, Micros, to_datetime
from streams.text import Language

_LOCALES: Final[Mapping[Language, str]] = {"zh": "zh_CN", "en": "en"}
# Babel's shortest unit names differ from those that console.md uses ("52 hr", "52小时").
_UNITS: Final[Mapping[Language, Mapping[Micros, str]]] = {
    "zh": {DAY: "天", HOUR: "小时", MINUTE: "分钟", SECOND: "秒"},
    "en": {DAY: "d", HOUR: "h", MINUTE: "min", SECOND: "s"},
}
# Line ends and controls, and what turns the reading direction of the text after it.
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@lru_cache(maxsize=4)
def locale_of(language: Language) -> Locale:
    return Locale.parse(_LOCALES[language])


def number_text(number: float, language: Language) -> str:
    """1234.5 as 1,234.5; never more digits than the number has, whole numbers without a point."""
    return format_decimal(number, format="#,##0.######", locale=locale_of(language))


def duration_text(duration: Micros, language: Language) -> str:
    """The length in the units that matter at its size, rounded down: 35 min, 1 h 35 min, 52 h, 3 d 4 h, 15 d."""
    length = abs(duration)
    if length < MINUTE:
        parts = [(length // SECOND, SECOND)]
    elif length < HOUR:
        parts = [(length // MINUTE, MINUTE)]
    elif length < 10 * HOUR:
        parts = [(length // HOUR, HOUR), (length % HOUR // MINUTE, MINUTE)]
    elif length < 3 * DAY:
        parts = [(length // HOUR, HOUR)]
    elif length < 14 * DAY:
        parts = [(length // DAY, DAY), (length % DAY // HOUR, HOUR)]
    else:
        parts = [(length // DAY, DAY)]
    units = _UNITS[language]
    shown = parts[:1] + [part for part in parts[1:] if part[0]]
    return " ".join(f"{number_text(count, language)} {units[unit]}" for count, unit in shown)


def moment_text(instant: Instant, language: Language, zone: ZoneInfo, now: Instant) -> str:
    """Date and time of day in the zone: Mar 2, 09:00, 3月2日 09:00; with the year where it is not the year of `now`."""
    local = to_datetime(instant).astimezone(zone)
    skeleton = "MMMd" if local.year == to_datetime(now).astimezone(zone).year else "yMMMd"
    locale = locale_of(language)
    date = format_skeleton(skeleton, local, tzinfo=zone, locale=locale)
    time = format_datetime(local, "HH:mm", tzinfo=zone, locale=locale)
    return f"{date} {time}" if language == "zh" else f"{date}, {time}"


def zone_text(instant: Instant, zone: ZoneInfo) -> str:
    """How far the zone is from UTC then: UTC+8, UTC-3:30, UTC."""
    moment: datetime = to_datetime(instant).astimezone(zone)
    offset = moment.utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def one_line(text: str, limit: int) -> str:
    """Text from outside made fit to stand in a message: one line, nothing unseen, at most `limit` characters."""
    seen = " ".join(_UNSEEN.sub(" ", text).split())
    return seen if len(seen) <= limit else seen[: limit - 1].rstrip() + "…"
