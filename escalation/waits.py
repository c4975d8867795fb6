"""When a wait starts and ends: nobody is passed over before a message has left, nor waited for in vain."""

from typing import Final

from msgspec.structs import replace

from escalation.case import Case
from escalation.outbox import Delivery
from escalation.plans import runs
from escalation.state import Notified, ToldPerson, Waiting
from streams.instants import MINUTE, Instant

LATEST_START: Final = 5 * MINUTE


def settle(case: Case) -> Instant | None:
    """Fix what is known of the wait by now; when it ends, None where that is still open."""
    waiting = case.escalation.waiting
    if waiting is None:
        return None
    notified = case.escalation.notified
    if waiting.ends_at is None:
        waiting = _started(case, waiting, notified)
    if notified is not None and not _may_be_reached(case, notified):
        early = case.directory.working(waiting.duration, case.now)
        if waiting.ends_at is None or early < waiting.ends_at:
            waiting = replace(waiting, ends_at=early)
    if waiting != case.escalation.waiting:
        case.move(waiting=waiting)
    return waiting.ends_at


def wakes_at(case: Case) -> Instant | None:
    """When the wait wants to be looked at again, without news before."""
    state = case.escalation
    if state.waiting is None:
        return None
    if state.waiting.ends_at is not None:
        return state.waiting.ends_at
    return None if state.notified is None else state.notified.last_at + LATEST_START


def _started(case: Case, waiting: Waiting, notified: Notified | None) -> Waiting:
    start = waiting.reached_at if notified is None else _start(case, notified)
    if start is None:
        return waiting
    return replace(waiting, started_at=start, ends_at=case.directory.after(waiting.duration, start))


def _start(case: Case, notified: Notified) -> Instant | None:
    latest = notified.last_at + LATEST_START
    first = _first_accepted(case, notified)
    if first is not None and first <= latest:
        return first
    return latest if case.now >= latest else None


def _first_accepted(case: Case, notified: Notified) -> Instant | None:
    """A plan that ran already when it came to stand for a person counts from the notify on."""
    if notified.people:
        instants = [
            max(delivery.accepted_at, told.at)
            for told in notified.people
            for delivery in _deliveries(case, told)
            if delivery.accepted_at is not None
        ]
    else:
        groups = [case.delivery(group.delivery) for group in notified.groups]
        instants = [delivery.accepted_at for delivery in groups if delivery.accepted_at is not None]
    return min(instants, default=None)


def _may_be_reached(case: Case, notified: Notified) -> bool:
    """Somebody of those told is reached, or a message to them may still come. Groups count where no person was told."""
    if notified.people:
        return any(_person_may_be_reached(case, told) for told in notified.people)
    groups = [case.delivery(group.delivery) for group in notified.groups]
    return any(delivery.is_reached or delivery.is_live for delivery in groups)


def _person_may_be_reached(case: Case, told: ToldPerson) -> bool:
    running = [plan for plan in case.plans if plan.id in told.plans]
    return any(runs(case, plan) for plan in running) or any(
        delivery.is_reached or delivery.is_live for delivery in _deliveries(case, told)
    )


def _deliveries(case: Case, told: ToldPerson) -> list[Delivery]:
    return [delivery for delivery in case.deliveries if delivery.plan in told.plans]
