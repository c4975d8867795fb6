"""Files as columns: what simulator/history.py accepts and refuses, without an object for each event.

Tables and histories whose columns are as they should be are read column by column. Single rows that are odd go
through the readers of rows, so that what is said of them is theirs; and where a mapping uses what has no way in
columns, all rows do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from simulator.columns.column import Column, Instants
from simulator.columns.events import EventColumns, Given
from simulator.columns.reading_cells import Cells
from simulator.columns.reading_events import from_events, without_retracted
from simulator.columns.reading_files import parquet_history
from simulator.columns.reading_flat import Flat, in_file_order, known_at, merged
from simulator.columns.reading_long import LongColumns, backwards
from simulator.columns.reading_order import columns_of, no_events
from simulator.columns.reading_own import OwnColumns, Unfit, copied_hashes, identity_hashes
from simulator.columns.reading_tables import Chunk, csv_chunks, parquet_chunks
from simulator.history import History, Progress, read_history
from streams.decoding import DEFAULT_SKEW, Decoder
from streams.event import Refusal
from streams.instants import Instant, Micros
from streams.model import Model
from streams.sources.mapping import Column as TableColumn
from streams.sources.mapping import Constant, KeyTemplate, Long, Mappings, TableMapping
from streams.sources.mapping_long import LongRows
from streams.sources.mapping_report import MappingReport
from streams.sources.table import table_suffix
from streams.sources.tables import open_table
from streams.text import nfc

PART: Final = 250_000  # events of a partition, or as many as its last entity has more


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first instant to the last."""

    first: Instant
    last: Instant

    @classmethod
    def of(cls, instants: Instants) -> "Span | None":
        return cls(first=int(instants.min()), last=int(instants.max())) if len(instants) else None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ColumnHistory:
    """A history in columns, with what History reports. Counts and spans are those of all accepted events; retracted
    ones are in no columns."""

    columns: Mapping[str, EventColumns]
    count: int
    occurred_at: Span | None
    recorded_at: Span | None
    never_late: bool
    refusals: tuple[Refusal, ...]
    left_out: Mapping[str, int]
    copies: int
    mappings: tuple[MappingReport, ...] = ()  # of mapped tables

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those that have events."""
        return tuple(kind for kind, columns in self.columns.items() if len(columns))

    @property
    def entities(self) -> int:
        return sum(len(columns.keys) for columns in self.columns.values())

    def events(self, kind: str) -> EventColumns:
        return self.columns[kind]

    def partitions(self, kind: str) -> Iterator[EventColumns]:
        """Whole entities each."""
        return parts(self.columns[kind], PART)


def parts(events: EventColumns, size: int) -> Iterator[EventColumns]:
    """Whole entities, as many as have about so many events, as views."""
    starts = events.starts
    if len(events) <= size:
        yield events
        return
    cuts = np.unique(np.searchsorted(starts, np.arange(0, len(events) + size, size)).clip(max=len(starts) - 1))
    for first, end in pairwise(cuts.tolist()):
        yield part(events, first, end)


def part(events: EventColumns, first: int, end: int) -> EventColumns:
    """Entities `first` to `end`, exclusive."""
    start, stop = int(events.starts[first]), int(events.starts[end])
    data = {}
    for name, given in events.data.items():
        low, high = np.searchsorted(given.rows, (start, stop)).tolist()
        column = given.column
        present = None if column.present is None else column.present[low:high]
        values = Column(column.type, column.values[low:high], present, column.meanings)
        data[name] = Given(rows=given.rows[low:high] - start, column=values)
    return EventColumns(
        kind=events.kind,
        keys=events.keys[first:end],
        starts=events.starts[first : end + 1] - start,
        occurred_at=events.occurred_at[start:stop],
        recorded_at=None if events.recorded_at is None else events.recorded_at[start:stop],
        types=events.types,
        type=events.type[start:stop],
        retracted_at=None if events.retracted_at is None else events.retracted_at[start:stop],
        data=data,
    )


def read_columns(
    path: Path,
    model: Model,
    mapping: TableMapping | Mappings | None = None,
    *,
    skew: Micros = DEFAULT_SKEW,
    skews: Mapping[str, Micros] | None = None,
    keep_retracted: bool = False,
    progress: Progress = lambda taken: None,
) -> ColumnHistory:
    """Raises UnreadableSource where read_history does.

    `keep_retracted`: for replays by what was known when.
    """
    if isinstance(mapping, TableMapping) and _in_columns(mapping) and not path.is_dir():
        source = path.name if mapping.source is None else mapping.source
        found = _mapped(path, model, mapping, (skews or {}).get(source, skew), progress)
        if found is not None:
            return found
    if mapping is None and table_suffix(path) == ".parquet":
        own = _own(path, model, skew, skews or {}, keep_retracted, progress)
        if own is not None:
            return own
    history = read_history(path, model, mapping, skew=skew, skews=skews, progress=progress)
    return of_history(history, model, keep_retracted=keep_retracted)


def of_history(history: History, model: Model, *, keep_retracted: bool = False) -> ColumnHistory:
    """What the readers of rows have read."""
    occurred_at = np.array([event.occurred_at for event in history.events], np.int64)
    recorded_at = np.array([event.recorded_at for event in history.events], np.int64)
    return ColumnHistory(
        columns=from_events(history.events, model, keep_retracted=keep_retracted),
        count=len(history.events),
        occurred_at=Span.of(occurred_at),
        recorded_at=Span.of(recorded_at),
        never_late=history.never_late,
        refusals=history.refusals,
        left_out=history.left_out,
        copies=history.copies,
        mappings=history.mappings,
    )


def _in_columns(mapping: TableMapping) -> bool:
    """Whether all that the mapping uses is read in columns."""
    return (
        isinstance(mapping.rows, Long)
        and isinstance(mapping.key, KeyTemplate)
        and not mapping.tables
        and all(isinstance(cell.origin, (TableColumn, Constant)) for cell in mapping.cells())
    )


def _mapped(path: Path, model: Model, mapping: TableMapping, skew: Micros, progress: Progress) -> ColumnHistory | None:
    chunks = _chunks(path, mapping)
    if chunks is None:
        return None
    missing = frozenset(nfc(text.strip()) for text in mapping.missing)
    decimal = "." if table_suffix(path) == ".parquet" else mapping.csv.decimal
    assert isinstance(mapping.rows, Long)
    rows = LongRows(mapping, mapping.rows, model, file=path.name, decimal=decimal, skew=skew)
    reading = LongColumns(mapping, mapping.rows, model, rows, skew)
    flats = []
    for chunk in chunks:
        rows.report.rows += len(chunk.numbers) + len(chunk.bad)
        flats.append(reading.take(chunk, Cells(chunk.frame, rows.zone, missing, decimal)))
        progress(len(flats[-1]))
    reading.finish()
    flat = merged(flats)
    columns = columns_of(flat)
    rows.report.backwards = backwards(columns, model.kinds[mapping.kind])
    return ColumnHistory(
        columns={mapping.kind: columns},
        count=len(flat),
        occurred_at=Span.of(flat.occurred_at),
        recorded_at=Span.of(flat.occurred_at if flat.recorded_at is None else flat.recorded_at),
        never_late=flat.recorded_at is None or np.array_equal(flat.occurred_at, flat.recorded_at),
        refusals=tuple(reading.refusals),
        left_out={},
        copies=0,
        mappings=(rows.report,),
    )


def _own(
    path: Path, model: Model, skew: Micros, skews: Mapping[str, Micros], keep_retracted: bool, progress: Progress
) -> ColumnHistory | None:
    decoder = Decoder(model, skew=skew, skews=skews)
    try:
        file = parquet_history(path)
        if file is None:
            return None
        copied = copied_hashes([identity_hashes(frame) for frame in file.identities()])
        reading = OwnColumns(path.name, model, decoder, skew=skew, skews=skews, copied=copied)
        flats = []
        for chunk in file.chunks(decoder):
            flats += reading.take(chunk)
            progress(len(chunk.numbers))
    except (OSError, pl.exceptions.PolarsError, Unfit):
        return None
    odd, more = reading.finish()
    flats += more
    count, spans = sum(map(len, flats)), _spans(flats)
    kept = without_retracted(flats, odd.events, keep=keep_retracted)
    return ColumnHistory(
        columns={
            kind.name: columns_of(in_file_order(merged(own)))
            if (own := [flat for flat in kept if flat.kind == kind.name])
            else no_events(kind.name, tuple(kind.reaches))
            for kind in model.kinds.values()
        },
        count=count,
        occurred_at=spans[0],
        recorded_at=spans[1],
        never_late=all(known_at(flat) is flat.occurred_at for flat in flats),
        refusals=odd.refusals,
        left_out=odd.left_out,
        copies=odd.copies,
    )


def _spans(flats: Sequence[Flat]) -> tuple[Span | None, Span | None]:
    """Of occurred_at and of recorded_at."""
    filled = [flat for flat in flats if len(flat)]
    if not filled:
        return None, None
    first = Span(
        first=min(int(flat.occurred_at.min()) for flat in filled),
        last=max(int(flat.occurred_at.max()) for flat in filled),
    )
    known = [known_at(flat) for flat in filled]
    return first, Span(first=min(int(one.min()) for one in known), last=max(int(one.max()) for one in known))


def _chunks(path: Path, mapping: TableMapping) -> Iterator[Chunk] | None:
    """The table in pieces; None where the reader of rows is to say what is wrong, or has to read all."""
    suffix = table_suffix(path)
    try:
        if suffix == ".parquet":
            return parquet_chunks(path, mapping)
        if suffix in (".csv", ".tsv", ".txt"):
            table = open_table(path, mapping.csv)
            if all(list(table.columns).count(name) == 1 for name in mapping.columns()):
                return csv_chunks(table, mapping)
    except (OSError, pl.exceptions.PolarsError):
        return None
    return None
