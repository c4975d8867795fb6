"""Incidents: what people and the escalation made of firings. Written only where nobody else has written since."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, cast

from sqlalchemy import Row, bindparam, func, literal_column, select, tuple_, update
from sqlalchemy.dialects import sqlite

from escalation.incident import FiringKey, Incident, IncidentMode, State
from escalation.ports import EntityRule
from escalation.state import decode_state, encode_state
from store.connected import Rows, chunks
from store.firings import FiringReading, save_firings
from store.tables import counters, incidents
from streams.firing import Firing, Severity
from streams.instants import Instant

_columns: Final = tuple(column.name for column in incidents.columns)
_insert: Final = Rows(sqlite.insert(incidents), _columns)
_by_id: Final = select(incidents).where(incidents.c.id.in_(bindparam("ids", expanding=True))).order_by(incidents.c.id)
_of_rules: Final = (
    select(incidents)
    .where(
        tuple_(incidents.c.kind, incidents.c.key, incidents.c.rule).in_(bindparam("names", expanding=True)),
    )
    .order_by(incidents.c.number)
)
_due: Final = (
    select(incidents)
    .where(incidents.c.due_at <= bindparam("now"))
    .order_by(incidents.c.due_at, incidents.c.id)
    .limit(bindparam("most"))
)
_unresolved: Final = (
    select(incidents)
    .where(
        incidents.c.rule.in_(bindparam("rules", expanding=True)),
        incidents.c.state != literal_column(f"'{State.RESOLVED.value}'"),  # as the partial indexes say it
    )
    .order_by(incidents.c.id)
)
_unannounced: Final = select(incidents).where(literal_column("unannounced")).order_by(incidents.c.id)
_next_due: Final = select(func.min(incidents.c.due_at)).where(incidents.c.due_at.is_not(None))
_versions: Final = (
    select(incidents.c.id, incidents.c.version_no)
    .where(incidents.c.id.in_(bindparam("ids", expanding=True)))
    .with_for_update()
)
_update: Final = (
    update(incidents)
    .where(incidents.c.id == bindparam("row"), incidents.c.version_no == bindparam("row_version"))
    .values({name: bindparam(f"new_{name}") for name in _columns if name != "id"})
)
_last_id: Final = select(counters.c.value).where(counters.c.name == "incident")
_count: Final = sqlite.insert(counters)
_set_last_id: Final = _count.on_conflict_do_update(index_elements=["name"], set_={"value": _count.excluded.value})


class IncidentReading(FiringReading):
    def incidents(self, ids: Collection[int]) -> list[Incident]:
        """Those that there are, by id."""
        rows: list[Row[Any]] = []
        for some in chunks(list(ids)):
            rows.extend(self._connection.execute(_by_id, {"ids": some}).all())
        return self._complete(rows)

    def incidents_of_firings(self, keys: Collection[FiringKey]) -> dict[FiringKey, Incident]:
        """The incident that each known firing belongs to, be it its last firing or an earlier one."""
        ids = self.incident_ids(keys)
        found = {incident.id: incident for incident in self.incidents(set(ids.values()))}
        return {key: found[id_] for key, id_ in ids.items()}

    def latest_incidents(self, keys: Collection[EntityRule]) -> dict[EntityRule, Incident]:
        """Of each rule and entity the unresolved incident, else the one with the greatest firing number."""
        best: dict[EntityRule, Row[Any]] = {}
        for some in chunks([(kind, key, rule) for rule, kind, key in keys]):
            for row in self._connection.execute(_of_rules, {"names": some}).all():
                name = (row.rule, row.kind, row.key)
                if name not in best or best[name].state == State.RESOLVED:
                    best[name] = row
        return {
            (found.firing.rule, found.firing.kind, found.firing.key): found for found in self._complete(best.values())
        }

    def _complete(self, rows: Iterable[Row[Any]]) -> list[Incident]:
        rows = list(rows)
        firings = self.firings_of_incidents([row.id for row in rows])
        return [incident_of(row, firings[row.id]) for row in rows]


class IncidentWriting(IncidentReading):
    _given_id: int | None = None

    def new_incident_id(self) -> int:
        """The next short id, never used before. It is used up once an incident with it is inserted."""
        if self._given_id is None:
            self._given_id = self._connection.scalar(_last_id) or 0
        self._given_id += 1
        return self._given_id

    def due_incidents(self, now: Instant, limit: int) -> list[Incident]:
        """The earliest first. (The one writer needs no claim; `FOR UPDATE SKIP LOCKED` belongs to PostgreSQL.)"""
        return self._complete(self._connection.execute(_due, {"now": now, "most": limit}).all())

    def unresolved_incidents(self, rules: Collection[str]) -> list[Incident]:
        """All of these rules, by id."""
        return self._complete(self._connection.execute(_unresolved, {"rules": list(rules)}).all())

    def unannounced_incidents(self) -> list[Incident]:
        """Unresolved baseline ones that no digest tells of yet, by id."""
        return self._complete(self._connection.execute(_unannounced).all())

    def next_due_incident(self) -> Instant | None:
        found: Instant | None = self._connection.scalar(_next_due)
        return found

    def insert_incidents(self, incidents: Sequence[Incident]) -> None:
        if not incidents:
            return
        _insert.insert(self._connection, [_row(incident) for incident in incidents])
        save_firings(self._connection, [(incident.id, firing) for incident in incidents for firing in incident.firings])
        last = max(incident.id for incident in incidents)
        if last > (self._connection.scalar(_last_id) or 0):
            self._connection.execute(_set_last_id, {"name": "incident", "value": last})

    def update_incidents(self, changes: Sequence[tuple[Incident, Incident]]) -> list[int]:
        """Each (before, after): written where the row still has before's version_no. The ids that were not written."""
        versions: dict[int, int] = {}
        for some in chunks([before.id for before, _ in changes]):
            versions.update((id_, version) for id_, version in self._connection.execute(_versions, {"ids": some}).all())
        stale: list[int] = []
        rows: list[dict[str, object]] = []
        firings: list[tuple[int, Firing]] = []
        for before, after in changes:
            if versions.get(before.id) != before.version_no:
                stale.append(before.id)
                continue
            versions[before.id] = after.version_no
            new = {f"new_{name}": value for name, value in zip(_columns, _row(after), strict=True) if name != "id"}
            rows.append({"row": before.id, "row_version": before.version_no} | new)
            known = set(before.firings)
            firings.extend((before.id, firing) for firing in after.firings if firing not in known)
        if rows:
            self._connection.execute(_update, rows)
        save_firings(self._connection, firings)
        return stale


def incident_of(row: Row[Any], firings: tuple[Firing, ...]) -> Incident:
    """The incident of a row of `incidents` and its firings, by number."""
    return Incident(
        id=row.id,
        mode=cast(IncidentMode, row.mode),
        firings=firings,
        state=State(row.state),
        highest=Severity(row.highest),
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        ack_expires_at=row.ack_expires_at,
        owner=row.owner,
        run_out=bool(row.run_out),
        escalation=None if row.escalation is None else decode_state(row.escalation),
        due_at=row.due_at,
        version_no=row.version_no,
    )


def _row(incident: Incident) -> tuple[object, ...]:
    """In the order of the table's columns."""
    firing = incident.firing
    return (
        incident.id,
        firing.rule,
        firing.kind,
        firing.key,
        firing.number,
        incident.mode,
        incident.state.value,
        int(incident.severity),
        int(incident.highest),
        firing.opened_at,
        incident.resolved_at,
        incident.resolved_by,
        incident.acknowledged_by,
        incident.acknowledged_at,
        incident.ack_expires_at,
        incident.owner,
        incident.run_out,
        None if incident.escalation is None else encode_state(incident.escalation).decode(),
        incident.due_at,
        incident.version_no,
        incident.is_unannounced,
    )
