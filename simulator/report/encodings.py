"""Parts of a Vega-Lite specification that several kinds of chart share: axes, series, what marks say, references."""

from typing import Any, Final

from simulator.report.cells import label_text
from simulator.report.document import Chart
from simulator.report.plotted import Plotted
from simulator.report.style import DASHES, INK, NARROW, SERIES, SHAPES, SURFACE

Spec = dict[str, Any]

# What is read out of a mark with `aria`, and shown when one points at it.
SAID: Final[Spec] = {"description": {"field": "said", "type": "nominal"}}
# The title stands over the axis, where it is read without turning the head.
_OVER: Final[Spec] = {
    "titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleBaseline": "bottom",
    "titleX": 0, "titleY": -10,
}  # fmt: skip
_SYMBOL: Final = 44  # pixels of a legend's symbol and what lies between two


def axes(plotted: Plotted, width: int, *, from_zero: bool) -> Spec:
    x: Spec = {"field": "x", "type": plotted.x.type, "title": plotted.x.title}
    shown = {**plotted.x.shown(), "grid": False, "labelOverlap": "greedy", "labelFlush": True}
    if plotted.x.type == "ordinal":
        x |= {"sort": None, "axis": {**shown, "labelAngle": 0}}
    else:
        x["axis"] = {**shown, "tickCount": 8 if width > NARROW else 4, "tickSize": 4}
        x["scale"] = {"type": "utc"} if plotted.x.type == "temporal" else {"zero": False}
        x["scale"]["nice"] = False
    y = {
        "field": "y",
        "type": "quantitative",
        "title": plotted.y.title,
        "axis": {**plotted.y.shown(), **_OVER, "tickCount": 5},
        "scale": {"zero": from_zero, "nice": 5},
    }
    return {"x": x, "y": y}


def series(plotted: Plotted, width: int, *, legend: bool = True, dashes: bool = False, shapes: bool = False) -> Spec:
    """Colours by name, and for what has no area a second sign, so that colour is never alone."""
    names = plotted.names
    if not names:
        return {"color": {"value": SERIES[0]}}
    symbol = {"symbolType": "stroke"} if dashes else {}
    shown = {"title": None, "columns": columns(names, width), **symbol} if legend and len(names) > 1 else None
    channels: list[tuple[str, tuple[Any, ...]]] = [("color", SERIES)]
    if dashes:
        channels.append(("strokeDash", DASHES))
    if shapes:
        channels.append(("shape", SHAPES))
    return {
        channel: {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": names, "range": [signs[place % len(signs)] for place in range(len(names))]},
            "legend": shown,
        }
        for channel, signs in channels
    }


def intervals(plotted: Plotted, encoding: Spec, mark: Spec) -> list[Spec]:
    """The band or the whiskers from `low` to `high`, where there are any."""
    if not plotted.banded:
        return []
    y = {**encoding["y"], "field": "low"}
    drawn = {key: value for key, value in encoding.items() if key in ("x", "color")}
    return [{"mark": mark, "encoding": {**drawn, "y": y, "y2": {"field": "high"}}}]


def references(chart: Chart, plotted: Plotted, *, lying: bool = False) -> list[Spec]:
    """A dashed line with its name at the end of each. `lying`: the y axis of the chart goes to the right."""
    layers: list[Spec] = []
    for one in chart.references:
        scale = plotted.x if one.axis == "x" else plotted.y
        upright = (one.axis == "x") is not lying
        place = {"x" if upright else "y": {"datum": scale.plot(one.at)}}
        beside = {"align": "left", "dx": 4, "y": 6} if upright else {"align": "right", "dy": -6, "x": "width"}
        text = f"{label_text(one.label, scale.language)} {scale.say(one.at)}"
        named = {"type": "text", "text": text, **beside}
        marks: list[Spec] = [
            {"type": "rule", "color": INK, "strokeDash": [4, 3]},
            {**named, "color": SURFACE, "stroke": SURFACE, "strokeWidth": 4},  # keeps what lies below off the name
            named,
        ]
        layers += [{"data": {"values": [{}]}, "mark": mark, "encoding": place} for mark in marks]
    return layers


def columns(names: list[str], width: int) -> int:
    """Of a legend over the chart: as many as find room beside each other."""
    return max(1, width // (_SYMBOL + max(map(text_width, names))))


def text_width(text: str) -> int:
    """About how wide it is in pixels: Chinese characters are square."""
    return sum(7 if char < "\u2e80" else 12 for char in text)
