"""CSV and TSV as tables."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from streams.errors import UnreadableSource
from streams.sources.mapping import CsvOptions
from streams.sources.table import BadRow, Row, open_binary
from streams.text import nfc


class CsvTable:
    def __init__(self, path: Path, options: CsvOptions, delimiter: str) -> None:
        self.file = path.name
        self.decimal = options.decimal
        self.floats: frozenset[str] = frozenset()
        self._path = path
        self._encoding = "utf-8-sig" if codecs.lookup(options.encoding).name == "utf-8" else options.encoding
        self._named = options.encoding
        self._delimiter = delimiter
        lines = self._lines()
        header = next(lines, None)
        lines.close()
        if header is None:
            raise UnreadableSource(
                f"{self.file}: the file is empty; expected a line with the columns' names",
                f"{self.file} 是空文件；第一行应为列名",
            )
        self.columns = tuple(nfc(name.strip()) for name in header)

    def rows(self, columns: Sequence[str]) -> Iterator[Row | BadRow]:
        width = len(self.columns)
        places = [self.columns.index(name) for name in columns]
        lines = self._lines()
        next(lines, None)
        for cells in lines:
            if len(cells) > width:
                if any(cell.strip() for cell in cells[width:]):
                    reason = f"expected {width} cells as in the header, got {len(cells)}"
                    yield BadRow(reason, self._delimiter.join(cells))
                    continue
            elif len(cells) < width:
                cells.extend([""] * (width - len(cells)))
            yield [cells[place] for place in places]

    def _lines(self) -> Generator[list[str]]:
        """The lines that are not blank. A generator, so that the file is closed when it is."""
        line = 0
        try:
            with io.TextIOWrapper(open_binary(self._path), encoding=self._encoding, newline="") as text:
                reader = csv.reader(text, delimiter=self._delimiter)
                for cells in reader:
                    line = reader.line_num
                    if cells:
                        yield cells
        except UnicodeError:
            raise UnreadableSource(
                f"{self.file}: near line {line + 1} not {self._named}; say csv: {{encoding: ...}} in the mapping",
                f"{self.file}：第 {line + 1} 行附近不是 {self._named} 编码；请在映射中写明 csv: {{encoding: ...}}",
            ) from None
        except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableSource(
                f"{self.file}: near line {line + 1} it cannot be read: {error}",
                f"{self.file}：第 {line + 1} 行附近无法读取：{error}",
            ) from None
