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
            if event.retracts is not None:
                target = (event.source, event.retracts)
                self._retracted.add(target)
                found = self._events.get(target)
                if found is not None and found.retracts is None:
                    touched.add((found.kind, found.key))
            if name not in self._retracted or event.retracts is not None:
                self._logs.setdefault((event.kind, event.key), []).append(event)
                new.append(event)
        return Appended(
            new=tuple(event for event in new if not self._is_retracted(event)),
            conflicting=tuple(conflicting),
            copies=tuple(copies),
            touched=frozenset(touched),
        )

    def _is_retracted(self, event: Event) -> bool:
        return event.retracts is None and (event.source, event.id) in self._retracted

    def load(self, identities: Iterable[Identity]) -> Mapping[Identity, Entity]:
        return {identity: self.entities[identity] for identity in identities if identity in self.entities}

    def save(self, entities: Iterable[Entity]) -> None:
        for entity in entities:
            identity = (entity.kind, entity.key)
            self.entities[identity] = entity
            if entity.due_at is not None:
                heapq.heappush(self._heap, (entity.due_at, identity))

    def due(self, now: Instant, limit: int) -> list[Identity]:
        found: dict[Identity, None] = {}
        while self._heap and len(found) < limit:
            due_at, identity = self._heap[0]
            if due_at > now:
                break
            heapq.heappop(self._heap)
            if self.entities[identity].due_at == due_at:
                found[identity] = None
        return list(found)

    def next_due(self) -> Instant | None:
        while self._heap and self.entities[self._heap[0][1]].due_at != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def log_of(self, identity: Identity) -> Sequence[Event]:
        return [event for event in self._logs.get(identity, []) if not self._is_retracted(event)]

    def firings_of(self, identity: Identity) -> Sequence[Firing]:
        return list(self._firings.get(identity, {}).values())

    def record(self, transitions: Iterable[Transition]) -> None:
        """Keep the firings that the transitions tell of (in the store the incidents do that)."""
        for transition in transitions:
            firing = transition.firing
            self._firings.setdefault((firing.kind, firing.key), {})[firing.rule, firing.number] = firing

    def firings(self) -> list[Firing]:
        return [firing for found in self._firings.values() for firing in found.values()]
