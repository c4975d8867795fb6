"""How the rows of a foreign table become events of one kind: the values of a mapping (simulator/mapping_file.py reads
the file, mapping_rows.py applies it)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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


Origin = Column | NodeTime | Constant


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFormat:
    """A strptime format."""

    format: str


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
class KeyTemplate:
    """A column alone is the template "{Column}". `parts` are literal texts and columns, in turn as written."""

    parts: tuple[str | Column, ...]


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

    def cells(self) -> Iterator[Cell]:
        """Every cell that is read, but for the key."""
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
            case KeyTemplate(parts=parts):
                return tuple(part.name for part in parts if isinstance(part, Column))
            case KeySplit(column=column):
                return (column.name,)

    def columns(self) -> tuple[str, ...]:
        """Every column that is needed, each once."""
        used = dict.fromkeys(self.key_columns())
        for cell in self.cells():
            if isinstance(cell.origin, Column):
                used[cell.origin.name] = None
            used |= dict.fromkeys(cell.only)
        return tuple(used)


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
