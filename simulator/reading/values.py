"""Values that were read one by one, as columns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from rules.language.scope import FIELD_TYPES
from rules.language.tree import Type
from simulator.columns.column import Column
from simulator.columns.events import Given
from streams.model import FieldType, Kind

PLAIN: Final[Mapping[FieldType, type[np.generic]]] = {
    FieldType.NUMBER: np.float64,
    FieldType.BOOL: np.bool_,
    FieldType.TIMESTAMP: np.int64,
}


def given(kind: Kind, data: Iterable[Mapping[str, Any]]) -> dict[str, Given]:
    """What the data of events, in the order of their rows, say of each field and promise."""
    rows: dict[str, list[int]] = {}
    values: dict[str, list[Any]] = {}
    for row, said in enumerate(data):
        for name, value in said.items():
            rows.setdefault(name, []).append(row)
            values.setdefault(name, []).append(value)
    return {
        name: Given(rows=np.array(rows[name], np.int64), column=column(field_type(kind, name), values[name]))
        for name in sorted(rows)
    }


def field_type(kind: Kind, name: str) -> FieldType:
    """Of a field, or of a promise "NODE.due"."""
    field = kind.fields.get(name)
    return FieldType.TIMESTAMP if field is None else field.type


def column(type_: FieldType, values: Sequence[Any]) -> Column:
    """Values of a field, None where there is none; texts and lists by their codes."""
    found = np.fromiter((value is not None for value in values), np.bool_, len(values))
    present = None if found.all() else found
    plain = PLAIN.get(type_)
    if plain is not None:
        return Column(FIELD_TYPES[type_], np.array([value or 0 for value in values], plain), present)
    return _coded(type_, values, present)


def _coded(type_: FieldType, values: Sequence[Any], present: Any) -> Column:
    nothing = "" if type_ is FieldType.STRING else ()
    codes: dict[Any, int] = {}
    meanings: list[Any] = []
    coded = np.zeros(len(values), np.int32)
    for row, value in enumerate(values):
        if value is None:
            continue
        code = codes.setdefault(hashable(value), len(codes))
        if code == len(meanings):
            meanings.append(value)
        coded[row] = code
    # A list of records has no type of the language.
    return Column(FIELD_TYPES.get(type_, Type.LIST), coded, present, tuple(meanings) or (nothing,))


def hashable(value: Any) -> Any:
    """Equal for equal texts, lists and lists of records; in those 1, 1.0 and True are told apart."""
    if isinstance(value, tuple) and value and isinstance(value[0], dict):
        return tuple(tuple(sorted((name, type(own), own) for name, own in one.items())) for one in value)
    return value
