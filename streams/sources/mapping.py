"""How the rows of a foreign table become events of one kind: the values of a mapping (simulator/mapping_file.py reads
the file, mapping_rows.py applies it)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from streams.text import nfc

IGNORE: Final = "ignore"
ANY: Final = "*"  # among `types` and `values`: every other text


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTime:
    """`@first`, `@last`: the earliest or latest instant of the row's node columns."""

    last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """`{value: ...}`: the same text in every row."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTemplate:
    """A column alone is the template "{Column}". `parts` are literal texts and columns, in turn as written."""

    parts: tuple[str | Column, ...]

    def columns(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, Column))


Take = Literal["first", "last", "min", "max", "sum", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A column of the rows that `tables` joins under a name, and which of their values is meant."""

    table: str
    column: str
    take: Take = "first"


Origin = Column | NodeTime | Constant | KeyTemplate | Joined


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFormat:
    """A strptime format; with `day` the first instant of the day that it gives, or of the next."""

    format: str
    day: Literal["date", "end_of_day"] | None = None


As = Literal["date", "end_of_day", "unix_s", "unix_ms"] | TimeFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a value stands and how it is read: `match`, then `values`, then as the wanted type."""

    origin: Origin
    as_: As | None = None
    values: Mapping[str, str | float | bool | None] | None = None  # None: no value
    match: re.Pattern[str] | None = None
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)  # column -> texts; "" is the empty cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A field or a promise; in wide tables it travels on the row's earliest event, or on its latest."""

    cell: Cell
    at_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySplit:
    """Each match in the cell (its first group, if it has one) is a key."""

    column: Column
    pattern: re.Pattern[str]


Key = KeyTemplate | KeySplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """One row an entity: a cell for each node."""

    nodes: Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """One row an event. `types` by NFKC text: a type of the kind, `ignore`, or `updated`; "*" for any other."""

    type: Cell
    occurred_at: Cell
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    delimiter: str | None = None  # None: as the file's name says
    encoding: str = "utf-8"
    decimal: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedTable:
    """The rows of another file whose `key` equals the row's `by`."""

    file: str
    key: KeyTemplate
    by: KeyTemplate | None = None  # None: the entity's key
    fields: Mapping[str, Cell] = field(default_factory=dict)  # column of the model's records -> cell of that file
    sheet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    kind: str
    key: Key
    rows: Wide | Long
    source: str | None = None  # None: the file's name
    zone: ZoneInfo | None = None  # None: the model's
    due: Mapping[str, Setting] = field(default_factory=dict)
    fields: Mapping[str, Setting] = field(default_factory=dict)
    recorded_at: Cell | None = None
    missing: frozenset[str] = frozenset()
    csv: CsvOptions = field(default_factory=CsvOptions)
    file: str | None = None  # one of `maps`, or what is meant where a history is a folder
    sheet: str | None = None  # of a workbook; None: the first
    object_type: str | None = None  # of an OCEL log
    tables: Mapping[str, JoinedTable] = field(default_factory=dict)
    folder: Path = Path()  # what the files of `tables` are relative to

    def cells(self) -> Iterator[Cell]:
        """Every cell that is read, but for the key and those of joined tables."""
        match self.rows:
            case Wide(nodes=nodes):
                yield from nodes.values()
            case Long(type=type_, occurred_at=occurred_at):
                yield type_
                yield occurred_at
        yield from (setting.cell for setting in (*self.due.values(), *self.fields.values()))
        if self.recorded_at is not None:
            yield self.recorded_at

    def key_columns(self) -> tuple[str, ...]:
        match self.key:
            case KeyTemplate() as template:
                return template.columns()
            case KeySplit(column=column):
                return (column.name,)

    def columns(self) -> tuple[str, ...]:
        """Every column of its own file that is needed, each once."""
        used = dict.fromkeys(self.key_columns())
        for table in self.tables.values():
            if table.by is not None:
                used |= dict.fromkeys(table.by.columns())
        for cell in self.cells():
            used |= dict.fromkeys(name for name in columns_of(cell) if joined_column(name, self.tables) is None)
        return tuple(used)

    def joined_columns(self, name: str) -> tuple[str, ...]:
        """Every column of a joined table that is needed, each once."""
        table = self.tables[name]
        used = dict.fromkeys(table.key.columns())
        for cell in table.fields.values():
            used |= dict.fromkeys(columns_of(cell))
        for cell in self.cells():
            if isinstance(cell.origin, Joined) and cell.origin.table == name:
                used[cell.origin.column] = None
            for other in cell.only:
                joined = joined_column(other, self.tables)
                if joined is not None and joined.table == name:
                    used[joined.column] = None
        return tuple(used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mappings:
    """`maps`: several mappings, each of its own `file`, whose events are one history."""

    maps: tuple[TableMapping, ...]


def columns_of(cell: Cell) -> Iterator[str]:
    """The columns that a cell names, those under `only` as they are written there."""
    match cell.origin:
        case Column(name=name):
            yield name
        case KeyTemplate() as template:
            yield from template.columns()
    yield from cell.only


def joined_column(name: str, tables: Iterable[str], take: Take = "first") -> Joined | None:
    """What TABLE.COLUMN names; None where the prefix is no table's name, for then it belongs to the column."""
    found = [table for table in tables if name.startswith(f"{table}.") and len(name) > len(table) + 1]
    if not found:
        return None
    table = max(found, key=len)
    return Joined(table=table, column=name[len(table) + 1 :].strip(), take=take)


_PLACE: Final = re.compile(r"\{([^{}]+)\}")


def key_template(text: str) -> KeyTemplate:
    """Of "{OrderID}-{LineNo}", or of a column's name."""
    if _PLACE.search(text) is None:
        return KeyTemplate(parts=(Column(name=nfc(text.strip())),))
    parts: list[str | Column] = []
    # Splitting by a group gives literals and column names in turn.
    for place, part in enumerate(_PLACE.split(text)):
        if place % 2:
            parts.append(Column(name=nfc(part.strip())))
        elif part:
            parts.append(part)
    return KeyTemplate(parts=tuple(parts))
