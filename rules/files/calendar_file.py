"""calendars.yaml: zones, working hours, holidays and exceptions."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from rules.errors import guess
from rules.files import keys
from rules.files.document import Leaf, Map, Node, as_leaves, wrong
from rules.files.zones import read_zone
from rules.worktime.calendars import Calendar, Span
from rules.worktime.public_holidays import NO_HOLIDAYS, PublicHolidays, countries, public_holidays
from streams.instants import DAY, HOUR, MINUTE, Micros
from streams.text import nfkc

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_calendars(root: Map, zone: ZoneInfo) -> dict[str, Calendar]:
    """The calendars of a file; `zone` is the model's, for those that name none."""
    root.only(*keys.CALENDARS)
    calendars: dict[str, Calendar] = {}
    for name, entry in root.maps("calendars", required=bool(root.entries)):
        calendar = _calendar(nfkc(name.raw), entry, zone)
        if not calendar.name or any(char.isspace() for char in calendar.name):
            wrong(name, zh="没有空格的日历名", en="a calendar name without blanks")
        elif calendar.name in calendars:
            root.problems.error(name.place, "duplicate_key", zh="日历名重复", en="this calendar is declared twice")
        else:
            calendars[calendar.name] = calendar
    return calendars


def read_week(hours: Map) -> dict[int, tuple[Span, ...]]:
    """`{mon-fri: ["09:00-12:00"], sat: off}`: the spans of each weekday, Monday is 0; days off are left out."""
    week: dict[int, tuple[Span, ...]] = {}
    for key, entry in hours.entries.items():
        spans = read_spans(entry.node)
        for day in read_weekdays(entry.key):
            if day in week:
                hours.problems.error(
                    entry.key.place,
                    "duplicate_key",
                    zh=f"{key} 中的 {WEEKDAYS[day]} 已有时段",
                    en=f"{WEEKDAYS[day]} in {key} has its hours already",
                )
            week[day] = spans
    return {day: spans for day, spans in sorted(week.items()) if spans}


def read_spans(node: Node) -> tuple[Span, ...]:
    """`["09:00-12:00", "13:00-18:00"]`, one such text, or `off`."""
    if isinstance(node, Leaf) and node.raw == "off":
        return ()
    spans = (read_span(leaf) for leaf in as_leaves(node) or ())
    return tuple(sorted(span for span in spans if span is not None))


def read_span(leaf: Leaf) -> Span | None:
    """`09:00-12:00`: from in, until out, within one day."""
    start_text, dash, end_text = leaf.raw.replace(" ", "").partition("-")
    start, end = _clock(start_text), _clock(end_text)
    if start is None or end is None or not dash or start == DAY:
        wrong(leaf, zh='时段，如 "09:00-12:00"', en='hours such as "09:00-12:00"')
        return None
    if end <= start:
        leaf.source.problems.error(
            leaf.place,
            "crosses_midnight",
            zh="时段不能跨午夜，且结束须晚于开始；请写成两天的两个时段",
            en="hours end after they begin and do not cross midnight; write two intervals on two days",
        )
        return None
    return Span(start, end)


def _calendar(name: str, entry: Map, zone: ZoneInfo) -> Calendar:
    entry.only(*keys.CALENDAR)
    zone_leaf = entry.leaf("zone")
    already = len(entry.problems.found)
    hours = entry.map("hours")
    week = {} if hours is None else read_week(hours)
    if not week and len(entry.problems.found) == already:
        entry.problems.error(
            entry.key_place("hours"),
            "no_hours",
            zh=f"日历 {name} 没有工作时段，时间永远不会过去；请写 hours",
            en=f"the calendar {name} has no hours, so that no time would ever pass; give it hours",
        )
    return Calendar(
        name=name,
        zone=(None if zone_leaf is None else read_zone(zone_leaf)) or zone,
        week=week,
        holidays=_holidays(entry),
        days=dict(_exceptions(entry)),
        cut_off=_cut_off(entry),
        where=entry.place_of("holidays"),
    )


def _holidays(entry: Map) -> PublicHolidays:
    leaf = entry.leaf("holidays")
    if leaf is None:
        return NO_HOLIDAYS
    try:
        return public_holidays(leaf.raw)
    except KeyError:
        end = guess(leaf.raw, ("none", *countries()))
        entry.problems.error(
            leaf.place,
            "unknown_country",
            zh=f"没有 {leaf.raw} 的节假日数据{end.zh}",
            en=f"no holidays are known of {leaf.raw}{end.en}",
        )
        return NO_HOLIDAYS


def _exceptions(entry: Map) -> Iterator[tuple[date, tuple[Span, ...]]]:
    days = entry.map("days")
    for text, node in () if days is None else days.items():
        day = _date(text)
        if day is None:
            key = days.entries[text].key if days is not None else None
            if key is not None:
                wrong(key, zh="日期，如 2026-10-10", en="a date such as 2026-10-10")
            continue
        yield day, read_spans(node)


def _cut_off(entry: Map) -> Micros | None:
    leaf = entry.leaf("cut_off")
    if leaf is None:
        return None
    clock = _clock(leaf.raw)
    if clock is None:
        wrong(leaf, zh='时刻，如 "16:00"', en='a clock time such as "16:00"')
    return clock


def read_weekdays(key: Leaf) -> Iterator[int]:
    """`mon-fri`, `sat`, `mon,wed-thu`; a range may go over Sunday."""
    for part in key.raw.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        for word in (first, last) if dash else (first,):
            if word not in WEEKDAYS:
                end = guess(word, WEEKDAYS)
                key.source.problems.error(
                    key.place, "unknown_day", zh=f"未知的星期 {word}{end.zh}", en=f"unknown day {word}{end.en}"
                )
                break
        else:
            start = WEEKDAYS.index(first)
            length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
            yield from ((start + step) % 7 for step in range(length + 1))


def _clock(text: str) -> Micros | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    clock = int(found[1]) * HOUR + int(found[2]) * MINUTE
    return clock if clock <= DAY and int(found[2]) < 60 else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
