"""Events were taken by the model of their time: what a later model does not have, or has as another type, is left out.

An event of a type that the model no longer knows sets its fields, as `updated` does, and reaches nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from streams.event import Event
from streams.model import Field, FieldType, Kind

_PLAIN: Final[Mapping[FieldType, type]] = {
    FieldType.NUMBER: float,
    FieldType.STRING: str,
    FieldType.BOOL: bool,
    FieldType.TIMESTAMP: int,
}


class Fitting:
    """Of one kind, as the model has it now."""

    def __init__(self, kind: Kind) -> None:
        self._types = kind.reaches
        promises = {f"{node}.due": Field(name=f"{node}.due", type=FieldType.TIMESTAMP) for node in kind.nodes}
        self._fields = {**promises, **kind.fields}

    def fit(self, event: Event) -> Event:
        """The event itself where it fits, as nearly all do."""
        known = event.type in self._types
        if known and all(self._fits(name, value) for name, value in event.data.items()):
            return event
        data = {name: value for name, value in event.data.items() if self._fits(name, value)}
        return replace(event, type=event.type if known else "updated", data=data)

    def _fits(self, name: str, value: Any) -> bool:
        field = self._fields.get(name)
        return field is not None and (value is None or _is(field.type, value, field.columns))


def _is(wanted: FieldType, value: Any, columns: Mapping[str, FieldType]) -> bool:
    plain = _PLAIN.get(wanted)
    if plain is not None:
        return type(value) is plain
    if not isinstance(value, tuple | list):
        return False
    if wanted is FieldType.LIST:
        return all(isinstance(one, str) for one in value)
    return all(isinstance(one, Mapping) and _is_record(one, columns) for one in value)


def _is_record(record: Mapping[str, Any], columns: Mapping[str, FieldType]) -> bool:
    return all(name in columns and _is(columns[name], one, {}) for name, one in record.items())
