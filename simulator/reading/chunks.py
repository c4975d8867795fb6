"""Tables in pieces of columns, and the rows of a piece that need the reader of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from simulator.columns.column import Mask, Rows
from streams.event import Refusal
from streams.sources.mapping import TableMapping
from streams.sources.mapping_long import LongRows
from streams.sources.mapping_wide import WideRows
from streams.sources.parquet_table import as_read, read_parquet
from streams.sources.table import BadRow, Row, Table, table_suffix
from streams.sources.tables import open_table
from streams.text import nfc

_LEAST_ROW: Final = 30  # bytes of a line, about
PIECE: Final = 250_000  # rows of a table that are read at once: more are no faster, and need more memory


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chunk:
    """Rows of a table by the columns of its mapping, with their numbers in the file, and rows that are none."""

    frame: pl.DataFrame
    numbers: Rows
    bad: Sequence[tuple[int, BadRow]] = ()


def by_rows(rows: LongRows | WideRows, chunk: Chunk, odd: Mask) -> Iterator[Refusal]:
    """What the reader of rows has to say of these rows, in the order of the file."""
    if not odd.any() and not chunk.bad:
        return
    places = np.flatnonzero(odd)
    numbers = chunk.numbers[places].tolist()
    found: list[tuple[int, tuple[object, ...] | BadRow]] = [
        *zip(numbers, chunk.frame[places].iter_rows(), strict=True),
        *chunk.bad,
    ]
    if chunk.bad:
        found.sort(key=lambda one: one[0])
    for number, row in found:
        if isinstance(row, BadRow):
            yield rows.row_refusal(number, "wrong_row", row.reason, row.raw)
        else:
            yield from (item for item in rows.take(number, row) if isinstance(item, Refusal))


def pieces_of(path: Path, mapping: TableMapping) -> "CsvPieces | ParquetPieces | None":
    """None where the columns are not as they have to be, and where no table of this kind is read in columns."""
    suffix = table_suffix(path)
    if suffix == ".parquet":
        return _parquet(path, mapping)
    if suffix not in (".csv", ".tsv", ".txt"):
        return None
    table = open_table(path, mapping.csv)
    whole = all(list(table.columns).count(name) == 1 for name in mapping.columns())
    return CsvPieces(table, mapping, most=path.stat().st_size // _LEAST_ROW) if whole else None


class CsvPieces:
    """Text by text, as the table's own reader has them."""

    def __init__(self, table: Table, mapping: TableMapping, *, most: int) -> None:
        self._table = table
        self._columns = mapping.columns()
        self.decimal = table.decimal
        self.most = most

    def chunks(self, *, whole: bool) -> Iterator[Chunk]:
        """At least one."""
        rows = enumerate(self._table.rows(self._columns), start=1)
        last = False
        while not last:
            piece = list(rows if whole else islice(rows, PIECE))
            last = whole or len(piece) < PIECE
            yield self._chunk(piece)

    def _chunk(self, piece: Sequence[tuple[int, Row | BadRow]]) -> Chunk:
        bad = [(number, row) for number, row in piece if isinstance(row, BadRow)]
        good = [(number, row) for number, row in piece if not isinstance(row, BadRow)]
        schema = dict.fromkeys(self._columns, pl.String)
        return Chunk(
            frame=pl.DataFrame([row for _, row in good], schema=schema, orient="row"),
            numbers=np.array([number for number, _ in good], np.int64),
            bad=bad,
        )


class ParquetPieces:
    decimal = "."

    def __init__(self, path: Path, columns: Sequence[pl.Expr], frame: pl.DataFrame | None = None) -> None:
        self._path = path
        self._columns = columns
        self._frame = frame  # of a file that cannot be read in pieces
        self.most = pl.scan_parquet(path).select(pl.len()).collect().item() if frame is None else frame.height

    def chunks(self, *, whole: bool = False) -> Iterator[Chunk]:
        """At least one."""
        if self._frame is not None:
            yield _chunk(0, self._frame.select(self._columns))
            return
        start = 0
        while True:
            frame = pl.scan_parquet(self._path).select(self._columns).slice(start, None if whole else PIECE).collect()
            if frame.height or not start:
                yield _chunk(start, as_read(frame))
            start += frame.height
            if whole or frame.height < PIECE:
                return


def _parquet(path: Path, mapping: TableMapping) -> ParquetPieces | None:
    frame = packed_parquet(path)
    schema = pl.read_parquet_schema(path) if frame is None else frame.schema
    columns = _columns(list(schema), list(schema.values()), mapping)
    return None if columns is None else ParquetPieces(path, columns, frame)


def packed_parquet(path: Path) -> pl.DataFrame | None:
    """A file that is gzipped as a whole cannot be read in pieces; others are None."""
    return None if table_suffix(path) == path.suffix.lower() else read_parquet(path)


def _columns(written: Sequence[str], types: Sequence[pl.DataType], mapping: TableMapping) -> list[pl.Expr] | None:
    """The columns that are read, under the names that the mapping has for them."""
    known = [nfc(name.strip()) for name in written]
    found = []
    for wanted in mapping.columns():
        if known.count(wanted) != 1:
            return None
        place = known.index(wanted)
        if wanted in mapping.key_columns() and types[place].is_float():
            return None
        found.append(pl.nth(place).alias(wanted))
    return found


def _chunk(start: int, frame: pl.DataFrame) -> Chunk:
    return Chunk(frame=frame, numbers=np.arange(start + 1, start + frame.height + 1))
