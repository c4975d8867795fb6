"""OCEL 2.0 logs as long tables of one type of objects."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.errors import UnreadableSource
from streams.instants import LAST, Instant, parse_instant
from streams.sources.ocel_reading import Attributes, Change, Happening, Log, read_log
from streams.sources.table import BadRow, Row
from streams.text import nfc

OID: Final = "ocel:oid"
ACTIVITY: Final = "ocel:activity"
TIMESTAMP: Final = "ocel:timestamp"
EID: Final = "ocel:eid"
UPDATED: Final = "updated"

_BEGINNING: Final = ("1970-01-01T00:00:00", "1970-01-01 00:00:00")


class OcelLog:
    """A row for each pair of an event and an object of the type, and one for each change of such an object.

    What an object has from the beginning (the standard dates it 1970-01-01) is known with its first event.
    """

    decimal = "."
    floats: frozenset[str] = frozenset()

    def __init__(self, path: Path, object_type: str | None) -> None:
        self.file = path.name
        log = read_log(path, object_type)
        if object_type not in log.types:
            known = ", ".join(log.types)
            raise UnreadableSource(
                f"{self.file}: there is no object_type {object_type}; the log has {known}"
                if object_type
                else f"{self.file}: the mapping has to say object_type; the log has {known}",
                f"{self.file}：没有对象类型 {object_type}；日志中有：{known}"
                if object_type
                else f"{self.file}：映射必须写明 object_type；日志中有：{known}",
            )
        self._rows = list(_rows(log))
        columns = dict.fromkeys((OID, ACTIVITY, TIMESTAMP, EID))
        for row in self._rows:
            columns |= dict.fromkeys(row)
        self.columns = tuple(columns)

    def rows(self, columns: Sequence[str]) -> Iterator[Row | BadRow]:
        for row in self._rows:
            yield [row.get(name) for name in columns]


def _rows(log: Log) -> Iterator[dict[str, Any]]:
    """What is known from the beginning comes first, so that it is folded before what happens at the same instant."""
    first: dict[str, Any] = {}
    for happening in sorted(log.happenings, key=_instant):
        for object_ in happening.objects:
            first.setdefault(object_, happening.time)
    changes = [change for change in log.changes if any(value is not None for value in change.attributes.values())]
    for change in changes:
        if _from_the_beginning(change):
            yield _row(first.get(change.object), UPDATED, change.object, None, change.attributes)
    for happening in log.happenings:
        for object_ in happening.objects:
            yield _row(happening.time, happening.type, object_, happening.id, happening.attributes)
    for change in changes:
        if not _from_the_beginning(change):
            yield _row(change.time, UPDATED, change.object, None, change.attributes)


def _instant(happening: Happening) -> Instant:
    """To order by; what is no instant is listed when the rows are read."""
    try:
        return parse_instant(str(happening.time), ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        return LAST


def _from_the_beginning(change: Change) -> bool:
    return change.time is None or str(change.time).startswith(_BEGINNING)


def _row(time: Any, activity: str, object_: str, event: str | None, attributes: Attributes) -> dict[str, Any]:
    named = {nfc(name): value for name, value in attributes.items()}
    return {OID: object_, ACTIVITY: activity, TIMESTAMP: time, EID: event} | named
