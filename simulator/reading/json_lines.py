"""JSON lines in pieces of columns: each line is decoded once, its data are kept as text."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars as pl

from simulator.columns.column import Rows
from simulator.reading.own_tables import OwnChunk
from streams.decoding import Decoded, Decoder
from streams.event import Refusal
from streams.shapes import Wire
from streams.sources.files import COLUMNS
from streams.sources.table import open_binary

PIECE: Final = 200_000  # lines
_BOM: Final = b"\xef\xbb\xbf"
_LEAST_LINE: Final = 100  # bytes, about
_SCHEMA: Final = dict.fromkeys(COLUMNS, pl.String())


class _Line(Wire, gc=False):
    data: msgspec.Raw = msgspec.Raw(b"")  # type: ignore[assignment]  # not read yet


_LINE: Final = msgspec.json.Decoder(_Line)
_NOTHING: Final = _Line()


@dataclass(frozen=True, slots=True)
class _Numbered:
    number: int
    text: bytes


class JsonLines:
    def __init__(self, path: Path, decoder: Decoder) -> None:
        self._path = path
        self._decoder = decoder
        self._kept: list[OwnChunk] | None = None
        self.most = path.stat().st_size // _LEAST_LINE

    def identities(self) -> Iterator[pl.DataFrame]:
        """Of a file of one piece that piece is kept: it need not be decoded again."""
        chunks = self._read()
        first = next(chunks)
        yield first.frame
        second = next(chunks, None)
        if second is None:
            self._kept = [first]
            return
        yield second.frame
        yield from (chunk.frame for chunk in chunks)

    def chunks(self) -> Iterator[OwnChunk]:
        return self._read() if self._kept is None else iter(self._kept)

    def _read(self) -> Iterator[OwnChunk]:
        """At least one."""
        lines = self._lines()
        last = False
        while not last:
            piece = list(islice(lines, PIECE))
            last = len(piece) < PIECE
            yield self._chunk(piece)

    def _chunk(self, lines: list[_Numbered]) -> OwnChunk:
        read = [_line(line.text) for line in lines]
        columns = {name: [getattr(line, name) for line, _ in read] for name in COLUMNS if name != "data"}
        columns["data"] = [data for _, data in read]

        def decode(rows: Rows) -> Iterator[Decoded | Refusal]:
            for row in rows.tolist():
                position = f"{self._path.name}:{lines[row].number}"
                yield self._decoder.decode(lines[row].text, now=None, position=position)

        return OwnChunk(
            frame=pl.DataFrame({name: columns[name] for name in COLUMNS}, schema=_SCHEMA),
            numbers=np.array([line.number for line in lines], np.int64),
            decode=decode,
        )

    def _lines(self) -> Iterator[_Numbered]:
        """As the reader of lines takes them; of one that is too long no more than shows that it is."""
        longest = self._decoder.largest + 1
        number = 0
        with open_binary(self._path) as file:
            while line := file.readline(longest):
                number += 1
                whole = line.endswith(b"\n") or len(line) < longest
                text = (line.removeprefix(_BOM) if number == 1 else line).strip()
                if text:
                    yield _Numbered(number, text if whole else line)
                while not whole:
                    rest = file.readline(longest)
                    whole = not rest or rest.endswith(b"\n")


def is_array(path: Path) -> bool:
    """One JSON value instead of lines: the decoder takes it as a whole."""
    try:
        with open_binary(path) as file:
            first = file.readline()
    except (EOFError, zlib.error):
        return True
    return first.removeprefix(_BOM).strip().startswith(b"[")


def _line(text: bytes) -> tuple[_Line, str | None]:
    """What the line says, and its data; nothing where the decoder has to say what is wrong, or it is a CloudEvent."""
    try:
        line = _LINE.decode(text)
        data = bytes(line.data).decode() or None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOTHING, None
    return (line, data) if line.specversion is None else (_NOTHING, None)
