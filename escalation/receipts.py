"""What providers say about deliveries, and what that makes of the incident."""

from typing import Final

from msgspec.structs import replace

from escalation.case import Case
from escalation.incident import Actor
from escalation.notices import follow_late_acceptance
from escalation.outbox import (
    Delivery,
    DeliveryResult,
    DeliveryState,
    accepted,
    cancelled,
    delivered,
    failed,
    failed_temporarily,
    not_seen,
    sent_again,
    undelivered,
)
from escalation.plans import unwanted
from notifiers.config import Channel, TwilioSms

ASKABLE: Final = (TwilioSms,)
"""Providers that can be asked what became of a message of ours."""


def can_be_asked(channel: Channel | None) -> bool:
    return channel is not None and isinstance(channel.settings, ASKABLE)


def carried_by(case: Case, message: str) -> list[Delivery]:
    """The deliveries that went out with one message: one a person mentioned."""
    return [one for one in case.deliveries if (one.message or one.id) == message]


def receive(case: Case, result: DeliveryResult) -> None:
    """Take what a provider said. News that comes twice, late or out of order changes nothing."""
    for before in carried_by(case, result.delivery):
        after = _after(case, before, result)
        if after == before:
            continue
        case.put(after)
        _note(case, before, after)
        if before.accepted_at is None and after.is_reached:
            follow_late_acceptance(case, after)


def _after(case: Case, delivery: Delivery, result: DeliveryResult) -> Delivery:
    after = delivery
    match result.outcome:
        case "accepted":
            after = accepted(after, case.now, provider_id=result.provider_id)
        case "temporary" if result.asked:
            after = _ask_again(case, after, result)
        case "temporary":
            after = _retried(
                case,
                failed_temporarily(after, case.now, error=result.error, retry_after=result.retry_after),
            )
        case "permanent" if after.state is DeliveryState.SENDING:
            after = failed(after, case.now, error=result.error)
        case "unknown" | "cannot_ask" if after.state is DeliveryState.SENDING:
            after = _unknown(case, after, result)
        case _:
            pass
    match result.status:
        case "delivered":
            after = delivered(after, case.now)
        case "undelivered":
            after = undelivered(after, case.now, result.error)
        case None:
            pass
    return after


def _retried(case: Case, delivery: Delivery) -> Delivery:
    """What nobody wants any more by now is not tried again."""
    if delivery.state not in (DeliveryState.FAILED_TEMPORARY, DeliveryState.PENDING):
        return delivery
    reason = unwanted(case, delivery)
    return delivery if reason is None else cancelled(delivery, case.now, reason)


def _unknown(case: Case, delivery: Delivery, result: DeliveryResult) -> Delivery:
    """Ask, where that is possible; else, as the channel says, once more or counted as accepted."""
    channel = case.directory.channel(delivery.channel)
    if result.outcome == "unknown" and result.asked:
        return _retried(case, not_seen(delivery, case.now))
    if result.outcome == "unknown" and can_be_asked(channel):
        return replace(delivery, deadline=case.now)  # the next recovery asks
    if channel is not None and channel.on_unknown == "mark":
        return accepted(delivery, case.now, error="no answer; counted as accepted")
    return _retried(case, sent_again(delivery, case.now))


def _ask_again(case: Case, delivery: Delivery, result: DeliveryResult) -> Delivery:
    """The provider has no answer now: it is asked again at the deadline, as long as retrying makes sense."""
    if delivery.state is not DeliveryState.SENDING:
        return delivery
    if delivery.give_up_at is None or case.now < delivery.give_up_at:
        return delivery
    return _unknown(case, delivery, replace(result, outcome="cannot_ask"))


def _note(case: Case, before: Delivery, after: Delivery) -> None:
    what = "sent_again" if after.maybe_duplicate and not before.maybe_duplicate else str(after.state)
    case.note(
        "not_sent" if after.state is DeliveryState.CANCELLED else what,
        actor=Actor(kind="provider", id=after.channel, channel=after.channel),
        reason=after.reason,
        before=before.state,
        after=after.state,
        detail=f"{after.person or 'channel'} via {after.channel}" + (f": {after.error}" if after.error else ""),
    )
