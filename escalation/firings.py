"""What the engine's transitions make of an incident; what people have resolved stays resolved for its firing."""

from escalation.case import Case
from escalation.chain import Chain, PersonTarget
from escalation.digests import keep_back, start_chain
from escalation.directory import Reached
from escalation.incident import Actor, Incident, IncidentMode, State, firing_key
from escalation.notices import NO_TELLING
from escalation.outbox import DeliveryState, Purpose
from escalation.people_actions import close, reopen, unacknowledged
from escalation.plans import cancel, drop_names, drop_plan, tell_all, tell_group
from escalation.reasons import Reason
from escalation.steps import begin
from streams.firing import Change, Firing, Severity, Transition
from streams.firing import Reason as EndReason
from streams.instants import Instant, format_instant


def new_incident(incident_id: int, firing: Firing, mode: IncidentMode) -> Incident:
    """As it opens, before anything is done about it. One that was found late is over already."""
    return Incident(
        id=incident_id,
        mode=mode,
        firings=(firing,),
        state=State.OPEN if firing.open else State.RESOLVED,
        highest=firing.severity,
        resolved_at=firing.resolved_at,
    )


def open_case(case: Case, chain: Chain | None, *, baseline: bool) -> None:
    """Start the chain of a new incident; shadow ones and those found late have none, baseline ones take no step."""
    incident = case.incident
    case.note("opened", actor=_rule(incident.firing), after=incident.state, detail=incident.severity.word)
    if incident.mode == "shadow" or incident.is_resolved:
        case.note("not_sent", reason=Reason.NOT_LIVE, detail="found late" if incident.mode == "live" else "shadow")
    elif chain is None:
        case.note("no_chain")
    else:
        begin(case, chain)
        if baseline:
            keep_back(case)


def goes_on(incident: Incident, firing: Firing) -> bool:
    """Whether a next firing reopens the incident: within `reopen_within` of its end, equal is within."""
    if firing.found_late:
        return False
    if not incident.is_resolved:
        return True
    chain = None if incident.escalation is None else incident.escalation.chain
    if chain is None or chain.reopen_within is None or incident.resolved_at is None:
        return False
    if incident.firing.reason is EndReason.LATE_DATA:
        return False
    return firing.opened_at - incident.resolved_at <= chain.reopen_within


def go_on(case: Case, firing: Firing, chain: Chain | None, mode: IncidentMode, *, baseline: bool) -> None:
    """The incident is from now on about its next firing."""
    was_resolved = case.incident.is_resolved
    case.set(firings=(*case.incident.firings, firing))
    if was_resolved:
        case.set(mode=mode)
        reopen(case, _rule(firing), chain if mode == "live" else None)
        if baseline:
            keep_back(case)
    else:
        case.note("firing", actor=_rule(firing), after=str(firing.number))
        follow_severity(case)


def apply(case: Case, transition: Transition, chain: Chain | None, *, may_reopen: bool) -> None:
    """Every change but the opening. `chain` is today's; `may_reopen` is False where a newer incident is open."""
    firing, was = transition.firing, case.incident.firing
    before = next(one for one in case.incident.firings if firing_key(one) == firing_key(firing))
    case.set(firings=tuple(firing if one is before else one for one in case.incident.firings))
    _note_change(case, transition, before)
    current = case.incident.firing
    if before is not was and firing is not current:
        return  # the incident has gone on to a later firing
    if was.open and not current.open:
        if not case.incident.is_resolved:
            detail = None if firing.reason is None else str(firing.reason)
            close(case, _rule(firing), at=firing.resolved_at or case.now, detail=detail)
    elif current.open and not was.open:
        if case.incident.is_resolved and case.incident.resolved_by is None and may_reopen:
            live = case.incident.mode == "live" and not current.found_late
            reopen(case, _rule(firing), chain if live else None)
            if transition.baseline and live and chain is not None:
                keep_back(case)
    elif case.incident.is_resolved and case.incident.resolved_by is None:
        case.set(resolved_at=current.resolved_at)
    follow_severity(case)


def _note_change(case: Case, transition: Transition, before: Firing) -> None:
    firing = transition.firing
    actor = _rule(firing)
    match transition.change:
        case Change.AMENDED | Change.WITHDRAWN if transition.baseline:
            case.note("rule_changed", actor=actor, before=_times(before), after=_times(firing))
        case Change.SEVERITY:
            case.note("severity", actor=actor, before=before.severity.word, after=firing.severity.word)
        case Change.PULSED:
            case.note("pulsed", actor=actor, before=str(before.pulses), after=str(firing.pulses))
        case Change.AMENDED | Change.WITHDRAWN:
            case.note(str(transition.change), actor=actor, before=_times(before), after=_times(firing))
        case _:
            pass  # the change of the incident's state says it


def follow_severity(case: Case) -> None:
    """Worse than ever since it opened or was reopened: the chain says what is done. Better changes no step."""
    incident = case.incident
    if incident.is_resolved or incident.severity <= incident.highest:
        return
    case.set(highest=incident.severity)
    chain = None if incident.escalation is None else incident.escalation.chain
    if chain is None:
        return
    if incident.is_baseline:
        start_chain(case)
        if case.is_open:
            return  # its first step says so
    if chain.worse(incident.severity) == "restart":
        _restart(case, chain, incident.severity)
    else:
        _tell_worse(case)


def _restart(case: Case, chain: Chain, severity: Severity) -> None:
    case.note("restarted", actor=_rule(case.incident.firing), before=case.incident.state, detail=severity.word)
    unacknowledged(case)
    for plan in case.plans:
        drop_plan(case, plan, Reason.SUPERSEDED)
    for delivery in case.deliveries:
        waits = delivery.state in (DeliveryState.PENDING, DeliveryState.FAILED_TEMPORARY)
        if waits and delivery.purpose is not Purpose.WEBHOOK:
            cancel(case, delivery, Reason.SUPERSEDED)
    case.set(run_out=False)
    begin(case, case.directory.restart or chain)


def _tell_worse(case: Case) -> None:
    """An important plan to who acknowledged or their deputy; is there nobody, to those told."""
    people: tuple[Reached, ...] = ()
    if case.is_acknowledged and case.incident.acknowledged_by is not None:
        people = _acting(case, (case.incident.acknowledged_by,))
    reached = [one for one in case.deliveries if one.is_reached and one.purpose not in NO_TELLING]
    if not people:
        people = _acting(case, tuple(dict.fromkeys(one.person for one in reached if one.person is not None)))
    tell_all(case, people, important=True, purpose=Purpose.WORSE)
    if not any(one.person is not None for one in reached) and not people:
        groups = (one.channel for one in reached if one.person is None and one.purpose is not Purpose.WEBHOOK)
        for channel in dict.fromkeys(groups):
            tell_group(case, channel, important=True, purpose=Purpose.WORSE)


def _acting(case: Case, people: tuple[str, ...]) -> tuple[Reached, ...]:
    targets = [PersonTarget(id=person) for person in people]
    found = case.directory.resolve_all(targets, owner=None, now=case.now)
    drop_names(case, found.dropped)
    return found.people


def _rule(firing: Firing) -> Actor:
    return Actor(kind="rule", id=firing.rule)


def _times(firing: Firing) -> str:
    return f"{_when(firing.opened_at)} - {_when(firing.resolved_at)}"


def _when(instant: Instant | None) -> str:
    return "" if instant is None else format_instant(instant)
