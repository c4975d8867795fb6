"""A table as rows of cells, whatever kind of file it is: what the readers of each kind share."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

from streams.errors import UnreadableSource

# str, or what typed files hold: None, int, float, bool, Decimal, date, datetime, lists and dicts of them.
Row = Sequence[Any]

_MOST_BYTES: Final = 2**30  # of a file that is read whole, unpacked


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


def table_suffix(path: Path) -> str:
    """ ".csv" of both NAME.csv and NAME.csv.gz, in lower case."""
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return inner.suffix.lower()


def open_binary(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def read_whole(path: Path) -> bytes:
    """The bytes of a file, unpacked, of kinds that cannot be streamed. Raises UnreadableSource."""
    try:
        with open_binary(path) as file:
            found = file.read(_MOST_BYTES + 1)
    except OSError as error:
        said = error.strerror or error
        raise UnreadableSource(f"{path.name}: cannot be read: {said}", f"{path.name}：无法读取：{said}") from None
    except (EOFError, zlib.error) as error:
        raise UnreadableSource(f"{path.name}: no gzip file: {error}", f"{path.name} 不是 gzip 文件：{error}") from None
    check_size(path.name, len(found))
    return found


def check_size(file: str, size: int) -> None:
    """Raises UnreadableSource where a file unpacks to more than memory should hold."""
    if size > _MOST_BYTES:
        raise UnreadableSource(
            f"{file}: unpacked it is larger than {_MOST_BYTES >> 20} MiB; split it, or store it as CSV or Parquet",
            f"{file}：解压后超过 {_MOST_BYTES >> 20} MiB；请拆分，或存为 CSV 或 Parquet",
        )


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
