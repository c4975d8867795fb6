"""The unit of work in memory: for rehearsing chains over a history, and for tests."""

import heapq
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from escalation.incident import AuditRow, FiringKey, Incident, firing_key
from escalation.outbox import UNSENT, Delivery, DeliveryState, Purpose
from escalation.ports import EntityRule
from streams.instants import Instant
from streams.model import Values

Id = TypeVar("Id", int, str)


class MemoryWork:
    """escalation.ports.UnitOfWork; nothing is rolled back. `values` says what is true of an entity (kind, key) now."""

    def __init__(self, values: Callable[[str, str], Values] = lambda kind, key: {}) -> None:
        self.kept: dict[int, Incident] = {}
        self.outbox: dict[str, Delivery] = {}
        self.audit: list[AuditRow] = []
        self._values = values
        self._last_id = 0
        self._by_firing: dict[FiringKey, int] = {}
        self._by_rule: dict[EntityRule, list[int]] = {}
        self._rows: dict[int, list[str]] = {}  # of each incident, in the order of their ids' parts
        self._due = _Dues[int](self._incident_due)
        self._sendable = _Dues[str](self._delivery_due)
        self._expiring = _Dues[str](self._deadline)

    # Incidents --------------------------------------------------------------------------------------------------

    def new_incident_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def incidents(self, ids: Collection[int]) -> list[Incident]:
        return [self.kept[id_] for id_ in sorted(ids) if id_ in self.kept]

    def incidents_of_firings(self, keys: Collection[FiringKey]) -> Mapping[FiringKey, Incident]:
        return {key: self.kept[self._by_firing[key]] for key in keys if key in self._by_firing}

    def latest_incidents(self, keys: Collection[EntityRule]) -> Mapping[EntityRule, Incident]:
        return {
            key: max((self.kept[id_] for id_ in self._by_rule[key]), key=_lateness)
            for key in keys
            if key in self._by_rule
        }

    def due_incidents(self, now: Instant, limit: int) -> list[Incident]:
        return [self.kept[id_] for id_ in self._due.upto(now)[:limit]]

    def unresolved_incidents(self, rules: Collection[str]) -> list[Incident]:
        return [one for _, one in sorted(self.kept.items()) if one.firing.rule in rules and not one.is_resolved]

    def unannounced_incidents(self) -> list[Incident]:
        return [one for _, one in sorted(self.kept.items()) if one.is_unannounced]

    def insert_incidents(self, incidents: Sequence[Incident]) -> None:
        for one in incidents:
            if one.id in self._rows:
                raise ValueError(f"incident {one.id} is there already")
            self._rows[one.id] = []
            firing = one.firing
            self._by_rule.setdefault((firing.rule, firing.kind, firing.key), []).append(one.id)
            self._keep(one)

    def update_incidents(self, changes: Sequence[tuple[Incident, Incident]]) -> list[int]:
        stale = [before.id for before, _ in changes if self.kept[before.id].version_no != before.version_no]
        for before, after in changes:
            if before.id not in stale:
                self._keep(after)
        return stale

    def _keep(self, incident: Incident) -> None:
        self.kept[incident.id] = incident
        for firing in incident.firings:
            self._by_firing[firing_key(firing)] = incident.id
        self._due.add(incident.id)

    # Deliveries -------------------------------------------------------------------------------------------------

    def deliveries(self, ids: Collection[str]) -> list[Delivery]:
        return [self.outbox[id_] for id_ in ids if id_ in self.outbox]

    def deliveries_of(self, incidents: Collection[int]) -> list[Delivery]:
        return [self.outbox[id_] for incident in sorted(incidents) for id_ in self._rows.get(incident, ())]

    def pending_deliveries(self, now: Instant, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        return [one for one in self._to_send(now, without) if one.purpose is not Purpose.DIGEST][:limit]

    def pending_digests(self, now: Instant, without: Collection[str] = ()) -> list[Delivery]:
        return [one for one in self._to_send(now, without) if one.purpose is Purpose.DIGEST]

    def _to_send(self, now: Instant, without: Collection[str]) -> list[Delivery]:
        due = [self.outbox[id_] for id_ in self._sendable.upto(now)]
        return sorted(
            (one for one in due if one.channel not in without), key=lambda one: (not one.important, one.next_at, one.id)
        )

    def digest_deliveries(self, messages: Collection[str]) -> list[Delivery]:
        found = [one for one in self.outbox.values() if one.purpose is Purpose.DIGEST and one.message in messages]
        return sorted(found, key=lambda one: (one.incident, one.version, one.n))

    def expired_deliveries(self, now: Instant, limit: int) -> list[Delivery]:
        return [self.outbox[id_] for id_ in self._expiring.upto(now)[:limit]]

    def insert_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            if one.id in self.outbox:
                raise ValueError(f"delivery {one.id} is there already")
            self._rows[one.incident].append(one.id)
            self._put(one)

    def update_deliveries(self, changes: Sequence[tuple[Delivery, Delivery]]) -> list[str]:
        stale = []
        for before, after in changes:
            kept = self.outbox[before.id]
            if (kept.state, kept.attempt) == (before.state, before.attempt):
                self._put(after)
            else:
                stale.append(before.id)
        return stale

    def _put(self, delivery: Delivery) -> None:
        self.outbox[delivery.id] = delivery
        self._sendable.add(delivery.id)
        self._expiring.add(delivery.id)

    # The rest ---------------------------------------------------------------------------------------------------

    def add_audit(self, rows: Sequence[AuditRow]) -> None:
        self.audit.extend(rows)

    def entity_values(self, entities: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Values]:
        return {(kind, key): self._values(kind, key) for kind, key in entities}

    def next_due(self) -> Instant | None:
        firsts = (self._due.first(), self._sendable.first(), self._expiring.first())
        return min((one for one in firsts if one is not None), default=None)

    def _incident_due(self, id_: int) -> Instant | None:
        return self.kept[id_].due_at

    def _delivery_due(self, id_: str) -> Instant | None:
        one = self.outbox[id_]
        return one.next_at if one.state in UNSENT else None

    def _deadline(self, id_: str) -> Instant | None:
        one = self.outbox[id_]
        return one.deadline if one.state is DeliveryState.SENDING else None


class _Dues(Generic[Id]):
    """What is due when, the earliest first. What has another time by now is left out when its old one comes up."""

    def __init__(self, due_at: Callable[[Id], Instant | None]) -> None:
        self._due_at: Callable[[Id], Instant | None] = due_at
        self._heap: list[tuple[Instant, Id]] = []

    def add(self, id_: Id) -> None:
        """Also whenever its time may have changed."""
        at = self._due_at(id_)
        if at is not None:
            heapq.heappush(self._heap, (at, id_))

    def first(self) -> Instant | None:
        heap = self._heap
        while heap and self._due_at(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def upto(self, now: Instant) -> list[Id]:
        """By their time; they stay."""
        found: dict[tuple[Instant, Id], None] = {}
        while (first := self.first()) is not None and first <= now:
            found[heapq.heappop(self._heap)] = None
        for entry in found:
            heapq.heappush(self._heap, entry)
        return [id_ for _, id_ in found]


def _lateness(incident: Incident) -> tuple[bool, int]:
    return (not incident.is_resolved, incident.firing.number)
