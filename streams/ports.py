"""What a step of knowledge needs kept: the event log, the entities, and when each is due. Twins: memory.py, store/."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from streams.entity import Entity, Identity
from streams.event import Event
from streams.firing import Firing, Member
from streams.groups import Group, GroupName
from streams.instants import Instant
from streams.totals import Delta, Feed


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
    def next_due(self) -> Instant | None:
        """When the next entity or group is due."""

    def log_of(self, identity: Identity) -> Sequence[Event]: ...
    def firings_of(self, identity: Identity) -> Sequence[Firing]: ...

    # Totals: what entities give (streams/totals.py). `deltas_of` has an entry for each identity.
    def add_feeds(self, feeds: Sequence[tuple[Identity, Feed]]) -> None: ...
    def drop_feeds(self, identity: Identity) -> None: ...
    def feeds_of(self, identity: Identity) -> Sequence[Feed]: ...
    def deltas_of(self, identities: Iterable[Identity]) -> Mapping[Identity, Sequence[Delta]]: ...

    # Groups (streams/groups.py). `members_of` gives those later than `since`, by time.
    def add_members(self, members: Sequence[Member]) -> None: ...
    def drop_members(self, identity: Identity) -> None: ...
    def members_from(self, identities: Iterable[Identity]) -> Mapping[Identity, Sequence[Member]]: ...
    def members_of(self, rule: str, version: str, group: str, since: Instant | None) -> Sequence[Member]: ...
    def load_groups(self, names: Iterable[GroupName]) -> Mapping[GroupName, Group]: ...
    def save_groups(self, groups: Iterable[Group]) -> None: ...
    def due_groups(self, now: Instant, limit: int) -> list[GroupName]: ...

    # Sweeps (streams/sweeping.py). `stale`: entities of other generations, those of the kinds `first` before others;
    # closed ones for which nothing is open are left out. `groups_of`: by members or state.
    def stale(self, generation: int, limit: int, first: Collection[str]) -> list[Identity]: ...
    def stale_left(self, generation: int) -> int: ...
    def kinds(self) -> Collection[str]:
        """Of which there are entities."""

    def settle(self, generation: int, kinds: Collection[str], limit: int) -> int:
        """Entities of kinds that the change does not concern need no sweep: up to `limit` more; how many there were."""

    def groups_of(self, rule: str) -> list[GroupName]: ...
    def groups_of_others(self, rules: Collection[str]) -> list[Group]: ...
    def forget_members(self, rule: str, but: str | None) -> None:
        """Drop the members of a rule but those of one version; with None its groups too."""
