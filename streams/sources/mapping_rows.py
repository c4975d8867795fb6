"""What wide and long tables have in common: keys, fields and promises of a row, and what could not be read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from streams.errors import BadValue
from streams.event import Event, Refusal
from streams.instants import Instant
from streams.model import Field, FieldType, Kind, Model, Value
from streams.sources.mapping import Cell, Column, Key, KeySplit, KeyTemplate, Setting, TableMapping
from streams.sources.mapping_cells import NodeTimes, Reader, Settings, Unreadable, first_group, reader
from streams.sources.mapping_report import MappingReport
from streams.sources.tables import Row
from streams.text import nfc
from streams.values import string

NO_TIMES: Final[NodeTimes] = ()

Data = dict[str, Value | None]
Keys = Callable[[Row], tuple[str, ...]]


class Rows:
    """Everything about one table that both formats need; `report` grows while rows are read."""

    def __init__(self, mapping: TableMapping, model: Model, *, file: str, decimal: str) -> None:
        self.kind: Kind = model.kinds[mapping.kind]
        self.source = nfc(mapping.source if mapping.source is not None else file)
        self.report = MappingReport()
        self._file = file
        self._settings = Settings(
            places={name: place for place, name in enumerate(mapping.columns())},
            missing=frozenset(nfc(text.strip()) for text in mapping.missing),
            zone=mapping.zone or model.zone,
            decimal=decimal,
        )
        self.keys = _keys(mapping.key, self._settings)
        self._recorded_at = None if mapping.recorded_at is None else self.instants("recorded_at", mapping.recorded_at)

    @property
    def zone(self) -> ZoneInfo:
        return self._settings.zone

    def instants(self, name: str, cell: Cell) -> Callable[[Row, NodeTimes], Instant | None]:
        wanted = Field(name=name, type=FieldType.TIMESTAMP)
        return reader(cell, wanted, self._settings)  # type: ignore[return-value]  # the type that was asked for

    def reader(self, wanted: Field, cell: Cell) -> Reader:
        return reader(cell, wanted, self._settings)

    def settings(self, mapping: TableMapping, *, at_last: bool) -> Mapping[str, Reader]:
        """Readers by field or "NODE.due" of what travels on the earliest event (or on the latest)."""

        def chosen(settings: Mapping[str, Setting]) -> Iterator[tuple[str, Cell]]:
            return ((name, setting.cell) for name, setting in settings.items() if setting.at_last is at_last)

        readers = {name: self.reader(self.kind.fields[name], cell) for name, cell in chosen(mapping.fields)}
        promises = ((f"{node}.due", cell) for node, cell in chosen(mapping.due))
        return readers | {name: self.instants(name, cell) for name, cell in promises}

    def recorded_at(self, row: Row, times: NodeTimes) -> Instant | None:
        """When the row says it was learned; raises Unreadable."""
        return None if self._recorded_at is None else self._recorded_at(row, times)

    def refusal(self, number: int, error: Unreadable, id_: str | None = None) -> Refusal:
        return Refusal(
            position=f"{self._file} row {number} column {error.column}",
            field=error.field,
            code=error.code,
            reason=f"{error.field}: {error.reason}",
            raw=error.text,
            source=self.source,
            id=id_,
        )

    def row_refusal(self, number: int, code: str, reason: str, raw: str, field: str | None = None) -> Refusal:
        position = f"{self._file} row {number}"
        return Refusal(position=position, field=field, code=code, reason=reason, raw=raw, source=self.source)

    def event(
        self, id_: str, key: str, type_: str, occurred_at: Instant, recorded_at: Instant | None, data: Data
    ) -> Event:
        return Event(
            source=self.source,
            id=id_,
            kind=self.kind.name,
            key=key,
            type=type_,
            occurred_at=occurred_at,
            recorded_at=occurred_at if recorded_at is None else recorded_at,
            data=data,
        )


def read_data(readers: Mapping[str, Reader], row: Row, times: NodeTimes, into: Data) -> list[Unreadable]:
    """Set what the row says into `into`; returns what cannot be read."""
    unreadable: list[Unreadable] = []
    for name, read in readers.items():
        try:
            value = read(row, times)
        except Unreadable as error:
            unreadable.append(error)
        else:
            if value is not None:
                into[name] = value
    return unreadable


def _keys(key: Key, settings: Settings) -> Keys:
    """The keys that a row names, each once; none where a part of it is missing. Raises Unreadable."""
    match key:
        case KeyTemplate(parts=(Column(name=name),)):

            def of_column(row: Row) -> tuple[str, ...]:
                text = settings.text(row, name)
                return (_checked(text, name),) if text else ()

            return of_column
        case KeyTemplate(parts=parts):
            columns = ", ".join(part.name for part in parts if isinstance(part, Column))

            def of_template(row: Row) -> tuple[str, ...]:
                texts = [part if isinstance(part, str) else settings.text(row, part.name) for part in parts]
                return (_checked("".join(texts), columns),) if all(texts) else ()

            return of_template
        case KeySplit(column=column, pattern=pattern):

            def of_split(row: Row) -> tuple[str, ...]:
                text = settings.text(row, column.name)
                found = (_checked(first_group(hit), column.name) for hit in pattern.finditer(text))
                return tuple(dict.fromkeys(key for key in found if key))

            return of_split


def _checked(key: str, column: str) -> str:
    try:
        return string(key)
    except BadValue as error:
        raise Unreadable("key", column, key, error) from None
