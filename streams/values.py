"""JSON values as values of the model: checked, and in the one form in which they are folded and compared."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.errors import BadValue
from streams.instants import FIRST, LAST, Instant, from_datetime, local_instant, parse_instant
from streams.model import Field, FieldType, Record, Value
from streams.text import nfc, nfkc

Converter = Callable[[Any], Value]

LARGEST_INTEGER: Final = 2**53
_LONGEST_INSTANT: Final = 60  # characters


def shown(value: object) -> str:
    """A value as messages show it: one line, not too long."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case str():
            return repr(value if len(value) <= 60 else value[:60] + "...")
        case _:
            return str(value)[:60]


def read_instant(text: str, zone: ZoneInfo) -> Instant:
    """What parse_instant reads, several times faster for the usual forms. Raises BadValue."""
    # fromisoformat takes more forms than we do (weeks, offsets with seconds, 24:00): only what parse_instant takes too.
    if (
        len(text) >= 19
        and text[4] == text[7] == "-"
        and text[10] in "T "
        and text[13] == text[16] == ":"
        and text[11:13] != "24"
        and (text[-1] == "Z" or len(text) == 19 or text[-6] in "+-")
        and text.isascii()
    ):
        try:
            moment = datetime.fromisoformat(text)
            instant = local_instant(moment, zone) if moment.tzinfo is None else from_datetime(moment)
            if FIRST <= instant <= LAST:
                return instant
        except (ValueError, OverflowError):
            pass  # parse_instant says what is wrong
    try:
        if text.isascii() and len(text) <= _LONGEST_INSTANT:
            return parse_instant(text, zone)
        said = f"{shown(text)} is none"
    except (ValueError, OverflowError) as error:
        said = str(error)
    raise BadValue("no_instant", f"expected an instant such as 2026-03-02T09:00:00Z; {said}")


def number(value: object) -> float:
    """A JSON number as a double; integers beyond 2^53 would silently become others and are refused."""
    kind = type(value)
    if kind is float:
        if math.isfinite(value):  # type: ignore[arg-type]
            return value  # type: ignore[return-value]
        raise BadValue("not_finite", "expected a finite number")
    if kind is int:
        if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:  # type: ignore[operator]
            return float(value)  # type: ignore[arg-type]
        raise BadValue("integer_too_large", f"expected an integer of at most 2^53, got {shown(value)}")
    raise BadValue("wrong_type", f"expected a number, got {shown(value)}")


def string(value: object) -> str:
    if type(value) is str:
        if "\0" in value:  # PostgreSQL stores no such text
            raise BadValue("wrong_type", "expected a text without NUL characters")
        return nfc(value)
    raise BadValue("wrong_type", f"expected a text, got {shown(value)}")


def boolean(value: object) -> bool:
    if type(value) is bool:
        return value
    raise BadValue("wrong_type", f"expected true or false, got {shown(value)}")


def strings(value: object) -> tuple[str, ...]:
    if type(value) is not list:
        raise BadValue("wrong_type", f"expected a list of texts, got {shown(value)}")
    try:
        return tuple([string(item) for item in value])
    except BadValue as error:
        raise BadValue(error.code, f"in a list of texts {error.reason}") from None


def timestamps(zone: ZoneInfo) -> Converter:
    """Timestamps are text; without an offset they are in `zone`."""

    def timestamp(value: object) -> Instant:
        if type(value) is str:
            return read_instant(value, zone)
        raise BadValue("wrong_type", f"expected a timestamp such as 2026-03-02T09:00:00Z, got {shown(value)}")

    return timestamp


def records(columns: Mapping[str, FieldType], zone: ZoneInfo) -> Converter:
    """Records keep their declared columns; a null column is an absent one."""
    converters = {name: scalar(type_, zone) for name, type_ in columns.items()}

    def record(item: object, place: int) -> Record:
        if type(item) is not dict:
            raise BadValue("wrong_type", f"expected an object in the list, got {shown(item)} as record {place}")
        taken: dict[str, str | float | bool | Instant] = {}
        for name, value in item.items():
            column = nfkc(name)
            convert = converters.get(column)
            if convert is None or value is None:
                continue
            try:
                taken[column] = convert(value)  # type: ignore[assignment]
            except BadValue as error:
                raise BadValue(error.code, f"{error.reason} in record {place}", f".{column}") from None
        return taken

    def convert_all(value: object) -> tuple[Record, ...]:
        if type(value) is not list:
            raise BadValue("wrong_type", f"expected a list of records, got {shown(value)}")
        return tuple([record(item, place) for place, item in enumerate(value, start=1)])

    return convert_all


def scalar(type_: FieldType, zone: ZoneInfo) -> Converter:
    match type_:
        case FieldType.NUMBER:
            return number
        case FieldType.STRING:
            return string
        case FieldType.BOOL:
            return boolean
        case FieldType.TIMESTAMP:
            return timestamps(zone)
        case FieldType.LIST:
            return strings
        case FieldType.RECORDS:
            raise ValueError("records hold no records")


def converter(field: Field, zone: ZoneInfo) -> Converter:
    """What takes a JSON value of this field, or raises BadValue."""
    return records(field.columns, zone) if field.type is FieldType.RECORDS else scalar(field.type, zone)


def undeclared_columns(field: Field, value: object) -> set[str]:
    """Columns that the model does not declare, as "lines.colour"."""
    if field.type is not FieldType.RECORDS or not isinstance(value, list):
        return set()
    names = {nfkc(name) for item in value if isinstance(item, dict) for name in item}
    return {f"{field.name}.{name}" for name in names if name not in field.columns}
