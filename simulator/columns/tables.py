"""What was true of entities when, as the table of simulator.frames, made in columns."""

from typing import Any

import numpy as np
import polars as pl

from rules.language.tree import Side, Type
from simulator.columns.column import Column
from simulator.columns.evaluator import Partitioned
from simulator.columns.parts import part_of
from simulator.columns.steps import Steps
from simulator.frames import INSTANT, snapshot_schema
from streams.instants import Instant
from streams.model import Kind, Model


def snapshots_of(history: Partitioned, model: Model, kind: str, until: Instant) -> pl.DataFrame:
    """The same as simulator.frames.snapshot_frame, of a history in columns."""
    own = model.kinds[kind]
    parts = history.partitions(kind) if kind in history.kinds else ()
    tables = [_table(part_of(events, until, "occurred_at").steps(own), own) for events in parts]
    return pl.concat([pl.DataFrame(schema=snapshot_schema(own)), *tables])


def _table(steps: Steps, kind: Kind) -> pl.DataFrame:
    ends = pl.Series(steps.end, dtype=pl.Int64).set(pl.Series(steps.last), None)
    columns: dict[str, Any] = {
        "at": pl.Series(steps.at, dtype=pl.Int64).cast(INSTANT),
        "until": ends.cast(INSTANT),
    }
    schema = snapshot_schema(kind)
    for name, type_ in schema.items():
        if name not in columns:
            columns[name] = series_of(steps.column(Side.SNAPSHOT, name), type_)
    return pl.DataFrame(columns, schema=schema)


def series_of(column: Column, type_: Any) -> pl.Series:
    """Null where there is no value."""
    if column.type in (Type.STRING, Type.LIST):
        meanings = [list(one) if isinstance(one, tuple) else one for one in column.meanings]
        found = pl.Series(meanings, dtype=type_).gather(column.values.astype(np.int64))
    else:
        found = pl.Series(column.values).cast(type_)
    return found if column.present is None else found.set(~pl.Series(column.present), None)
