"""Cells as people read them: numbers, shares, lengths and instants in the reader's language and the model's zone."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from notifiers.localise import duration_text, number_text, one_line
from simulator.report.document import Cell, CellKind
from streams.instants import Instant, to_datetime
from streams.text import Language, Text

NOTHING: Final = "–"
_LONGEST: Final = 500  # characters of one cell: keys come from outside


def cell_text(cell: Cell, kind: CellKind, language: Language, zone: ZoneInfo, *, dates_only: bool = False) -> str:
    """One line without unseen characters. Instants are written 2026-03-02 09:00, as both languages read them."""
    match cell:
        case None:
            return NOTHING
        case Text():
            return one_line(cell.say(language), _LONGEST)
        case str():
            return one_line(cell, _LONGEST)
        case bool():
            return Text(zh="是" if cell else "否", en="yes" if cell else "no").say(language)
        case _:
            return _number_text(cell, kind, language, zone, dates_only)


def label_text(text: Text, language: Language) -> str:
    """Names of rules, fields and files come from outside too: without unseen characters, which no SVG may have."""
    return one_line(text.say(language), _LONGEST)


def local_time(instant: Instant, zone: ZoneInfo) -> datetime:
    """At the very ends of the calendar, which zones lead out of, the time in UTC."""
    moment = to_datetime(instant)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def has_value(cell: Cell) -> bool:
    """Neither missing nor the result of a division by nothing."""
    return cell is not None and not (isinstance(cell, float) and not math.isfinite(cell))


def all_days(cells: Iterable[Cell], zone: ZoneInfo) -> bool:
    """Whether instants are all the first of their day, so that the time of day says nothing."""
    found = False
    for cell in cells:
        if isinstance(cell, int | float) and has_value(cell):
            local = local_time(int(cell), zone)
            if local.hour or local.minute or local.second or local.microsecond:
                return False
            found = True
    return found


def _number_text(number: float, kind: CellKind, language: Language, zone: ZoneInfo, dates_only: bool) -> str:
    if not math.isfinite(number):
        return NOTHING
    match kind:
        case "share":
            return f"{_rounded(100 * number, language, digits=1)}%"
        case "duration":
            sign = "-" if number < 0 else ""
            return sign + duration_text(int(number), language)
        case "instant":
            return _instant_text(int(number), zone, dates_only)
        case _:
            return _rounded(number, language)


def _instant_text(instant: Instant, zone: ZoneInfo, dates_only: bool) -> str:
    return local_time(instant, zone).strftime("%Y-%m-%d" if dates_only else "%Y-%m-%d %H:%M")


def _rounded(number: float, language: Language, digits: int | None = None) -> str:
    """To three figures before and after the point, or to `digits` after it; more where a small number needs them."""
    if number and digits is None:
        digits = max(0, 2 - math.floor(math.log10(abs(number))))
    elif number and digits is not None and abs(number) < 10**-digits:
        digits = 1 - math.floor(math.log10(abs(number)))
    return number_text(round(number, digits), language)
