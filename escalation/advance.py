"""What becomes of an incident at an instant: the pure function behind every escalation.

The contract is the section "What advance does" of the design page on people and chains. Steps are in steps.py, what one
person hears in plans.py, waits in waits.py, what people do in people_actions.py, what events and providers bring in
firings.py and receipts.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from escalation.case import Actions, Case
from escalation.directory import Directory
from escalation.incident import Incident
from escalation.outbox import Delivery, DeliveryState
from escalation.people_actions import back_to_chain
from escalation.plans import run_plans
from escalation.steps import round_ends_at, run_steps
from escalation.waits import wakes_at
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What is to be written, and the incident after it. With nothing due, nothing and the incident as it was."""

    actions: Actions
    incident: Incident


def advance(incident: Incident, directory: Directory, deliveries: Iterable[Delivery], now: Instant) -> Advance:
    """Do what is due at `now`. `deliveries` are all of the incident; who writes the result counts its version up."""
    case = Case(incident, directory, deliveries, now)
    advance_case(case)
    return Advance(actions=case.actions, incident=case.incident)


def advance_case(case: Case) -> None:
    """As `advance`, behind what events, people and deliveries have changed at the same instant."""
    if case.is_acknowledged and _is_due(case.incident.ack_expires_at, case.now):
        expired = case.incident.acknowledged_by
        case.note("ack_expired", before=expired)
        back_to_chain(case, expired_by=expired)
    run_plans(case)
    if case.incident.escalation is not None:
        run_steps(case)
    due_at = _due_at(case)
    if due_at != case.incident.due_at:
        case.set(due_at=due_at)


def _due_at(case: Case) -> Instant | None:
    """When the incident wants to be looked at next."""
    found: list[Instant | None] = []
    for delivery in case.deliveries:
        found.append(delivery.held_until)
        if delivery.state is DeliveryState.FAILED_TEMPORARY:
            found.append(delivery.give_up_at)
    if not case.incident.is_resolved:
        found += [plan.next_at for plan in case.plans if plan.has_left]
        found.append(_escalates_at(case))
    return min((instant for instant in found if instant is not None), default=None)


def _escalates_at(case: Case) -> Instant | None:
    if case.is_acknowledged:
        return case.incident.ack_expires_at
    state = case.incident.escalation
    if state is None or state.ended or case.incident.is_baseline:
        return None
    woken = wakes_at(case)
    return round_ends_at(case) if woken is None and state.waiting is None else woken


def _is_due(instant: Instant | None, now: Instant) -> bool:
    return instant is not None and instant <= now
