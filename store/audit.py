"""The audit trail: what happened to incidents, by whom and why. Rows are only ever added."""

from collections.abc import Sequence
from typing import Any, Final, cast

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects import sqlite

from escalation.incident import Actor, ActorKind, AuditRow
from escalation.reasons import Reason
from store.connected import Connected, Rows
from store.tables import audit

_insert: Final = Rows(
    sqlite.insert(audit),
    ("incident", "at", "actor_kind", "actor_id", "actor_channel", "what", "reason", "before", "after", "detail"),
)
_of_incident: Final = select(audit).where(audit.c.incident == bindparam("of")).order_by(audit.c.id)


class AuditReading(Connected):
    def audit_of(self, incident: int) -> list[AuditRow]:
        """In the order in which it was written."""
        return [audit_row_of(row) for row in self._connection.execute(_of_incident, {"of": incident})]


class AuditWriting(Connected):
    def add_audit(self, rows: Sequence[AuditRow]) -> None:
        _insert.insert(
            self._connection,
            [
                (
                    row.incident,
                    row.at,
                    row.actor.kind,
                    row.actor.id,
                    row.actor.channel,
                    row.what,
                    None if row.reason is None else row.reason.value,
                    row.before,
                    row.after,
                    row.detail,
                )
                for row in rows
            ],
        )


def audit_row_of(row: Row[Any]) -> AuditRow:
    """The row of `audit` as the escalation knows it."""
    return AuditRow(
        incident=row.incident,
        at=row.at,
        actor=Actor(kind=cast(ActorKind, row.actor_kind), id=row.actor_id, channel=row.actor_channel),
        what=row.what,
        reason=None if row.reason is None else Reason(row.reason),
        before=row.before,
        after=row.after,
        detail=row.detail,
    )
