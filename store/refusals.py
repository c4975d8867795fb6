"""Refused events: kept as they came, listed with the reason, sent again by a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select, update

from store.connected import Connected
from store.tables import refusals
from streams.event import Refusal
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRow:
    """A refused event as it is kept."""

    number: int
    refusal: Refusal
    received_at: Instant
    resent_at: Instant | None


_insert: Final = refusals.insert()
_resend: Final = update(refusals).where(refusals.c.id == bindparam("number")).values(resent_at=bindparam("at"))


class RefusalReading(Connected):
    def list_refusals(
        self, *, code: str | None = None, resent: bool | None = None, before: int | None = None, limit: int = 50
    ) -> list[RefusalRow]:
        """The newest first; `before` is the number of the last one of the page before."""
        query = select(refusals).order_by(refusals.c.id.desc()).limit(limit)
        if code is not None:
            query = query.where(refusals.c.code == code)
        if resent is not None:
            query = query.where(refusals.c.resent_at.is_not(None) if resent else refusals.c.resent_at.is_(None))
        if before is not None:
            query = query.where(refusals.c.id < before)
        return [_kept(row) for row in self._connection.execute(query)]

    def refusal(self, number: int) -> RefusalRow | None:
        row = self._connection.execute(select(refusals).where(refusals.c.id == number)).one_or_none()
        return None if row is None else _kept(row)

    def count_refusals(self) -> dict[str, int]:
        """How many were never sent again, by code."""
        query = select(refusals.c.code, func.count()).where(refusals.c.resent_at.is_(None)).group_by(refusals.c.code)
        return {code: count for code, count in self._connection.execute(query)}  # noqa: C416


class RefusalWriting(RefusalReading):
    def refuse(self, refused: Iterable[Refusal], now: Instant) -> None:
        parameters = [
            {
                "position": refusal.position,
                "field": refusal.field,
                "code": refusal.code,
                "reason": refusal.reason,
                "raw": refusal.raw,
                "source": refusal.source,
                "event_id": refusal.id,
                "received_at": now,
            }
            for refusal in refused
        ]
        if parameters:
            self._connection.execute(_insert, parameters)

    def mark_resent(self, numbers: Iterable[int], now: Instant) -> None:
        parameters = [{"number": number, "at": now} for number in numbers]
        if parameters:
            self._connection.execute(_resend, parameters)


def _kept(row: Row[Any]) -> RefusalRow:
    return RefusalRow(
        number=row.id,
        refusal=Refusal(
            position=row.position,
            field=row.field,
            code=row.code,
            reason=row.reason,
            raw=row.raw,
            source=row.source,
            id=row.event_id,
        ),
        received_at=row.received_at,
        resent_at=row.resent_at,
    )
