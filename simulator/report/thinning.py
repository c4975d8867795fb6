"""Fewer points where a chart could not show them all, chosen so that nothing that stands out is lost."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.report.document import Chart
from streams.text import Text

Points = Sequence[Mapping[str, Any]]

_SLICES: Final = 300  # of the x axis: of each, a line keeps its first, lowest, highest and last point
_MOST_ON_A_LINE: Final = 4 * _SLICES
_MOST_POINTS: Final = 1_000
_MOST_BARS: Final = 40  # with a name each
_MOST_ROWS: Final = 60  # of heat


def thinned(chart: Chart, points: Points) -> tuple[Points, Text | None]:
    """The points to draw, and what the reader is told where those are not all."""
    match chart.mark:
        case "heat":
            return _first_names(points, "y", _MOST_ROWS)
        case "bar" if chart.x.kind == "text":
            return _first_names(points, "x", _MOST_BARS)
        case "point":
            return _every_nth(points)
        case "line" | "step" | "area" if chart.x.kind != "text":
            return _outlines(points)
        case _:
            return points, None


def _first_names(points: Points, key: str, most: int) -> tuple[Points, Text | None]:
    names = list(dict.fromkeys(point[key] for point in points))
    if len(names) <= most:
        return points, None
    kept = set(names[:most])
    return [point for point in points if point[key] in kept], Text(
        zh=f"只画出 {len(names):,} 项中的前 {most} 项", en=f"The first {most} of {len(names):,} are drawn"
    )


def _every_nth(points: Points) -> tuple[Points, Text | None]:
    nth = -(-len(points) // _MOST_POINTS)
    if nth <= 1:
        return points, None
    places = sorted(range(len(points)), key=lambda place: (points[place]["x"], points[place]["y"]))[::nth]
    # The first of each series stays, so that the series keep their order, and with it their colours.
    firsts = {point.get("series"): place for place, point in reversed(list(enumerate(points)))}
    kept = [points[place] for place in sorted({*places, *firsts.values()})]
    return kept, Text(
        zh=f"画出 {len(points):,} 个点中的 {len(kept):,} 个：按横轴排序后每 {nth} 个取 1 个",
        en=f"{len(kept):,} of {len(points):,} points are drawn: one in {nth} along the x axis",
    )


def _outlines(points: Points) -> tuple[Points, Text | None]:
    series: dict[Any, list[Mapping[str, Any]]] = {}
    for point in points:
        series.setdefault(point.get("series"), []).append(point)
    kept = [point for own in series.values() for point in _outline(own)]
    if len(kept) == len(points):
        return points, None
    return kept, Text(
        zh=f"画出 {len(points):,} 个点中的 {len(kept):,} 个：每一小段横轴保留首、尾、最低和最高点",
        en=f"{len(kept):,} of {len(points):,} points are drawn: the first, last, lowest and highest of each short "
        "stretch of the x axis",
    )


def _outline(own: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    if len(own) <= _MOST_ON_A_LINE:
        return own
    own = sorted(own, key=lambda point: point["x"])
    first, last = own[0]["x"], own[-1]["x"]
    width = (last - first) / _SLICES or 1
    slices: dict[int, list[int]] = {}
    for place, point in enumerate(own):
        slices.setdefault(int((point["x"] - first) / width), []).append(place)
    kept = set()
    for places in slices.values():
        lowest = min(places, key=lambda place: own[place]["y"])
        highest = max(places, key=lambda place: own[place]["y"])
        kept |= {places[0], lowest, highest, places[-1]}
    return [own[place] for place in sorted(kept)]
