"""Mapped tables as columns."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from simulator.columns.events import EventColumns
from simulator.reading.cells import Cells
from simulator.reading.chunks import CsvPieces, ParquetPieces, pieces_of
from simulator.reading.ended import Ended
from simulator.reading.flat import Flat
from simulator.reading.long_tables import LongColumns, backwards
from simulator.reading.wide_tables import WideColumns
from streams.instants import Micros
from streams.model import Kind, Model
from streams.sources.mapping import Column, Constant, KeyTemplate, Long, Mappings, NodeTime, TableMapping, Wide
from streams.sources.mapping_long import LongRows
from streams.sources.mapping_wide import WideRows
from streams.text import nfc


def mapped_table(
    path: Path, model: Model, mapping: TableMapping | Mappings, *, skew: Micros, skews: Mapping[str, Micros]
) -> "MappedColumns | None":
    """None where the readers of rows have to read it, or say what is wrong."""
    if isinstance(mapping, Mappings) or path.is_dir() or not _in_columns(mapping):
        return None
    pieces = pieces_of(path, mapping)
    if pieces is None:
        return None
    source = path.name if mapping.source is None else mapping.source
    return MappedColumns(path.name, model, mapping, pieces, skews.get(source, skew))


def _in_columns(mapping: TableMapping) -> bool:
    """Whether all that the mapping uses is read in columns."""
    return (
        isinstance(mapping.key, KeyTemplate)
        and not mapping.tables
        and all(
            isinstance(cell.origin, (Column, Constant))
            or (isinstance(cell.origin, NodeTime) and cell.match is None and cell.values is None)
            for cell in mapping.cells()
        )
    )


class MappedColumns:
    def __init__(
        self, file: str, model: Model, mapping: TableMapping, pieces: CsvPieces | ParquetPieces, skew: Micros
    ) -> None:
        self._kind: Kind = model.kinds[mapping.kind]
        self._mapping = mapping
        self._pieces = pieces
        self._reading: LongColumns | WideColumns
        self._rows: LongRows | WideRows
        match mapping.rows:
            case Long() as long:
                rows = self._rows = LongRows(mapping, long, model, file=file, decimal=pieces.decimal, skew=skew)
                self._reading = LongColumns(mapping, long, model, rows, skew)
            case Wide() as wide:
                self._rows = WideRows(mapping, wide, model, file=file, decimal=pieces.decimal)
                self._reading = WideColumns(mapping, wide, model, self._rows)

    @property
    def most(self) -> int:
        """Wide tables are read whole: which rows are copies of a key is seen at once."""
        return self._pieces.most if isinstance(self._mapping.rows, Long) else 0

    def flats(self) -> Iterator[Flat]:
        missing = frozenset(nfc(text.strip()) for text in self._mapping.missing)
        for chunk in self._pieces.chunks(whole=isinstance(self._mapping.rows, Wide)):
            self._rows.report.rows += len(chunk.numbers) + len(chunk.bad)
            yield self._reading.take(chunk, Cells(chunk.frame, self._rows.zone, missing, self._pieces.decimal))

    def ended(self) -> Ended:
        self._reading.finish()
        self._rows.report.backwards = self._reading.backwards
        return Ended(refusals=tuple(self._reading.refusals), mappings=(self._rows.report,), seen=self._seen)

    def _seen(self, columns: EventColumns) -> None:
        if isinstance(self._reading, LongColumns) and columns.kind == self._kind.name:
            self._rows.report.backwards.update(backwards(columns, self._kind))
