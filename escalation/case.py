"""One incident in the hands of one transaction: what it is by now, and what was decided on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from escalation.directory import Directory
from escalation.incident import SYSTEM, Actor, AuditRow, Incident, State
from escalation.outbox import Delivery, DeliveryState, Purpose, delivery_id
from escalation.reasons import Reason
from escalation.state import EscalationState, Plan
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What the executor has to write, in this order."""

    new: tuple[Delivery, ...] = ()
    changed: tuple[tuple[Delivery, Delivery], ...] = ()  # before, after
    audit: tuple[AuditRow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.audit)


class Case:
    """Collects the changes of one call; the values that go in and come out are never changed themselves.

    Ids of new deliveries come from the version that the incident will have: (incident, version + 1, n).
    """

    def __init__(self, incident: Incident, directory: Directory, deliveries: Iterable[Delivery], now: Instant) -> None:
        self.incident = incident
        self.directory = directory
        self.now = now
        self.audit: list[AuditRow] = []
        self._before = {delivery.id: delivery for delivery in deliveries}
        self._after = dict(self._before)

    @property
    def deliveries(self) -> list[Delivery]:
        return list(self._after.values())

    @property
    def actions(self) -> Actions:
        pairs = [(self._before.get(id_), delivery) for id_, delivery in self._after.items()]
        return Actions(
            new=tuple(after for before, after in pairs if before is None),
            changed=tuple((before, after) for before, after in pairs if before is not None and before != after),
            audit=tuple(self.audit),
        )

    @property
    def is_open(self) -> bool:
        return self.incident.state is State.OPEN

    @property
    def is_acknowledged(self) -> bool:
        return self.incident.state is State.ACKNOWLEDGED

    @property
    def escalation(self) -> EscalationState:
        """The state, made on first need where the incident had no chain."""
        if self.incident.escalation is None:
            fresh = EscalationState(chain=None, round_started_at=self.now, ended=True)
            self.incident = replace(self.incident, escalation=fresh)
            return fresh
        return self.incident.escalation

    @property
    def plans(self) -> tuple[Plan, ...]:
        return () if self.incident.escalation is None else self.incident.escalation.plans

    def set(self, **changes: Any) -> None:
        """Change fields of the incident."""
        self.incident = replace(self.incident, **changes)

    def move(self, **changes: Any) -> None:
        """Change fields of the escalation's state."""
        self.incident = replace(self.incident, escalation=replace(self.escalation, **changes))

    def set_plan(self, plan: Plan) -> None:
        self.move(plans=tuple(plan if one.id == plan.id else one for one in self.plans))

    def put(self, delivery: Delivery) -> None:
        self._after[delivery.id] = delivery

    def of_plan(self, plan: int) -> list[Delivery]:
        return [delivery for delivery in self._after.values() if delivery.plan == plan]

    def delivery(self, id_: str) -> Delivery:
        return self._after[id_]

    def new_delivery(
        self,
        *,
        purpose: Purpose,
        person: str | None,
        channel: str,
        important: bool,
        due_at: Instant | None = None,
        give_up_at: Instant | None = None,
        plan: int | None = None,
        entry: int = 0,
    ) -> Delivery:
        """A row that may go out at once; `put` already."""
        version = self.incident.version_no + 1
        n = sum(delivery.version == version for delivery in self._after.values())
        delivery = Delivery(
            id=delivery_id(self.incident.id, version, n),
            incident=self.incident.id,
            version=version,
            n=n,
            purpose=purpose,
            person=person,
            channel=channel,
            important=important,
            created_at=self.now,
            changed_at=self.now,
            due_at=self.now if due_at is None else due_at,
            next_at=self.now,
            give_up_at=give_up_at,
            plan=plan,
            entry=entry,
            state=DeliveryState.PENDING,
        )
        self.put(delivery)
        return delivery

    def note(
        self,
        what: str,
        *,
        actor: Actor = SYSTEM,
        reason: Reason | None = None,
        before: str | None = None,
        after: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Write an audit row."""
        self.audit.append(
            AuditRow(
                incident=self.incident.id,
                at=self.now,
                actor=actor,
                what=what,
                reason=reason,
                before=before,
                after=after,
                detail=detail,
            )
        )
