"""The points of a chart as a table: for those who cannot see it, and as its CSV."""

from collections.abc import Mapping
from typing import Any, Final

from simulator.report.document import Axis, Chart, Head, Table
from streams.text import Text

_SERIES: Final = Text(zh="系列", en="Series")
_NAME: Final = Text(zh="名称", en="Name")
_LOW: Final = Text(zh="下限", en="low")
_HIGH: Final = Text(zh="上限", en="high")
_END: Final = Text(zh="至", en="to")


def figures_of(chart: Chart) -> Table:
    used = {key for point in chart.points for key, value in point.items() if value is not None}
    columns = [(key, head) for key, head in _columns(chart) if key in used]
    return Table(
        name=chart.name,
        title=chart.title,
        heads=tuple(head for _, head in columns),
        rows=[_row(point, columns) for point in chart.points],
    )


def _columns(chart: Chart) -> list[tuple[str, Head]]:
    value = chart.value or Axis(label=chart.title)
    return [
        ("x", Head(label=chart.x.label, kind=chart.x.kind)),
        ("x2", Head(label=_END, kind=chart.x.kind)),
        ("label", Head(label=_NAME)),
        ("series", Head(label=_SERIES)),
        ("y", Head(label=chart.y.label, kind=chart.y.kind)),
        ("low", Head(label=_LOW, kind=chart.y.kind)),
        ("high", Head(label=_HIGH, kind=chart.y.kind)),
        ("value", Head(label=value.label, kind=value.kind)),
    ]


def _row(point: Mapping[str, Any], columns: list[tuple[str, Head]]) -> list[Any]:
    return [point.get(key) for key, _ in columns]
