"""What wide and long tables have in common: keys, fields and promises of a row, and what could not be read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from streams.errors import BadValue
from streams.event import Event, Refusal
from streams.instants import Instant
from streams.model import Field, FieldType, Kind, Model, Value
from streams.sources.mapping import Cell, Key, KeySplit, KeyTemplate, Setting, TableMapping
from streams.sources.mapping_cells import NodeTimes, Reader, Settings, Unreadable, first_group
from streams.sources.mapping_joined import JoinedFile, cell_reader, records_reader
from streams.sources.mapping_report import MappingReport
from streams.sources.table import Row
from streams.text import nfc, nfkc
from streams.values import string

NO_TIMES: Final[NodeTimes] = ()

# Excel and logs know a cell's type only when it is read. Where a whole column is of floats, it is said before.
_NO_KEY: Final = BadValue("wrong_key", "expected a text or a whole number of at most 15 digits as part of a key")

Data = dict[str, Value | None]
Keys = Callable[[Row], tuple[str, ...]]


class Rows:
    """Everything about one table that both formats need; `report` grows while rows are read."""

    def __init__(
        self, mapping: TableMapping, model: Model, *, file: str, decimal: str, joined: Sequence[JoinedFile] = ()
    ) -> None:
        self.kind: Kind = model.kinds[mapping.kind]
        self.source = nfc(mapping.source if mapping.source is not None else file)
        self.report = MappingReport(file=file)
        self._file = file
        columns = mapping.columns()
        own = Settings(
            places={name: place for place, name in enumerate(columns)},
            missing=frozenset(nfc(text.strip()) for text in mapping.missing),
            zone=mapping.zone or model.zone,
            decimal=decimal,
        )
        self._joined = joined
        self._settings = replace(
            own, joined={one.name: one.cells(place, own) for place, one in enumerate(joined, start=len(columns))}
        )
        self.keys = _keys(mapping.key, self._settings)
        self._recorded_at = None if mapping.recorded_at is None else self.instants("recorded_at", mapping.recorded_at)

    @property
    def zone(self) -> ZoneInfo:
        return self._settings.zone

    def instants(self, name: str, cell: Cell) -> Callable[[Row, NodeTimes], Instant | None]:
        wanted = Field(name=name, type=FieldType.TIMESTAMP)
        return cell_reader(cell, wanted, self._settings)  # type: ignore[return-value]  # the type that was asked for

    def reader(self, wanted: Field, cell: Cell) -> Reader:
        return cell_reader(cell, wanted, self._settings)

    def load_joined(self) -> Iterator[Refusal]:
        """Reads the joined tables; before this no row has any of theirs."""
        for one in self._joined:
            yield from one.load(self._settings.joined[one.name], self.source)

    def with_joined(self, row: Row, keys: Sequence[str]) -> Iterator[tuple[Row, Sequence[str]]]:
        """The row with the rows joined to it, and whose it is then: each entity's own, where they join by its key."""
        if not self._joined:
            yield row, keys
            return
        by_key = any(one.table.by is None for one in self._joined)
        for group in [[key] for key in keys] if by_key else [keys]:
            yield [*row, *(one.rows(self._by(one, row, group[0])) for one in self._joined)], group

    def _by(self, one: JoinedFile, row: Row, key: str) -> str:
        return key if one.table.by is None else self._settings.template_text(row, one.table.by)

    def settings(self, mapping: TableMapping, *, at_last: bool) -> Mapping[str, Reader]:
        """Readers by field or "NODE.due" of what travels on the earliest event (or on the latest)."""

        def chosen(settings: Mapping[str, Setting]) -> Iterator[tuple[str, Cell]]:
            return ((name, setting.cell) for name, setting in settings.items() if setting.at_last is at_last)

        readers = {name: self.reader(self.kind.fields[name], cell) for name, cell in chosen(mapping.fields)}
        promises = ((f"{node}.due", cell) for node, cell in chosen(mapping.due))
        records = {} if at_last else self._records(mapping)
        return readers | {name: self.instants(name, cell) for name, cell in promises} | records

    def _records(self, mapping: TableMapping) -> dict[str, Reader]:
        """Joined tables with `fields` that are list-of-records fields of the model."""
        return {
            nfkc(name): records_reader(table.fields, self.kind.fields[nfkc(name)], self._settings.joined[name])
            for name, table in mapping.tables.items()
            if table.fields
        }

    def recorded_at(self, row: Row, times: NodeTimes) -> Instant | None:
        """When the row says it was learned; raises Unreadable."""
        return None if self._recorded_at is None else self._recorded_at(row, times)

    def refusal(self, number: int, error: Unreadable, id_: str | None = None) -> Refusal:
        return Refusal(
            position=f"{error.row or f'{self._file} row {number}'} column {error.column}",
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
        case KeyTemplate() as template:
            columns = template.columns()
            places = [settings.places[name] for name in columns]

            def of_template(row: Row) -> tuple[str, ...]:
                text = settings.template_text(row, template)
                if not text:
                    return ()
                for name, place in zip(columns, places, strict=True):
                    if type(row[place]) is float:
                        raise Unreadable("key", name, text, _NO_KEY)
                return (_checked(text, ", ".join(columns)),)

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
