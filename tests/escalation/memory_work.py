"""A transaction in a dictionary, for tests that need ten thousand of them; the timelines use the real store."""

from collections.abc import Collection, Mapping, Sequence

from escalation.incident import AuditRow, FiringKey, Incident, firing_key
from escalation.outbox import UNSENT, Delivery, DeliveryState, Purpose
from escalation.ports import EntityRule
from streams.instants import Instant
from streams.model import Values


class MemoryWork:
    """escalation.ports.UnitOfWork."""

    def __init__(self, values: Values | None = None) -> None:
        self.kept: dict[int, Incident] = {}
        self.outbox: dict[str, Delivery] = {}
        self.audit: list[AuditRow] = []
        self.values: Values = values or {}
        self.last_id = 0

    def new_incident_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def incidents(self, ids: Collection[int]) -> list[Incident]:
        return [self.kept[id_] for id_ in sorted(ids) if id_ in self.kept]

    def incidents_of_firings(self, keys: Collection[FiringKey]) -> Mapping[FiringKey, Incident]:
        found = {firing_key(firing): one for one in self.kept.values() for firing in one.firings}
        return {key: found[key] for key in keys if key in found}

    def latest_incidents(self, keys: Collection[EntityRule]) -> Mapping[EntityRule, Incident]:
        found: dict[EntityRule, Incident] = {}
        for one in sorted(self.kept.values(), key=lambda one: (not one.is_resolved, one.firing.number)):
            found[one.firing.rule, one.firing.kind, one.firing.key] = one
        return {key: found[key] for key in keys if key in found}

    def due_incidents(self, now: Instant, limit: int) -> list[Incident]:
        due = [one for one in self.kept.values() if one.due_at is not None and one.due_at <= now]
        return sorted(due, key=lambda one: one.due_at or 0)[:limit]

    def unresolved_incidents(self, rules: Collection[str]) -> list[Incident]:
        return [one for _, one in sorted(self.kept.items()) if one.firing.rule in rules and not one.is_resolved]

    def unannounced_incidents(self) -> list[Incident]:
        return [self.kept[id_] for id_ in sorted(self.kept) if self.kept[id_].is_unannounced]

    def insert_incidents(self, incidents: Sequence[Incident]) -> None:
        for one in incidents:
            assert one.id not in self.kept
            self.kept[one.id] = one

    def update_incidents(self, changes: Sequence[tuple[Incident, Incident]]) -> list[int]:
        stale = [before.id for before, _ in changes if self.kept[before.id].version_no != before.version_no]
        for before, after in changes:
            if before.id not in stale:
                self.kept[after.id] = after
        return stale

    def deliveries(self, ids: Collection[str]) -> list[Delivery]:
        return [self.outbox[id_] for id_ in ids if id_ in self.outbox]

    def deliveries_of(self, incidents: Collection[int]) -> list[Delivery]:
        found = [one for one in self.outbox.values() if one.incident in incidents]
        return sorted(found, key=lambda one: (one.incident, one.version, one.n))

    def pending_deliveries(self, now: Instant, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        return [one for one in self._sendable(now, without) if one.purpose is not Purpose.DIGEST][:limit]

    def pending_digests(self, now: Instant, without: Collection[str] = ()) -> list[Delivery]:
        return [one for one in self._sendable(now, without) if one.purpose is Purpose.DIGEST]

    def _sendable(self, now: Instant, without: Collection[str]) -> list[Delivery]:
        due = [one for one in self.outbox.values() if one.state in UNSENT and (one.next_at or now + 1) <= now]
        due = [one for one in due if one.channel not in without]
        return sorted(due, key=lambda one: (not one.important, one.next_at, one.id))

    def digest_deliveries(self, messages: Collection[str]) -> list[Delivery]:
        found = [one for one in self.outbox.values() if one.purpose is Purpose.DIGEST and one.message in messages]
        return sorted(found, key=lambda one: (one.incident, one.version, one.n))

    def expired_deliveries(self, now: Instant, limit: int) -> list[Delivery]:
        sending = [one for one in self.outbox.values() if one.state is DeliveryState.SENDING]
        return [one for one in sending if one.deadline is not None and one.deadline <= now][:limit]

    def insert_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            assert one.id not in self.outbox
            self.outbox[one.id] = one

    def update_deliveries(self, changes: Sequence[tuple[Delivery, Delivery]]) -> list[str]:
        stale = []
        for before, after in changes:
            kept = self.outbox[before.id]
            if (kept.state, kept.attempt) == (before.state, before.attempt):
                self.outbox[before.id] = after
            else:
                stale.append(before.id)
        return stale

    def add_audit(self, rows: Sequence[AuditRow]) -> None:
        self.audit.extend(rows)

    def entity_values(self, entities: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Values]:
        return dict.fromkeys(entities, self.values)

    def next_due(self) -> Instant | None:
        instants = [one.due_at for one in self.kept.values()]
        for one in self.outbox.values():
            instants.append(one.deadline if one.state is DeliveryState.SENDING else one.next_at)
        return min((one for one in instants if one is not None), default=None)
