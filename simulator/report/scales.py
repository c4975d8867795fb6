"""From the values of a document to what stands on an axis: hours or days instead of microseconds, local days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from notifiers.localise import zone_text
from simulator.report.cells import all_days, cell_text, has_value, label_text, local_time
from simulator.report.document import Axis, Cell
from streams.instants import DAY, HOUR, LAST, MINUTE, SECOND
from streams.text import Language, Text

_UNITS: Final = (
    (DAY, Text(zh="天", en="days")),
    (HOUR, Text(zh="小时", en="hours")),
    (MINUTE, Text(zh="分钟", en="minutes")),
    (SECOND, Text(zh="秒", en="seconds")),
)

_TIME_FORMATS: Final = {
    "zh": {
        "year": "%Y年", "quarter": "%-m月", "month": "%-m月", "week": "%-m月%-d日", "date": "%-m月%-d日",
        "day": "%-m月%-d日", "hours": "%H:%M", "minutes": "%H:%M", "seconds": "%H:%M:%S", "milliseconds": ".%L",
    },
    "en": {
        "year": "%Y", "quarter": "%b", "month": "%b", "week": "%b %-d", "date": "%b %-d", "day": "%b %-d",
        "hours": "%H:%M", "minutes": "%H:%M", "seconds": "%H:%M:%S", "milliseconds": ".%L",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One axis in one language. `plot` and `say` take a value of the document."""

    axis: Axis
    type: Literal["quantitative", "temporal", "ordinal"]
    title: str
    unit: int  # of durations, in microseconds; else 1
    whole: bool  # numbers without a fraction
    days: bool  # instants that are days
    language: Language
    zone: ZoneInfo

    def plot(self, value: Cell) -> Any:
        """What Vega-Lite is given: local time as if it were UTC, in milliseconds, so that no machine's zone matters."""
        if self.type == "ordinal" or not isinstance(value, int | float):
            return self.say(value)
        if self.type == "temporal":
            return round(local_time(int(value), self.zone).replace(tzinfo=UTC).timestamp() * 1000)
        return value / self.unit

    def say(self, value: Cell) -> str:
        return cell_text(value, self.axis.kind, self.language, self.zone, dates_only=self.days)

    def shown(self) -> dict[str, Any]:
        """The keys of a Vega-Lite axis that say how its labels are written."""
        match self.axis.kind:
            case "instant" if self.type == "temporal":
                return {"labelExpr": f"utcFormat(datum.value, {_TIME_FORMATS[self.language]})"}
            case "share" if self.type == "quantitative":
                return {"format": "~%"}
            case _ if self.type == "quantitative" and self.whole:
                return {"format": ",d", "tickMinStep": 1}
            case _:
                return {}


def scale_of(axis: Axis, values: Iterable[Cell], language: Language, zone: ZoneInfo, *, named: bool = False) -> Scale:
    """`named`: each value stands for itself, as on the axes of heat."""
    found = [value for value in values if isinstance(value, int | float) and has_value(value)]
    unit, word = _unit(axis, found)
    label = label_text(axis.label, language)
    aside = _aside(axis, found, language, zone) if word is None else word.say(language)
    title = label if not aside else f"{label}（{aside}）" if language == "zh" else f"{label} ({aside})"
    return Scale(
        axis=axis,
        type="ordinal" if named or axis.kind == "text" else "temporal" if axis.kind == "instant" else "quantitative",
        title=title,
        unit=unit,
        whole=axis.kind == "number" and all(float(value).is_integer() for value in found),
        days=axis.kind == "instant" and all_days(found, zone),
        language=language,
        zone=zone,
    )


def _unit(axis: Axis, values: list[int | float]) -> tuple[int, Text | None]:
    if axis.kind != "duration":
        return 1, None
    largest = max((abs(value) for value in values), default=0)
    for unit, word in _UNITS:
        if largest >= 2 * unit:
            return unit, word
    return _UNITS[-1]


def _aside(axis: Axis, values: list[int | float], language: Language, zone: ZoneInfo) -> str:
    """Of an axis of time: its years, which labels leave out, and its zone."""
    if axis.kind != "instant" or not values:
        return ""
    first, last = int(min(values)), min(int(max(values)), LAST - DAY)
    years = [str(local_time(value, zone).year) for value in (first, last)]
    shown = years[0] if years[0] == years[1] else "–".join(years)
    name = zone.key if zone.key == "UTC" else f"{zone.key}, {zone_text(last, zone)}"
    return f"{shown} 年，{name}" if language == "zh" else f"{shown}, {name}"
