"""What was true of entities when, as a table, out of columns: the same as simulator.frames.snapshot_frame."""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import polars as pl

from rules.language.tree import Side
from simulator.columns.column import Column
from simulator.columns.cutting import cut, select
from simulator.columns.events import EventColumns
from simulator.columns.fold import Snapshots
from simulator.columns.found import OPEN
from simulator.columns.reading import ColumnHistory
from simulator.columns.steps import Steps
from simulator.frames import INSTANT, snapshot_schema
from streams.instants import Instant
from streams.model import Kind, Model

_ALWAYS: Final = ("key", "at", "until", "closed")


def snapshot_table(
    model: Model, kind: str, history: ColumnHistory, until: Instant, *, only: Collection[str] | None = None
) -> pl.DataFrame:
    """One row a step up to `until`, entity by entity, each by time; retracted events left out. `only` these fields,
    promises and instants of nodes, beside key, at, until and closed.
    """
    whole = snapshot_schema(model.kinds[kind])
    schema = {name: type_ for name, type_ in whole.items() if only is None or name in (*_ALWAYS, *only)}
    if kind not in history.kinds:
        return pl.DataFrame(schema=schema)
    parts = [_table(model.kinds[kind], events, schema, until) for events in history.partitions(kind)]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def _table(kind: Kind, events: EventColumns, schema: dict[str, Any], until: Instant) -> pl.DataFrame:
    if events.retracted_at is not None:
        events = select(events, events.retracted_at == OPEN)
    ends = np.full(len(events.keys), until, np.int64)
    steps = Steps(Snapshots(kind, cut(events, ends)), ends)
    own = {"at": _instants(steps.at), "until": _known(_instants(steps.end), ~steps.last)}
    columns = {
        name: own[name] if name in own else _series(steps.column(Side.SNAPSHOT, name), type_)
        for name, type_ in schema.items()
    }
    return pl.DataFrame(columns, schema=schema)


def _series(column: Column, type_: Any) -> pl.Series:
    if type_ in (pl.Float64, pl.Boolean):
        values = pl.Series(column.values, dtype=type_)
    elif type_ == INSTANT:
        values = _instants(column.values)
    elif len(column.meanings):
        values = pl.Series(list(column.meanings), dtype=type_).gather(column.values)
    else:
        values = pl.Series([None], dtype=type_).new_from_index(0, len(column))
    return values if column.present is None else _known(values, column.present)


def _instants(values: Any) -> pl.Series:
    return pl.Series(values, dtype=pl.Int64).cast(INSTANT)


def _known(values: pl.Series, present: Any) -> pl.Series:
    """Null where nothing is known."""
    return pl.select(pl.when(pl.Series(present)).then(values)).to_series()
