"""Histories that are larger than memory: events on disk, in partitions by the hash of their key.

The files have no names: they are gone when the program ends, however it ends.
"""

import io
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from typing import IO, Any, Final

import numpy as np
import polars as pl

from rules.language.tree import Type
from simulator.columns.column import Column, Instants
from simulator.columns.events import Given
from simulator.reading.codes import coded
from simulator.reading.flat import Flat, Names
from simulator.reading.values import hashable
from streams.errors import UnreadableSource

_EVENT_BYTES: Final = 80  # that an event takes on disk, about
_TYPES: Final = {
    Type.NUMBER: pl.Float64(),
    Type.TIMESTAMP: pl.Int64(),
    Type.BOOL: pl.Boolean(),
    Type.STRING: pl.String(),
}


class Spill:
    """The events of one kind."""

    def __init__(self, kind: str, types: tuple[str, ...], count: int) -> None:
        self.kind = kind
        self._types = types
        self._parts = [_Part() for _ in range(count)]
        for part in self._parts:
            weakref.finalize(self, part.file.close)
        self._fields: dict[str, Type] = {}
        self._lists: list[Any] = []  # what codes of lists, of texts or of records, mean
        self._places: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, flat: Flat) -> None:
        """Raises UnreadableSource where the disk is full."""
        part_of_key = (flat.keys.hash().to_numpy() % np.uint64(len(self._parts))).astype(np.int64)
        part = part_of_key[flat.key]
        frame = self._frame(flat)[np.argsort(part, kind="stable")]
        start = 0
        for own, count in zip(self._parts, np.bincount(part, minlength=len(self._parts)).tolist(), strict=True):
            if count:
                own.write(frame.slice(start, count))
            start += count

    def flat(self, place: int) -> Flat | None:
        """The events of one partition: whole entities, piece after piece."""
        frame = self._parts[place].read()
        if frame is None:
            return None
        keys = coded(frame["key"])
        named = "id" in frame.columns
        return Flat(
            kind=self.kind,
            keys=keys.values,
            key=keys.codes,
            occurred_at=frame["occurred_at"].to_numpy(),
            recorded_at=_known_at(frame),
            types=self._types,
            type=frame["type"].to_numpy(),
            data={name: one for name in self._fields if len((one := self._given(frame, name)).rows)},
            names=Names(source=frame["source"], id=frame["id"]) if named else None,
            rows=frame["row"].to_numpy() if "row" in frame.columns else None,
        )

    def _frame(self, flat: Flat) -> pl.DataFrame:
        columns: dict[str, Any] = {
            "key": flat.keys.gather(flat.key),
            "occurred_at": flat.occurred_at,
            "recorded_at": flat.recorded_at,
            "type": flat.type,
            "row": flat.rows,
        }
        if flat.names is not None:
            columns |= {"source": flat.names.source, "id": flat.names.id}
        frame = pl.DataFrame({name: values for name, values in columns.items() if values is not None})
        for name, given in flat.data.items():
            self._fields[name] = given.column.type
            places = pl.repeat(None, len(flat), dtype=pl.Int64, eager=True)
            places = places.scatter(given.rows, np.arange(len(given.rows)))
            values = self._values(given.column).gather(places).alias(f"={name}")
            removed = pl.Series(f"-{name}", ~given.column.mask()).gather(places).fill_null(False)
            frame = frame.with_columns(values, removed)
        return frame

    def _values(self, column: Column) -> pl.Series:
        if column.type is not Type.LIST:
            values = pl.Series(column.values)
            return pl.Series(column.meanings, dtype=pl.String).gather(values) if column.meanings else values
        codes = []
        for meaning in column.meanings:
            code = self._places.setdefault(hashable(meaning), len(self._places))
            if code == len(self._lists):
                self._lists.append(meaning)
            codes.append(code)
        return pl.Series(np.array(codes, np.int64)[column.values])

    def _given(self, frame: pl.DataFrame, name: str) -> Given:
        type_ = self._fields[name]
        if f"={name}" not in frame.columns:
            return Given(rows=np.zeros(0, np.int64), column=Column(type_, np.zeros(0)))
        values = frame[f"={name}"]
        rows = np.flatnonzero(values.is_not_null().to_numpy())
        values = values.gather(rows)
        removed = frame[f"-{name}"].fill_null(False).gather(rows).to_numpy()
        present = ~removed if removed.any() else None
        match type_:
            case Type.STRING:
                codes = coded(values)
                return Given(rows=rows, column=Column(type_, codes.codes, present, codes.values.to_list()))
            case Type.LIST:
                return Given(rows=rows, column=Column(type_, values.to_numpy().astype(np.int32), present, self._lists))
            case _:
                return Given(rows=rows, column=Column(type_, values.to_numpy(), present))


def _known_at(frame: pl.DataFrame) -> Instants | None:
    """Pieces of which all was known when it happened have no such column."""
    if "recorded_at" not in frame.columns:
        return None
    return frame["recorded_at"].fill_null(frame["occurred_at"]).to_numpy()


@dataclass(slots=True)
class _Part:
    """Frames one after the other in a file of their own."""

    file: IO[bytes] = field(default_factory=lambda: tempfile.TemporaryFile(prefix="tocsin-"))  # noqa: SIM115
    ends: list[int] = field(default_factory=list)

    def write(self, frame: pl.DataFrame) -> None:
        packed = io.BytesIO()
        frame.write_ipc_stream(packed, compression="lz4")
        try:
            self.file.seek(0, io.SEEK_END)
            self.file.write(packed.getbuffer())
            self.ends.append(self.file.tell())
        except OSError as error:
            raise no_room(0) from error

    def read(self) -> pl.DataFrame | None:
        frames = []
        self.file.seek(0)
        for end in self.ends:
            frames.append(pl.read_ipc_stream(io.BytesIO(self.file.read(end - self.file.tell()))))
        return pl.concat(frames, how="diagonal") if frames else None


def check_room(events: int) -> None:
    """Raises UnreadableSource where so many events find no room on the disk."""
    if shutil.disk_usage(tempfile.gettempdir()).free < events * _EVENT_BYTES:
        raise no_room(events)


def no_room(events: int) -> UnreadableSource:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free / 1e9
    size = events * _EVENT_BYTES / 1e9
    wanted = f"about {size:.1f} GB" if events else "more room"
    needed = f"约 {size:.1f} GB" if events else "更多空间"
    return UnreadableSource(
        f"the history is sorted on disk, which needs {wanted} in {folder}, where {free:.1f} GB are free. "
        "Free some, or name another folder in the environment variable TMPDIR",
        f"历史需在磁盘上排序，{folder} 中需要{needed}，目前可用 {free:.1f} GB。"
        "请腾出空间，或用环境变量 TMPDIR 指定其他文件夹",
    )
