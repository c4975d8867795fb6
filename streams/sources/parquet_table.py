"""Parquet as a table."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from streams.errors import UnreadableSource
from streams.sources.table import BadRow, Row
from streams.text import nfc

_SLICE: Final = 20_000


class ParquetTable:
    decimal = "."

    def __init__(self, path: Path) -> None:
        self.file = path.name
        frame = read_parquet(path)
        self._names = {nfc(name.strip()): name for name in frame.columns}
        self._frame = frame
        self.columns = tuple(nfc(name.strip()) for name in frame.columns)
        self.floats = frozenset(name for name, written in self._names.items() if frame.schema[written].is_float())

    def rows(self, columns: Sequence[str]) -> Iterator[Row | BadRow]:
        if not columns:  # polars has no rows without columns
            yield from ((),) * self._frame.height
            return
        picked = self._frame.select([self._names[name] for name in columns])
        for piece in picked.iter_slices(_SLICE):
            yield from piece.iter_rows()


def read_parquet(path: Path) -> pl.DataFrame:
    """The whole file, its instants cut to microseconds. Raises UnreadableSource."""
    try:
        frame = pl.read_parquet(
            io.BytesIO(gzip.decompress(path.read_bytes())) if path.suffix.lower() == ".gz" else path
        )
    except OSError as error:
        raise UnreadableSource(f"{path.name}: cannot be read: {error}", f"{path.name}：无法读取：{error}") from None
    except (EOFError, zlib.error, pl.exceptions.PolarsError) as error:
        raise UnreadableSource(
            f"{path.name}: no Parquet file: {error}", f"{path.name} 不是 Parquet 文件：{error}"
        ) from None
    return as_read(frame)


def as_read(frame: pl.DataFrame) -> pl.DataFrame:
    """Instants cut to microseconds, bytes as the text that they are."""
    # Impala and old Spark write text without saying that it is text. Bytes that are none are no value.
    return frame.with_columns(
        pl.col(pl.Datetime).dt.cast_time_unit("us"),
        pl.col(pl.Binary).map_elements(_text_of, return_dtype=pl.String),
    )


def _text_of(found: bytes) -> str | None:
    try:
        return found.decode()
    except UnicodeDecodeError:
        return None
