"""A chart as a Vega-Lite specification, in one language and for one width.

https://vega.github.io/vega-lite/docs/. Rows have fixed names (x, x2, y, y2, low, high, series, said); whatever comes
from outside is only ever a value in them, so it can neither name a field nor be an expression.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from simulator.report.cells import has_value
from simulator.report.document import Chart
from simulator.report.encodings import SAID, Spec, axes, columns, intervals, references, series, text_width
from simulator.report.heat import heat_steps, step_of
from simulator.report.plotted import Plotted, Row, plot
from simulator.report.scales import Scale
from simulator.report.style import CONFIG, INK, NARROW, SURFACE
from streams.text import Language

_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
_HEIGHT: Final = 240
_ROW: Final = 26  # of bars and heat that have a name each
_THIN: Final = 16  # of bars side by side
_MOST_NAMES: Final = 4  # lines whose names stand at their ends
_APART: Final = 0.08  # of the height: names closer than this would lie on each other
_MOST_TIPS: Final = 150  # points of a line or cloud that one can point at
_MOST_DOTS: Final = 40  # points of a line that are marked
_EDGE: Final = 12


def chart_spec(chart: Chart, language: Language, zone: ZoneInfo, width: int) -> Spec:
    """Self-contained: its rows are in it, and it names nothing elsewhere."""
    plotted = plot(chart, language, zone)
    return {
        "$schema": _SCHEMA,
        "config": CONFIG,
        "width": width,
        "height": _HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": _padding(),
        "data": {"values": plotted.rows},
        **_DRAWN[chart.mark](chart, plotted, width),
    }


def _padding(*, left: int = 4, right: int = 0) -> Spec:
    return {"left": left, "right": _EDGE + right, "top": 8, "bottom": 4}


def _room_for(names: Iterable[str], limit: int) -> int:
    """At the left of names that are longer in the reader's font than in the one they were measured with."""
    return 8 + min(limit, max(map(text_width, names), default=0)) // 6


def _lines(chart: Chart, plotted: Plotted, width: int) -> Spec:
    ends = _ends(plotted) if width > NARROW else []
    xy = axes(plotted, width, from_zero=plotted.y.axis.kind != "instant")
    encoding = {**xy, **series(plotted, width, legend=not ends, dashes=True)}
    mark: Spec = {"type": "line", "strokeWidth": 2, "interpolate": "step-after" if chart.mark == "step" else "linear"}
    if chart.mark == "line" and len(plotted.rows) <= _MOST_DOTS * max(1, len(plotted.names)):
        mark["point"] = {"size": 30}  # so few that each was chosen
    layers = [*intervals(plotted, encoding, {"type": "area", "opacity": 0.18}), {"mark": mark, "encoding": encoding}]
    layers += [*_unseen_points(plotted, xy), *references(chart, plotted)]
    if not ends:
        return {"layer": layers}
    named = {"x": xy["x"], "y": xy["y"], "text": {"field": "series"}}
    layers.append({"data": {"values": ends}, "mark": {"type": "text", "align": "left", "dx": 6}, "encoding": named})
    return {"layer": layers, "padding": _padding(right=max(text_width(row["series"]) for row in ends))}


def _ends(plotted: Plotted) -> list[Row]:
    """The last point of each line, where the names of the lines find room beside them; else none."""
    if not 1 < len(plotted.names) <= _MOST_NAMES:
        return []
    ends = {row["series"]: row for row in sorted(plotted.rows, key=lambda row: row["x"])}
    heights = sorted(row["y"] for row in ends.values())
    top = max(row["y"] for row in plotted.rows) or 1
    close = any(after - before < _APART * top for before, after in pairwise(heights))
    same_end = len({row["x"] for row in ends.values()}) == 1
    return [] if close or not same_end else list(ends.values())


def _unseen_points(plotted: Plotted, xy: Spec) -> list[Spec]:
    if len(plotted.rows) > _MOST_TIPS * max(1, len(plotted.names)):
        return []
    mark = {"type": "point", "filled": True, "size": 120, "opacity": 0, "aria": True}
    return [{"mark": mark, "encoding": {**xy, **SAID}}]


def _areas(chart: Chart, plotted: Plotted, width: int) -> Spec:
    xy = axes(plotted, width, from_zero=True)
    mark = {"type": "area", "opacity": 0.4 if plotted.names and not chart.stacked else 0.85}
    encoding = {**xy, "y2": {"field": "y2"}, **series(plotted, width)}
    layers = [{"mark": mark, "encoding": encoding}, *_unseen_points(plotted, xy), *references(chart, plotted)]
    return {"layer": layers}


def _points(chart: Chart, plotted: Plotted, width: int) -> Spec:
    encoding = {**axes(plotted, width, from_zero=False), **series(plotted, width, shapes=True)}
    many = len(plotted.rows) > _MOST_TIPS
    mark = {"type": "point", "filled": True, "aria": not many}
    mark |= {"size": 20, "opacity": 0.5} if many else {"size": 50, "opacity": 0.8}
    layers = [*intervals(plotted, encoding, {"type": "rule"}), {"mark": mark, "encoding": {**encoding, **SAID}}]
    written = _apart([row for row in plotted.rows if "label" in row], width)
    if written:
        named = {"x": encoding["x"], "y": encoding["y"], "text": {"field": "label"}}
        text = {"type": "text", "align": "left", "dx": 7, "fontSize": 11}
        layers.append({"data": {"values": written}, "mark": text, "encoding": named})
    return {"layer": [*layers, *references(chart, plotted)]}


def _apart(rows: list[Row], width: int) -> list[Row]:
    """Those whose names find room, the first of them first; the others say them when one points at them."""
    if not rows or any(isinstance(row["x"], str) for row in rows):
        return rows
    left, right = min(row["x"] for row in rows), max(row["x"] for row in rows)
    low, high = min(row["y"] for row in rows), max(row["y"] for row in rows)
    kept: list[tuple[float, float, float]] = []  # left, right and height of each, in pixels
    found = []
    for row in rows:
        start = (row["x"] - left) / (right - left or 1) * width
        end, height = start + text_width(row["label"]) + _EDGE, (row["y"] - low) / (high - low or 1) * _HEIGHT
        if all(end < other or until < start or abs(height - level) > _EDGE for other, until, level in kept):
            kept.append((start, end, height))
            found.append(row)
    return found


def _bars(chart: Chart, plotted: Plotted, width: int) -> Spec:
    if plotted.x.type == "ordinal":
        return _named_bars(chart, plotted, width)
    encoding = {**axes(plotted, width, from_zero=True), **series(plotted, width)}
    ends = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    mark = {"type": "bar", "aria": True, "stroke": SURFACE, "strokeWidth": 0.5 if chart.stacked else 0}
    whiskers = intervals(plotted, {**encoding, "color": {"value": INK}}, {"type": "rule"})
    layers = [{"mark": mark, "encoding": {**encoding, **ends, **SAID}}, *whiskers, *references(chart, plotted)]
    return {"layer": layers}


def _named_bars(chart: Chart, plotted: Plotted, width: int) -> Spec:
    """Lying, so that long names can be read; the figure of a single bar stands at its end, and no axis is needed."""
    several = len(plotted.names) > 1
    simple = not several and not plotted.banded and not chart.references
    beside = several and not chart.stacked
    limit = 280 if width > NARROW else 130
    names: Spec = {"field": "x", "type": "ordinal", "sort": None, "title": None, "scale": {"paddingInner": 0.25}}
    names["axis"] = _names(limit)
    lengths: Spec = {"field": "y", "type": "quantitative", "title": plotted.y.title, "scale": {"zero": True}}
    lengths["axis"] = None if simple else {**plotted.y.shown(), "tickCount": 5}
    encoding: Spec = {"y": names, "x": lengths, "x2": {"field": "y2"}, **series(plotted, width), **SAID}
    if beside:
        encoding["yOffset"] = {"field": "series", "type": "nominal", "scale": {"domain": plotted.names}}
    mark = {"type": "bar", "aria": True, "stroke": SURFACE, "strokeWidth": 0.5}
    layers: list[Spec] = [{"mark": mark, "encoding": encoding}]
    if plotted.banded:
        across = {**encoding, "x": {**lengths, "field": "low"}, "x2": {"field": "high"}, "color": {"value": INK}}
        layers.append({"mark": {"type": "rule"}, "encoding": across})
    height = {"step": _THIN, "for": "offset"} if beside else {"step": _ROW}
    spec: Spec = {"height": height, "layer": layers}
    if simple:
        figures = {"y": names, "x": lengths, "text": {"field": "figure"}}
        layers.append({"mark": {"type": "text", "align": "left", "dx": 6}, "encoding": figures})
        figure = max((text_width(row["figure"]) for row in plotted.rows), default=0)
        spec["padding"] = _padding(left=_room_for((row["x"] for row in plotted.rows), limit), right=figure)
    layers += references(chart, plotted, lying=True)
    return spec


def _heat(chart: Chart, plotted: Plotted, width: int) -> Spec:
    assert plotted.value is not None
    steps = heat_steps([row["value"] for row in plotted.rows], plotted.value)
    for row in plotted.rows:
        row["step"] = step_of(row["value"], steps).label
    labels = [step.label for step in steps]
    limit = 200 if width > NARROW else 90
    across: Spec = {"labelAngle": 0, "labelOverlap": "parity", "labelSeparation": 10, "domain": False}
    if plotted.x.days:
        across["labelExpr"] = "slice(datum.label, 5)"  # the title has the years
    x = {"field": "x", "type": "ordinal", "sort": _in_order(chart, "x", plotted.x), "title": plotted.x.title}
    y = {"field": "y", "type": "ordinal", "sort": _in_order(chart, "y", plotted.y), "title": None}
    colour = {
        "field": "step",
        "type": "ordinal",
        "title": plotted.value.title,
        "scale": {"domain": labels, "range": [step.colour for step in steps]},
        "legend": {"columns": columns(labels, width), "symbolStrokeWidth": 0, "symbolSize": 160},
    }
    encoding = {"x": {**x, "axis": across}, "y": {**y, "axis": _names(limit)}, "color": colour, **SAID}
    mark = {"type": "rect", "aria": True, "stroke": SURFACE, "strokeWidth": 1.5}
    padding = _padding(left=_room_for((row["y"] for row in plotted.rows), limit))
    return {"height": {"step": _ROW}, "mark": mark, "encoding": encoding, "padding": padding}


def _names(limit: int) -> Spec:
    """The axis of what is read first, so in ink; longer names are cut, and whole when one points at their mark."""
    return {"labelLimit": limit, "labelColor": INK, "labelFontSize": 12, "domain": False}


def _in_order(chart: Chart, key: str, scale: Scale) -> list[str]:
    """Names as they come; what can be compared by its size."""
    values = dict.fromkeys(point[key] for point in chart.points if has_value(point[key]))
    return [scale.say(value) for value in (values if scale.axis.kind == "text" else sorted(values))]


_DRAWN: Final[Mapping[str, Callable[[Chart, Plotted, int], Spec]]] = {
    "line": _lines,
    "step": _lines,
    "area": _areas,
    "bar": _bars,
    "point": _points,
    "heat": _heat,
}
