"""Taking messages out of the outbox: looked at once more just before they are sent, then marked as being sent."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from escalation.case import Case
from escalation.casebook import CaseBook
from escalation.outbox import ANSWER_MARGIN, UNSENT, Delivery, Purpose, failed, sending
from escalation.plans import cancel, hold, pause_plan, unwanted
from escalation.reasons import Reason
from escalation.receipts import can_be_asked
from notifiers.config import DEFAULT_TIMEOUT
from streams.instants import Instant

Destination = tuple[str, str | None, bool]

NOBODY: Final = ""  # the address of a group chat and of a webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to be sent by one call: `head` is the delivery whose id the provider gets and the result names.

    `deliveries` are all that it carries, the head included: one for each person it mentions.
    """

    head: Delivery
    deliveries: tuple[Delivery, ...]


def claim_case(case: Case, due: Iterable[Delivery]) -> list[Outgoing]:
    """Mark what may leave now as being sent. What one instant sends to one destination is one message."""
    wanted = {delivery.id for delivery in due}
    rows = [one for one in case.deliveries if one.id in wanted or _may_leave(one, case.now)]
    by_destination: dict[Destination, list[Delivery]] = {}
    for delivery in rows:
        address = _address(case, delivery)
        if address is not None:
            group = _is_group(case, delivery)
            key = (delivery.channel, None if group else address, delivery.purpose is Purpose.RESOLVED)
            if delivery.purpose is Purpose.WEBHOOK:
                key = (delivery.channel, delivery.id, False)  # called each time its step is taken
            by_destination.setdefault(key, []).append(replace(delivery, address=address))
    return [_leave(case, together) for together in by_destination.values()]


def _may_leave(delivery: Delivery, now: Instant) -> bool:
    return delivery.state in UNSENT and delivery.next_at is not None and delivery.next_at <= now


def _is_group(case: Case, delivery: Delivery) -> bool:
    channel = case.directory.channel(delivery.channel)
    return channel is not None and channel.is_group


def _address(case: Case, delivery: Delivery) -> str | None:
    """Where it goes; None where it does not go (now), and then the row says why."""
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
    if hold(case, delivery):
        pause_plan(case, delivery)
        return None
    return address


def _leave(case: Case, together: list[Delivery]) -> Outgoing:
    head = together[0]
    channel = case.directory.channel(head.channel)
    timeout = DEFAULT_TIMEOUT if channel is None else channel.timeout
    rows = [
        sending(
            delivery,
            address=delivery.address,
            message=head.id,
            deadline=case.now + timeout + ANSWER_MARGIN,
            now=case.now,
        )
        for delivery in together
    ]
    for row in rows:
        case.put(row)
    return Outgoing(head=rows[0], deliveries=tuple(rows))


def heads_to_ask(book: CaseBook, expired: Iterable[Delivery]) -> tuple[list[Outgoing], list[str]]:
    """Of the calls without an answer: those whose provider can be asked, and the message ids of the others.

    Those to be asked get a new deadline, so that the next look does not find them again while the provider is asked.
    """
    ask: dict[str, list[Delivery]] = {}
    others: dict[str, None] = {}
    for delivery in expired:
        message = delivery.message or delivery.id
        for case in book.cases_of_deliveries((delivery.id,)):
            channel = case.directory.channel(delivery.channel)
            if channel is None or not can_be_asked(channel):
                others[message] = None
                continue
            later = replace(delivery, deadline=case.now + channel.timeout + ANSWER_MARGIN)
            case.put(later)
            ask.setdefault(message, []).append(later)
    outgoing = [
        Outgoing(head=next((one for one in rows if one.id == message), rows[0]), deliveries=tuple(rows))
        for message, rows in ask.items()
    ]
    return outgoing, list(others)
