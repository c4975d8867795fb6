"""Events of histories as columns: what the row readers give, for whatever has no quicker way."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from simulator.columns.column import Rows
from simulator.columns.events import EventColumns
from simulator.columns.found import OPEN
from simulator.reading.flat import Flat, Names
from simulator.reading.order import columns_of
from simulator.reading.values import given
from streams.event import Event
from streams.model import Kind, Model


def from_events(events: Sequence[Event], model: Model, *, keep_retracted: bool = False) -> dict[str, EventColumns]:
    """Columns of each kind of the model, from accepted events, each (source, id) once (simulator/history.py).

    What was retracted is left out, or kept with the instant from which that was known.
    """
    own: dict[str, list[Event]] = {kind: [] for kind in model.kinds}
    for event in events:
        own[event.kind].append(event)
    flats = [flat_of(kind, own[kind.name]) for kind in model.kinds.values()]
    return {flat.kind: columns_of(flat) for flat in without_retracted(flats, events, keep=keep_retracted)}


def without_retracted(flats: Sequence[Flat], events: Iterable[Event], *, keep: bool) -> list[Flat]:
    """What the retractions among `events` leave of all; they fold like others, and cannot be retracted."""
    retracting = [event for event in events if event.retracts is not None]
    if not retracting:
        return list(flats)
    of = pl.Schema({"source": pl.String, "id": pl.String, "at": pl.Int64})
    rows = [(event.source, event.retracts, event.recorded_at) for event in retracting]
    gone = pl.DataFrame(rows, schema=of, orient="row").group_by("source", "id").min()
    staying = pl.DataFrame([(event.source, event.id, 0) for event in retracting], schema=of, orient="row")
    gone = gone.join(staying, on=["source", "id"], how="anti")
    return [_without(flat, gone, keep=keep) for flat in flats]


def _without(flat: Flat, gone: pl.DataFrame, *, keep: bool) -> Flat:
    assert flat.names is not None
    names = pl.DataFrame({"source": flat.names.source, "id": flat.names.id})
    known = names.join(gone, on=["source", "id"], how="left", maintain_order="left")["at"]
    if not known.count():
        return flat
    if keep:
        return replace(flat, retracted_at=known.fill_null(OPEN).to_numpy())
    return flat.take(np.flatnonzero(known.is_null().to_numpy()))


def flat_of(kind: Kind, events: Sequence[Event], rows: Rows | None = None) -> Flat:
    """Events of one kind, in the order of their file, or from these rows of it."""
    keys = {key: place for place, key in enumerate(dict.fromkeys(event.key for event in events))}
    types = {name: place for place, name in enumerate(kind.reaches)}
    count = len(events)
    occurred_at = np.fromiter((event.occurred_at for event in events), np.int64, count)
    recorded_at = np.fromiter((event.recorded_at for event in events), np.int64, count)
    return Flat(
        kind=kind.name,
        keys=pl.Series(list(keys), dtype=pl.String),
        key=np.fromiter((keys[event.key] for event in events), np.int32, count),
        occurred_at=occurred_at,
        recorded_at=None if np.array_equal(occurred_at, recorded_at) else recorded_at,
        types=tuple(types),
        type=np.fromiter((types[event.type] for event in events), np.int16, count),
        data=given(kind, (event.data for event in events)),
        names=Names(
            source=pl.Series([event.source for event in events], dtype=pl.String),
            id=pl.Series([event.id for event in events], dtype=pl.String),
        ),
        rows=rows,
    )
