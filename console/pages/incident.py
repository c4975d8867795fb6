"""/incidents/ID: one incident, and what people do to it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from starlette.responses import Response

from console.views.chain import next_of, steps_of
from console.views.impact import impacts_of, touched_by
from console.views.naming import Names, customer_of, phone_of
from console.views.rows import row_of
from console.views.timeline import entries_of, told_of
from console.views.way import fields_of, way_of
from console.views.why import end_of, why_of
from console.visit import Visit, number_in
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
from escalation.groups import values_of
from escalation.incident import Actor, AuditRow, Incident
from escalation.reasons import Reason
from rules.impact import Touching
from store.queries import EntityDetail, IncidentDetail
from streams.instants import MINUTE

_LATE: Final = MINUTE


def show_incident(visit: Visit) -> Response:
    query = visit.request.query_params
    did = query.get("did")
    return incident_page(visit, number_in(visit.request), did=did if did in _COMMANDS else None)


def incident_page(visit: Visit, id_: int, status: int = 200, /, **more: object) -> Response:
    with visit.backend.read() as reader:
        detail = reader.incident_detail(id_)
        if detail is None:
            return visit.not_found()
        firing = detail.incident.firing
        entity = reader.entity_detail(firing.kind, firing.key, events_limit=100)
        touched = touched_by(detail, visit.backend.workspace, reader)
    values = incident_values(visit, detail, entity, touched)
    return visit.page("incident.html", status, **values, **more)


def incident_values(
    visit: Visit, detail: IncidentDetail, entity: EntityDetail | None, touched: Sequence[Touching] = ()
) -> Mapping[str, object]:
    """What the page shows, as the templates name it."""
    incident = detail.incident
    names = Names(workspace=visit.backend.workspace, viewer=visit.viewer)
    values = values_of(names.rule(incident.firing.rule), incident.firing.key, detail.values)
    kind = names.kind(incident.firing.kind)
    directory = names.directory(incident, values)
    rule = names.rule(incident.firing.rule)
    events = () if entity is None else entity.events
    return {
        "incident": incident,
        "row": row_of(incident, values, names),
        "next": next_of(incident, directory, names),
        "steps": steps_of(incident, directory, detail.audit, names),
        "rounds": _rounds(incident),
        "way": way_of(kind, values, visit.viewer),
        "fields": fields_of(kind, values, visit.viewer),
        "why": why_of(detail.explanations, kind, names),
        "impacts": impacts_of(touched, names),
        "end": end_of(incident, detail.explanations, detail.audit, kind, names),
        "entries": entries_of(detail.audit, events, kind, names),
        "told": told_of(detail.deliveries, names),
        "notes": _late_notes(visit, detail.audit, incident),
        "customer": customer_of(values),
        "customer_phone": phone_of(values),
        "changed_at": None if entity is None else entity.entity.changed_at,
        "runbook": None if rule is None else rule.runbook,
        "people": list(visit.backend.workspace.contacts.people.values()),
        "names": names,
        "can_escalate": incident.escalation is not None and incident.escalation.chain is not None,
    }


def _rounds(incident: Incident) -> tuple[int, int] | None:
    """Which round of how many, where there is more than one."""
    state = incident.escalation
    if state is None or state.chain is None or not state.chain.steps:
        return None
    all_ = 1 + getattr(state.chain.steps[-1], "times", 0)
    return (state.round, all_) if all_ > 1 else None


def _late_notes(visit: Visit, audit: tuple[AuditRow, ...], incident: Incident) -> list[str]:
    t, firing = visit.viewer.t, incident.firing
    notes = []
    late = firing.detected_at - firing.opened_at
    if late >= _LATE:
        note = "baseline_note" if any(row.reason is Reason.BASELINE for row in audit) else "late_note"
        notes.append(t(note, at=visit.viewer.moment(firing.detected_at), span=visit.viewer.span(late)))
    if firing.found_late:
        notes.append(t("found_late_note"))
    seen = {row.what for row in audit}
    notes += [t(f"{what}_note") for what in ("amended", "rule_changed", "withdrawn") if what in seen]
    return notes


def _acknowledge(id_: int, actor: Actor, form: Mapping[str, str]) -> Command:
    return Acknowledge(incident=id_, actor=actor)


def _unacknowledge(id_: int, actor: Actor, form: Mapping[str, str]) -> Command:
    return Unacknowledge(incident=id_, actor=actor)


def _resolve(id_: int, actor: Actor, form: Mapping[str, str]) -> Command | str:
    comment = form.get("reason", "").strip()
    return Resolve(incident=id_, actor=actor, comment=comment) if comment else "reason_needed"


def _hand_over(id_: int, actor: Actor, form: Mapping[str, str]) -> Command | str:
    to = form.get("to", "")
    return HandOver(incident=id_, actor=actor, to=to) if to else "person_needed"


def _escalate(id_: int, actor: Actor, form: Mapping[str, str]) -> Command:
    return Escalate(incident=id_, actor=actor)


def _reopen(id_: int, actor: Actor, form: Mapping[str, str]) -> Command:
    return Reopen(incident=id_, actor=actor)


# A command, or the word for what the form lacks.
_COMMANDS: Final[Mapping[str, Callable[[int, Actor, Mapping[str, str]], Command | str]]] = {
    "acknowledge": _acknowledge,
    "unacknowledge": _unacknowledge,
    "resolve": _resolve,
    "hand_over": _hand_over,
    "escalate": _escalate,
    "reopen": _reopen,
}


def do_to_incident(visit: Visit) -> Response:
    """A button was pressed. What was typed stays in the form if it was not done."""
    id_, verb = number_in(visit.request), visit.request.path_params["verb"]
    make = _COMMANDS.get(verb)
    if make is None:
        return visit.not_found()
    actor = Actor(kind="person", id=visit.person.id, channel="console")
    command = make(id_, actor, visit.form)
    if isinstance(command, str):
        return incident_page(visit, id_, 422, problem=visit.viewer.t(command), tried=verb, typed=visit.form)
    refusal = visit.backend.run(command)
    if refusal is not None:
        if refusal.code == "unknown_incident":
            return visit.not_found()
        why = visit.viewer.t("refused_command", why=refusal_text(visit, refusal))
        return incident_page(visit, id_, 409, problem=why, tried=verb, typed=visit.form)
    return visit.go(f"/incidents/{id_}?did={verb}")


def run_all(visit: Visit, commands: Sequence[Command]) -> list[str]:
    """Do what can be done of them; of each that cannot, which incident it is about and why."""
    problems = []
    for command, refusal in zip(commands, visit.backend.run_all(commands), strict=True):
        if refusal is not None:
            number = visit.viewer.t("incident_no", id=command.incident)
            problems.append(f"{number}: {refusal_text(visit, refusal)}")
    return problems


def refusal_text(visit: Visit, refusal: Refusal) -> str:
    at = "" if refusal.at is None else visit.viewer.moment(refusal.at)
    by = refusal.by or ""
    return visit.viewer.text(refusal.say(by=visit.name_of(by) if by else "", at=at))
