"""OCEL 2.0 logs (ocel-standard.org), SQLite and JSON, as the events and changes of the objects of one type."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from streams.errors import UnreadableSource
from streams.sources.table import read_whole, table_suffix

LOGS: Final = frozenset({".sqlite", ".json"})

_NEEDED: Final = ("event", "object", "event_object", "event_map_type", "object_map_type")
_RESERVED: Final = frozenset({"ocel_id", "ocel_time", "ocel_changed_field"})

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the log, with the objects of the type that took part in it, each once."""

    id: str
    type: str
    time: Any
    attributes: Attributes
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Attributes of an object from an instant on; those that it has from the beginning are dated 1970-01-01."""

    object: str
    time: Any
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Log:
    types: tuple[str, ...]  # of objects
    happenings: tuple[Happening, ...]
    changes: tuple[Change, ...]


def read_log(path: Path, object_type: str | None) -> Log:
    """Nothing but the types, where the log has none of this name. Raises UnreadableSource."""
    return _read_json(path, object_type) if table_suffix(path) == ".json" else _read_sqlite(path, object_type)


# --- JSON ------------------------------------------------------------------------------------------------------------


class _Attribute(msgspec.Struct):
    name: str
    value: Any = None
    time: str | None = None


class _Relationship(msgspec.Struct):
    object_id: str = msgspec.field(name="objectId")


class _Event(msgspec.Struct):
    id: str
    type: str
    time: str
    attributes: list[_Attribute] = []
    relationships: list[_Relationship] = []


class _Object(msgspec.Struct):
    id: str
    type: str
    attributes: list[_Attribute] = []


class _Type(msgspec.Struct):
    name: str


class _Document(msgspec.Struct):
    events: list[_Event]
    objects: list[_Object]
    object_types: list[_Type] = msgspec.field(name="objectTypes", default_factory=list)


def _read_json(path: Path, object_type: str | None) -> Log:
    try:
        document = msgspec.json.decode(read_whole(path), type=_Document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableSource(
            f"{path.name}: no OCEL 2.0 log as JSON: {error}", f"{path.name} 不是 OCEL 2.0 JSON 日志：{error}"
        ) from None
    wanted = {one.id for one in document.objects if one.type == object_type}
    types = dict.fromkeys([*(one.name for one in document.object_types), *(one.type for one in document.objects)])
    return Log(
        types=tuple(types),
        happenings=tuple(
            Happening(
                id=event.id,
                type=event.type,
                time=event.time,
                attributes={one.name: one.value for one in event.attributes},
                objects=tuple(
                    dict.fromkeys(one.object_id for one in event.relationships if one.object_id in wanted),
                ),
            )
            for event in document.events
        ),
        changes=tuple(
            Change(one.id, attribute.time, {attribute.name: attribute.value})
            for one in document.objects
            if one.id in wanted
            for attribute in one.attributes
        ),
    )


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _read_sqlite(path: Path, object_type: str | None) -> Log:
    try:
        if path.suffix.lower() == ".gz":
            raise UnreadableSource(
                f"{path.name}: a packed database cannot be read; unpack it first",
                f"{path.name}：无法读取压缩的数据库；请先解压",
            )
        path.stat()
        # Read-only, and nothing that the file itself defines (views, triggers) is trusted.
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            return _Database(path.name, database).log(object_type)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise UnreadableSource(
            f"{path.name}: no OCEL 2.0 log as SQLite: {error}", f"{path.name} 不是 OCEL 2.0 SQLite 日志：{error}"
        ) from None


class _Database:
    def __init__(self, file: str, database: sqlite3.Connection) -> None:
        self._file = file
        self._database = database
        found = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = {name for (name,) in found}

    def log(self, object_type: str | None) -> Log:
        self._need(_NEEDED)
        types = dict(self._database.execute("SELECT ocel_type, ocel_type_map FROM object_map_type"))
        if object_type is None or object_type not in types:
            return Log(tuple(types), (), ())
        listed = self._database.execute("SELECT ocel_id FROM event ORDER BY rowid")
        order = {id_: place for place, (id_,) in enumerate(listed)}  # of the file, whatever the types
        happenings = sorted(self._happenings(object_type), key=lambda one: order.get(one.id, len(order)))
        return Log(tuple(types), tuple(happenings), tuple(self._changes(f"object_{types[object_type]}")))

    def _need(self, tables: tuple[str, ...]) -> None:
        absent = [name for name in tables if name not in self._tables]
        if absent:
            raise UnreadableSource(
                f"{self._file}: no OCEL 2.0 log: it has no table {', '.join(absent)}",
                f"{self._file} 不是 OCEL 2.0 日志：没有表 {'、'.join(absent)}",
            )

    def _happenings(self, object_type: str) -> Iterator[Happening]:
        objects: dict[str, dict[str, None]] = {}
        pairs = self._database.execute(
            "SELECT eo.ocel_event_id, eo.ocel_object_id FROM event_object eo JOIN object o "
            "ON o.ocel_id = eo.ocel_object_id WHERE o.ocel_type = ?",
            (object_type,),
        )
        for event, one in pairs:
            objects.setdefault(event, {})[one] = None
        for type_, mapped in self._database.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
            for row in self._rows(f"event_{mapped}"):
                id_ = row["ocel_id"]
                if id_ in objects:
                    attributes = {name: value for name, value in row.items() if name not in _RESERVED}
                    yield Happening(id_, type_, row["ocel_time"], attributes, tuple(objects[id_]))

    def _changes(self, table: str) -> Iterator[Change]:
        for row in self._rows(table):
            changed = row.get("ocel_changed_field")
            attributes = {name: value for name, value in row.items() if name not in _RESERVED}
            if changed is not None:
                attributes = {changed: attributes.get(changed)}
            yield Change(row["ocel_id"], row["ocel_time"], attributes)

    def _rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Every row by column; what is declared as BOOLEAN is one, though SQLite keeps 0 and 1."""
        self._need((table,))
        quoted = '"' + table.replace('"', '""') + '"'
        booleans = {
            name for _, name, type_, *_ in self._database.execute(f"PRAGMA table_info({quoted})") if type_ == "BOOLEAN"
        }
        found = self._database.execute(f"SELECT * FROM {quoted} ORDER BY rowid")
        names = [name for name, *_ in found.description]
        missing = _RESERVED - {"ocel_changed_field"} - set(names)
        if missing:
            raise UnreadableSource(
                f"{self._file}: the table {table} has no column {', '.join(sorted(missing))}",
                f"{self._file}：表 {table} 没有列 {'、'.join(sorted(missing))}",
            )
        for values in found:
            row = dict(zip(names, values, strict=True))
            yield row | {name: bool(row[name]) for name in booleans if row[name] in (0, 1)}
