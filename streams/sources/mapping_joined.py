"""Joined tables: the rows of another file that belong to a row, one value of them or all as a list of records."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from streams.errors import BadValue
from streams.event import Refusal
from streams.model import Field, FieldType, Record, Value
from streams.sources.mapping import Cell, Column, Joined, JoinedTable, TableMapping, Take, joined_column
from streams.sources.mapping_cells import (
    JoinedCells,
    JoinedRow,
    NodeTimes,
    Reader,
    Settings,
    Unreadable,
    only_texts,
    reader,
)
from streams.sources.table import BadRow, Row, Table, require_columns
from streams.sources.tables import open_table
from streams.values import number


class JoinedFile:
    """The rows of one joined table by their key, all in memory."""

    def __init__(self, name: str, mapping: TableMapping, table: JoinedTable) -> None:
        """Raises UnreadableSource where the file or a column is not there."""
        self.name = name
        self.table = table
        self._columns = mapping.joined_columns(name)
        self._opened: Table = open_table(mapping.folder / table.file, mapping.csv, sheet=table.sheet)
        require_columns(self._opened, self._columns)
        self._rows: dict[str, list[JoinedRow]] = defaultdict(list)

    @property
    def file(self) -> str:
        return self._opened.file

    def cells(self, place: int, of: Settings) -> JoinedCells:
        """What reads its rows, which stand in this place of the main table's rows."""
        places = {name: place for place, name in enumerate(self._columns)}
        settings = Settings(places=places, missing=of.missing, zone=of.zone, decimal=self._opened.decimal)
        return JoinedCells(place=place, file=self.file, settings=settings)

    def load(self, cells: JoinedCells, source: str) -> Iterator[Refusal]:
        """Reads the file; rows that are none are listed, rows without a key belong to nothing."""
        for count, row in enumerate(self._opened.rows(self._columns), start=1):
            if isinstance(row, BadRow):
                position = f"{self.file} row {count}"
                yield Refusal(
                    position=position, field=None, code="wrong_row", reason=row.reason, raw=row.raw, source=source
                )
                continue
            key = cells.settings.template_text(row, self.table.key)
            if key:
                self._rows[key].append(JoinedRow(count, row))

    def rows(self, key: str) -> Sequence[JoinedRow]:
        return self._rows.get(key, ())


def joined_files(mapping: TableMapping) -> tuple[JoinedFile, ...]:
    """Raises UnreadableSource."""
    return tuple(JoinedFile(name, mapping, table) for name, table in mapping.tables.items())


def cell_reader(cell: Cell, wanted: Field, settings: Settings) -> Reader:
    """What reads a cell, of the row itself or of the rows joined to it."""
    if not isinstance(cell.origin, Joined):
        return reader(cell, wanted, settings)
    origin = cell.origin
    table = settings.joined[origin.table]
    inner, outer = _split_only(cell.only, origin.table, settings)
    each = replace(cell, origin=Column(name=origin.column), only=inner)
    if origin.take == "count":  # whatever they are
        read_one = _in_each(table, reader(replace(each, values=None), _text(wanted), table.settings))
    else:
        read_one = _in_each(table, reader(each, wanted, table.settings))
    only = only_texts(outer, settings)

    def read(row: Row, _: NodeTimes) -> Value | None:
        if only and any(text_of(row) not in texts for text_of, texts in only):
            return None
        found = [value for one in row[table.place] if (value := read_one(one)) is not None]
        try:
            return _taken(found, origin.take)
        except BadValue as error:
            raise Unreadable(wanted.name, f"{origin.table}.{origin.column}", f"{len(found)} rows", error) from None

    return read


def records_reader(cells: Mapping[str, Cell], wanted: Field, table: JoinedCells) -> Reader:
    """The joined rows as a list of records; without rows no value."""
    readers = {name: _in_each(table, _column_reader(name, cell, wanted, table)) for name, cell in cells.items()}

    def record(one: JoinedRow) -> Record:
        values = ((name, read(one)) for name, read in readers.items())
        return {name: value for name, value in values if value is not None}  # type: ignore[misc]  # columns are scalars

    return lambda row, _: tuple([record(one) for one in row[table.place]]) or None


def _column_reader(name: str, cell: Cell, wanted: Field, table: JoinedCells) -> Reader:
    return reader(cell, Field(name=f"{wanted.name}.{name}", type=wanted.columns[name]), table.settings)


def _text(wanted: Field) -> Field:
    return Field(name=wanted.name, type=FieldType.STRING)


def _split_only(
    only: Mapping[str, frozenset[str]], table: str, settings: Settings
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """What chooses among the joined rows, because it names their columns, and what is said of the row itself."""
    inner: dict[str, frozenset[str]] = {}
    outer: dict[str, frozenset[str]] = {}
    for name, texts in only.items():
        joined = joined_column(name, settings.joined)
        if joined is not None and joined.table == table:
            inner[joined.column] = texts
        else:
            outer[name] = texts
    return inner, outer


def _in_each(table: JoinedCells, read: Reader) -> Callable[[JoinedRow], Value | None]:
    """Reads a cell of a joined row, and says where it stands if it cannot be read."""

    def read_one(one: JoinedRow) -> Value | None:
        try:
            return read(one.cells, ())
        except Unreadable as error:
            error.row = f"{table.file} row {one.number}"
            raise

    return read_one


def _taken(values: list[Any], take: Take) -> Value | None:
    if take == "count":
        return float(len(values))
    if not values:
        return None
    match take:
        case "first":
            taken = values[0]
        case "last":
            taken = values[-1]
        case "min":
            taken = min(values)
        case "max":
            taken = max(values)
        case "sum":
            taken = number(math.fsum(values))
    return taken  # type: ignore[no-any-return]  # of the type that was asked for
