"""How long people took to acknowledge what they were told: what rehearsals of chains learn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from escalation.outbox import Purpose
from store.connected import Connected
from store.tables import audit, deliveries
from streams.instants import Instant, Micros

_NOT_TOLD: Final = (Purpose.RESOLVED.value, Purpose.DIGEST.value, Purpose.WEBHOOK.value)
_told: Final = (
    select(deliveries.c.incident, deliveries.c.person, deliveries.c.channel, deliveries.c.accepted_at)
    .where(
        deliveries.c.accepted_at.is_not(None),
        deliveries.c.person.is_not(None),
        deliveries.c.purpose.not_in(_NOT_TOLD),
    )
    .order_by(deliveries.c.incident, deliveries.c.accepted_at, deliveries.c.version, deliveries.c.n)
)
_ended: Final = (
    select(audit.c.incident, audit.c.at, audit.c.what, audit.c.actor_kind, audit.c.actor_id)
    .where(audit.c.what.in_(("acknowledged", "resolved")))
    .order_by(audit.c.incident, audit.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of the first message to somebody about an incident.

    Not `acknowledged`: after `waited` somebody else had it, it was over, or the record ends; what this person would
    have done later is not known.
    """

    person: str
    channel: str
    told_at: Instant
    waited: Micros
    acknowledged: bool


class AnswerReading(Connected):
    def answers(self, until: Instant) -> Iterator[Answer]:
        """One of each person and incident, by incident; `until`: where the record ends."""
        endings: dict[int, list[tuple[Instant, str | None]]] = {}
        for incident, at, what, kind, actor in self._connection.execute(_ended):
            who = actor if what == "acknowledged" and kind == "person" else None
            endings.setdefault(incident, []).append((at, who))
        seen: set[tuple[int, str]] = set()
        for incident, person, channel, told_at in self._connection.execute(_told):
            if (incident, person) in seen:
                continue
            seen.add((incident, person))
            later = (ending for ending in endings.get(incident, ()) if ending[0] >= told_at)
            ended_at, who = next(later, (max(until, told_at), None))
            yield Answer(
                person=person,
                channel=channel,
                told_at=told_at,
                waited=ended_at - told_at,
                acknowledged=who == person,
            )
