"""Some of the events only: those up to an instant, those that were known, those that were not taken back."""

from dataclasses import replace

import numpy as np

from simulator.columns.column import Instants, Mask
from simulator.columns.events import EventColumns, Given
from simulator.columns.found import OPEN
from streams.instants import Instant


def cut(events: EventColumns, until: Instants) -> EventColumns:
    """Without those later than the `until` of their entity; an entity that has none left keeps its place."""
    entity = np.repeat(np.arange(len(events.starts) - 1), np.diff(events.starts))
    kept = events.occurred_at <= until[entity]
    return events if kept.all() else select(events, kept)


def lasting(events: EventColumns) -> EventColumns:
    """Without those that were retracted."""
    return events if events.retracted_at is None else _select_lasting(events, events.retracted_at == OPEN)


def known_before(events: EventColumns, instant: Instant) -> EventColumns:
    """What had happened and was known just before an instant, and was not taken back by then."""
    kept = events.occurred_at < instant
    if events.recorded_at is not None:
        kept &= events.recorded_at < instant
    if events.retracted_at is not None:
        kept &= events.retracted_at >= instant
    return _select_lasting(events, kept)


def _select_lasting(events: EventColumns, kept: Mask) -> EventColumns:
    return replace(select(events, kept), retracted_at=None)


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
        retracted_at=None if events.retracted_at is None else events.retracted_at[kept],
        data={name: _select(given, kept, place) for name, given in events.data.items()},
    )


def _select(given: Given, kept: Mask, place: Instants) -> Given:
    rows = np.flatnonzero(kept[given.rows])
    return Given(rows=place[given.rows[rows]], column=given.column.take(rows))
