"""What every part of a transaction stands on: the one connection, fast inserts, and the encodings all parts share."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Insert

from streams.entity import Identity

T = TypeVar("T")

# Below the number of variables one statement of SQLite may have (32,766), with room for a few columns each.
CHUNK: Final = 5_000

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder()


def to_json(value: object) -> str:
    return _encoder.encode(value).decode()


def from_json(text: str) -> Any:
    return _decoder.decode(text)


def values_from_json(text: str) -> dict[str, Any]:
    """Fields and their values, lists as tuples: as they were before they became JSON."""
    values: dict[str, Any] = _decoder.decode(text)
    for name, value in values.items():
        if type(value) is list:
            values[name] = tuple(value)
    return values


def by_kind(identities: Iterable[Identity]) -> dict[str, list[str]]:
    """Keys by kind, each once, in the order given."""
    found: dict[str, dict[str, None]] = {}
    for kind, key in identities:
        found.setdefault(kind, {})[key] = None
    return {kind: list(keys) for kind, keys in found.items()}


def chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


class Rows:
    """An insert of many rows, given as tuples in the order of `columns`.

    The statement is compiled once, and the rows go to the driver as they are: SQLAlchemy's own way through a dict and a
    converter for each row costs more than SQLite needs to store it (bench/store.py).
    """

    def __init__(self, statement: Insert, columns: tuple[str, ...]) -> None:
        self._statement = statement
        self._columns = columns
        self._sql: str | None = None

    def insert(self, connection: Connection, rows: list[tuple[object, ...]]) -> int:
        """How many rows were inserted or overwritten."""
        if not rows:
            return 0
        if self._sql is None:
            compiled = self._statement.compile(dialect=connection.dialect, column_keys=list(self._columns))
            if tuple(compiled.positiontup or ()) != self._columns:
                raise AssertionError(f"{compiled.positiontup} are the statement's places, not {self._columns}")
            self._sql = str(compiled)
        result = connection.exec_driver_sql(self._sql, rows, execution_options={"preserve_rowcount": True})
        return result.rowcount


class Connected:
    """A part of a transaction or of a reader."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
