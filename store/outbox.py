"""The outbox: deliveries, written only where nobody else has written since."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, literal_column, select, update
from sqlalchemy.dialects import sqlite

from escalation.outbox import UNSENT, Delivery, DeliveryState, Purpose
from escalation.reasons import Reason
from store.connected import Connected, Rows, chunks
from store.tables import deliveries
from streams.instants import Instant

_columns: Final = tuple(column.name for column in deliveries.columns)
_insert: Final = Rows(sqlite.insert(deliveries), _columns)
_by_id: Final = select(deliveries).where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
_of_incidents: Final = (
    select(deliveries)
    .where(deliveries.c.incident.in_(bindparam("incidents", expanding=True)))
    .order_by(deliveries.c.incident, deliveries.c.version, deliveries.c.n)
)
_is_digest: Final = deliveries.c.purpose == literal_column(f"'{Purpose.DIGEST.value}'")  # as the index says it
# What is held has no `next_at`.
_sendable: Final = (
    select(deliveries)
    .where(
        deliveries.c.state.in_([state.value for state in UNSENT]),
        deliveries.c.next_at <= bindparam("now"),
        deliveries.c.channel.not_in(bindparam("without", expanding=True)),
    )
    .order_by(deliveries.c.important.desc(), deliveries.c.next_at, deliveries.c.id)
)
_pending: Final = _sendable.where(~_is_digest).limit(bindparam("most"))
_pending_digests: Final = _sendable.where(_is_digest)
_in_digests: Final = (
    select(deliveries)
    .where(_is_digest, deliveries.c.message.in_(bindparam("messages", expanding=True)))
    .order_by(deliveries.c.incident, deliveries.c.version, deliveries.c.n)
)
_expired: Final = (
    select(deliveries)
    .where(
        deliveries.c.state == literal_column(f"'{DeliveryState.SENDING.value}'"),
        deliveries.c.deadline <= bindparam("now"),
    )
    .order_by(deliveries.c.deadline, deliveries.c.id)
    .limit(bindparam("most"))
)
_next_pending: Final = select(func.min(deliveries.c.next_at)).where(
    deliveries.c.state.in_([state.value for state in UNSENT])
)
_next_deadline: Final = select(func.min(deliveries.c.deadline)).where(
    deliveries.c.state == literal_column(f"'{DeliveryState.SENDING.value}'")  # as the index says it
)
_states: Final = (
    select(deliveries.c.id, deliveries.c.state, deliveries.c.attempt)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .with_for_update()
)
_changing: Final = tuple(name for name in _columns if name not in ("id", "incident", "version", "n", "created_at"))
_update: Final = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("row"),
        deliveries.c.state == bindparam("row_state"),
        deliveries.c.attempt == bindparam("row_attempt"),
    )
    .values({name: bindparam(f"new_{name}") for name in _changing})
)


class DeliveryReading(Connected):
    def deliveries(self, ids: Collection[str]) -> list[Delivery]:
        """Those that there are."""
        return [
            delivery_of(row)
            for some in chunks(list(ids))
            for row in self._connection.execute(_by_id, {"ids": some}).all()
        ]

    def deliveries_of(self, incidents: Collection[int]) -> list[Delivery]:
        """All deliveries of these incidents, in the order (incident, version, n)."""
        return [
            delivery_of(row)
            for some in chunks(sorted(incidents))
            for row in self._connection.execute(_of_incidents, {"incidents": some}).all()
        ]

    def digest_deliveries(self, messages: Collection[str]) -> list[Delivery]:
        """What the digests with these ids have carried, in the order (incident, version, n)."""
        return [
            delivery_of(row)
            for some in chunks(list(messages))
            for row in self._connection.execute(_in_digests, {"messages": some}).all()
        ]


class DeliveryWriting(DeliveryReading):
    def pending_deliveries(self, now: Instant, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        """Pending or failed temporarily, not held, `next_at` <= now: important ones first, then by `next_at`, id.

        Not those of digests, nor of the channels `without`.
        """
        values = {"now": now, "most": limit, "without": list(without)}
        return [delivery_of(row) for row in self._connection.execute(_pending, values).all()]

    def pending_digests(self, now: Instant, without: Collection[str] = ()) -> list[Delivery]:
        """The same of digests, all of them."""
        values = {"now": now, "without": list(without)}
        return [delivery_of(row) for row in self._connection.execute(_pending_digests, values).all()]

    def expired_deliveries(self, now: Instant, limit: int) -> list[Delivery]:
        """In `sending` with `deadline` <= now, the earliest first."""
        return [delivery_of(row) for row in self._connection.execute(_expired, {"now": now, "most": limit}).all()]

    def next_due_delivery(self) -> Instant | None:
        """The earliest `next_at` of those that can be sent and `deadline` of those being sent."""
        dues = (self._connection.scalar(_next_pending), self._connection.scalar(_next_deadline))
        return min((due for due in dues if due is not None), default=None)

    def insert_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        _insert.insert(self._connection, [_row(delivery) for delivery in deliveries])

    def update_deliveries(self, changes: Sequence[tuple[Delivery, Delivery]]) -> list[str]:
        """Each (before, after): written where the row still has before's state and attempt. Ids not written."""
        states: dict[str, tuple[str, int]] = {}
        for some in chunks([before.id for before, _ in changes]):
            for id_, state, attempt in self._connection.execute(_states, {"ids": some}).all():
                states[id_] = (state, attempt)
        stale: list[str] = []
        rows: list[dict[str, object]] = []
        for before, after in changes:
            if states.get(before.id) != (before.state.value, before.attempt):
                stale.append(before.id)
                continue
            states[before.id] = (after.state.value, after.attempt)
            values = dict(zip(_columns, _row(after), strict=True))
            rows.append(
                {"row": before.id, "row_state": before.state.value, "row_attempt": before.attempt}
                | {f"new_{name}": values[name] for name in _changing}
            )
        if rows:
            self._connection.execute(_update, rows)
        return stale


def delivery_of(row: Row[Any]) -> Delivery:
    """The delivery of a row of `deliveries`, whose columns are its fields."""
    values = dict(row._mapping)
    values["purpose"] = Purpose(row.purpose)
    values["state"] = DeliveryState(row.state)
    values["reason"] = None if row.reason is None else Reason(row.reason)
    values["important"] = bool(row.important)
    values["maybe_duplicate"] = bool(row.maybe_duplicate)
    return Delivery(**values)


def _row(delivery: Delivery) -> tuple[object, ...]:
    return tuple([_plain(getattr(delivery, name)) for name in _columns])


def _plain(value: object) -> object:
    return value.value if isinstance(value, Purpose | DeliveryState | Reason) else value
