"""The ledger in memory: for replay by recorded_at, and for tests."""

import heapq
from collections.abc import Iterable, Mapping, Sequence

from streams.entity import Entity, Identity
from streams.event import Event
from streams.firing import Firing, Transition
from streams.instants import Instant
from streams.ports import Appended


class MemoryLedger:
    def __init__(self) -> None:
        self.entities: dict[Identity, Entity] = {}
        self._events: dict[tuple[str, str], Event] = {}
        self._logs: dict[Identity, list[Event]] = {}
        self._retracted: set[tuple[str, str]] = set()
        self._firings: dict[Identity, dict[tuple[str, int], Firing]] = {}
        self._heap: list[tuple[Instant, Identity]] = []

    def append(self, events: Sequence[Event]) -> Appended:
        new: list[Event] = []
        conflicting: list[Event] = []
        copies: list[Event] = []
        touched: set[Identity] = set()
        for event in events:
            name = (event.source, event.id)
            known = self._events.get(name)
            if known is not None:
                same = (known.kind, known.key, known.type, known.occurred_at, known.data, known.retracts) == (
                    (event.kind, event.key, event.type, event.occurred_at, event.data, event.retracts)
                )
                (copies if same else conflicting).append(event)
                continue
            self._events[name] = event
            if event.retracts is None:
                if name in self._retracted:
                    continue
            else:
                target = (event.source, event.retracts)
                self._retracted.add(target)
                found = self._events.get(target)
                if found is not None and found.retracts is None:
                    touched.add((found.kind, found.key))
            self._log(event)
            new.append(event)
        if touched:
            new = [event for event in new if not self._is_retracted(event)]
        return Appended(
            new=tuple(new),
            conflicting=tuple(conflicting),
            copies=tuple(copies),
            touched=frozenset(touched),
        )

    def _log(self, event: Event) -> None:
        identity = (event.kind, event.key)
        log = self._logs.get(identity)
        if log is None:
            self._logs[identity] = [event]
        else:
            log.append(event)

    def _is_retracted(self, event: Event) -> bool:
        return event.retracts is None and (event.source, event.id) in self._retracted

    def load(self, identities: Iterable[Identity]) -> Mapping[Identity, Entity]:
        found: dict[Identity, Entity] = {}
        for identity in identities:
            entity = self.entities.get(identity)
            if entity is not None:
                found[identity] = entity
        return found

    def save(self, entities: Iterable[Entity]) -> None:
        for entity in entities:
            identity = (entity.kind, entity.key)
            self.entities[identity] = entity
            if entity.due_at is not None:
                heapq.heappush(self._heap, (entity.due_at, identity))

    def due(self, now: Instant, limit: int) -> list[Identity]:
        found: dict[Identity, None] = {}
        heap = self._heap
        while heap and heap[0][0] <= now and len(found) < limit:
            due_at, identity = heapq.heappop(heap)
            if self.entities[identity].due_at == due_at:
                found[identity] = None
        return list(found)

    def next_due(self) -> Instant | None:
        heap = self._heap
        while heap:
            due_at, identity = heap[0]
            if self.entities[identity].due_at == due_at:
                return due_at
            heapq.heappop(heap)
        return None

    def log_of(self, identity: Identity) -> Sequence[Event]:
        return [event for event in self._logs.get(identity, []) if not self._is_retracted(event)]

    def firings_of(self, identity: Identity) -> Sequence[Firing]:
        return list(self._firings.get(identity, {}).values())

    def record(self, transitions: Iterable[Transition]) -> None:
        """Keep the firings that the transitions tell of (in the store the incidents do that)."""
        for transition in transitions:
            firing = transition.firing
            identity = (firing.kind, firing.key)
            if identity not in self._firings:
                self._firings[identity] = {}
            self._firings[identity][firing.rule, firing.number] = firing

    def firings(self) -> list[Firing]:
        return [firing for found in self._firings.values() for firing in found.values()]
