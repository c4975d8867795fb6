"""Histories of Tocsin's own as columns, from files."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from simulator.columns.column import Rows
from simulator.columns.reading_ended import Ended
from simulator.columns.reading_flat import Flat
from simulator.columns.reading_own import OwnChunk, OwnColumns, copied_hashes, identity_hashes
from simulator.columns.reading_tables import Chunk, ParquetPieces, packed_parquet
from streams.decoding import Decoded, Decoder
from streams.event import Refusal
from streams.instants import Micros
from streams.model import Model
from streams.sources.files import COLUMNS, REQUIRED, as_line
from streams.sources.table import table_suffix


def own_history(path: Path, model: Model, *, skew: Micros, skews: Mapping[str, Micros]) -> "OwnHistory | None":
    """None where the reader of rows has to read it, or says what is wrong."""
    if table_suffix(path) != ".parquet":
        return None
    frame = packed_parquet(path)
    there = list(pl.read_parquet_schema(path)) if frame is None else frame.columns
    if any(name not in there for name in REQUIRED):
        return None
    columns = [name for name in COLUMNS if name in there]
    return OwnHistory(path, model, columns, frame, skew=skew, skews=skews)


class OwnHistory:
    def __init__(
        self,
        path: Path,
        model: Model,
        columns: Sequence[str],
        frame: pl.DataFrame | None,
        *,
        skew: Micros,
        skews: Mapping[str, Micros],
    ) -> None:
        self._file = path.name
        self._decoder = Decoder(model, skew=skew, skews=skews)
        self._pieces = ParquetPieces(path, [pl.col(name) for name in columns], frame)
        self._names = ParquetPieces(path, [pl.col("source"), pl.col("id")], frame)
        self._reading = OwnColumns(path.name, model, self._decoder, skew=skew, skews=skews)
        self.most = self._pieces.most

    def flats(self) -> Iterator[Flat]:
        copied = copied_hashes([identity_hashes(chunk.frame) for chunk in self._names.chunks()])
        for chunk in self._pieces.chunks():
            own = OwnChunk(frame=chunk.frame, numbers=chunk.numbers, decode=partial(self._decode, chunk))
            yield from self._reading.take(own, copied)

    def ended(self) -> Ended:
        return self._reading.ended()

    def _decode(self, chunk: Chunk, rows: Rows) -> Iterator[Decoded | Refusal]:
        for number, members in zip(chunk.numbers[rows].tolist(), chunk.frame[rows].iter_rows(named=True), strict=True):
            yield self._decoder.decode(as_line(members), now=None, position=f"{self._file} row {number}")
