"""What can be said of an entity in one state: `supplier = S4`, `amount from 100 to 500`, `placed on Mon`.

An item is an attribute with a value; each entity has some. Numbers and lengths of time are cut into ranges that hold
about as many entities each, at readable bounds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from notifiers.localise import duration_text, number_text
from simulator.report.incident_charts import WEEKDAYS
from streams.instants import DAY, HOUR, MINUTE, SECOND
from streams.model import FieldType, Kind
from streams.text import Text

Rows = NDArray[np.int64]

_RANGES: Final = 5
_FEW: Final = 12  # so many different numbers are values, more are cut into ranges
_MISSING: Final = Text(zh="无值", en="missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    attribute: str  # its stable name: a field, "lines.sku", "placed.weekday", "placed to paid"
    label: Text
    value: Text

    @property
    def text(self) -> Text:
        return Text(zh=f"{self.label.zh} = {self.value.zh}", en=f"{self.label.en} = {self.value.en}")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Held:
    """An item, and the rows of the states that have it, rising."""

    item: Item
    rows: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attribute:
    """`values`: one a state, null where there is nothing to say; a list where a state can have several."""

    name: str
    label: Text
    values: pl.Series
    say: Callable[[object], Text]


def items_of(states: pl.DataFrame, kind: Kind, zone: ZoneInfo, least: int, leave_out: Iterable[str] = ()) -> list[Held]:
    """All items that at least `least` of the states have, but of the fields left out. `states`: snapshots with
    `begun_at`, one row an entity.
    """
    left_out = set(leave_out)
    found: list[Held] = []
    for attribute in _attributes(states, kind, zone):
        if attribute.name not in left_out:
            found += _held(attribute, least)
    return found


def _held(attribute: _Attribute, least: int) -> Iterator[Held]:
    table = pl.DataFrame({"value": attribute.values}).with_row_index("row")
    if isinstance(attribute.values.dtype, pl.List):
        table = table.with_columns(pl.col("value").list.unique()).explode("value")
    whole = attribute.values.len()
    groups = table.drop_nulls("value").group_by("value").agg("row").filter(pl.col("row").list.len() >= least)
    for value, rows in groups.sort("value").iter_rows():
        if len(rows) < whole:  # what all have tells nothing
            item = Item(attribute=attribute.name, label=attribute.label, value=attribute.say(value))
            yield Held(item=item, rows=np.asarray(rows, np.int64))


def _attributes(states: pl.DataFrame, kind: Kind, zone: ZoneInfo) -> Iterator[_Attribute]:
    yield from _of_fields(states, kind)
    yield from _of_nodes(states, kind, zone)


def _of_fields(states: pl.DataFrame, kind: Kind) -> Iterator[_Attribute]:
    for field in kind.fields.values():
        values, label = states[field.name], kind.labels.get(field.name, Text.plain(field.name))
        missing = values.is_null()
        match field.type:
            case FieldType.STRING:
                yield _Attribute(name=field.name, label=label, values=values, say=_plain)
            case FieldType.BOOL:
                yield _Attribute(name=field.name, label=label, values=values, say=_truth)
            case FieldType.NUMBER:
                yield _ranged(field.name, label, values, _round, _number)
            case FieldType.LIST:
                yield _Attribute(name=field.name, label=label, values=values, say=_plain)
            case FieldType.TIMESTAMP:
                after = Text(zh=f"{label.zh}距开始", en=f"{label.en} after its beginning")
                yield _length(field.name, after, values, states["begun_at"])
            case FieldType.RECORDS:
                yield from _of_records(field.name, label, values, field.columns)
        if missing.any() and not missing.all():
            yield _Attribute(name=field.name, label=label, values=missing.replace(False, None), say=_no_value)


def _of_records(name: str, label: Text, values: pl.Series, columns: Mapping[str, FieldType]) -> Iterator[_Attribute]:
    count = Text(zh=f"{label.zh}的行数", en=f"number of {label.en}")
    yield _ranged(f"{name}.count", count, values.list.len().cast(pl.Float64), _round, _number)
    for column, type_ in columns.items():
        if type_ in (FieldType.STRING, FieldType.BOOL):
            each = values.list.eval(pl.element().struct.field(column))
            say = _plain if type_ is FieldType.STRING else _truth
            inner = Text(zh=f"{label.zh}.{column}", en=f"{label.en}.{column}")
            yield _Attribute(name=f"{name}.{column}", label=inner, values=each, say=say)


def _of_nodes(states: pl.DataFrame, kind: Kind, zone: ZoneInfo) -> Iterator[_Attribute]:
    for node in kind.nodes.values():
        at = states[f"{node.name}.at"]
        local = at.dt.convert_time_zone(zone.key)
        weekday = Text(zh=f"{node.label.zh}在星期几", en=f"weekday of {node.label.en}")
        yield _Attribute(name=f"{node.name}.weekday", label=weekday, values=local.dt.weekday(), say=_weekday)
        hour = Text(zh=f"{node.label.zh}在几点", en=f"hour of {node.label.en}")
        yield _Attribute(name=f"{node.name}.hour", label=hour, values=local.dt.hour(), say=_hour)
        due = Text(zh=f"承诺{node.label.zh}距开始", en=f"{node.label.en} promised after")
        yield _length(f"{node.name}.due", due, states[f"{node.name}.due"], states["begun_at"])
    path = [node for node in kind.nodes.values() if not node.off_path]
    for one, next_ in pairwise(path):
        label = Text(zh=f"{one.label.zh}到{next_.label.zh}", en=f"{one.label.en} to {next_.label.en}")
        yield _length(f"{one.name} to {next_.name}", label, states[f"{next_.name}.at"], states[f"{one.name}.at"])


# --- numbers and lengths in ranges ---------------------------------------------------------------------------------


def _length(name: str, label: Text, end: pl.Series, start: pl.Series) -> _Attribute:
    spans = (end - start).dt.total_microseconds().cast(pl.Float64)
    return _ranged(name, label, spans, _round_span, _span)


def _ranged(
    name: str, label: Text, values: pl.Series, round_: Callable[[float], float], say: Callable[[float], Text]
) -> _Attribute:
    """Few different numbers as they are; more in ranges from one quantile to the next, at rounded bounds."""
    present = values.drop_nulls()
    if present.n_unique() <= _FEW:
        return _Attribute(name=name, label=label, values=values, say=lambda value: say(float(str(value))))
    quantiles = [present.quantile(place / _RANGES, "lower") or 0.0 for place in range(1, _RANGES)]
    lowest = present.min()
    bounds = sorted({bound for bound in map(round_, quantiles) if isinstance(lowest, float) and bound > lowest})
    codes = np.searchsorted(np.asarray(bounds), values.fill_null(0).to_numpy(), side="right")
    ranges = pl.Series(codes, dtype=pl.Int32)
    known = pl.select(pl.when(values.is_not_null()).then(ranges)).to_series()
    return _Attribute(name=name, label=label, values=known, say=lambda code: _range(bounds, int(str(code)), say))


def _range(bounds: Sequence[float], code: int, say: Callable[[float], Text]) -> Text:
    if code == 0:
        high = say(bounds[0])
        return Text(zh=f"不到 {high.zh}", en=f"below {high.en}")
    low = say(bounds[code - 1])
    if code == len(bounds):
        return Text(zh=f"{low.zh} 及以上", en=f"{low.en} or more")
    high = say(bounds[code])
    return Text(zh=f"{low.zh} 至不到 {high.zh}", en=f"{low.en} to below {high.en}")


def _round(number: float) -> float:
    """To two digits."""
    if not number:
        return 0.0
    return round(number, 1 - floor(log10(abs(number))))


def _round_span(span: float) -> float:
    """To what `duration_text` shows of such a length."""
    size = abs(span)
    units = ((MINUTE, SECOND), (HOUR, MINUTE), (10 * HOUR, 10 * MINUTE), (14 * DAY, HOUR))
    unit = next((unit for limit, unit in units if size < limit), DAY)
    return float(round(span / unit) * unit)


# --- how values are said -------------------------------------------------------------------------------------------


def _plain(value: object) -> Text:
    return Text.plain(str(value))


def _truth(value: object) -> Text:
    return Text(zh="是", en="yes") if value else Text(zh="否", en="no")


def _no_value(value: object) -> Text:
    return _MISSING


def _number(number: float) -> Text:
    return Text(zh=number_text(number, "zh"), en=number_text(number, "en"))


def _span(span: float) -> Text:
    sign = "-" if span < 0 else ""
    return Text(zh=sign + duration_text(int(span), "zh"), en=sign + duration_text(int(span), "en"))


def _weekday(value: object) -> Text:
    return WEEKDAYS[int(str(value)) - 1]


def _hour(value: object) -> Text:
    return Text.plain(f"{int(str(value)):02}:00")
