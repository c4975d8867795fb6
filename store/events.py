"""The log of events: each taken once, found again in fold order, never changed but by a retraction."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, case, func, select, tuple_, update
from sqlalchemy.dialects import sqlite

from store.connected import Connected, Rows, by_kind, chunks, to_json, values_from_json
from store.tables import events, sources
from streams.encoding import same_content
from streams.entity import Identity
from streams.event import Event
from streams.instants import Instant
from streams.ports import Appended


@dataclass(slots=True)
class _Tally:
    """What a batch adds to the counters of a source."""

    taken: int = 0
    duplicates: int = 0
    conflicting: int = 0
    last_occurred_at: Instant | None = None
    last_recorded_at: Instant | None = None


_columns: Final = (
    "source",
    "id",
    "kind",
    "key",
    "type",
    "occurred_at",
    "recorded_at",
    "data",
    "retracts",
)
_insert: Final = Rows(sqlite.insert(events).on_conflict_do_nothing(index_elements=["source", "id"]), _columns)
_last_seq: Final = select(func.max(events.c.seq))
_select: Final = select(events.c.seq, *[events.c[name] for name in _columns])
_copies: Final = _select.where(tuple_(events.c.source, events.c.id).in_(bindparam("names", expanding=True)))
_log: Final = _select.where(
    events.c.kind == bindparam("kind"),
    events.c.key.in_(bindparam("keys", expanding=True)),
    events.c.retracted.is_(False),
)
# A retraction is an event that folds like any other and cannot be retracted itself.
_take_back: Final = (
    update(events)
    .where(
        events.c.source == bindparam("of_source"),
        events.c.id == bindparam("of_id"),
        events.c.retracts.is_(None),
        events.c.retracted.is_(False),
    )
    .values(retracted=True)
    .returning(events.c.seq, events.c.source, events.c.id, events.c.kind, events.c.key)
)
_AT_ONCE: Final = 10_000
_received: Final = select(events).order_by(events.c.seq)
_earlier: Final = events.alias("earlier")
_arrive_retracted: Final = (
    update(events)
    .where(
        events.c.seq > bindparam("after_seq"),
        events.c.retracts.is_(None),
        events.c.retracted.is_(False),
        select(_earlier.c.seq).where(_earlier.c.source == events.c.source, _earlier.c.retracts == events.c.id).exists(),
    )
    .values(retracted=True)
    .returning(events.c.source, events.c.id)
)


def _later(name: str) -> ColumnElement[int]:
    """The later of what is kept and what came; either may be missing."""
    kept, came = sources.c[name], _count.excluded[name]
    return case((came > kept, came), else_=func.coalesce(kept, came))


_count: Final = sqlite.insert(sources)
_tally: Final = _count.on_conflict_do_update(
    index_elements=["source"],
    set_={
        "taken": sources.c.taken + _count.excluded.taken,
        "duplicates": sources.c.duplicates + _count.excluded.duplicates,
        "conflicting": sources.c.conflicting + _count.excluded.conflicting,
        "last_occurred_at": _later("last_occurred_at"),
        "last_recorded_at": _later("last_recorded_at"),
    },
)


class EventReading(Connected):
    def event_log(self) -> Iterator[Event]:
        """All events, retracted ones and retractions too, as they were taken."""
        return map(event_of, self._connection.execute(_received).yield_per(_AT_ONCE))

    def events_as_received(self, kinds: Collection[str], entities: Collection[Identity] = ()) -> list[Event]:
        """Of all entities of some kinds and of some others, retracted ones and retractions too, as they were taken."""
        found = [self._connection.execute(_received.where(events.c.kind.in_(list(kinds))))] if kinds else []
        for kind, key in entities:
            if kind not in kinds:
                found.append(self._connection.execute(_received.where(events.c.kind == kind, events.c.key == key)))
        return [event_of(row) for rows in found for row in rows]


class EventLog(Connected):
    """The part of a transaction that takes events."""

    def append(self, events: Sequence[Event]) -> Appended:
        """Take what is new; of several copies of one (source, id) the first counts."""
        first: dict[tuple[str, str], Event] = {}
        copies: list[Event] = []
        for event in events:
            if first.setdefault((event.source, event.id), event) is not event:
                copies.append(event)
        before: Instant = self._connection.scalar(_last_seq) or 0
        known: dict[tuple[str, str], Event] = {}
        if _insert.insert(self._connection, [_row(event) for event in first.values()]) < len(first):
            known = self._known_before(list(first), before)
        new = [event for name, event in first.items() if name not in known] if known else list(first.values())
        copies = [event for name, event in first.items() if name in known] + copies
        conflicting = [
            copy
            for copy in copies
            if not same_content(copy, known.get((copy.source, copy.id)) or first[copy.source, copy.id])
        ]
        differing = {id(event) for event in conflicting}
        gone, taken_back = self._retract(new, before)
        self._count(new, copies, conflicting)
        return Appended(
            new=tuple([event for event in new if (event.source, event.id) not in gone]),
            conflicting=tuple(conflicting),
            copies=tuple(copy for copy in copies if id(copy) not in differing),
            touched=frozenset(taken_back),
        )

    def log_of(self, identity: Identity) -> list[Event]:
        """All events of an entity that are not retracted, in fold order."""
        return self.logs_of([identity])[identity]

    def logs_of(self, identities: Iterable[Identity]) -> dict[Identity, list[Event]]:
        """The logs of many entities; one without events has an empty log."""
        found: dict[Identity, list[Event]] = {}
        for kind, keys in by_kind(identities).items():
            found.update({(kind, key): [] for key in keys})
            for some in chunks(keys):
                for row in self._connection.execute(_log, {"kind": kind, "keys": some}):
                    event = event_of(row)
                    found[kind, event.key].append(event)
        for log in found.values():
            log.sort(key=lambda event: event.order)
        return found

    def _known_before(self, names: list[tuple[str, str]], seq: int) -> dict[tuple[str, str], Event]:
        """Those of the names that were taken up to `seq`."""
        found: dict[tuple[str, str], Event] = {}
        for some in chunks(names):
            for row in self._connection.execute(_copies, {"names": some}):
                if row.seq <= seq:
                    found[row.source, row.id] = event_of(row)
        return found

    def _retract(self, new: list[Event], before: int) -> tuple[set[tuple[str, str]], set[Identity]]:
        """Mark what the new events take back and what of them was taken back before it came.

        Returns the names of new events that are retracted, and the entities that lost an older one.
        """
        gone: set[tuple[str, str]] = set()
        taken_back: set[Identity] = set()
        if not new:
            return gone, taken_back
        for event in new:
            if event.retracts is not None:
                target = {"of_source": event.source, "of_id": event.retracts}
                for row in self._connection.execute(_take_back, target):
                    if row.seq > before:
                        gone.add((row.source, row.id))
                    else:
                        taken_back.add((row.kind, row.key))
        for row in self._connection.execute(_arrive_retracted, {"after_seq": before}):
            gone.add((row.source, row.id))
        return gone, taken_back

    def _count(self, new: list[Event], copies: list[Event], conflicting: list[Event]) -> None:
        tallies: dict[str, _Tally] = {}
        for event in new:
            tally = tallies.get(event.source)
            if tally is None:
                tally = tallies[event.source] = _Tally()
            tally.taken += 1
            if tally.last_occurred_at is None or event.occurred_at > tally.last_occurred_at:
                tally.last_occurred_at = event.occurred_at
            if tally.last_recorded_at is None or event.recorded_at > tally.last_recorded_at:
                tally.last_recorded_at = event.recorded_at
        for event in copies:
            tallies.setdefault(event.source, _Tally()).duplicates += 1
        for event in conflicting:
            tallies[event.source].duplicates -= 1
            tallies[event.source].conflicting += 1
        if tallies:
            self._connection.execute(
                _tally,
                [
                    {
                        "source": source,
                        "taken": tally.taken,
                        "duplicates": tally.duplicates,
                        "conflicting": tally.conflicting,
                        "last_occurred_at": tally.last_occurred_at,
                        "last_recorded_at": tally.last_recorded_at,
                    }
                    for source, tally in tallies.items()
                ],
            )


def event_of(row: Row[Any]) -> Event:
    """The event of a row of `events`."""
    return Event(
        source=row.source,
        id=row.id,
        kind=row.kind,
        key=row.key,
        type=row.type,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        data=values_from_json(row.data),
        retracts=row.retracts,
    )


def _row(event: Event) -> tuple[object, ...]:
    return (
        event.source,
        event.id,
        event.kind,
        event.key,
        event.type,
        event.occurred_at,
        event.recorded_at,
        to_json(event.data),
        event.retracts,
    )
