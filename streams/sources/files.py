"""Histories of Tocsin's own events: JSON lines and Parquet, each also gzipped (rule-files.md, Histories)."""

import math
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from streams.decoding import Decoded, Decoder
from streams.errors import UnreadableSource
from streams.event import Refusal
from streams.sources.parquet_table import read_parquet
from streams.sources.table import open_binary, table_suffix

JSON_LINES: Final = frozenset({".jsonl", ".ndjson", ".json"})
_BOM: Final = b"\xef\xbb\xbf"
_SLICE: Final = 20_000
REQUIRED: Final = ("source", "id", "key", "type", "occurred_at")
COLUMNS: Final = (*REQUIRED, "kind", "recorded_at", "data", "retracts")


def read_events(path: Path, decoder: Decoder) -> Iterator[Decoded | Refusal]:
    """The events of a history as recorded, by FILE:LINE, in Parquet by "FILE row N". Raises UnreadableSource."""
    suffix = table_suffix(path)
    if suffix in JSON_LINES:
        return _read_json(path, decoder)
    if suffix == ".parquet":
        return _read_parquet(path, decoder)
    raise UnreadableSource(
        f"{path.name}: no history of events; expected .jsonl, .ndjson, .json or .parquet, each also .gz. "
        "A foreign table needs a mapping (--map)",
        f"{path.name} 不是事件历史；应为 .jsonl、.ndjson、.json 或 .parquet，也可加 .gz。外部表格需要映射（--map）",
    )


def _read_json(path: Path, decoder: Decoder) -> Iterator[Decoded | Refusal]:
    # One more than the longest event: a line that fills it is refused, without holding the rest of it.
    longest = decoder.largest + 1
    number = 0
    try:
        with open_binary(path) as file:
            while line := file.readline(longest):
                number += 1
                position = f"{path.name}:{number}"
                whole = line.endswith(b"\n") or len(line) < longest
                text = (line.removeprefix(_BOM) if number == 1 else line).strip()
                if number == 1 and text.startswith(b"["):
                    yield from decoder.batch(line + file.read(), now=None, name=path.name)
                    return
                if text:
                    yield decoder.decode(text if whole else line, now=None, position=position)
                while not whole:
                    rest = file.readline(longest)
                    whole = not rest or rest.endswith(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableSource(
            f"{path.name}: after line {number} it cannot be read: {said}",
            f"{path.name}：第 {number} 行之后无法读取：{said}",
        ) from None


def _read_parquet(path: Path, decoder: Decoder) -> Iterator[Decoded | Refusal]:
    frame = read_parquet(path)
    absent = [name for name in REQUIRED if name not in frame.columns]
    if absent:
        raise UnreadableSource(
            f"{path.name}: there is no column {', '.join(absent)}; a history has {', '.join(COLUMNS)}, "
            "and a foreign table needs a mapping (--map)",
            f"{path.name}：没有列 {', '.join(absent)}；历史的列为 {', '.join(COLUMNS)}，外部表格需要映射（--map）",
        )
    frame = frame.select([name for name in COLUMNS if name in frame.columns])
    number = 0
    for piece in frame.iter_slices(_SLICE):
        for row in piece.iter_rows(named=True):
            number += 1
            yield decoder.decode(as_line(row), now=None, position=f"{path.name} row {number}")


def as_line(row: Mapping[str, Any]) -> bytes:
    """The row as the line that a JSON history would have, so that both are judged alike and can be sent again.

    Integers give their digits as ids and keys. `data` is JSON text or a struct; a null in a struct is an absent field,
    since every row of a struct has every field.
    """
    members = {name: _member(value) for name, value in row.items() if name != "data"}
    data = row.get("data")
    members["data"] = msgspec.Raw(data.encode()) if isinstance(data, str) else json_value(data)
    return msgspec.json.encode(members)


def _member(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else json_value(value)


def json_value(value: object) -> object:
    match value:
        case dict():
            return {name: json_value(item) for name, item in value.items() if not _is_missing(item)}
        case list():
            return [json_value(item) for item in value]
        case date():  # a datetime too
            return value.isoformat()
        case Decimal():
            return float(value)
        case float() if math.isinf(value):
            return str(value)  # JSON has no such number: refused as the text that it is
        case _:
            return value


def _is_missing(value: object) -> bool:
    """Null, or NaN, which is how data frames write it."""
    return value is None or (isinstance(value, float) and math.isnan(value))
