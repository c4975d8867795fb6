"""Cells of a foreign table as values: trimmed, recognised as missing, and read as the type that is wanted."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from streams.errors import BadValue, StreamsError
from streams.instants import (
    FIRST,
    LAST,
    SECOND,
    Instant,
    Micros,
    from_datetime,
    local_instant,
    start_of_date,
    to_datetime,
)
from streams.model import Field, FieldType, Value
from streams.sources.mapping import (
    ANY,
    As,
    Cell,
    Column,
    Constant,
    Joined,
    KeyTemplate,
    NodeTime,
    TimeFormat,
    joined_column,
)
from streams.sources.table import Row
from streams.text import nfc
from streams.values import LARGEST_INTEGER, boolean, converter, number, read_instant, shown, string

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_UNIX: Final[Mapping[str, Micros]] = {"unix_s": SECOND, "unix_ms": SECOND // 1000}

Read = Callable[[Any], Value]
# What @first and @last stand for in a row: the instants of its node columns.
NodeTimes = tuple[Instant, ...]
Reader = Callable[[Row, NodeTimes], Value | None]


class Unreadable(StreamsError):
    """A cell that cannot be read: for which field, in which column, its text, and why (as in Refusal)."""

    def __init__(self, field: str, column: str, text: str, error: BadValue) -> None:
        super().__init__(error.reason)
        self.field = field
        self.column = column
        self.text = text
        self.code = error.code
        self.reason = error.reason
        self.row: str | None = None  # "FILE row 7" of a joined table; None: the row that is being read


def cell_text(cell: Any) -> str:
    """The text of a cell, trimmed, "" for none: an integer gives its digits, NaN is how data frames write none."""
    if type(cell) is str:
        return nfc(cell.strip())
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            return "" if cell != cell else repr(cell)
        case Decimal():
            return format(cell, "f")
        case list() | dict():
            return msgspec.json.encode(cell).decode()
        case _:
            return str(cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for all cells of one table."""

    places: Mapping[str, int]  # column -> place in the rows
    missing: frozenset[str]
    zone: ZoneInfo
    decimal: str = "."
    joined: Mapping[str, "JoinedCells"] = field(default_factory=dict)

    def text(self, row: Row, column: str) -> str:
        """Of a cell; "" where it is no value."""
        text = cell_text(row[self.places[column]])
        return "" if text in self.missing else text

    def template_text(self, row: Row, template: KeyTemplate) -> str:
        """ "" where one of its columns has no value."""
        texts = [part if isinstance(part, str) else self.text(row, part.name) for part in template.parts]
        return "".join(texts) if all(texts) else ""


@dataclass(frozen=True, slots=True)
class JoinedRow:
    number: int  # in its own file
    cells: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedCells:
    """Where the rows of a joined table stand in a row (as one cell, a list of JoinedRow), and how theirs are read."""

    place: int
    file: str
    settings: Settings


def reader(cell: Cell, wanted: Field, settings: Settings) -> Reader:
    """What reads this cell of a row: None where it is no value, or where `only` names other rows; raises Unreadable."""
    take = _typed(cell, wanted, settings)
    only = only_texts(cell.only, settings)
    get = _getter(cell, settings)
    name = origin_name(cell)

    def read(row: Row, node_times: NodeTimes) -> Value | None:
        if only and any(text_of(row) not in texts for text_of, texts in only):
            return None
        found = get(row, node_times)
        if found is None:
            return None
        try:
            return take(found)
        except BadValue as error:
            raise Unreadable(wanted.name, name, cell_text(found), error) from None

    return read


def only_texts(
    only: Mapping[str, frozenset[str]], settings: Settings
) -> list[tuple[Callable[[Row], str], frozenset[str]]]:
    """What reads each column of `only`, with the texts that it may have."""
    return [(_text_of(column, settings), texts) for column, texts in only.items()]


def _text_of(column: str, settings: Settings) -> Callable[[Row], str]:
    """The text of a cell as written; of a joined table its first row's, "" where there is none."""
    joined = joined_column(column, settings.joined)
    if joined is None:
        place = settings.places[column]
        return lambda row: cell_text(row[place])
    table = settings.joined[joined.table]
    inner = table.settings.places[joined.column]
    return lambda row: cell_text(row[table.place][0].cells[inner]) if row[table.place] else ""


def origin_name(cell: Cell) -> str:
    match cell.origin:
        case Column(name=name):
            return name
        case NodeTime(last=last):
            return "@last" if last else "@first"
        case Constant():
            return "value"
        case KeyTemplate() as template:
            return ", ".join(template.columns())
        case Joined(table=table, column=column):
            return f"{table}.{column}"


def _getter(cell: Cell, settings: Settings) -> Callable[[Row, NodeTimes], Any]:
    """The cell itself, after `match` and `values`; None for no value, or where a text has no value."""
    missing = settings.missing
    match cell.origin:
        case NodeTime(last=last):
            pick = max if last else min
            return lambda _, node_times: to_datetime(pick(node_times)) if node_times else None
        case Constant(text=constant):
            text = nfc(constant.strip())
            return lambda _row, _times: text
        case KeyTemplate() as template:

            def get(row: Row, _: NodeTimes) -> Any:
                return settings.template_text(row, template) or None

        case Column(name=name):
            place = settings.places[name]

            def get(row: Row, _: NodeTimes) -> Any:
                found = row[place]
                if found is None:
                    return None
                if type(found) is str:
                    found = nfc(found.strip())
                    return None if not found or found in missing else found
                if found != found or (missing and cell_text(found) in missing):
                    return None
                return found

        case Joined():
            raise ValueError("several rows are read by mapping_joined.py")

    return get if cell.match is None else _matched(get, cell.match)


def _matched(get: Callable[[Row, NodeTimes], Any], pattern: re.Pattern[str]) -> Callable[[Row, NodeTimes], Any]:
    def matched(row: Row, node_times: NodeTimes) -> Any:
        found = get(row, node_times)
        hit = None if found is None else pattern.search(cell_text(found))
        return None if hit is None else first_group(hit) or None

    return matched


def first_group(hit: re.Match[str]) -> str:
    """The first group where the expression has one, else the match; trimmed; "" where the group took no part."""
    return (hit[1 if hit.re.groups else 0] or "").strip()


def _typed(cell: Cell, wanted: Field, settings: Settings) -> Callable[[Any], Value | None]:
    take = _type_reader(cell.as_, wanted, settings)
    if cell.values is None:
        return take
    values = cell.values

    def listed(found: Any) -> Value | None:
        text = cell_text(found)
        if text in values:
            value = values[text]
        elif ANY in values:
            value = values[ANY]
        else:
            raise BadValue("unlisted_value", f"expected one of {', '.join(values)}, got {shown(text)}")
        return None if value is None else take(value)

    return listed


def _type_reader(as_: As | None, wanted: Field, settings: Settings) -> Read:
    match wanted.type:
        case FieldType.NUMBER:
            return _numbers(settings.decimal)
        case FieldType.STRING:
            return lambda found: string(found if type(found) is str else cell_text(found))
        case FieldType.BOOL:
            return _boolean
        case FieldType.TIMESTAMP:
            return _timestamps(as_, settings.zone)
        case FieldType.LIST | FieldType.RECORDS:
            return _lists(wanted, settings.zone)


def _numbers(decimal: str) -> Read:
    def read(found: Any) -> float:
        match found:
            case str():
                return number_of_text(found, decimal)
            case Decimal():
                return number_of_text(format(found, "f"), ".")
            case _:
                return number(found)

    return read


def number_of_text(text: str, decimal: str = ".") -> float:
    """The nearest double; `decimal` is the decimal sign, and there is no sign between thousands."""
    plain = text if decimal == "." else text.replace(".", "?").replace(decimal, ".")
    if _INTEGER.fullmatch(plain):
        return number(int(plain)) if len(plain) <= 20 else number(10**20)
    if _NUMBER.fullmatch(plain):
        return number(float(plain))
    raise BadValue("wrong_type", f"expected a number such as 1{decimal}5, got {shown(text)}")


def _boolean(found: Any) -> bool:
    if isinstance(found, str) and found.lower() in ("true", "false"):
        return found.lower() == "true"
    return boolean(found)


def _lists(wanted: Field, zone: ZoneInfo) -> Read:
    """A list column of Parquet, or a JSON list as text."""
    convert = converter(wanted, zone)

    def read(found: Any) -> Value:
        if isinstance(found, str):
            try:
                found = msgspec.json.decode(found)
            except (msgspec.DecodeError, RecursionError):
                raise BadValue("wrong_type", f'expected a list such as ["a", "b"], got {shown(found)}') from None
        return convert(_as_json(found))

    return read


def _as_json(found: Any) -> Any:
    match found:
        case list():
            return [_as_json(item) for item in found]
        case dict():
            return {name: _as_json(item) for name, item in found.items()}
        case date():
            return found.isoformat()
        case Decimal():
            return float(found)
        case _:
            return found


def _timestamps(as_: As | None, zone: ZoneInfo) -> Read:
    unit = _UNIX.get(as_) if isinstance(as_, str) else None

    def read(found: Any) -> Instant:
        if unit is not None and not isinstance(found, date):
            return _unix(found, unit)
        match found:
            case datetime():
                instant = local_instant(found, zone) if found.tzinfo is None else from_datetime(found)
                return _within_years(instant, found)
            case date():
                return _within_years(start_of_date(found, zone), found)
        text = cell_text(found)
        match as_:
            case TimeFormat(format=format_):
                return _within_years(_formatted(text, format_, zone), found)
            case _:
                return read_instant(text, zone)

    wanted = as_.day if isinstance(as_, TimeFormat) else as_
    if wanted not in ("date", "end_of_day"):
        return read
    days = timedelta(days=1 if wanted == "end_of_day" else 0)

    def read_day(found: Any) -> Instant:
        try:
            day = to_datetime(read(found)).astimezone(zone).date() + days
        except OverflowError:
            raise BadValue("no_instant", f"expected a day of the years 1 to 9999, got {shown(found)}") from None
        return _within_years(start_of_date(day, zone), found)

    return read_day


def _within_years(instant: Instant, found: Any) -> Instant:
    """The first and last local times of the calendar are outside it in UTC."""
    if FIRST <= instant <= LAST:
        return instant
    raise BadValue("no_instant", f"expected an instant of the years 1 to 9999, got {shown(found)}")


def _unix(found: Any, unit: Micros) -> Instant:
    if type(found) is int and FIRST <= found * unit <= LAST:
        return found * unit
    text = cell_text(found)
    if _NUMBER.fullmatch(text) and abs(float(text)) < LARGEST_INTEGER:
        instant = (Decimal(text) * unit).__floor__()
        if FIRST <= instant <= LAST:
            return instant
    units = "seconds" if unit == SECOND else "milliseconds"
    raise BadValue("no_instant", f"expected {units} since 1970, got {shown(text)}")


def _formatted(text: str, format_: str, zone: ZoneInfo) -> Instant:
    try:
        moment = datetime.strptime(text, format_)
        return local_instant(moment, zone) if moment.tzinfo is None else from_datetime(moment)
    except (ValueError, OverflowError):
        raise BadValue("no_instant", f"expected an instant written as {format_}, got {shown(text)}") from None
