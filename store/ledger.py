"""The ledger that a step of knowledge works on (streams/ports.py), over one open transaction."""

from collections.abc import Iterable, Mapping, Sequence

from store.database import Transaction
from store.entities import EntityRow
from streams.entity import Entity, Identity, decode_entity, encode_entity
from streams.event import Event
from streams.firing import Firing
from streams.instants import Instant
from streams.ports import Appended


class SqlLedger:
    def __init__(self, transaction: Transaction, now: Instant) -> None:
        self._transaction = transaction
        self._now = now

    def append(self, events: Sequence[Event]) -> Appended:
        appended = self._transaction.append(events)
        return Appended(
            new=tuple(appended.fresh),
            conflicting=tuple(appended.conflicting),
            duplicates=appended.duplicates,
            touched=frozenset(appended.taken_back),
        )

    def load(self, identities: Iterable[Identity]) -> Mapping[Identity, Entity]:
        return {identity: decode_entity(state) for identity, state in self._transaction.load(identities).items()}

    def save(self, entities: Iterable[Entity]) -> None:
        rows = [
            EntityRow(
                kind=entity.kind,
                key=entity.key,
                state=encode_entity(entity),
                values=entity.values,
                due_at=entity.due_at,
                begun_at=entity.begun_at,
            )
            for entity in entities
        ]
        self._transaction.save(rows, self._now)

    def due(self, now: Instant, limit: int) -> list[Identity]:
        return self._transaction.due(now, limit)

    def next_due(self) -> Instant | None:
        return self._transaction.next_due()

    def log_of(self, identity: Identity) -> Sequence[Event]:
        return self._transaction.log_of(*identity)

    def firings_of(self, identity: Identity) -> Sequence[Firing]:
        return self._transaction.firings_of(*identity)
