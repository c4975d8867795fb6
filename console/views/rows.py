"""Incidents as rows of a list."""

from dataclasses import dataclass

from console.viewer import Viewer
from console.views.chain import Next, next_of
from console.views.naming import Names, customer_of
from escalation.facts import facts_of
from escalation.incident import Incident, State
from notifiers.facts import Facts
from notifiers.sentence import sentence
from notifiers.timing import subject_of
from streams.firing import Severity
from streams.instants import Instant
from streams.model import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`version` tells a changed row from the one that is shown."""

    id: int
    version: int
    state: State
    severity: Severity
    sentence: str
    kind: str
    kind_label: str
    key: str
    subject: str  # Order A-1042, or what makes a group
    is_group: bool
    customer: str | None
    opened_at: Instant
    resolved_at: Instant | None
    owner: str | None
    is_mine: bool
    next: Next | None
    is_shadow: bool
    found_late: bool
    is_baseline: bool
    rule: str
    rule_name: str


def facts_for(incident: Incident, values: Values, names: Names) -> Facts:
    firing = incident.firing
    return facts_of(
        incident,
        names.rule(firing.rule),
        names.kind(firing.kind),
        values,
        resolved_by=None if incident.resolved_by is None else names.person(incident.resolved_by),
    )


def say_incident(incident: Incident, values: Values, names: Names) -> str:
    """The sentence of an incident, in the words and zone of the viewer."""
    viewer: Viewer = names.viewer
    return sentence(facts_for(incident, values, names), viewer.language, viewer.zone, viewer.now)


def holder_of(incident: Incident) -> str | None:
    """Who has it: who acknowledged it, or to whom it was handed over."""
    return incident.acknowledged_by or incident.owner


def row_of(incident: Incident, values: Values, names: Names) -> Row:
    firing = incident.firing
    facts = facts_for(incident, values, names)
    holder = incident.resolved_by or holder_of(incident)
    me = None if names.viewer.person is None else names.viewer.person.id
    return Row(
        id=incident.id,
        version=incident.version_no,
        state=incident.state,
        severity=incident.severity,
        sentence=say_incident(incident, values, names),
        kind=firing.kind,
        kind_label=names.kind(firing.kind).label.say(names.viewer.language),
        key=firing.key,
        subject=subject_of(facts, names.viewer.language),
        is_group=facts.subject is not None,
        customer=customer_of(values),
        opened_at=firing.opened_at,
        resolved_at=incident.resolved_at,
        owner=None if holder is None else names.person(holder),
        is_mine=me is not None and holder == me,
        next=next_of(incident, names.directory(incident, values), names),
        is_shadow=incident.mode == "shadow",
        found_late=firing.found_late,
        is_baseline=incident.is_baseline and not incident.is_resolved,
        rule=firing.rule,
        rule_name=names.rule_name(firing.rule),
    )
