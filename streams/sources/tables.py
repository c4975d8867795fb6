"""Tables as rows of cells: CSV, TSV and Parquet, each also gzipped."""

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

import polars as pl

from streams.errors import UnreadableSource
from streams.sources.mapping import CsvOptions
from streams.text import nfc

# str, or what Parquet holds: None, int, float, bool, Decimal, date, datetime, lists and dicts of them.
Row = Sequence[Any]

_SLICE: Final = 20_000
_LATER: Final = {
    ".xlsx": "Excel workbooks are not read yet; save the sheet as CSV",
    ".xls": "Excel workbooks are not read yet; save the sheet as CSV",
    ".xes": "XES logs are not read yet; convert the log to CSV",
    ".sqlite": "OCEL 2.0 logs are not read yet; convert the log to CSV",
    ".json": "OCEL 2.0 logs are not read yet; convert the log to CSV",
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is none: what is wrong with it, and its text."""

    reason: str
    raw: str


class Table(Protocol):
    """Rows are counted from 1, without the header; blank lines of a CSV file are no rows."""

    @property
    def file(self) -> str: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def floats(self) -> frozenset[str]: ...
    @property
    def decimal(self) -> str: ...

    def rows(self, columns: Sequence[str]) -> Iterator[Row | BadRow]:
        """The cells of these columns, in this order."""


def open_table(path: Path, options: CsvOptions) -> Table:
    """Raises UnreadableSource."""
    suffix = table_suffix(path)
    if suffix in _LATER:
        raise UnreadableSource(f"{path.name}: {_LATER[suffix]}")
    try:
        match suffix:
            case ".csv" | ".tsv" | ".txt":
                default = "\t" if suffix == ".tsv" else ","
                return _CsvTable(path, options, options.delimiter or default)
            case ".parquet":
                return _ParquetTable(path)
    except OSError as error:
        raise UnreadableSource(f"{path.name}: cannot be read: {error.strerror or error}") from None
    raise UnreadableSource(
        f"{path.name}: no kind of table that is read; expected .csv, .tsv or .parquet, each also .gz"
    )


def table_suffix(path: Path) -> str:
    """ ".csv" of both NAME.csv and NAME.csv.gz, in lower case."""
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return inner.suffix.lower()


def open_binary(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def read_parquet(path: Path) -> pl.DataFrame:
    """The whole file, its instants cut to microseconds. Raises UnreadableSource."""
    try:
        frame = pl.read_parquet(
            io.BytesIO(gzip.decompress(path.read_bytes())) if path.suffix.lower() == ".gz" else path
        )
    except OSError as error:
        raise UnreadableSource(f"{path.name}: cannot be read: {error}") from None
    except (EOFError, zlib.error, pl.exceptions.PolarsError) as error:
        raise UnreadableSource(f"{path.name}: no Parquet file: {error}") from None
    return frame.with_columns(pl.col(pl.Datetime).dt.cast_time_unit("us"))


def require_columns(table: Table, wanted: Sequence[str]) -> None:
    """Every column that is wanted is there, once. Raises UnreadableSource that names them all."""
    counted = Counter(table.columns)
    wrong: list[str] = []
    for name in wanted:
        if counted[name] == 0:
            close = get_close_matches(name, table.columns, n=1)
            wrong.append(f"there is no column {name}" + (f" (did you mean {close[0]}?)" if close else ""))
        elif counted[name] > 1:
            wrong.append(f"{counted[name]} columns are named {name}")
    if wrong:
        raise UnreadableSource(f"{table.file}: {'; '.join(wrong)}; the columns are {', '.join(table.columns)}")


class _CsvTable:
    def __init__(self, path: Path, options: CsvOptions, delimiter: str) -> None:
        self.file = path.name
        self.decimal = options.decimal
        self.floats: frozenset[str] = frozenset()
        self._path = path
        self._encoding = "utf-8-sig" if codecs.lookup(options.encoding).name == "utf-8" else options.encoding
        self._delimiter = delimiter
        lines = self._lines()
        header = next(lines, None)
        lines.close()
        if header is None:
            raise UnreadableSource(f"{self.file}: the file is empty; expected a line with the columns' names")
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
                f"{self.file}: near line {line + 1} not {self._encoding}; say csv: {{encoding: ...}} in the mapping"
            ) from None
        except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableSource(f"{self.file}: near line {line + 1} it cannot be read: {error}") from None


class _ParquetTable:
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
