"""Files as columns: what simulator/history.py accepts and refuses, without an object for each event.

Tables and histories whose columns are as they should be are read column by column. Single rows that are odd go
through the readers of rows, so that what is said of them is theirs; and where a mapping uses what has no way in
columns, all rows do.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from simulator.columns.column import Instants
from simulator.columns.events import EventColumns
from simulator.history import History, Progress, read_history
from simulator.reading.ended import Reading
from simulator.reading.files import own_history
from simulator.reading.flat import Flat, known_at
from simulator.reading.from_events import from_events
from simulator.reading.kept import DiskKeeper, InMemory, Keeper, Kept, MemoryKeeper
from simulator.reading.mapped import mapped_table
from simulator.reading.own_tables import Unfit
from streams.decoding import DEFAULT_SKEW
from streams.event import Refusal
from streams.instants import FIRST, LAST, Instant, Micros
from streams.model import Model
from streams.sources.mapping import Mappings, TableMapping
from streams.sources.mapping_report import MappingReport

WHOLE: Final = 5_000_000  # events of a history that is held in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first instant to the last."""

    first: Instant
    last: Instant


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ColumnHistory:
    """A history in columns, with what History reports. Counts and spans are those of all accepted events."""

    kept: Kept
    count: int
    occurred_at: Span | None
    recorded_at: Span | None
    never_late: bool
    refusals: tuple[Refusal, ...]
    left_out: Mapping[str, int]
    copies: int
    reports: tuple[MappingReport, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those that have events."""
        return self.kept.kinds

    @property
    def entities(self) -> int:
        return self.kept.entities

    @property
    def mappings(self) -> tuple[MappingReport, ...]:
        """Of mapped tables."""
        self.kept.settle()
        return self.reports

    def events(self, kind: str) -> EventColumns:
        """All of a kind in memory."""
        return self.kept.events(kind)

    def partitions(self, kind: str) -> Iterator[EventColumns]:
        """Whole entities each."""
        return self.kept.partitions(kind)


def read_columns(
    path: Path,
    model: Model,
    mapping: TableMapping | Mappings | None = None,
    *,
    skew: Micros = DEFAULT_SKEW,
    skews: Mapping[str, Micros] | None = None,
    keep_retracted: bool = False,
    whole: int = WHOLE,
    progress: Progress = lambda taken: None,
) -> ColumnHistory:
    """Raises UnreadableSource where read_history does, and where there is no room on the disk.

    `keep_retracted`: for replays by what was known when. A history of more than `whole` events is kept on disk.
    """
    try:
        reading: Reading | None
        if mapping is None:
            reading = own_history(path, model, skew=skew, skews=skews or {})
        else:
            reading = mapped_table(path, model, mapping, skew=skew, skews=skews or {})
        if reading is not None:
            return _taken(reading, model, keep_retracted, whole, progress)
    except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError, Unfit):
        pass  # the readers of rows say what is wrong
    history = read_history(path, model, mapping, skew=skew, skews=skews, progress=progress)
    return of_history(history, model, keep_retracted=keep_retracted)


def of_history(history: History, model: Model, *, keep_retracted: bool = False) -> ColumnHistory:
    """What the readers of rows have read."""
    totals = _Totals()
    totals.add(
        np.array([event.occurred_at for event in history.events], np.int64),
        np.array([event.recorded_at for event in history.events], np.int64),
    )
    return ColumnHistory(
        kept=InMemory(from_events(history.events, model, keep_retracted=keep_retracted)),
        count=totals.count,
        occurred_at=totals.occurred_at,
        recorded_at=totals.recorded_at,
        never_late=totals.never_late,
        refusals=history.refusals,
        left_out=history.left_out,
        copies=history.copies,
        reports=history.mappings,
    )


def _taken(reading: Reading, model: Model, keep_retracted: bool, whole: int, progress: Progress) -> ColumnHistory:
    keeper: Keeper = MemoryKeeper(model) if reading.most <= whole else DiskKeeper(model, reading.most)
    totals = _Totals()

    def take(flat: Flat) -> None:
        totals.add(flat.occurred_at, known_at(flat))
        keeper.add(flat)
        progress(len(flat))

    for flat in reading.flats():
        take(flat)
    ended = reading.ended()
    for flat in ended.flats:
        take(flat)
    return ColumnHistory(
        kept=keeper.kept(ended.events, keep_retracted, ended.seen),
        count=totals.count,
        occurred_at=totals.occurred_at,
        recorded_at=totals.recorded_at,
        never_late=totals.never_late,
        refusals=ended.refusals,
        left_out=ended.left_out,
        copies=ended.copies,
        reports=ended.mappings,
    )


class _Totals:
    def __init__(self) -> None:
        self.count = 0
        self.never_late = True
        self.occurred_at: Span | None = None
        self.recorded_at: Span | None = None

    def add(self, occurred_at: Instants, recorded_at: Instants) -> None:
        self.count += len(occurred_at)
        self.never_late = self.never_late and (occurred_at is recorded_at or np.array_equal(occurred_at, recorded_at))
        self.occurred_at = _wider(self.occurred_at, occurred_at)
        self.recorded_at = _wider(self.recorded_at, recorded_at)


def _wider(span: Span | None, instants: Instants) -> Span | None:
    if not len(instants):
        return span
    first, last = (LAST, FIRST) if span is None else (span.first, span.last)
    return Span(first=min(first, int(instants.min())), last=max(last, int(instants.max())))
