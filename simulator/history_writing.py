"""Histories out: events as Parquet with the columns of rule-files.md, written row group by row group."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from simulator.columns.events import EventColumns, Given
from streams.encoding import plain_value
from streams.event import Event
from streams.model import Field, FieldType, Model

_INSTANT: Final = pl.Datetime("us", "UTC")
_GROUP: Final = 250_000  # rows
_TYPES: Final[Mapping[FieldType, pl.DataType]] = {
    FieldType.NUMBER: pl.Float64(),
    FieldType.STRING: pl.String(),
    FieldType.BOOL: pl.Boolean(),
    FieldType.TIMESTAMP: _INSTANT,
    FieldType.LIST: pl.List(pl.String()),
}
_REMOVES: Final = "an event removes a field: HistorySchema(model, removing=True)"
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class HistorySchema:
    """How a model's events stand in a file.

    Their data are a struct of typed columns, which reads quickest; a null in it is an absent field. Where events
    remove fields (`removing`), or kinds have fields of one name and two types, they are JSON text.
    """

    def __init__(self, model: Model, *, removing: bool = False) -> None:
        types: dict[str, pl.DataType] = {}
        typed = not removing
        for kind in model.kinds.values():
            own = {field.name: _type(field) for field in kind.fields.values()}
            own |= {f"{node}.due": _INSTANT for node in kind.nodes}
            typed = typed and all(types.get(name, type_) == type_ for name, type_ in own.items())
            types |= own
        self._types = types if typed else {}
        self.columns = pl.Schema(
            {
                "source": pl.String(),
                "id": pl.String(),
                "kind": pl.String(),
                "key": pl.String(),
                "type": pl.String(),
                "occurred_at": _INSTANT,
                "recorded_at": _INSTANT,
                "data": pl.Struct(self._types) if self._types else pl.String(),
                "retracts": pl.String(),
            }
        )

    def of_events(self, events: Sequence[Event]) -> pl.DataFrame:
        """Raises ValueError where an event removes a field and the schema was not made for that."""
        columns: dict[str, list[Any]] = {
            name: [getattr(event, name) for event in events] for name in self.columns if name != "data"
        }
        columns["data"] = [self._data(event.data) for event in events]
        return pl.DataFrame({name: columns[name] for name in self.columns}, schema=self.columns)

    def of_columns(self, events: EventColumns, source: str) -> pl.DataFrame:
        """Ids are KIND/KEY/NNNNNNNNN, counted within each entity, so that their order is that of the rows."""
        counts = np.diff(events.starts)
        entity = np.repeat(np.arange(len(counts)), counts)
        number = np.arange(len(events)) - events.starts[entity] + 1
        frame = pl.DataFrame(
            {
                "source": pl.repeat(source, len(events), dtype=pl.String, eager=True),
                "key": pl.Series(events.keys, dtype=pl.String).gather(entity),
                "number": number,
                "kind": pl.repeat(events.kind, len(events), dtype=pl.String, eager=True),
                "type": pl.Series(events.types, dtype=pl.String).gather(events.type.astype(np.int64)),
                "occurred_at": events.occurred_at,
                "recorded_at": events.occurred_at if events.recorded_at is None else events.recorded_at,
                "data": self._data_of(events),
            }
        )
        id_ = pl.concat_str(pl.col("kind", "key"), pl.col("number").cast(pl.String).str.zfill(9), separator="/")
        return (
            frame.with_columns(id=id_, retracts=pl.lit(None, pl.String)).select(self.columns.names()).cast(self.columns)
        )

    def _data(self, data: Mapping[str, Any]) -> Any:
        if not self._types:
            return (
                _ENCODER.encode({name: plain_value(value) for name, value in data.items()}).decode() if data else None
            )
        if None in data.values():
            raise ValueError(_REMOVES)
        return data

    def _data_of(self, events: EventColumns) -> pl.Series:
        if not self._types:
            return pl.Series("data", [self._data(data) for data in _said(events)], dtype=pl.String)
        columns = {
            name: _spread(events.data[name], type_, len(events))
            if name in events.data
            else pl.repeat(None, len(events), dtype=type_, eager=True)
            for name, type_ in self._types.items()
        }
        return pl.DataFrame(columns).to_struct("data")


def _said(events: EventColumns) -> Sequence[Mapping[str, Any]]:
    """The data of each event."""
    found: list[dict[str, Any]] = [{} for _ in range(len(events))]
    for name, given in events.data.items():
        column = given.column
        for row, value, present in zip(given.rows, column.values.tolist(), column.mask().tolist(), strict=True):
            found[row][name] = (column.meanings[value] if column.meanings else value) if present else None
    return found


def _spread(given: Given, type_: pl.DataType, count: int) -> pl.Series:
    """A value for each event, null where it says nothing."""
    column = given.column
    if not column.mask().all():
        raise ValueError(_REMOVES)
    values = pl.Series(column.values)
    if column.meanings:
        values = pl.Series(column.meanings, dtype=type_).gather(values)
    places = pl.repeat(None, count, dtype=pl.Int64, eager=True).scatter(given.rows, np.arange(len(given.rows)))
    return values.cast(type_).gather(places)


def write_parquet(path: Path, batches: Iterable[pl.DataFrame], columns: pl.Schema) -> None:
    """Each batch is written before the next is asked for."""

    def read(
        _columns: list[str] | None, _predicate: pl.Expr | None, _rows: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        yield from batches

    register_io_source(read, schema=columns).sink_parquet(path, row_group_size=_GROUP)


def _type(field: Field) -> pl.DataType:
    if field.type is FieldType.RECORDS:
        return pl.List(pl.Struct({name: _TYPES[type_] for name, type_ in field.columns.items()}))
    return _TYPES[field.type]
