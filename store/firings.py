"""Firings: what the events say of incidents, and why."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, tuple_
from sqlalchemy.dialects import sqlite

from escalation.incident import FiringKey
from store.connected import Connected, Rows, chunks, from_json, to_json
from store.tables import explanations, firings
from streams.entity import Identity
from streams.firing import Firing, Reason, Severity, Stage
from streams.instants import FIRST, Instant

_names: Final = ("kind", "key", "rule", "number")
_changing: Final = (
    "incident",
    "version",
    "opened_at",
    "detected_at",
    "stages",
    "resolved_at",
    "closed_at",
    "reason",
    "pulses",
    "found_late",
)
_insert: Final = sqlite.insert(firings)
_save: Final = Rows(
    _insert.on_conflict_do_update(
        index_elements=list(_names), set_={name: _insert.excluded[name] for name in _changing}
    ),
    (*_names, *_changing),
)
_explain: Final = Rows(sqlite.insert(explanations), (*_names, "change", "at", "explanation"))
_of_entity: Final = (
    select(firings)
    .where(firings.c.kind == bindparam("kind"), firings.c.key == bindparam("key"))
    .order_by(firings.c.rule, firings.c.number)
)
_of_incidents: Final = (
    select(firings)
    .where(firings.c.incident.in_(bindparam("incidents", expanding=True)))
    .order_by(firings.c.incident, firings.c.number)
)
_incidents: Final = select(firings).where(
    tuple_(*[firings.c[name] for name in _names]).in_(bindparam("names", expanding=True))
)
_by_rule: Final = (
    select(firings)
    .where(
        firings.c.reason.is_(None) | firings.c.reason.not_in([Reason.LATE_DATA, Reason.RULE_CHANGED]),
        firings.c.resolved_at.is_(None) | (firings.c.resolved_at >= bindparam("since")),
    )
    .order_by(firings.c.opened_at, firings.c.kind, firings.c.key)
)
_explanations: Final = (
    select(explanations)
    .join(
        firings,
        (firings.c.kind == explanations.c.kind)
        & (firings.c.key == explanations.c.key)
        & (firings.c.rule == explanations.c.rule)
        & (firings.c.number == explanations.c.number),
    )
    .where(firings.c.incident == bindparam("incident"))
    .order_by(explanations.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a firing changed, as rules/explain.py recorded it at that time."""

    number: int  # of the firing
    change: str
    at: Instant
    record: Mapping[str, Any]


class FiringReading(Connected):
    def firings_of(self, identity: Identity) -> list[Firing]:
        """All firings an entity ever had, also withdrawn ones, by rule and number."""
        kind, key = identity
        return [firing_of(row) for row in self._connection.execute(_of_entity, {"kind": kind, "key": key})]

    def firings_by_rule(self, since: Instant | None = None) -> dict[str, list[Firing]]:
        """All that hold or held, by opening; without those that had ended before `since`."""
        found: dict[str, list[Firing]] = {}
        for row in self._connection.execute(_by_rule, {"since": FIRST if since is None else since}):
            found.setdefault(row.rule, []).append(firing_of(row))
        return found

    def firings_of_incidents(self, incidents: Collection[int]) -> dict[int, tuple[Firing, ...]]:
        found: dict[int, list[Firing]] = {}
        for some in chunks(list(incidents)):
            for row in self._connection.execute(_of_incidents, {"incidents": some}).all():
                found.setdefault(row.incident, []).append(firing_of(row))
        return {incident: tuple(one_after_another) for incident, one_after_another in found.items()}

    def incident_ids(self, keys: Collection[FiringKey]) -> dict[FiringKey, int]:
        """The incident of each of the firings that are known."""
        found: dict[FiringKey, int] = {}
        for some in chunks([(kind, key, rule, number) for rule, kind, key, number in keys]):
            for row in self._connection.execute(_incidents, {"names": some}).all():
                found[row.rule, row.kind, row.key, row.number] = row.incident
        return found

    def explanations(self, incident: int) -> list[Explanation]:
        """All that was recorded of the firings of an incident, the oldest first."""
        return [
            Explanation(number=row.number, change=row.change, at=row.at, record=from_json(row.explanation))
            for row in self._connection.execute(_explanations, {"incident": incident})
        ]


class Explaining(Connected):
    def explain(self, records: Iterable[tuple[FiringKey, str, Instant, Mapping[str, Any]]]) -> None:
        """Record (firing, change, at, explanation); the firing itself comes with its incident, before or after."""
        _explain.insert(
            self._connection,
            [
                (kind, key, rule, number, change, at, to_json(record))
                for (rule, kind, key, number), change, at, record in records
            ],
        )


def save_firings(connection: Any, found: Iterable[tuple[int, Firing]]) -> None:
    """Insert or overwrite firings of (incident, firing)."""
    _save.insert(connection, [_row(incident, firing) for incident, firing in found])


def firing_of(row: Row[Any]) -> Firing:
    """The firing of a row of `firings`."""
    return Firing(
        rule=row.rule,
        version=row.version,
        kind=row.kind,
        key=row.key,
        number=row.number,
        opened_at=row.opened_at,
        detected_at=row.detected_at,
        stages=tuple([Stage(Severity(severity), at) for severity, at in from_json(row.stages)]),
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        reason=None if row.reason is None else Reason(row.reason),
        pulses=row.pulses,
        found_late=bool(row.found_late),
    )


def _row(incident: int, firing: Firing) -> tuple[object, ...]:
    return (
        firing.kind,
        firing.key,
        firing.rule,
        firing.number,
        incident,
        firing.version,
        firing.opened_at,
        firing.detected_at,
        to_json([[int(stage.severity), stage.at] for stage in firing.stages]),
        firing.resolved_at,
        firing.closed_at,
        None if firing.reason is None else firing.reason.value,
        firing.pulses,
        firing.found_late,
    )
