"""What people do to an incident. Each is done whole, or refused with the reason."""

from escalation.case import Case
from escalation.chain import Chain, PersonTarget
from escalation.commands import (
    Acknowledge,
    Command,
    Escalate,
    HandOver,
    Refusal,
    Reopen,
    Resolve,
    Unacknowledge,
)
from escalation.digests import back_to_baseline, start_chain
from escalation.incident import Actor, State
from escalation.notices import tell_resolved
from escalation.outbox import UNSENT, Purpose
from escalation.plans import cancel, cancel_planned, drop_names, tell_all
from escalation.reasons import Reason
from escalation.steps import begin, end_wait, nothing_left, run_out
from streams.instants import Instant


def obey(case: Case, command: Command, chain: Chain | None) -> Refusal | None:
    """Do what a person asks for. `chain` is today's, for an incident that is reopened."""
    match command:
        case Acknowledge():
            return acknowledge(case, command.actor)
        case Unacknowledge():
            return unacknowledge(case, command.actor)
        case Resolve():
            return resolve(case, command.actor, command.comment)
        case HandOver():
            return hand_over(case, command.actor, command.to)
        case Escalate():
            return escalate(case, command.actor, command.message_at)
        case Reopen():
            return reopen_by_person(case, command.actor, chain)


def acknowledge(case: Case, actor: Actor) -> Refusal | None:
    if case.incident.is_resolved:
        return _is_resolved(case)
    if case.is_acknowledged:
        return Refusal(code="already_acknowledged", by=case.incident.acknowledged_by, at=case.incident.acknowledged_at)
    _change_state(case, State.ACKNOWLEDGED, "acknowledged", actor)
    case.set(acknowledged_by=actor.id, acknowledged_at=case.now, ack_expires_at=_expiry(case))
    cancel_planned(case, Reason.ACKNOWLEDGED)
    return None


def unacknowledge(case: Case, actor: Actor) -> Refusal | None:
    if not case.is_acknowledged:
        return Refusal(code="not_acknowledged")
    case.note("unacknowledged", actor=actor, before=case.incident.acknowledged_by)
    back_to_chain(case)
    return None


def resolve(case: Case, actor: Actor, comment: str | None = None) -> Refusal | None:
    if case.incident.is_resolved:
        return _is_resolved(case)
    close(case, actor, at=case.now, by=actor.id, detail=comment)
    return None


def hand_over(case: Case, actor: Actor, to: str) -> Refusal | None:
    """They are told, are the owner of the steps to come, and have the acknowledgement if there is one."""
    if case.incident.is_resolved:
        return _is_resolved(case)
    if case.directory.person(to) is None:
        return Refusal(code="unknown_person", by=to)
    case.note("handed_over", actor=actor, before=case.incident.owner, after=to)
    case.set(owner=to)
    if case.is_acknowledged:
        case.set(acknowledged_by=to, acknowledged_at=case.now, ack_expires_at=_expiry(case))
    if case.incident.mode == "shadow":
        case.note("not_sent", reason=Reason.NOT_LIVE, detail=to)
        return None
    found = case.directory.resolve(PersonTarget(id=to), owner=None, now=case.now)
    drop_names(case, found.dropped)
    tell_all(case, found.people, important=True, purpose=Purpose.HANDOVER)
    return None


def escalate(case: Case, actor: Actor, message_at: Instant | None = None) -> Refusal | None:
    """End the wait now. From a message older than the last step taken it does nothing."""
    if case.incident.is_resolved:
        return _is_resolved(case)
    state = case.incident.escalation
    if state is None or state.chain is None:
        return Refusal(code="no_chain")
    if message_at is not None and state.last_step_at is not None and message_at < state.last_step_at:
        return Refusal(code="old_message", at=state.last_step_at)
    if case.incident.is_baseline:
        case.note("escalated", actor=actor, before=case.incident.acknowledged_by)
        unacknowledged(case)
        start_chain(case)
    elif case.is_acknowledged:
        case.note("escalated", actor=actor, before=case.incident.acknowledged_by)
        back_to_chain(case)
    elif state.waiting is not None:
        case.note("escalated", actor=actor)
        end_wait(case)
    elif state.ended:
        return Refusal(code="run_out")
    elif state.last_step_at is not None:
        return Refusal(code="between_rounds", at=case.incident.due_at)
    return None


def reopen_by_person(case: Case, actor: Actor, chain: Chain | None) -> Refusal | None:
    if not case.incident.is_resolved:
        return Refusal(code="not_resolved")
    reopen(case, actor, chain)
    return None


def back_to_chain(case: Case, expired_by: str | None = None) -> None:
    """Out of an acknowledgement: a wait that has begun counts as taken, the next step is due now."""
    unacknowledged(case)
    if case.incident.escalation is None or case.escalation.chain is None:
        return
    if case.incident.is_baseline:
        back_to_baseline(case, is_expired=expired_by is not None)
        return
    end_wait(case)
    if expired_by is not None and nothing_left(case):
        case.move(expired_by=expired_by)
    if case.escalation.ended:
        run_out(case)


def unacknowledged(case: Case) -> None:
    case.set(state=State.OPEN, acknowledged_by=None, acknowledged_at=None, ack_expires_at=None)


def close(case: Case, actor: Actor, *, at: Instant, by: str | None = None, detail: str | None = None) -> None:
    """Resolved by a person (`by`) or because its firing ended: nothing planned is sent, who was told hears it."""
    _change_state(case, State.RESOLVED, "resolved", actor, detail)
    case.set(resolved_at=at, resolved_by=by, ack_expires_at=None)
    cancel_planned(case, Reason.RESOLVED)
    if case.incident.escalation is not None:
        case.move(waiting=None, notified=None)
    tell_resolved(case)


def reopen(case: Case, actor: Actor, chain: Chain | None) -> None:
    """Open and not acknowledged, the chain anew from its first step; a notice not yet sent is not sent."""
    _change_state(case, State.OPEN, "reopened", actor)
    unacknowledged(case)
    case.set(resolved_at=None, resolved_by=None, run_out=False, highest=case.incident.severity)
    for delivery in case.deliveries:
        if delivery.purpose is Purpose.RESOLVED and delivery.state in UNSENT:
            cancel(case, delivery, Reason.SUPERSEDED)
    begin(case, chain)


def _change_state(case: Case, state: State, what: str, actor: Actor, detail: str | None = None) -> None:
    case.note(what, actor=actor, before=case.incident.state, after=state, detail=detail)
    case.set(state=state)


def _expiry(case: Case) -> Instant | None:
    state = case.incident.escalation
    expires = None if state is None or state.chain is None else state.chain.ack_expires
    return None if expires is None else case.directory.after(expires, case.now)


def _is_resolved(case: Case) -> Refusal:
    incident = case.incident
    if incident.resolved_by is None:
        return Refusal(code="is_over", at=incident.resolved_at)
    return Refusal(code="already_resolved", by=incident.resolved_by, at=incident.resolved_at)
