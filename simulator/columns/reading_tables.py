"""Tables in pieces of columns, and the rows of a piece that need the reader of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, starmap
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
from streams.sources.table import BadRow, Table, table_suffix
from streams.text import nfc

PIECE: Final = 2_000_000  # rows of a table that are read at once


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chunk:
    """Rows of a table by the columns of its mapping, with their numbers in the file, and rows that are none."""

    frame: pl.DataFrame
    numbers: Rows
    bad: Sequence[tuple[int, BadRow]] = ()


def by_rows(rows: LongRows | WideRows, chunk: Chunk, odd: Mask) -> Iterator[Refusal]:
    """What the reader of rows has to say of these rows, in the order of the file."""
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


def csv_chunks(table: Table, mapping: TableMapping) -> Iterator[Chunk]:
    """Text by text, as the table's own reader has them."""
    columns = mapping.columns()
    rows = enumerate(table.rows(columns), start=1)
    whole = False
    while not whole:
        piece = list(islice(rows, PIECE))
        whole = len(piece) < PIECE
        bad = [(number, row) for number, row in piece if isinstance(row, BadRow)]
        good = [(number, row) for number, row in piece if not isinstance(row, BadRow)] if bad else piece
        yield Chunk(
            frame=pl.DataFrame(
                [row for _, row in good], schema=dict.fromkeys(columns, pl.String), orient="row", strict=True
            ),
            numbers=np.array([number for number, _ in good], np.int64),
            bad=bad,
        )


def parquet_chunks(path: Path, mapping: TableMapping) -> Iterator[Chunk] | None:
    """None where the columns are not as they have to be: the reader of rows says what is wrong."""
    if table_suffix(path) != path.suffix.lower():  # gzipped: there is no reading it in parts
        frame = read_parquet(path)
        names = _names(frame.columns, frame.dtypes, mapping)
        return None if names is None else iter([_chunk(0, frame.select(names))])
    schema = pl.read_parquet_schema(path)
    names = _names(list(schema), list(schema.values()), mapping)
    return None if names is None else starmap(_chunk, parquet_pieces(path, names))


def _names(written: Sequence[str], types: Sequence[pl.DataType], mapping: TableMapping) -> list[pl.Expr] | None:
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


def parquet_pieces(path: Path, columns: Sequence[pl.Expr]) -> Iterator[tuple[int, pl.DataFrame]]:
    """The columns of so many rows after another, with how many rows are before; at least one piece."""
    start = 0
    while True:
        frame = pl.scan_parquet(path).select(columns).slice(start, PIECE).collect()
        if frame.height or not start:
            yield start, as_read(frame)
        start += frame.height
        if frame.height < PIECE:
            return


def _chunk(start: int, frame: pl.DataFrame) -> Chunk:
    return Chunk(frame=frame, numbers=np.arange(start + 1, start + frame.height + 1))
