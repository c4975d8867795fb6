"""Events in the order of a file, as EventColumns: entity by entity, each in fold order."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from simulator.columns.column import Mask, Rows
from simulator.columns.events import EventColumns, Given
from simulator.reading.codes import Codes
from simulator.reading.flat import Flat, moved


def columns_of(flat: Flat) -> EventColumns:
    """Entities stand in the order of their first event in the file."""
    if not len(flat):
        return no_events(flat.kind, flat.types)
    key = _by_appearance(flat.key, len(flat.keys))
    starts = np.concatenate(([0], np.cumsum(np.bincount(key))))
    order = _folded(flat, key, _grouped(key))
    return EventColumns(
        kind=flat.kind,
        keys=flat.keys.gather(flat.key[order[starts[:-1]]]).to_list(),
        starts=starts,
        occurred_at=flat.occurred_at[order],
        recorded_at=None if flat.recorded_at is None else flat.recorded_at[order],
        types=flat.types,
        type=flat.type[order],
        retracted_at=None if flat.retracted_at is None else flat.retracted_at[order],
        data=_moved(flat.data, order),
    )


def no_events(kind: str, types: Sequence[str]) -> EventColumns:
    return EventColumns(
        kind=kind,
        keys=(),
        starts=np.zeros(1, np.int64),
        occurred_at=np.zeros(0, np.int64),
        recorded_at=None,
        types=types,
        type=np.zeros(0, np.int16),
    )


def _by_appearance(key: Codes, count: int) -> Codes:
    """The codes numbered in the order in which they come, without those that do not come."""
    highest = np.maximum.accumulate(key)
    if highest[0] == 0 and np.diff(highest).max(initial=0) <= 1:
        return key
    firsts = np.full(count, len(key))
    firsts[key[::-1]] = np.arange(len(key))[::-1]  # what is assigned last stays
    ranks = np.empty(count, np.int32)
    ranks[np.argsort(firsts)] = np.arange(count, dtype=np.int32)
    return ranks[key]


def _grouped(key: Codes) -> Rows:
    """The rows by key, those of one key in the order of the file."""
    if (key[1:] >= key[:-1]).all():
        return np.arange(len(key))
    bits = len(key).bit_length()
    both = key.astype(np.int64) << bits
    both |= np.arange(len(key))
    both.sort()
    both &= (1 << bits) - 1
    return both


def _folded(flat: Flat, key: Codes, order: Rows) -> Rows:
    """`order`, with the events of each entity in fold order; only entities that are not are sorted."""
    if flat.recorded_at is None and flat.names is None and (flat.occurred_at[1:] >= flat.occurred_at[:-1]).all():
        return order  # as nearly all tables of events
    entity = key[order]
    wrong = _out_of_order(flat, order) & (entity[1:] == entity[:-1])
    if not wrong.any():
        return order
    chosen = np.isin(entity, entity[1:][wrong])
    rows = order[chosen]
    columns = {"entity": entity[chosen], "occurred_at": flat.occurred_at[rows], "row": rows}
    frame = pl.DataFrame(columns)
    by = ["entity", "occurred_at"]
    if flat.recorded_at is not None:
        frame = frame.with_columns(recorded_at=flat.recorded_at[rows])
        by.append("recorded_at")
    if flat.names is not None:
        frame = frame.with_columns(source=flat.names.source.gather(rows), id=flat.names.id.gather(rows))
        by += ["source", "id"]
    order[chosen] = frame.sort(*by, "row")["row"].to_numpy()
    return order


def _out_of_order(flat: Flat, order: Rows) -> Mask:
    """Whether each row's successor may be folded before it, as far as it is of the same entity."""
    occurred_at = flat.occurred_at[order]
    wrong = occurred_at[1:] < occurred_at[:-1]
    if flat.recorded_at is None and flat.names is None:
        return wrong
    tied = occurred_at[1:] == occurred_at[:-1]
    if flat.recorded_at is not None:
        recorded_at = flat.recorded_at[order]
        wrong |= tied & (recorded_at[1:] < recorded_at[:-1])
        tied &= recorded_at[1:] == recorded_at[:-1]
    return wrong if flat.names is None else wrong | tied


def _moved(data: Mapping[str, Given], order: Rows) -> dict[str, Given]:
    if not data:
        return {}
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return {name: moved(given, places) for name, given in data.items()}
