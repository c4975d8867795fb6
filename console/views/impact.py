"""What an incident touches, as its page shows it: the most valuable of the open entities, and how many more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.backend import Workspace
from console.views.naming import Names
from escalation.incident import State
from rules.impact import Lookup, Touching, touching
from store.queries import IncidentDetail

SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedView:
    key: str
    owners: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactView:
    """`value` and `value_field` are empty where the kind has no number."""

    kind: str
    kind_label: str
    total: int
    value: str
    value_field: str
    entities: tuple[TouchedView, ...]

    @property
    def more(self) -> int:
        return self.total - len(self.entities)


def touched_by(detail: IncidentDetail, workspace: Workspace, lookup: Lookup) -> list[Touching]:
    """What an incident touches that goes on; of one that is over nothing is said."""
    incident = detail.incident
    firing, rule = incident.firing, workspace.rules.get(incident.firing.rule)
    if rule is None or not rule.impacts or incident.state is State.RESOLVED:
        return []
    identity = (firing.kind, firing.key)
    return touching(rule, workspace.rules.values(), workspace.model, identity, detail.values, lookup)


def impacts_of(found: Sequence[Touching], names: Names) -> list[ImpactView]:
    """By kind; one that is not touched at all is shown too: that is good news."""
    return [_impact(one, names) for one in found]


def _impact(found: Touching, names: Names) -> ImpactView:
    viewer, kind = names.viewer, names.kind(found.kind)
    field = kind.fields.get(found.value_field or "")
    return ImpactView(
        kind=found.kind,
        kind_label=viewer.text(kind.label),
        total=len(found.entities),
        value="" if found.value is None else viewer.number(found.value),
        value_field=(found.value_field or "") if field is None or field.label is None else viewer.text(field.label),
        entities=tuple(
            TouchedView(
                key=one.key,
                owners=("、" if viewer.language == "zh" else ", ").join(map(names.person, one.owners)),
                value="" if one.value is None else viewer.number(one.value),
            )
            for one in found.entities[:SHOWN]
        ),
    )
