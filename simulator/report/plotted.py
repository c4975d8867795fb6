"""The points of a chart as the rows of its drawing: in the units of the axes, stacked, and said in words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from simulator.report.cells import NOTHING, cell_text, has_value
from simulator.report.document import Axis, Chart
from simulator.report.scales import Scale, scale_of
from streams.text import Language

Row = dict[str, Any]

_DAY: Final = 86_400_000  # milliseconds: a lonely bar on an axis of time
_GAP: Final = 0.12  # between bars, of their width
_MOST_GAPS: Final = 60  # more bars touch each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Plotted:
    """`rows` have x, y, `said`, and where they apply: x2, y2, low, high, series, value. `figure` is y in words."""

    x: Scale
    y: Scale
    value: Scale | None
    rows: list[Row]
    names: list[str]  # of the series, in their order
    banded: bool


def drawable(chart: Chart) -> list[Mapping[str, Any]]:
    """The points that have a place, and a colour where that is what they say."""
    needed = ("x", "y", "value") if chart.mark == "heat" else ("x", "y")
    return [point for point in chart.points if all(has_value(point[key]) for key in needed)]


def plot(chart: Chart, language: Language, zone: ZoneInfo) -> Plotted:
    points = drawable(chart)
    heat = chart.mark == "heat"
    x = scale_of(chart.x, [point["x"] for point in points], language, zone, named=heat)
    y = scale_of(chart.y, [point["y"] for point in points], language, zone, named=heat)
    value = None
    if heat:
        axis = chart.value or Axis(label=chart.title)
        value = scale_of(axis, [point["value"] for point in points], language, zone)
    rows = [_row(point, x, y, value) for point in points]
    # In the order of the document, though rows may be left out of the drawing.
    if any("series" in row for row in rows):
        rows = [{"series": NOTHING, **row} for row in rows]
    names = list(dict.fromkeys(row["series"] for row in rows if "series" in row))
    if chart.mark in ("bar", "area"):
        _raise(rows, names, chart)
    if chart.mark == "bar" and x.type != "ordinal":
        rows = [row for row in rows if row["y"] != row["y2"]]
        _widen(rows, names, chart)
    return Plotted(x=x, y=y, value=value, rows=rows, names=names, banded=any("low" in row for row in rows))


def _row(point: Mapping[str, Any], x: Scale, y: Scale, value: Scale | None) -> Row:
    row: Row = {"x": x.plot(point["x"]), "y": y.plot(point["y"]), "figure": y.say(point["y"])}
    said = [x.say(point["x"])]
    if has_value(point.get("x2")):
        row["x2"] = x.plot(point["x2"])
        said = [f"{said[0]} – {x.say(point['x2'])}"]
    if has_value(point.get("series")):
        row["series"] = cell_text(point["series"], "text", x.language, x.zone)
        said.append(row["series"])
    said.append(row["figure"])
    if value is not None:
        row["value"] = point["value"]
        said.append(value.say(point["value"]))
    if has_value(point.get("low")) and has_value(point.get("high")):
        row |= {"low": y.plot(point["low"]), "high": y.plot(point["high"])}
        said.append(f"{y.say(point['low'])} – {y.say(point['high'])}")
    if has_value(point.get("label")):
        row["label"] = cell_text(point["label"], "text", x.language, x.zone)
        said.insert(0, row["label"])
    row["said"] = " · ".join(said)
    return row


def _raise(rows: list[Row], names: Sequence[str], chart: Chart) -> None:
    """Give bars and areas the height from which they stand: 0, or that of what they are stacked on."""
    if chart.mark == "area" and chart.stacked:
        _complete(rows, names)
    heights: dict[Any, float] = defaultdict(float)
    for row in rows:
        row["y2"] = heights[row["x"]] if chart.stacked else 0
        if chart.stacked:
            heights[row["x"]] += row["y"]
            row["y"] = heights[row["x"]]


def _complete(rows: list[Row], names: Sequence[str]) -> None:
    """Areas that lie on each other need each x in each series."""
    there = {(row.get("series"), row["x"]) for row in rows}
    for x in sorted({row["x"] for row in rows}):
        rows += [{"x": x, "y": 0, "series": name, "said": ""} for name in names if (name, x) not in there]


def _widen(rows: list[Row], names: Sequence[str], chart: Chart) -> None:
    """Give bars their width; those of several series stand side by side in it."""
    places = sorted({row["x"] for row in rows})
    lonely = _DAY if chart.x.kind == "instant" else 1
    smallest = min((after - before for before, after in pairwise(places)), default=lonely)
    gap = _GAP if len(places) <= _MOST_GAPS else 0
    beside = 1 if chart.stacked else max(1, len(names))
    for row in rows:
        width = (row.get("x2", row["x"] + smallest) - row["x"]) * (1 - gap)
        place = names.index(row["series"]) if beside > 1 else 0
        row["x"] += width * place / beside
        row["x2"] = row["x"] + width / beside
