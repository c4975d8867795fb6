"""Taking messages out of the outbox: looked at once more just before they are sent, then marked as being sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from escalation.case import Case
from escalation.outbox import ANSWER_MARGIN, UNSENT, Delivery, Purpose, failed, sending
from escalation.plans import cancel, hold, pause_plan, unwanted
from escalation.reasons import Reason
from notifiers.config import DEFAULT_TIMEOUT, Channel
from streams.instants import Instant

Destination = tuple[str, str | None, bool]

NOBODY: Final = ""  # the address of a group chat and of a webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to be sent by one call: `head` is the delivery whose id the provider gets and the result names.

    `deliveries` are all that it carries, the head included: one for each person it mentions, and in a digest for each
    incident, the worst first.
    """

    head: Delivery
    deliveries: tuple[Delivery, ...]

    @property
    def is_digest(self) -> bool:
        return self.head.purpose is Purpose.DIGEST


def claim_case(case: Case, due: Iterable[Delivery]) -> list[Outgoing]:
    """Mark what may leave now as being sent. What one instant sends to one destination is one message."""
    due = list(due)
    wanted = {delivery.id for delivery in due}
    going = {_destination(case, delivery) for delivery in due}
    rows = [
        one
        for one in case.deliveries
        if one.id in wanted
        or (may_leave(one, case.now) and one.purpose is not Purpose.DIGEST and _destination(case, one) in going)
    ]
    by_destination: dict[Destination, list[Delivery]] = {}
    for delivery in rows:
        address = address_now(case, delivery)
        if address is not None and hold(case, delivery):
            pause_plan(case, delivery)
        elif address is not None:
            group = is_group(case, delivery)
            key = (delivery.channel, None if group else address, delivery.purpose is Purpose.RESOLVED)
            if delivery.purpose is Purpose.WEBHOOK:
                key = (delivery.channel, delivery.id, False)  # called each time its step is taken
            by_destination.setdefault(key, []).append(replace(delivery, address=address))
    return [leave([(case, one) for one in together]) for together in by_destination.values()]


def may_leave(delivery: Delivery, now: Instant) -> bool:
    return delivery.state in UNSENT and delivery.next_at is not None and delivery.next_at <= now


def _destination(case: Case, delivery: Delivery) -> tuple[str, str | None]:
    if delivery.person is None or is_group(case, delivery):
        return delivery.channel, None
    return delivery.channel, case.directory.address(delivery.person, delivery.channel)


def is_group(case: Case, delivery: Delivery) -> bool:
    channel = case.directory.channel(delivery.channel)
    return channel is not None and channel.is_group


def address_now(case: Case, delivery: Delivery) -> str | None:
    """Where it goes; None where it does not go, and then the row says why."""
    reason = unwanted(case, delivery)
    if reason is not None:
        cancel(case, delivery, reason)
        return None
    if delivery.person is None:
        address = NOBODY if case.directory.channel(delivery.channel) is not None else None
    else:
        address = case.directory.address(delivery.person, delivery.channel)
    if address is None:
        case.put(failed(delivery, case.now, reason=Reason.NO_ADDRESS))
        case.note("not_sent", reason=Reason.NO_ADDRESS, detail=f"{delivery.person} via {delivery.channel}")
        return None
    return address


def leave(together: Sequence[tuple[Case, Delivery]]) -> Outgoing:
    """One message of these deliveries, whose addresses are set: each is marked as being sent."""
    case, head = together[0]
    deadline = answer_due(case.directory.channel(head.channel), case.now)
    rows = []
    for case, delivery in together:
        row = sending(delivery, address=delivery.address, message=head.id, deadline=deadline, now=case.now)
        case.put(row)
        rows.append(row)
    return Outgoing(head=rows[0], deliveries=tuple(rows))


def answer_due(channel: Channel | None, now: Instant) -> Instant:
    """Until when an answer is waited for; without one by then, what became of the message is unknown."""
    return now + (DEFAULT_TIMEOUT if channel is None else channel.timeout) + ANSWER_MARGIN


def outgoing_of(message: str, rows: Sequence[Delivery]) -> Outgoing:
    """The message of these deliveries; its head is the one whose id it was sent with."""
    return Outgoing(head=next((one for one in rows if one.id == message), rows[0]), deliveries=tuple(rows))
