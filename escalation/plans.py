"""Telling one person by their plan: entry after entry, held in quiet hours, replaced when they are told again."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from escalation.case import Case
from escalation.directory import Dropped, Reached, Trail
from escalation.outbox import (
    RETRY_LAST,
    UNSENT,
    Delivery,
    DeliveryState,
    Purpose,
    cancelled,
    failed,
    held,
    released,
)
from escalation.reasons import Reason
from escalation.state import Plan
from streams.instants import Instant

NOTICES: Final = (Purpose.RESOLVED,)
LASTING: Final = (Purpose.RESOLVED, Purpose.WEBHOOK)  # not part of telling people: acknowledging does not cancel them


def runs(case: Case, plan: Plan) -> bool:
    """It has an entry left, or one that may still reach its person."""
    return plan.has_left or any(delivery.is_live for delivery in case.of_plan(plan.id))


def tell_all(case: Case, people: Iterable[Reached], *, important: bool, purpose: Purpose) -> list[tuple[str, int]]:
    """Tell each; (person, plan that stands for them)."""
    return [
        (one.person, tell(case, one.person, important=important, purpose=purpose, trail=one.trail)) for one in people
    ]


def tell(case: Case, person: str, *, important: bool, purpose: Purpose, trail: Trail) -> int:
    """Start a plan, or leave the one that stands for it; the id of the plan that runs now."""
    for plan in case.plans:
        if plan.person == person and _stands(case, plan, important):
            case.note("not_sent", reason=Reason.DUPLICATE, detail=f"{_say(trail)}: {person}")
            return plan.id
    return _start(case, person, important=important, purpose=purpose, trail=trail)


def _stands(case: Case, plan: Plan, important: bool) -> bool:
    """A person is told once an instant, important wins; later only an important plan that still runs stays."""
    if plan.started_at == case.now:
        return plan.important or not important
    return plan.important and not important and runs(case, plan)


def _start(case: Case, person: str, *, important: bool, purpose: Purpose, trail: Trail) -> int:
    old = [plan for plan in case.plans if plan.person == person]
    for plan in old:
        drop_plan(case, plan, Reason.SUPERSEDED)
    entries = case.directory.plan(person, important=important)
    plan = Plan(
        id=case.escalation.last_plan + 1,
        person=person,
        important=important,
        purpose=purpose,
        entries=entries,
        started_at=case.now,
        next_at=case.now,
    )
    case.move(plans=(*case.plans, plan), last_plan=plan.id)
    _stand_in(case, {one.id for one in old}, plan.id)
    case.note("told", after=person, detail=f"{purpose}{' important' if important else ''}: {_say(trail)}")
    if not entries:
        case.note("not_sent", reason=Reason.NO_ADDRESS, detail=person)
    take_entries(case, plan.id)
    return plan.id


def _stand_in(case: Case, old: set[int], new: int) -> None:
    """In the wait, the new plan stands for those it takes the place of."""
    notified = case.escalation.notified
    if notified is None or not old:
        return
    people = tuple(
        replace(told, plans=(*told.plans, new)) if old & set(told.plans) else told for told in notified.people
    )
    case.move(notified=replace(notified, people=people))


def drop_plan(case: Case, plan: Plan, reason: Reason) -> None:
    """What is left of a plan is not sent, and each message of it says why."""
    case.move(plans=tuple(one for one in case.plans if one.id != plan.id))
    for delivery in case.of_plan(plan.id):
        if delivery.state in UNSENT:
            cancel(case, delivery, reason)
    for entry in range(plan.next, len(plan.entries)):
        row = _entry_row(case, plan, entry, case.now)
        cancel(case, row, reason)


def cancel_planned(case: Case, reason: Reason) -> None:
    """An acknowledgement stops the telling; a resolution also the webhooks that have not been taken."""
    for plan in case.plans:
        drop_plan(case, plan, reason)
    kept = LASTING if reason is Reason.ACKNOWLEDGED else NOTICES
    for delivery in case.deliveries:
        if delivery.state in UNSENT and delivery.purpose not in kept:
            cancel(case, delivery, reason)


def cancel(case: Case, delivery: Delivery, reason: Reason) -> None:
    case.put(cancelled(delivery, case.now, reason))
    case.note("not_sent", reason=reason, detail=_whom(delivery))


def drop_names(case: Case, dropped: Sequence[Dropped]) -> None:
    """A name that leads to nobody is in the audit."""
    for one in dropped:
        case.note("not_sent", reason=one.reason, detail=f"{_say(one.trail)}: {one.name}")


def run_plans(case: Case) -> None:
    """Give up what was retried long enough, release what is no longer held, take the entries that are due."""
    for delivery in case.deliveries:
        if delivery.state is DeliveryState.FAILED_TEMPORARY and _is_due(delivery.give_up_at, case.now):
            case.put(failed(delivery, case.now))
            case.note("failed", detail=f"{_whom(delivery)}: {delivery.error or 'given up'}")
        elif delivery.held_until is not None:
            _release(case, delivery)
    for plan in case.plans:
        take_entries(case, plan.id)


def _is_due(instant: Instant | None, now: Instant) -> bool:
    return instant is not None and instant <= now


def _release(case: Case, delivery: Delivery) -> None:
    person = delivery.person
    until = None if person is None else case.directory.quiet_until(person, case.incident.severity, case.now)
    if until is not None:
        if until != delivery.held_until:
            case.put(replace(delivery, held_until=until))
        return
    plan = next((one for one in case.plans if one.id == delivery.plan), None)
    following = None if plan is None else _next_due(plan, delivery.entry, case.now)
    if plan is not None and plan.next == delivery.entry + 1:
        case.set_plan(replace(plan, next_at=following))
    give_up_at = following if following is not None else case.now + RETRY_LAST
    case.put(released(delivery, case.now, give_up_at))
    case.note("released", reason=delivery.reason, detail=_whom(delivery))


def take_entries(case: Case, plan_id: int) -> None:
    """Send the entries of a plan that are due; one that failed makes the next one due."""
    while (plan := next((one for one in case.plans if one.id == plan_id), None)) is not None:
        if case.is_acknowledged and any(delivery.is_reached for delivery in case.of_plan(plan.id)):
            drop_plan(case, plan, Reason.ACKNOWLEDGED)  # while acknowledged a plan ends with its first accepted entry
            return
        due = _due(case, plan) if plan.has_left else None
        if due is None or due > case.now:
            return
        _take(case, plan, due)


def _due(case: Case, plan: Plan) -> Instant | None:
    last = next((one for one in case.of_plan(plan.id) if one.entry == plan.next - 1), None)
    if last is not None and last.state is DeliveryState.FAILED:
        return last.changed_at if plan.next_at is None else min(last.changed_at, plan.next_at)
    return plan.next_at


def _take(case: Case, plan: Plan, due: Instant) -> None:
    entry = plan.entries[plan.next]
    row = _entry_row(case, plan, plan.next, due)
    following = _next_due(plan, plan.next, due)
    if case.directory.address(plan.person, entry.via) is None:
        case.put(failed(row, case.now, reason=Reason.NO_ADDRESS))
        case.note("not_sent", reason=Reason.NO_ADDRESS, detail=_whom(row))
    elif not hold(case, row):
        give_up_at = case.now + RETRY_LAST if following is None else following
        case.put(replace(row, give_up_at=give_up_at))
    is_held = case.delivery(row.id).held_until is not None
    case.set_plan(replace(plan, next=plan.next + 1, next_at=None if is_held else following))


def hold(case: Case, delivery: Delivery) -> bool:
    """Hold a person's message that would go out in their quiet hours. A digest is held or leaves as a whole."""
    if delivery.person is None or delivery.purpose is Purpose.DIGEST:
        return False
    until = case.directory.quiet_until(delivery.person, case.incident.severity, case.now)
    if until is None:
        return False
    hold_until(case, delivery, until)
    return True


def hold_until(case: Case, delivery: Delivery, until: Instant) -> None:
    case.put(held(delivery, case.now, until, Reason.QUIET_HOURS))
    case.note("held", reason=Reason.QUIET_HOURS, detail=_whom(delivery))


def pause_plan(case: Case, delivery: Delivery) -> None:
    """A message held just before it was to leave: the plan's next entry counts from its release."""
    plan = next((one for one in case.plans if one.id == delivery.plan), None)
    if plan is not None and plan.next == delivery.entry + 1:
        case.set_plan(replace(plan, next_at=None))


def _next_due(plan: Plan, entry: int, due: Instant) -> Instant | None:
    """When the entry after this one is due, if this one was due at `due`.

    Of a digest there is one a recipient: its next entry follows only where the one before has failed.
    """
    if plan.purpose == Purpose.DIGEST:
        return None
    return due + plan.entries[entry + 1].after if entry + 1 < len(plan.entries) else None


def _entry_row(case: Case, plan: Plan, entry: int, due: Instant) -> Delivery:
    return case.new_delivery(
        purpose=Purpose(plan.purpose),
        person=plan.person,
        channel=plan.entries[entry].via,
        important=plan.important,
        due_at=due,
        plan=plan.id,
        entry=entry,
    )


def tell_group(case: Case, channel: str, *, important: bool, purpose: Purpose) -> str:
    """One message to a group chat; once an instant. What is left of an earlier one is superseded."""
    for delivery in case.deliveries:
        if delivery.channel != channel or delivery.person is not None or delivery.purpose in LASTING:
            continue
        if delivery.created_at == case.now and delivery.state is not DeliveryState.CANCELLED:
            case.note("not_sent", reason=Reason.DUPLICATE, detail=_whom(delivery))
            return delivery.id
        if delivery.state in UNSENT:
            cancel(case, delivery, Reason.SUPERSEDED)
    row = case.new_delivery(
        purpose=purpose, person=None, channel=channel, important=important, give_up_at=case.now + RETRY_LAST
    )
    case.note("told", after=f"channel:{channel}", detail=str(purpose))
    return row.id


def call_webhook(case: Case, channel: str) -> None:
    case.new_delivery(
        purpose=Purpose.WEBHOOK,
        person=None,
        channel=channel,
        important=False,
        give_up_at=case.now + RETRY_LAST,
    )
    case.note("webhook", after=channel)


def unwanted(case: Case, delivery: Delivery) -> Reason | None:
    """Why a message that has not left (any more) should not leave."""
    if delivery.purpose in NOTICES:
        return None if case.incident.is_resolved else Reason.SUPERSEDED
    if case.incident.is_resolved:
        return Reason.RESOLVED
    if delivery.purpose in LASTING or any(plan.id == delivery.plan for plan in case.plans):
        return None
    since = case.incident.acknowledged_at
    if case.is_acknowledged and (delivery.plan is not None or since is None or delivery.created_at < since):
        return Reason.ACKNOWLEDGED
    if delivery.plan is not None or _has_newer(case, delivery):
        return Reason.SUPERSEDED
    return None


def _has_newer(case: Case, delivery: Delivery) -> bool:
    return any(
        other.channel == delivery.channel
        and other.person is None
        and other.purpose not in LASTING
        and (other.version, other.n) > (delivery.version, delivery.n)
        for other in case.deliveries
    )


def _whom(delivery: Delivery) -> str:
    return f"{delivery.person or 'channel'} via {delivery.channel}"


def _say(trail: Trail) -> str:
    """ "owner: 李伟, absent: li-wei"."""
    said = trail.target if trail.value is None else f"{trail.target} = {trail.value}"
    return f"{said} (absent: {', '.join(trail.absent)})" if trail.absent else said
