"""Baseline incidents: they began before anybody watched for them, and are announced together.

A rule that is new or an imported history finds many at once. None of them takes a step of its chain: whom the first
notify would tell gets one digest of them all. Worse severity, or a person's `escalate`, starts the chain.

In the outbox each incident has a row of its own for each recipient. What is due to one destination leaves as one
message (`claim_digests`), and its acceptance counts for every incident in it.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from escalation.case import Case
from escalation.chain import Target
from escalation.claims import Destination, Outgoing, address_now, is_group, leave
from escalation.directory import Resolution
from escalation.outbox import UNSENT, Delivery, Purpose
from escalation.plans import cancel, drop_names, drop_plan, hold_until, tell_all, tell_group
from escalation.reasons import Reason
from escalation.steps import begin, first_notify

Rows = list[tuple[Case, Delivery]]


def keep_back(case: Case) -> None:
    """An incident that just opened takes no step of its chain, if it has one."""
    if case.incident.escalation is not None and case.escalation.chain is not None:
        case.move(baseline="found")
        case.note("not_sent", reason=Reason.BASELINE, detail="baseline")


def announce(case: Case) -> None:
    """Put it into the next digest of whom its first notify would tell; of the fallback where that is nobody."""
    case.move(baseline="announced")
    if not case.is_open:
        return
    notify = first_notify(case)
    found = Resolution() if notify is None else _who_hears(case, notify.targets)
    if found.is_empty and case.escalation.chain is not None:
        found = _who_hears(case, case.escalation.chain.fallback)
    tell_all(case, found.people, important=False, purpose=Purpose.DIGEST)
    for channel in found.channels:
        tell_group(case, channel, important=False, purpose=Purpose.DIGEST)


def back_to_baseline(case: Case, *, is_expired: bool) -> None:
    """Out of an acknowledgement. Many are acknowledged with one press and expire together: a digest tells of them anew.

    Who takes an acknowledgement back knows what they do: no digest then, unless none has told anybody yet.
    """
    told = any(one.purpose is Purpose.DIGEST and (one.is_reached or one.is_live) for one in case.deliveries)
    if not case.incident.is_unannounced and (is_expired or not told):
        announce(case)


def _who_hears(case: Case, targets: Iterable[Target]) -> Resolution:
    found = case.directory.resolve_all(targets, owner=case.incident.owner, now=case.now)
    drop_names(case, found.dropped)
    return found


def start_chain(case: Case) -> None:
    """The chain begins after all: what has not left of its digests is not sent."""
    for plan in case.plans:
        if plan.purpose == Purpose.DIGEST:
            drop_plan(case, plan, Reason.SUPERSEDED)
    for delivery in case.deliveries:
        if delivery.purpose is Purpose.DIGEST and delivery.state in UNSENT:
            cancel(case, delivery, Reason.SUPERSEDED)
    begin(case, case.escalation.chain)


def claim_digests(cases: Mapping[int, Case], due: Iterable[Delivery], room: Callable[[str], int]) -> list[Outgoing]:
    """Mark the digests that may leave now as being sent: one to each destination, `room` for each channel."""
    by_destination: dict[Destination, Rows] = {}
    for delivery in due:
        case = cases[delivery.incident]
        address = address_now(case, delivery)
        if address is not None:
            key = (delivery.channel, None if is_group(case, delivery) else address, False)
            by_destination.setdefault(key, []).append((case, replace(delivery, address=address)))
    outgoing: list[Outgoing] = []
    for (channel, _, _), together in by_destination.items():
        if sum(one.head.channel == channel for one in outgoing) < room(channel):
            together.sort(key=lambda pair: (-pair[0].incident.severity, pair[0].incident.firing.opened_at))
            awake = _without_quiet(together)
            if awake:
                outgoing.append(leave(awake))
    return outgoing


def _without_quiet(together: Rows) -> Rows:
    """Hold what would reach a person in their quiet hours; the worst incident decides whether it breaks them."""
    worst: dict[str | None, Case] = {}
    for case, delivery in together:
        worst.setdefault(delivery.person, case)
    awake = []
    for case, delivery in together:
        until = None
        if delivery.person is not None:
            severity = worst[delivery.person].incident.severity
            until = case.directory.quiet_until(delivery.person, severity, case.now)
        if until is None:
            awake.append((case, delivery))
        else:
            hold_until(case, delivery, until)
    return awake
