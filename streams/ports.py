"""What a step of knowledge needs kept: the event log, the entities, and when each is due. Twins: memory.py, store/."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from streams.entity import Entity, Identity
from streams.event import Event
from streams.firing import Firing
from streams.instants import Instant


class Appended(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of events that were handed to the log."""

    new: tuple[Event, ...]  # to be folded: not seen before, not retracted
    conflicting: tuple[Event, ...]  # copies of a known (source, id) with other content: refused
    copies: tuple[Event, ...]  # of known events, with the same content: nothing to do
    touched: frozenset[Identity]  # entities that lost an event to a retraction

    @property
    def duplicates(self) -> int:
        return len(self.copies)


class Ledger(Protocol):
    """Used within one transaction; what it is given is kept when that commits."""

    def append(self, events: Sequence[Event]) -> Appended: ...
    def load(self, identities: Iterable[Identity]) -> Mapping[Identity, Entity]: ...
    def save(self, entities: Iterable[Entity]) -> None: ...
    def due(self, now: Instant, limit: int) -> list[Identity]: ...
    def next_due(self) -> Instant | None: ...
    def log_of(self, identity: Identity) -> Sequence[Event]: ...
    def firings_of(self, identity: Identity) -> Sequence[Firing]: ...
