"""What was true of entities when, as a table: simulator.frames.snapshot_schema, made in columns."""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import polars as pl

from rules.language.tree import Side, Type
from simulator.columns.column import Column, Mask
from simulator.columns.evaluator import Partitioned
from simulator.columns.parts import true_part
from simulator.columns.steps import Steps
from simulator.frames import INSTANT, snapshot_schema
from streams.instants import Instant
from streams.model import Model

_ALWAYS: Final = ("key", "at", "until", "closed")


def snapshots_of(
    history: Partitioned, model: Model, kind: str, until: Instant, *, only: Collection[str] | None = None
) -> pl.DataFrame:
    """One row a step of an entity of `kind`, up to `until`: its snapshot from `at` until the next (`until`, null: the
    last one). Entity by entity, then by time; what was retracted and totals are left out. `only` these fields, promises
    and instants of nodes, beside key, at, until and closed.
    """
    own = model.kinds[kind]
    whole = snapshot_schema(own)
    schema = {name: type_ for name, type_ in whole.items() if only is None or name in (*_ALWAYS, *only)}
    parts = history.partitions(kind) if kind in history.kinds else ()
    tables = [_table(true_part(events, until).steps(own), schema) for events in parts]
    return pl.concat([pl.DataFrame(schema=schema), *tables])


def _table(steps: Steps, schema: dict[str, Any]) -> pl.DataFrame:
    columns: dict[str, Any] = {
        "at": pl.Series(steps.at, dtype=pl.Int64).cast(INSTANT),
        "until": _where(~steps.last, pl.Series(steps.end, dtype=pl.Int64)).cast(INSTANT),
    }
    for name, type_ in schema.items():
        if name not in columns:
            columns[name] = series_of(steps.column(Side.SNAPSHOT, name), type_)
    return pl.DataFrame(columns, schema=schema)


def series_of(column: Column, type_: Any) -> pl.Series:
    """Null where there is no value."""
    if column.type in (Type.STRING, Type.LIST):
        used, codes = np.unique(column.values, return_inverse=True)  # a part has few of the meanings of the whole
        meanings = [column.meanings[code] for code in used.tolist()]
        values = meanings if type_ == pl.String else [list(one) for one in meanings]
        found = pl.Series(values, dtype=type_).gather(codes)
    else:
        found = pl.Series(column.values).cast(type_)
    return found if column.present is None else _where(column.present, found)


def _where(present: Mask, values: pl.Series) -> pl.Series:
    """The others null."""
    return pl.select(pl.when(pl.Series(present)).then(values)).to_series()
