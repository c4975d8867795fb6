"""Histories that were read: in memory, or, where they are larger, on disk; in partitions of whole entities."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Protocol

import numpy as np

from simulator.columns.column import Column
from simulator.columns.events import EventColumns, Given
from simulator.reading.flat import Flat, in_file_order, merged
from simulator.reading.from_events import without_retracted
from simulator.reading.order import columns_of, no_events
from simulator.reading.spilled import Spill, check_room
from streams.event import Event
from streams.model import Model

PART: Final = 250_000  # events of a partition, about

Seen = Callable[[EventColumns], None]  # is told all columns once


class Kept(Protocol):
    @property
    def kinds(self) -> tuple[str, ...]:
        """Those that have events."""

    @property
    def entities(self) -> int: ...
    def events(self, kind: str) -> EventColumns: ...
    def partitions(self, kind: str) -> Iterator[EventColumns]: ...
    def settle(self) -> None:
        """All columns have been seen."""


class Keeper(Protocol):
    """Takes the events of a history in the order of the file."""

    def add(self, flat: Flat) -> None: ...
    def kept(self, events: Sequence[Event], keep_retracted: bool, seen: Seen) -> Kept:
        """`events` are those with the retractions among them."""


class InMemory:
    def __init__(self, columns: Mapping[str, EventColumns]) -> None:
        self._columns = columns

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind, columns in self._columns.items() if len(columns))

    @property
    def entities(self) -> int:
        return sum(len(columns.keys) for columns in self._columns.values())

    def events(self, kind: str) -> EventColumns:
        return self._columns[kind]

    def partitions(self, kind: str) -> Iterator[EventColumns]:
        return parts(self._columns[kind], PART)

    def settle(self) -> None:
        pass


class MemoryKeeper:
    def __init__(self, model: Model) -> None:
        self._flats: dict[str, list[Flat]] = {kind: [] for kind in model.kinds}
        self._model = model

    def add(self, flat: Flat) -> None:
        self._flats[flat.kind].append(flat)

    def kept(self, events: Sequence[Event], keep_retracted: bool, seen: Seen) -> Kept:
        columns = {}
        for kind, flats in self._flats.items():
            whole = [in_file_order(merged(flats))] if flats else []
            flats.clear()
            for flat in without_retracted(whole, events, keep=keep_retracted):
                columns[kind] = columns_of(flat)
                seen(columns[kind])
            if not whole:
                columns[kind] = no_events(kind, tuple(self._model.kinds[kind].reaches))
        return InMemory(columns)


class DiskKeeper:
    def __init__(self, model: Model, events: int) -> None:
        """Raises UnreadableSource where so many events have no room."""
        check_room(events)
        self._model = model
        self._parts = min(_MOST_PARTS, 1 + events // PART)
        self._spills: dict[str, Spill] = {}

    def add(self, flat: Flat) -> None:
        spill = self._spills.get(flat.kind)
        if spill is None:
            types = tuple(self._model.kinds[flat.kind].reaches)
            spill = self._spills[flat.kind] = Spill(flat.kind, types, self._parts)
        spill.add(flat)

    def kept(self, events: Sequence[Event], keep_retracted: bool, seen: Seen) -> Kept:
        retractions = [event for event in events if event.retracts is not None]
        return OnDisk(self._model, self._spills, retractions, keep_retracted, seen)


class OnDisk:
    """Each partition is read when it is asked for, as often as that is."""

    def __init__(
        self, model: Model, spills: Mapping[str, Spill], retractions: Sequence[Event], keep_retracted: bool, seen: Seen
    ) -> None:
        self._model = model
        self._spills = spills
        self._retractions = retractions
        self._keep_retracted = keep_retracted
        self._seen = seen
        self._entities: dict[tuple[str, int], int] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind in self._model.kinds if kind in self._spills)

    @property
    def entities(self) -> int:
        self.settle()
        return sum(self._entities.values())

    def events(self, kind: str) -> EventColumns:
        spill = self._spills.get(kind)
        flats = [] if spill is None else [flat for place in range(len(spill)) for flat in self._left(spill, place)]
        if not flats:
            return no_events(kind, tuple(self._model.kinds[kind].reaches))
        return columns_of(in_file_order(merged(flats)))

    def partitions(self, kind: str) -> Iterator[EventColumns]:
        if kind in self._spills:
            for place in range(len(self._spills[kind])):
                yield from self._partition(kind, place)

    def settle(self) -> None:
        for kind, spill in self._spills.items():
            for place in range(len(spill)):
                if (kind, place) not in self._entities:
                    for _ in self._partition(kind, place):
                        pass

    def _partition(self, kind: str, place: int) -> Iterator[EventColumns]:
        """At most one."""
        found = [columns_of(flat) for flat in self._left(self._spills[kind], place)]
        if (kind, place) not in self._entities:
            self._entities[kind, place] = sum(len(columns.keys) for columns in found)
            for columns in found:
                self._seen(columns)
        yield from found

    def _left(self, spill: Spill, place: int) -> list[Flat]:
        flat = spill.flat(place)
        flats = [] if flat is None else [in_file_order(flat)]
        return without_retracted(flats, self._retractions, keep=self._keep_retracted)


_MOST_PARTS: Final = 500  # each has a file open


def parts(events: EventColumns, size: int) -> Iterator[EventColumns]:
    """Whole entities, as many as have about so many events, as views."""
    starts = events.starts
    if len(events) <= size:
        yield events
        return
    cuts = np.unique(np.searchsorted(starts, np.arange(0, len(events) + size, size)).clip(max=len(starts) - 1))
    for first, end in pairwise(cuts.tolist()):
        yield part(events, first, end)


def part(events: EventColumns, first: int, end: int) -> EventColumns:
    """Entities `first` to `end`, exclusive."""
    start, stop = int(events.starts[first]), int(events.starts[end])
    data = {}
    for name, given in events.data.items():
        low, high = np.searchsorted(given.rows, (start, stop)).tolist()
        column = given.column
        present = None if column.present is None else column.present[low:high]
        values = Column(column.type, column.values[low:high], present, column.meanings)
        data[name] = Given(rows=given.rows[low:high] - start, column=values)
    return EventColumns(
        kind=events.kind,
        keys=events.keys[first:end],
        starts=events.starts[first : end + 1] - start,
        occurred_at=events.occurred_at[start:stop],
        recorded_at=None if events.recorded_at is None else events.recorded_at[start:stop],
        types=events.types,
        type=events.type[start:stop],
        retracted_at=None if events.retracted_at is None else events.retracted_at[start:stop],
        data=data,
    )
