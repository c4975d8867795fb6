"""Events of tests as histories in columns."""

from collections.abc import Iterable

import polars as pl

from simulator.columns.tables import snapshots_of
from simulator.history import History
from simulator.reading.histories import ColumnHistory, of_history
from streams.event import Event
from streams.instants import Instant
from streams.model import Model


def in_columns(events: Iterable[Event], model: Model) -> ColumnHistory:
    """Read for replays by either time."""
    history = History(events=tuple(events), refusals=(), left_out={}, copies=0)
    return of_history(history, model, keep_retracted=True)


def snapshots_in_columns(model: Model, kind: str, events: Iterable[Event], until: Instant) -> pl.DataFrame:
    return snapshots_of(in_columns(events, model), model, kind, until)
