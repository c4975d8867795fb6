"""Working time of generated histories where no workspace says it: as in the one that `tocsin init` writes."""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from rules.worktime.calendars import Calendar, Span
from rules.worktime.public_holidays import public_holidays
from streams.instants import HOUR
from streams.text import Language

CALENDAR: Final = "workdays"
_ZONES: Final[Mapping[Language, str]] = {"en": "UTC", "zh": "Asia/Shanghai"}
_HOLIDAYS: Final[Mapping[Language, str]] = {"en": "none", "zh": "CN"}
_HOURS: Final = (Span(9 * HOUR, 12 * HOUR), Span(13 * HOUR, 18 * HOUR))


def usual_calendar(language: Language, zone: ZoneInfo | None = None) -> Calendar:
    return Calendar(
        name=CALENDAR,
        zone=zone or ZoneInfo(_ZONES[language]),
        week=dict.fromkeys(range(5), _HOURS),
        holidays=public_holidays(_HOLIDAYS[language]),
    )
