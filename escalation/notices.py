"""Resolution notices: who was told that it is broken hears once that it is repaired."""

from typing import Final

from escalation.case import Case
from escalation.outbox import RETRY_LAST, UNSENT, Delivery, Purpose, failed
from escalation.plans import hold
from escalation.reasons import Reason

# What does not count as having been told: a digest speaks of many incidents at once so that nobody gets a message of
# each, neither when they begin nor when they end.
NO_TELLING: Final = (Purpose.RESOLVED, Purpose.DIGEST)
VOICE_KINDS: Final = frozenset({"twilio-voice"})  # nobody is called to hear that nothing is to be done


def tell_resolved(case: Case) -> None:
    """One notice to each person, group and webhook that was told, by the channel that reached them last."""
    last: dict[tuple[str, str], Delivery] = {}
    for delivery in sorted(case.deliveries, key=lambda one: (one.accepted_at or 0, one.version, one.n)):
        if delivery.is_reached and delivery.purpose not in NO_TELLING and not _is_voice(case, delivery):
            last[_hearer(delivery)] = delivery
    for delivery in last.values():
        _notify(case, delivery)


def follow_late_acceptance(case: Case, delivery: Delivery) -> None:
    """A message that was in flight at the resolution is followed by its notice, unless one is still to leave."""
    if not case.incident.is_resolved or delivery.purpose in NO_TELLING or _is_voice(case, delivery):
        return
    on_its_way = any(
        notice.purpose is Purpose.RESOLVED and notice.state in UNSENT and _hearer(notice) == _hearer(delivery)
        for notice in case.deliveries
    )
    if not on_its_way:
        _notify(case, delivery)


def _hearer(delivery: Delivery) -> tuple[str, str]:
    return ("person", delivery.person) if delivery.person is not None else ("channel", delivery.channel)


def _notify(case: Case, told: Delivery) -> None:
    if case.incident.mode == "shadow":  # its rule was live when they were told
        case.note("not_sent", reason=Reason.NOT_LIVE, detail=told.person or f"channel:{told.channel}")
        return
    chain = None if case.incident.escalation is None else case.incident.escalation.chain
    if chain is not None and chain.resolved == "silent":
        return
    if told.person is not None and told.person == case.incident.resolved_by:
        case.note("not_sent", reason=Reason.RESOLVED, detail=f"{told.person} resolved it")
        return
    notice = case.new_delivery(
        purpose=Purpose.RESOLVED,
        person=told.person,
        channel=told.channel,
        important=False,
        give_up_at=case.now + RETRY_LAST,
    )
    if told.person is not None and case.directory.address(told.person, told.channel) is None:
        case.put(failed(notice, case.now, reason=Reason.NO_ADDRESS))
        case.note("not_sent", reason=Reason.NO_ADDRESS, detail=f"{told.person} via {told.channel}")
    elif not hold(case, notice):
        case.note("told", after=told.person or f"channel:{told.channel}", detail=str(Purpose.RESOLVED))


def _is_voice(case: Case, delivery: Delivery) -> bool:
    channel = case.directory.channel(delivery.channel)
    return channel is not None and channel.kind in VOICE_KINDS
