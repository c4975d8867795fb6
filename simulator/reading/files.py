"""Histories of Tocsin's own as columns, from files."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from simulator.columns.column import Rows
from simulator.reading.chunks import PIECE, Chunk, ParquetPieces, packed_parquet
from simulator.reading.ended import Ended
from simulator.reading.flat import Flat
from simulator.reading.json_lines import JsonLines, is_array
from simulator.reading.own_tables import OwnChunk, OwnColumns, copied_hashes, identity_hashes
from streams.decoding import Decoded, Decoder
from streams.event import Refusal
from streams.instants import Micros
from streams.model import Model
from streams.sources.files import COLUMNS, JSON_LINES, REQUIRED, as_line
from streams.sources.table import table_suffix


class HistoryFile(Protocol):
    @property
    def most(self) -> int:
        """How many events there may be, about."""

    def identities(self) -> Iterator[pl.DataFrame]:
        """The sources and ids of all pieces; asked for before the pieces themselves."""

    def chunks(self) -> Iterator[OwnChunk]: ...


def own_history(path: Path, model: Model, *, skew: Micros, skews: Mapping[str, Micros]) -> "OwnHistory | None":
    """None where the reader of rows has to read it, or says what is wrong."""
    decoder = Decoder(model, skew=skew, skews=skews)
    file = _open(path, decoder)
    return None if file is None else OwnHistory(file, OwnColumns(path.name, model, decoder, skew=skew, skews=skews))


def _open(path: Path, decoder: Decoder) -> HistoryFile | None:
    suffix = table_suffix(path)
    if suffix in JSON_LINES:
        return None if is_array(path) else JsonLines(path, decoder)
    if suffix != ".parquet":
        return None
    frame = packed_parquet(path)
    there = list(pl.read_parquet_schema(path)) if frame is None else frame.columns
    if any(name not in there for name in REQUIRED):
        return None
    return ParquetHistory(path, decoder, [name for name in COLUMNS if name in there], frame)


class OwnHistory:
    def __init__(self, file: HistoryFile, reading: OwnColumns) -> None:
        self._file = file
        self._reading = reading
        self.most = file.most

    def flats(self) -> Iterator[Flat]:
        copied = copied_hashes([identity_hashes(frame) for frame in self._file.identities()])
        for chunk in self._file.chunks():
            yield from self._reading.take(chunk, copied)

    def ended(self) -> Ended:
        return self._reading.ended()


class ParquetHistory:
    def __init__(self, path: Path, decoder: Decoder, columns: Sequence[str], frame: pl.DataFrame | None) -> None:
        self._name = path.name
        self._decoder = decoder
        self._pieces = ParquetPieces(path, [pl.col(name) for name in columns], frame)
        self._names = ParquetPieces(path, [pl.col("source"), pl.col("id")], frame)
        self._kept: list[Chunk] | None = None
        self.most = self._pieces.most

    def identities(self) -> Iterator[pl.DataFrame]:
        """A file of one piece is kept: it need not be read again."""
        if self.most < PIECE:
            self._kept = list(self._pieces.chunks())
        return (chunk.frame for chunk in self._kept or self._names.chunks())

    def chunks(self) -> Iterator[OwnChunk]:
        for chunk in self._kept or self._pieces.chunks():
            yield OwnChunk(frame=chunk.frame, numbers=chunk.numbers, decode=partial(self._decode, chunk))

    def _decode(self, chunk: Chunk, rows: Rows) -> Iterator[Decoded | Refusal]:
        for number, members in zip(chunk.numbers[rows].tolist(), chunk.frame[rows].iter_rows(named=True), strict=True):
            yield self._decoder.decode(as_line(members), now=None, position=f"{self._name} row {number}")
