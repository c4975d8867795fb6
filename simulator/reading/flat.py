"""Events in columns in the order of their file, before they are sorted: what every way of reading makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.columns.column import Column, Instants, Rows
from simulator.columns.events import Given
from simulator.columns.found import OPEN
from simulator.reading.codes import Codes, coded
from simulator.reading.values import hashable


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Names:
    """What tells events apart: of events of one instant the least source, then the least id is folded first."""

    source: pl.Series
    id: pl.Series


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Flat:
    """Accepted events of one kind in the order of their file. `key` are places in `keys`."""

    kind: str
    keys: pl.Series
    key: Codes
    occurred_at: Instants
    recorded_at: Instants | None
    types: Sequence[str]
    type: NDArray[np.int16]
    data: Mapping[str, Given] = field(default_factory=dict)
    retracted_at: Instants | None = None  # as in EventColumns
    names: Names | None = None  # None: of events of one entity and instant the first in the file is folded first
    rows: Rows | None = None  # where each stands in the file; None: one after the other

    def __len__(self) -> int:
        return len(self.occurred_at)

    def take(self, rows: Rows) -> "Flat":
        """These events (each once), in this order."""
        places = np.full(len(self), -1, np.int64)
        places[rows] = np.arange(len(rows))
        names = self.names
        return replace(
            self,
            key=self.key[rows],
            occurred_at=self.occurred_at[rows],
            recorded_at=None if self.recorded_at is None else self.recorded_at[rows],
            type=self.type[rows],
            retracted_at=None if self.retracted_at is None else self.retracted_at[rows],
            data={name: moved(given, places) for name, given in self.data.items()},
            names=None if names is None else Names(source=names.source.gather(rows), id=names.id.gather(rows)),
            rows=None if self.rows is None else self.rows[rows],
        )


def moved(given: Given, places: Rows) -> Given:
    """What is given by events that are elsewhere now, or nowhere (-1)."""
    rows = places[given.rows]
    kept = np.flatnonzero(rows >= 0)
    by_row = kept[np.argsort(rows[kept])]
    return Given(rows=rows[by_row], column=given.column.take(by_row))


def merged(flats: Sequence[Flat]) -> Flat:
    """The events of several one after the other; all of one kind."""
    first = flats[0]
    if len(flats) == 1:
        return first
    late = any(flat.recorded_at is not None for flat in flats)
    keys = coded(pl.concat([flat.keys for flat in flats]))
    starts = np.cumsum([0, *map(len, flats)])
    key_starts = np.cumsum([0, *(len(flat.keys) for flat in flats)])
    named = [flat.names for flat in flats if flat.names is not None]
    return Flat(
        kind=first.kind,
        keys=keys.values,
        key=np.concatenate([keys.codes[start + flat.key] for start, flat in zip(key_starts, flats, strict=False)]),
        occurred_at=np.concatenate([flat.occurred_at for flat in flats]),
        recorded_at=np.concatenate([known_at(flat) for flat in flats]) if late else None,
        types=first.types,
        type=np.concatenate([flat.type for flat in flats]),
        data={
            name: _joined(
                [(start, flat.data[name]) for start, flat in zip(starts, flats, strict=False) if name in flat.data]
            )
            for name in sorted({name for flat in flats for name in flat.data})
        },
        names=Names(source=pl.concat([one.source for one in named]), id=pl.concat([one.id for one in named]))
        if named
        else None,
        retracted_at=np.concatenate([_retracted_at(flat) for flat in flats])
        if any(flat.retracted_at is not None for flat in flats)
        else None,
        rows=np.concatenate([flat.rows for flat in flats if flat.rows is not None]) if first.rows is not None else None,
    )


def in_file_order(flat: Flat) -> Flat:
    """The same events, sorted by where they stand in the file."""
    if flat.rows is None or (flat.rows[1:] >= flat.rows[:-1]).all():
        return flat
    return flat.take(np.argsort(flat.rows, kind="stable"))


def known_at(flat: Flat) -> Instants:
    return flat.occurred_at if flat.recorded_at is None else flat.recorded_at


def _retracted_at(flat: Flat) -> Instants:
    return np.full(len(flat), OPEN) if flat.retracted_at is None else flat.retracted_at


def _joined(parts: Sequence[tuple[int, Given]]) -> Given:
    columns = [given.column for _, given in parts]
    whole = all(column.present is None for column in columns)
    values, meanings = _same_codes(columns)
    return Given(
        rows=np.concatenate([given.rows + start for start, given in parts]),
        column=Column(
            columns[0].type,
            np.concatenate(values),
            None if whole else np.concatenate([column.mask() for column in columns]),
            meanings,
        ),
    )


def _same_codes(columns: Sequence[Column]) -> tuple[list[NDArray[Any]], Sequence[Any]]:
    """The values of columns, where they are codes with one list of meanings."""
    if not columns[0].meanings:
        return [column.values for column in columns], ()
    places: dict[Any, int] = {}
    meanings: list[Any] = []
    values = []
    for column in columns:
        codes = []
        for meaning in column.meanings:
            code = places.setdefault(hashable(meaning), len(places))
            if code == len(meanings):
                meanings.append(meaning)
            codes.append(code)
        values.append(np.array(codes, np.int32)[column.values])
    return values, meanings
