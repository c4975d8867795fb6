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
from streams.text import Text, nfc

# str, or what Parquet holds: None, int, float, bool, Decimal, date, datetime, lists and dicts of them.
Row = Sequence[Any]

_SLICE: Final = 20_000
_LATER: Final = {
    ".xlsx": Text(
        en="Excel workbooks are not read yet; save the sheet as CSV", zh="暂不支持 Excel；请把工作表另存为 CSV"
    ),
    ".xls": Text(
        en="Excel workbooks are not read yet; save the sheet as CSV", zh="暂不支持 Excel；请把工作表另存为 CSV"
    ),
    ".xes": Text(en="XES logs are not read yet; convert the log to CSV", zh="暂不支持 XES；请把日志转换为 CSV"),
    ".sqlite": Text(en="OCEL 2.0 logs are not read yet; convert the log to CSV", zh="暂不支持 OCEL 2.0；请转换为 CSV"),
    ".json": Text(en="OCEL 2.0 logs are not read yet; convert the log to CSV", zh="暂不支持 OCEL 2.0；请转换为 CSV"),
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
        later = _LATER[suffix]
        raise UnreadableSource(f"{path.name}: {later.en}", f"{path.name}：{later.zh}")
    try:
        match suffix:
            case ".csv" | ".tsv" | ".txt":
                default = "\t" if suffix == ".tsv" else ","
                return _CsvTable(path, options, options.delimiter or default)
            case ".parquet":
                return _ParquetTable(path)
    except OSError as error:
        said = error.strerror or error
        raise UnreadableSource(f"{path.name}: cannot be read: {said}", f"{path.name}：无法读取：{said}") from None
    raise UnreadableSource(
        f"{path.name}: no kind of table that is read; expected .csv, .tsv or .parquet, each also .gz",
        f"{path.name}：不支持这种表格；应为 .csv、.tsv 或 .parquet，也可加 .gz",
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
    # Impala and old Spark write text without saying that it is text. Bytes that are none are no value.
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
    return frame.with_columns(
        pl.col(pl.Datetime).dt.cast_time_unit("us"),
        pl.col(pl.Binary).map_elements(_text_of, return_dtype=pl.String),
    )


def _text_of(found: bytes) -> str | None:
    try:
        return found.decode()
    except UnicodeDecodeError:
        return None


def require_columns(table: Table, wanted: Sequence[str]) -> None:
    """Every column that is wanted is there, once. Raises UnreadableSource that names them all."""
    counted = Counter(table.columns)
    en: list[str] = []
    zh: list[str] = []
    for name in wanted:
        if counted[name] == 0:
            close = get_close_matches(name, table.columns, n=1)
            en.append(f"there is no column {name}" + (f" (did you mean {close[0]}?)" if close else ""))
            zh.append(f"没有列 {name}" + (f"（是否应为 {close[0]}？）" if close else ""))
        elif counted[name] > 1:
            en.append(f"{counted[name]} columns are named {name}")
            zh.append(f"有 {counted[name]} 列名为 {name}")
    if en:
        there = ", ".join(table.columns)
        raise UnreadableSource(
            f"{table.file}: {'; '.join(en)}; the columns are {there}",
            f"{table.file}：{'；'.join(zh)}；现有的列：{there}",
        )


class _CsvTable:
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
