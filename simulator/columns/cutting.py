"""Events up to an instant only."""

import numpy as np

from simulator.columns.column import Instants, Mask
from simulator.columns.events import EventColumns, Given


def cut(events: EventColumns, until: Instants) -> EventColumns:
    """Without those later than the `until` of their entity; an entity that has none left keeps its place."""
    entity = np.repeat(np.arange(len(events.starts) - 1), np.diff(events.starts))
    kept = events.occurred_at <= until[entity]
    return events if kept.all() else select(events, kept)


def select(events: EventColumns, kept: Mask) -> EventColumns:
    """Those of a mask."""
    place = np.cumsum(kept) - 1
    return EventColumns(
        kind=events.kind,
        keys=events.keys,
        starts=np.concatenate(([0], np.cumsum(kept)))[events.starts],
        occurred_at=events.occurred_at[kept],
        recorded_at=None if events.recorded_at is None else events.recorded_at[kept],
        types=events.types,
        type=events.type[kept],
        data={name: _select(given, kept, place) for name, given in events.data.items()},
    )


def _select(given: Given, kept: Mask, place: Instants) -> Given:
    rows = np.flatnonzero(kept[given.rows])
    return Given(rows=place[given.rows[rows]], column=given.column.take(rows))
