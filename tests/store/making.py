"""Values for the tests of the store."""

from typing import Any
from zoneinfo import ZoneInfo

from escalation.incident import SYSTEM, AuditRow, Incident, State
from escalation.outbox import Delivery, Purpose, delivery_id
from streams.entity import Entity, new_entity
from streams.event import Event
from streams.firing import Firing, Severity, Stage
from streams.instants import HOUR, Instant, parse_instant

NOON: Instant = parse_instant("2026-03-02T12:00:00Z", ZoneInfo("UTC"))


def an_event(id: str, *, key: str = "A-1", source: str = "shop", at: Instant = NOON, **changes: Any) -> Event:
    values: dict[str, Any] = {
        "source": source,
        "id": id,
        "kind": "order",
        "key": key,
        "type": "paid",
        "occurred_at": at,
        "recorded_at": at,
        "data": {"amount": 12.0, "channel": "网店"},
    }
    return Event(**(values | changes))


def an_entity(key: str, *, due_at: Instant | None = None, begun_at: Instant | None = NOON, **values: Any) -> Entity:
    entity = new_entity("order", key)
    entity.begun_at = begun_at
    entity.step_at = NOON
    entity.due_at = due_at
    if begun_at is not None:
        entity.values = {"key": key, "closed": False, **values}
    return entity


def a_firing(key: str = "A-1", number: int = 1, *, rule: str = "late", **changes: Any) -> Firing:
    values: dict[str, Any] = {
        "rule": rule,
        "version": "v1",
        "kind": "order",
        "key": key,
        "number": number,
        "opened_at": NOON,
        "detected_at": NOON + 5,
        "stages": (Stage(Severity.MINOR, NOON), Stage(Severity.MAJOR, NOON + HOUR)),
    }
    return Firing(**(values | changes))


def an_incident(id: int, *firings: Firing, **changes: Any) -> Incident:
    values: dict[str, Any] = {
        "id": id,
        "mode": "live",
        "firings": firings or (a_firing(f"A-{id}"),),
        "state": State.OPEN,
        "highest": Severity.MAJOR,
    }
    return Incident(**(values | changes))


def a_delivery(incident: int, n: int = 1, *, version: int = 1, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": delivery_id(incident, version, n),
        "incident": incident,
        "version": version,
        "n": n,
        "purpose": Purpose.ESCALATION,
        "person": "li-wei",
        "channel": "sms",
        "important": False,
        "created_at": NOON,
        "due_at": NOON,
        "changed_at": NOON,
        "next_at": NOON,
    }
    return Delivery(**(values | changes))


def an_audit_row(incident: int, what: str, **changes: Any) -> AuditRow:
    values: dict[str, Any] = {"incident": incident, "at": NOON, "actor": SYSTEM, "what": what}
    return AuditRow(**(values | changes))
