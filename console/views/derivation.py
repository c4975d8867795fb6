"""How a deadline in working time was counted, step by step, in words (records of rules/explain.py)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton

from console.viewer import Viewer
from notifiers.localise import locale_of
from streams.instants import Instant, parse_instant, to_datetime
from streams.text import Text

_UTC = ZoneInfo("UTC")


def step_texts(steps: Sequence[Any], viewer: Viewer) -> tuple[str, ...]:
    return tuple(_text(step, viewer) for step in steps if isinstance(step, Mapping))


def _text(step: Mapping[str, Any], viewer: Viewer) -> str:
    match step.get("step"):
        case "moved":
            at = viewer.moment(_instant(step["at"]))
            return viewer.t("step_cut_off" if step.get("cut_off") else "step_from_day_off", at=at)
        case "off":
            return viewer.t("step_off", days=_days(step, viewer), why=_why_off(step, viewer))
        case "unusual":
            name = _name(step, viewer)
            own = step.get("why") == "own"
            return viewer.t("step_own_hours" if own else "step_make_up", day=_day(step["day"], viewer), name=name)
        case "day":
            return viewer.t("step_day", day=_day(step["day"], viewer), number=step.get("number"))
        case "work":
            start, end = _instant(step["from"]), _instant(step["to"])
            until = to_datetime(end).astimezone(viewer.zone).strftime("%H:%M")
            return viewer.t("step_work", start=viewer.moment(start), end=until, span=viewer.span(end - start))
        case _:
            return viewer.t("step_more", count=step.get("count"))


def _why_off(step: Mapping[str, Any], viewer: Viewer) -> str:
    if step.get("why") == "holiday":
        return _name(step, viewer) or viewer.t("holiday")
    return viewer.t("off_by_own" if step.get("why") == "own" else "off_by_week")


def _name(step: Mapping[str, Any], viewer: Viewer) -> str:
    name = step.get("name")
    return viewer.text(Text(zh=str(name.get("zh")), en=str(name.get("en")))) if isinstance(name, Mapping) else ""


def _days(step: Mapping[str, Any], viewer: Viewer) -> str:
    first, last = step["first"], step["last"]
    return _day(first, viewer) if first == last else f"{_day(first, viewer)} – {_day(last, viewer)}"


def _day(text: str, viewer: Viewer) -> str:
    """Thu, Oct 1; 10月1日周四."""
    day, locale = date.fromisoformat(text), locale_of(viewer.language)
    if day.year != to_datetime(viewer.now).astimezone(viewer.zone).year:
        return format_date(day, "medium", locale=locale)
    return format_skeleton("MMMEd", day, locale=locale)


def _instant(text: str) -> Instant:
    return parse_instant(text, _UTC)
