"""How people answered incidents: what the KPIs ask of a service's own history."""

from dataclasses import dataclass

from sqlalchemy import func, select

from escalation.incident import State
from store.connected import Connected
from store.tables import audit, firings, incidents
from streams.firing import Reason
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Of one live incident: its first opening, when somebody first took it, who ended it (None: it ended by itself)."""

    rule: str
    kind: str
    key: str
    opened_at: Instant
    acknowledged_at: Instant | None
    resolved_at: Instant | None
    resolved_by: str | None


class ResponseReading(Connected):
    def responses(self) -> list[Response]:
        """Of all live incidents that were not withdrawn, by id."""
        opened = (
            select(firings.c.incident, func.min(firings.c.opened_at).label("opened_at"))
            .where(firings.c.reason.is_(None) | firings.c.reason.not_in([Reason.LATE_DATA, Reason.RULE_CHANGED]))
            .group_by(firings.c.incident)
            .subquery()
        )
        taken = (
            select(audit.c.incident, func.min(audit.c.at).label("acknowledged_at"))
            .where(audit.c.what == State.ACKNOWLEDGED.value)
            .group_by(audit.c.incident)
            .subquery()
        )
        query = (
            select(
                incidents.c.rule,
                incidents.c.kind,
                incidents.c.key,
                opened.c.opened_at,
                taken.c.acknowledged_at,
                incidents.c.resolved_at,
                incidents.c.resolved_by,
            )
            .join(opened, opened.c.incident == incidents.c.id)
            .outerjoin(taken, taken.c.incident == incidents.c.id)
            .where(incidents.c.mode == "live")
            .order_by(incidents.c.id)
        )
        return [Response(**row._mapping) for row in self._connection.execute(query)]
