"""Files of events in pieces of columns."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from simulator.columns.column import Rows
from simulator.columns.reading_own import OwnChunk
from simulator.columns.reading_tables import parquet_pieces
from streams.decoding import Decoded, Decoder
from streams.event import Refusal
from streams.sources.files import COLUMNS, REQUIRED, as_line
from streams.sources.parquet_table import read_parquet
from streams.sources.table import table_suffix


def parquet_history(path: Path) -> "ParquetHistory | None":
    """None where columns are missing: the reader of rows says so."""
    packed = table_suffix(path) != path.suffix.lower()
    frame = read_parquet(path) if packed else None
    columns = list(pl.read_parquet_schema(path)) if frame is None else frame.columns
    if any(name not in columns for name in REQUIRED):
        return None
    return ParquetHistory(path, [name for name in COLUMNS if name in columns], frame)


class ParquetHistory:
    def __init__(self, path: Path, columns: Sequence[str], frame: pl.DataFrame | None) -> None:
        self._path = path
        self._columns = columns
        self._frame = frame

    def identities(self) -> Iterator[pl.DataFrame]:
        return (frame for _, frame in self._pieces(["source", "id"]))

    def chunks(self, decoder: Decoder) -> Iterator[OwnChunk]:
        for start, frame in self._pieces(self._columns):
            yield OwnChunk(
                frame=frame,
                numbers=np.arange(start + 1, start + frame.height + 1),
                decode=partial(self._decode, decoder, start, frame),
            )

    def _pieces(self, columns: Sequence[str]) -> Iterator[tuple[int, pl.DataFrame]]:
        if self._frame is not None:
            return iter([(0, self._frame.select(columns))])
        return parquet_pieces(self._path, [pl.col(name) for name in columns])

    def _decode(self, decoder: Decoder, start: int, frame: pl.DataFrame, rows: Rows) -> Iterator[Decoded | Refusal]:
        for row, members in zip(rows.tolist(), frame[rows].iter_rows(named=True), strict=True):
            position = f"{self._path.name} row {start + row + 1}"
            yield decoder.decode(as_line(members), now=None, position=position)
