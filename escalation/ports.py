"""What the desk needs from a store. store/ has the SQL implementation; SQLite in memory is its twin for tests."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from escalation.incident import AuditRow, FiringKey, Incident
from escalation.outbox import Delivery
from streams.instants import Instant
from streams.model import Values

EntityRule = tuple[str, str, str]  # rule, kind, key


class UnitOfWork(Protocol):
    """One open transaction. It sees its own writes; somebody else commits it."""

    def new_incident_id(self) -> int:
        """The next short id, never used before."""

    def incidents(self, ids: Collection[int]) -> list[Incident]: ...

    def incidents_of_firings(self, keys: Collection[FiringKey]) -> Mapping[FiringKey, Incident]:
        """The incident that each known firing belongs to, be it its last firing or an earlier one."""

    def latest_incidents(self, keys: Collection[EntityRule]) -> Mapping[EntityRule, Incident]:
        """Of each rule and entity the unresolved incident, else the one with the greatest firing number."""

    def unresolved_incidents(self, rules: Collection[str]) -> list[Incident]:
        """All of these rules, by id."""

    def due_incidents(self, now: Instant, limit: int) -> list[Incident]:
        """`due_at` <= now, the earliest first; claimed for this transaction where there can be other writers."""

    def insert_incidents(self, incidents: Sequence[Incident]) -> None: ...

    def update_incidents(self, changes: Sequence[tuple[Incident, Incident]]) -> list[int]:
        """Each (before, after): written where the row still has before's version_no. The ids that were not written."""

    def deliveries(self, ids: Collection[str]) -> list[Delivery]: ...

    def unannounced_incidents(self) -> list[Incident]:
        """Unresolved baseline ones that no digest tells of yet, by id."""

    def deliveries_of(self, incidents: Collection[int]) -> list[Delivery]:
        """All deliveries of these incidents, in the order (incident, version, n)."""

    def pending_deliveries(self, now: Instant, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        """Pending or failed temporarily, not held, `next_at` <= now: important ones first, then by `next_at`, id.

        Without those of digests.
        """

    def pending_digests(self, now: Instant, without: Collection[str] = ()) -> list[Delivery]:
        """The same of digests, all of them."""

    def digest_deliveries(self, messages: Collection[str]) -> list[Delivery]:
        """What the digests with these ids have carried, in the order (incident, version, n)."""

    def expired_deliveries(self, now: Instant, limit: int) -> list[Delivery]:
        """In `sending` with `deadline` <= now."""

    def insert_deliveries(self, deliveries: Sequence[Delivery]) -> None: ...

    def update_deliveries(self, changes: Sequence[tuple[Delivery, Delivery]]) -> list[str]:
        """Each (before, after): written where the row still has before's state and attempt. Ids not written."""

    def add_audit(self, rows: Sequence[AuditRow]) -> None: ...

    def entity_values(self, entities: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Values]:
        """(kind, key) -> snapshot of now; without those that do not exist."""

    def next_due(self) -> Instant | None:
        """The earliest of the incidents' `due_at`, sendable deliveries' `next_at` and sending ones' `deadline`."""
