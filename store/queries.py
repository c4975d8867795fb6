"""What the console and the metrics ask: pages of incidents, an entity with its events, counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, bindparam, case, func, literal_column, select, tuple_

from escalation.incident import AuditRow, Incident, IncidentMode, State
from escalation.outbox import UNSENT, Delivery, DeliveryState
from store.audit import AuditReading
from store.connected import values_from_json
from store.entities import EntityValues
from store.events import event_of
from store.firings import Explanation
from store.impact_index import ImpactReading
from store.incidents import IncidentReading
from store.outbox import DeliveryReading
from store.tables import deliveries, entities, events, incidents, refusals, sources
from streams.event import Event
from streams.firing import Severity
from streams.instants import Instant, Micros
from streams.model import Values

Order = Literal["newest", "worst"]  # by opened_at; by severity, then opened_at; both from the greatest on
Cursor = tuple[int, Instant, int]  # severity, opened_at, id of the last row of the page before

UNRESOLVED: Final = (State.OPEN, State.ACKNOWLEDGED)
# As the partial indexes say it: a bound parameter would not let SQLite use them.
_unresolved: Final = incidents.c.state != literal_column(f"'{State.RESOLVED.value}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents; what is None or empty does not restrict."""

    states: Collection[State] = UNRESOLVED
    severities: Collection[Severity] = ()
    mode: IncidentMode | None = "live"
    rule: str | None = None
    kind: str | None = None
    has_it: str | None = None  # the person who acknowledged it or to whom it was handed over
    run_out: bool | None = None
    text: str | None = None  # somewhere in the key, case ignored in ASCII


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """A row of the inbox; `values` is the entity's snapshot of now, empty where it is no more."""

    incident: Incident
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """`counts` are of all incidents that the filter takes, by state and severity; `next` is None on the last page."""

    lines: tuple[IncidentLine, ...]
    counts: Mapping[tuple[State, Severity], int]
    next: Cursor | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDetail:
    incident: Incident
    values: Values
    explanations: tuple[Explanation, ...]
    audit: tuple[AuditRow, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """`seq` counts events in the order in which they were taken."""

    seq: int
    event: Event
    retracted: bool

    @property
    def lateness(self) -> Micros:
        """How long after it was true it became known; negative: it was dated ahead."""
        return self.event.recorded_at - self.event.occurred_at


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityLine:
    kind: str
    key: str
    values: Values
    begun_at: Instant | None  # None: all of its events were retracted
    changed_at: Instant
    due_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityDetail:
    entity: EntityLine
    events: tuple[ReceivedEvent, ...]  # as received, the last ones; see `more`
    more: int  # events before those
    incidents: tuple[Incident, ...]  # the newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    rule: str
    unresolved: int
    opened: int  # since the instant asked for, resolved ones included
    last_opened_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    source: str
    taken: int
    duplicates: int
    conflicting: int
    last_occurred_at: Instant | None
    last_recorded_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of everything at one moment, for metrics and the head of the console."""

    unresolved: Mapping[tuple[State, Severity], int]  # live ones
    run_out: int  # unresolved ones whose chain has come to its end
    unsent: int  # deliveries that wait for their time, or are tried again
    held: int  # of those: for quiet hours, a silence or the like
    sending: int
    oldest_unsent_at: Instant | None  # due_at of the one that waits longest, held ones aside
    next_due_entity: Instant | None
    next_due_incident: Instant | None
    refusals: int  # never sent again


class Inbox(IncidentReading, EntityValues, ImpactReading, DeliveryReading, AuditReading):
    def incident_page(
        self,
        wanted: IncidentFilter,
        *,
        order: Order = "newest",
        after: Cursor | None = None,
        limit: int = 50,
    ) -> IncidentPage:
        """One page, and the counts of all pages. Rows that come or go meanwhile shift no other row."""
        conditions = _conditions(wanted)
        place: list[ColumnElement[Any]] = [incidents.c.opened_at, incidents.c.id]
        if order == "worst":
            place.insert(0, incidents.c.severity)
        query = select(incidents).where(*conditions).order_by(*[column.desc() for column in place]).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(*place) < tuple_(*after[-len(place) :]))
        rows = self._connection.execute(query).all()
        found = self._complete(rows[:limit])
        values = self.entity_values({(incident.firing.kind, incident.firing.key) for incident in found})
        last = rows[limit - 1] if len(rows) > limit else None
        return IncidentPage(
            lines=tuple(
                IncidentLine(incident=incident, values=values.get((incident.firing.kind, incident.firing.key), {}))
                for incident in found
            ),
            counts=self.incident_counts(wanted),
            next=None if last is None else (last.severity, last.opened_at, last.id),
        )

    def incident_counts(self, wanted: IncidentFilter) -> dict[tuple[State, Severity], int]:
        """How many incidents the filter takes, by state and severity."""
        query = (
            select(incidents.c.state, incidents.c.severity, func.count())
            .where(*_conditions(wanted))
            .group_by(incidents.c.state, incidents.c.severity)
        )
        return {(State(state), Severity(severity)): count for state, severity, count in self._connection.execute(query)}

    def incident_detail(self, incident: int) -> IncidentDetail | None:
        """All that is known of one incident; None: there is none."""
        found = self.incidents([incident])
        if not found:
            return None
        identity = (found[0].firing.kind, found[0].firing.key)
        return IncidentDetail(
            incident=found[0],
            values=self.entity_values([identity]).get(identity, {}),
            explanations=tuple(self.explanations(incident)),
            audit=tuple(self.audit_of(incident)),
            deliveries=tuple(self.deliveries_of([incident])),
        )

    def incidents_of_entity(self, kind: str, key: str, *, resolved: bool = True, limit: int = 100) -> list[Incident]:
        """The newest first."""
        query = (
            select(incidents)
            .where(incidents.c.kind == kind, incidents.c.key == key)
            .order_by(incidents.c.opened_at.desc(), incidents.c.id.desc())
            .limit(limit)
        )
        if not resolved:
            query = query.where(_unresolved)
        return self._complete(self._connection.execute(query).all())


class EntityPages(Inbox):
    def entity_detail(self, kind: str, key: str, *, events_limit: int = 500) -> EntityDetail | None:
        """An entity with its events as received, retracted ones included; None: there is none."""
        query = select(entities).where(entities.c.kind == kind, entities.c.key == key)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        own = (events.c.kind == kind, events.c.key == key)
        count = self._connection.scalar(select(func.count()).select_from(events).where(*own)) or 0
        received = self._connection.execute(
            select(events).where(*own).order_by(events.c.seq.desc()).limit(events_limit)
        ).all()
        return EntityDetail(
            entity=_entity_line(row),
            events=tuple(
                ReceivedEvent(seq=found.seq, event=event_of(found), retracted=found.retracted)
                for found in reversed(received)
            ),
            more=count - len(received),
            incidents=tuple(self.incidents_of_entity(kind, key)),
        )

    def find_entities(
        self, text: str = "", *, kind: str | None = None, after: tuple[str, str] | None = None, limit: int = 50
    ) -> list[EntityLine]:
        """Entities with `text` somewhere in the key or the values, by (kind, key); `after` is the last one so far."""
        query = select(entities).where(entities.c.begun_at.is_not(None)).order_by(entities.c.kind, entities.c.key)
        if text:
            query = query.where(
                entities.c.key.icontains(text, autoescape=True) | entities.c["values"].icontains(text, autoescape=True)
            )
        if kind is not None:
            query = query.where(entities.c.kind == kind)
        if after is not None:
            query = query.where(tuple_(entities.c.kind, entities.c.key) > tuple_(*after))
        return [_entity_line(row) for row in self._connection.execute(query.limit(limit))]


class Overviews(IncidentReading):
    def rule_counts(self, since: Instant, mode: IncidentMode | None = "live") -> dict[str, RuleCount]:
        """By rule, of those that ever had an incident."""
        query = select(
            incidents.c.rule,
            func.count(case((_unresolved, 1))),
            func.count(case((incidents.c.opened_at >= bindparam("since"), 1))),
            func.max(incidents.c.opened_at),
        ).group_by(incidents.c.rule)
        if mode is not None:
            query = query.where(incidents.c.mode == mode)
        return {
            rule: RuleCount(rule=rule, unresolved=unresolved, opened=opened, last_opened_at=last)
            for rule, unresolved, opened, last in self._connection.execute(query, {"since": since})
        }

    def source_lines(self) -> list[SourceLine]:
        """What came from each source, by name."""
        query = select(sources).order_by(sources.c.source)
        return [SourceLine(**row._mapping) for row in self._connection.execute(query)]

    def overview(self) -> Overview:
        unresolved: dict[tuple[State, Severity], int] = {}
        run_out = 0
        query = (
            select(incidents.c.state, incidents.c.severity, incidents.c.run_out, func.count())
            .where(_unresolved, incidents.c.mode == "live")
            .group_by(incidents.c.state, incidents.c.severity, incidents.c.run_out)
        )
        for state, severity, is_run_out, count in self._connection.execute(query):
            name = (State(state), Severity(severity))
            unresolved[name] = unresolved.get(name, 0) + count
            run_out += count if is_run_out else 0
        unsent = deliveries.c.state.in_([state.value for state in UNSENT])
        waiting, held, oldest = self._connection.execute(
            select(
                func.count(),
                func.count(deliveries.c.held_until),
                func.min(case((deliveries.c.held_until.is_(None), deliveries.c.due_at))),
            ).where(unsent)
        ).one()
        return Overview(
            unresolved=unresolved,
            run_out=run_out,
            unsent=waiting,
            held=held,
            sending=self._count(select(func.count()).where(deliveries.c.state == DeliveryState.SENDING.value)),
            oldest_unsent_at=oldest,
            next_due_entity=self._connection.scalar(
                select(func.min(entities.c.due_at)).where(entities.c.due_at.is_not(None))
            ),
            next_due_incident=self._connection.scalar(
                select(func.min(incidents.c.due_at)).where(incidents.c.due_at.is_not(None))
            ),
            refusals=self._count(select(func.count()).where(refusals.c.resent_at.is_(None))),
        )

    def _count(self, query: Any) -> int:
        return int(self._connection.scalar(query) or 0)


def _conditions(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states and State.RESOLVED not in wanted.states:
        found.append(_unresolved)
    if wanted.states and set(wanted.states) not in ({*UNRESOLVED}, {*State}):
        found.append(incidents.c.state.in_(sorted(wanted.states)))
    if wanted.severities:
        found.append(incidents.c.severity.in_(sorted(int(severity) for severity in wanted.severities)))
    if wanted.mode is not None:
        found.append(incidents.c.mode == wanted.mode)
    if wanted.rule is not None:
        found.append(incidents.c.rule == wanted.rule)
    if wanted.kind is not None:
        found.append(incidents.c.kind == wanted.kind)
    if wanted.has_it is not None:
        found.append((incidents.c.acknowledged_by == wanted.has_it) | (incidents.c.owner == wanted.has_it))
    if wanted.run_out is not None:
        found.append(incidents.c.run_out.is_(wanted.run_out))
    if wanted.text:
        found.append(incidents.c.key.icontains(wanted.text, autoescape=True))
    return found


def _entity_line(row: Row[Any]) -> EntityLine:
    return EntityLine(
        kind=row.kind,
        key=row.key,
        values=values_from_json(row.values),
        begun_at=row.begun_at,
        changed_at=row.changed_at,
        due_at=row.due_at,
    )
