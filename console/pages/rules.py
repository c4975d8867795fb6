"""/rules: which rules are in force and since when, what is wrong with the files, how far a change of rules has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from console.backend import Workspace
from console.views.naming import Names
from console.visit import Visit
from rules.rule import Rule
from rules.versions import RuleVersion
from store.queries import RuleCount
from streams.embedded import Busy
from streams.instants import DAY

_WEEK: Final = 7 * DAY
_ORDER: Final = {"live": 0, "shadow": 1, "off": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    rule: Rule
    kind: str
    owner: str | None
    chain: str | None
    version: RuleVersion | None
    earlier: int  # versions that only end what they opened
    unresolved: int
    opened: int  # in a week


def show_rules(visit: Visit) -> Response:
    return _list(visit)


def reload_rules(visit: Visit) -> Response:
    try:
        visit.backend.reload()
    except Busy:
        return _list(visit, status=503, busy=True)
    return _list(visit, status=200 if visit.backend.files.refused is None else 409, asked=True)


def _list(visit: Visit, *, status: int = 200, busy: bool = False, asked: bool = False) -> Response:
    with visit.backend.read() as reader:
        counts = reader.rule_counts(visit.now - _WEEK, mode=None)
        versions = reader.rule_versions()
    names = Names(workspace=visit.backend.workspace, viewer=visit.viewer)
    return visit.page(
        "rules.html",
        status,
        lines=_lines(visit.backend.workspace, names, counts, versions),
        busy=busy,
        asked=asked,
    )


def _lines(
    workspace: Workspace, names: Names, counts: Mapping[str, RuleCount], versions: Sequence[RuleVersion]
) -> list[RuleLine]:
    """Live ones first, then as in the files."""
    current = {one.rule: one for one in versions if one.retired_at is None}
    lines = []
    for rule in sorted(workspace.rules.values(), key=lambda rule: _ORDER[rule.mode]):
        count = counts.get(rule.id)
        lines.append(
            RuleLine(
                rule=rule,
                kind=names.viewer.text(names.kind(rule.on).label),
                owner=None if rule.owner is None else _owner(rule.owner, workspace),
                chain=rule.chain or workspace.contacts.default_chain,
                version=current.get(rule.id),
                earlier=sum(one.rule == rule.id and one.retired_at is not None for one in versions),
                unresolved=0 if count is None else count.unresolved,
                opened=0 if count is None else count.opened,
            )
        )
    return lines


def _owner(owner: str, workspace: Workspace) -> str:
    """A person by name; a team or a field as the file says it."""
    person = workspace.contacts.people.get(owner)
    return owner if person is None else person.name
