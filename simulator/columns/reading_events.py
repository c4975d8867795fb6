"""Events of histories as columns: what the row readers give, for whatever has no quicker way."""

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final

import numpy as np

from rules.language.scope import FIELD_TYPES
from rules.language.tree import Type
from simulator.columns.column import Column
from simulator.columns.events import EventColumns, Given
from simulator.columns.found import OPEN
from streams.event import Event
from streams.instants import Instant
from streams.model import FieldType, Kind, Model

PLAIN: Final[Mapping[FieldType, type[np.generic]]] = {
    FieldType.NUMBER: np.float64,
    FieldType.BOOL: np.bool_,
    FieldType.TIMESTAMP: np.int64,
}
_order: Final = attrgetter("order")


def from_events(events: Sequence[Event], model: Model, *, keep_retracted: bool = False) -> dict[str, EventColumns]:
    """Columns of each kind of the model, from accepted events, each (source, id) once (simulator/history.py).

    What was retracted is left out, or kept with the instant from which that was known.
    """
    retracted = retractions(events)
    gathered = gather(events, () if keep_retracted else retracted)
    return {name: _of_kind(kind, gathered.get(name, {}), retracted) for name, kind in model.kinds.items()}


def retractions(events: Iterable[Event]) -> dict[tuple[str, str], Instant]:
    """Since when it is known that an event (source, id) is retracted."""
    found: dict[tuple[str, str], Instant] = {}
    for event in events:
        if event.retracts is not None:
            name = (event.source, event.retracts)
            found[name] = min(event.recorded_at, found.get(name, event.recorded_at))
    return found


def gather(events: Iterable[Event], retracted: Container[tuple[str, str]]) -> dict[str, dict[str, list[Event]]]:
    """The events of each entity, by kind and key in the order of their first one; without what was retracted."""
    found: dict[str, dict[str, list[Event]]] = {}
    for event in events:
        if retracted and event.retracts is None and (event.source, event.id) in retracted:
            continue
        found.setdefault(event.kind, {}).setdefault(event.key, []).append(event)
    return found


def _of_kind(
    kind: Kind, entities: Mapping[str, list[Event]], retracted: Mapping[tuple[str, str], Instant]
) -> EventColumns:
    events = list(chain.from_iterable(sorted(own, key=_order) for own in entities.values()))
    count = len(events)
    occurred_at = np.fromiter((event.occurred_at for event in events), np.int64, count)
    recorded_at = np.fromiter((event.recorded_at for event in events), np.int64, count)
    gone = [OPEN if one.retracts is not None else retracted.get((one.source, one.id), OPEN) for one in events]
    types = {name: place for place, name in enumerate(kind.reaches)}
    return EventColumns(
        kind=kind.name,
        keys=tuple(entities),
        starts=np.cumsum([0, *map(len, entities.values())], dtype=np.int64),
        occurred_at=occurred_at,
        recorded_at=None if np.array_equal(occurred_at, recorded_at) else recorded_at,
        types=tuple(types),
        type=np.fromiter((types[event.type] for event in events), np.int16, count),
        retracted_at=None if all(at == OPEN for at in gone) else np.array(gone, np.int64),
        data=given(kind, (event.data for event in events)),
    )


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
