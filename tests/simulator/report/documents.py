"""Small reports for tests: one of each kind of part, and charts of each mark."""

from typing import Any
from zoneinfo import ZoneInfo

from simulator.report.document import (
    Axis,
    Chart,
    Document,
    Fact,
    Facts,
    Head,
    Mark,
    Note,
    Reference,
    Section,
    Table,
)
from streams.instants import DAY, HOUR, parse_instant
from streams.text import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = parse_instant("2026-03-02", SHANGHAI)
HOSTILE = '<script>alert("1")</script>&amp;\u202e\x00'


def text(word: str) -> Text:
    return Text(zh=f"{word}（中文）", en=word)


def chart(mark: Mark, points: list[dict[str, Any]], **changes: Any) -> Chart:
    given: dict[str, Any] = {
        "name": f"a-{mark}",
        "title": text("chart"),
        "mark": mark,
        "x": Axis(label=text("day"), kind="instant"),
        "y": Axis(label=text("incidents")),
        "points": points,
    }
    return Chart(**{**given, **changes})


def days(count: int) -> list[dict[str, Any]]:
    return [{"x": MONDAY + place * DAY, "y": place % 7} for place in range(count)]


NAMED = chart("bar", [{"x": HOSTILE, "y": 3}, {"x": "供应商", "y": 1}], x=Axis(label=text("supplier"), kind="text"))
LINES = chart(
    "line",
    [{"x": hours * HOUR, "y": hours / 100, "series": text("recall"), "low": 0, "high": 1} for hours in (24, 48, 72)],
    x=Axis(label=text("deadline"), kind="duration"),
    y=Axis(label=text("share"), kind="share"),
    references=(Reference(label=text("in force"), at=48 * HOUR, axis="x"),),
)
HEAT = chart(
    "heat",
    [{"x": hour, "y": day, "value": hour} for day in ("Mon", "Tue") for hour in (10, 9)],
    x=Axis(label=text("hour")),
    y=Axis(label=text("weekday"), kind="text"),
    value=Axis(label=text("incidents")),
)
CLOUD = chart("point", [{"x": DAY * place, "y": place} for place in range(3)])

ORDERS = Table(
    name="orders",
    title=text("orders"),
    heads=(
        Head(label=text("order")),
        Head(label=text("lasted"), kind="duration", about=text("how long it was open")),
        Head(label=text("opened"), kind="instant"),
        Head(label=text("share"), kind="share"),
    ),
    rows=[
        (HOSTILE, 50 * HOUR, MONDAY, 0.5),
        ("=1+2", 3 * HOUR, MONDAY + DAY, None),
        ("A-10", None, MONDAY + 2 * DAY, float("nan")),
        ("A-9", 400 * HOUR, MONDAY + 3 * DAY, 0.0414),
    ],
)


def document(*parts: Any) -> Document:
    shown = parts or (
        Note(text=text("nothing can be late"), warning=True),
        Facts(facts=(Fact(label=text("incidents"), value=58, about=text("on 58 orders")),)),
        chart("bar", days(3), stacked=True),
        ORDERS,
    )
    sections = (Section(name="summary", title=text("summary"), parts=shown),)
    return Document(title=text("report"), sections=sections, about=text("a history"), zone=SHANGHAI)
