"""What a history says of entities at an instant: owners, fields that name people, conditions of steps."""

from collections.abc import Collection
from typing import Any

import numpy as np

from rules.language.tree import Side, Type
from simulator.columns.column import Column
from simulator.columns.cutting import select
from simulator.columns.evaluator import Partitioned
from simulator.columns.events import EventColumns
from simulator.columns.parts import Part, parts_of
from simulator.frames import snapshot_schema
from simulator.results import By
from streams.entity import Identity
from streams.instants import Instant
from streams.model import Kind, Model, Values


class Snapshots:
    """Of these entities, up to `until`; totals are left out. By recorded_at: what was known at the instant."""

    def __init__(
        self, model: Model, history: Partitioned, entities: Collection[Identity], until: Instant, by: By
    ) -> None:
        self._known: dict[Identity, list[tuple[_Known, int]]] = {}
        for kind in history.kinds:
            wanted = {key for of, key in entities if of == kind}
            for events in history.partitions(kind) if wanted else ():
                for part in parts_of(_only(events, wanted), until, by):
                    known = _Known(model.kinds[kind], part)
                    for place, key in enumerate(events.keys):
                        if key in wanted and known.knows(place):
                            self._known.setdefault((kind, key), []).append((known, place))

    def __call__(self, kind: str, key: str, at: Instant) -> Values:
        found = (known.values(place, at) for known, place in self._known.get((kind, key), ()))
        return next(filter(None, found), {})


def _only(events: EventColumns, keys: Collection[str]) -> EventColumns:
    """The events of these entities."""
    wanted = np.fromiter((key in keys for key in events.keys), np.bool_, len(events.keys))
    return events if wanted.all() else select(events, np.repeat(wanted, np.diff(events.starts)))


class _Known:
    """The steps of the entities of a part, those of one entity in the order in which they hold."""

    def __init__(self, kind: Kind, part: Part) -> None:
        steps, versions = part.steps(kind), part.versions
        owner = steps.entity if versions is None else versions.owner[steps.entity]
        self._rows = np.searchsorted(owner, np.arange(len(part.keys) + 1)).tolist()
        self._since = steps.at if versions is None else np.maximum(steps.at, versions.start[steps.entity])
        self._until = part.until[steps.entity]
        names = [name for name in snapshot_schema(kind) if name not in ("at", "until")]
        self._columns = {name: steps.column(Side.SNAPSHOT, name) for name in names}

    def knows(self, place: int) -> bool:
        """Whether the part has steps of this entity."""
        return bool(self._rows[place] < self._rows[place + 1])

    def values(self, place: int, at: Instant) -> Values:
        first, end = self._rows[place : place + 2]
        row = first + int(np.searchsorted(self._since[first:end], at, side="right")) - 1
        if row < first or at > self._until[row]:
            return {}
        found = ((name, _value(column, row)) for name, column in self._columns.items())
        return {name: value for name, value in found if value is not None}


def _value(column: Column, row: int) -> Any:
    if column.present is not None and not column.present[row]:
        return None
    value = column.values[row].item()
    return column.meanings[value] if column.type in (Type.STRING, Type.LIST) else value
