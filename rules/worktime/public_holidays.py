"""Public holidays and make-up working days by country, from the libraries that keep them.

`chinesecalendar` follows the State Council's yearly notice, make-up working days included, and knows nothing of a year
before its notice; `holidays` computes the other countries. Outside the years that a library knows, days are ordinary
ones, and the calendar says that it does not know them (`years`), so that nothing is guessed in silence.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from hashlib import sha256
from importlib.metadata import version
from typing import Final

import holidays
from chinese_calendar import Holiday
from chinese_calendar import constants as china

from streams.text import Text

_FIRST_YEAR: Final = 1
_LAST_YEAR: Final = 9999


class Special(Enum):
    """What a date is besides a day of the week."""

    HOLIDAY = "holiday"
    MAKE_UP = "make_up"  # a working day in exchange; it has Monday's hours


@dataclass(frozen=True, kw_only=True)
class PublicHolidays:
    """The holidays of one country. Two are equal where they come from the same data."""

    country: str  # as in the file; "none"
    fingerprint: str  # of the data behind it: part of the meaning of a rule that counts working time
    years: tuple[int, int]  # first and last known
    special: Callable[[date], Special | None] = field(compare=False, repr=False)
    named: Callable[[date], Text | None] = field(default=lambda day: None, compare=False, repr=False)

    def knows(self, day: date) -> bool:
        return self.years[0] <= day.year <= self.years[1]


NO_HOLIDAYS: Final = PublicHolidays(
    country="none", fingerprint="none", years=(_FIRST_YEAR, _LAST_YEAR), special=lambda day: None
)


def public_holidays(country: str) -> PublicHolidays:
    """`none`, `CN`, another country's code, or one of its parts (`DE-BY`). Raises KeyError for what no library has."""
    if country == "none":
        return NO_HOLIDAYS
    return _china() if country == "CN" else _library(country)


def countries() -> tuple[str, ...]:
    return tuple(sorted({"CN", *holidays.list_supported_countries(include_aliases=False)}))


def _china() -> PublicHolidays:
    off, made_up = china.holidays, china.workdays
    every = "".join(day.isoformat() for days in (off, made_up) for day in sorted(days))
    years = sorted({day.year for day in off})
    names = {one.value: Text(zh=one.chinese, en=one.value) for one in Holiday}

    def special(day: date) -> Special | None:
        if day in made_up:
            return Special.MAKE_UP
        return Special.HOLIDAY if day in off else None

    return PublicHolidays(
        country="CN",
        fingerprint="CN:" + sha256(every.encode()).hexdigest()[:16],
        years=(years[0], years[-1]),
        special=special,
        named=lambda day: names.get(off.get(day) or made_up.get(day) or ""),
    )


def _library(country: str) -> PublicHolidays:
    name, _, part = country.partition("-")
    try:
        known = holidays.country_holidays(name, subdiv=part or None)
    except NotImplementedError:
        raise KeyError(country) from None

    def called(language: str) -> holidays.HolidayBase:
        """The library's names in a language; left to itself it takes one from the environment where it lacks this."""
        has = known.supported_languages
        chosen = language if language in has else "en_US" if "en_US" in has else known.default_language
        return holidays.country_holidays(name, subdiv=part or None, language=chosen)

    in_english, in_chinese = called("en_US"), called("zh_CN")

    def special(day: date) -> Special | None:
        if day in known:  # asking for a date makes the library compute its year
            return Special.HOLIDAY
        return Special.MAKE_UP if day in known.weekend_workdays else None

    def named(day: date) -> Text | None:
        english = in_english.get(day)
        return None if english is None else Text(zh=in_chinese.get(day, english), en=english)

    return PublicHolidays(
        country=country,
        fingerprint=f"{country}:{version('holidays')}",
        years=(known.start_year, known.end_year),
        special=special,
        named=named,
    )
