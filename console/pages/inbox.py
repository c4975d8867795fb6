"""/: the incidents as tabs, a filter line and rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from console.filters import VIEWS, Filter, read_filter, view_filter, with_word
from console.pages.incident import run_all
from console.views.naming import Names
from console.views.rows import row_of
from console.visit import Visit, number_in
from escalation.commands import Acknowledge
from escalation.incident import Actor, State
from store.queries import Cursor, IncidentFilter, Order
from store.transaction import Reader
from streams.firing import Severity

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
PAGE: Final = 50
MOST_MARKED: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    view: str
    count: int
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A severity with how many there are; following it narrows the list to them, or lets go of it again."""

    severity: Severity
    label: str
    count: int
    href: str
    is_on: bool


class _Counts:
    """Counted once a filter: with many incidents that is most of the page's work."""

    def __init__(self, reader: Reader, known: dict[IncidentFilter, Mapping[tuple[State, Severity], int]]) -> None:
        self._reader = reader
        self._known = known

    def of(self, wanted: IncidentFilter) -> Mapping[tuple[State, Severity], int]:
        if wanted not in self._known:
            self._known[wanted] = self._reader.incident_counts(wanted)
        return self._known[wanted]


def show_inbox(visit: Visit) -> Response:
    query = visit.request.query_params
    done = query.get("acknowledged", "")
    more = {"done": int(done)} if done.isascii() and done.isdigit() and len(done) < 5 else {}
    return _list(visit, query.get("view", "open"), query.get("q", ""), read_cursor(query.get("after")), **more)


def _list(visit: Visit, asked: str, text: str, after: Cursor | None, status: int = 200, **more: object) -> Response:
    view = asked if asked in VIEWS else "open"
    contacts = visit.backend.workspace.contacts
    me = visit.viewer.person
    filters = {name: read_filter(text, view_filter(name, me), me, contacts) for name in VIEWS}
    here = filters[view]
    order: Order = "newest" if view == "resolved" else "worst"
    names = Names(workspace=visit.backend.workspace, viewer=visit.viewer)
    with visit.backend.read() as reader:
        page = reader.incident_page(here.wanted, order=order, after=after, limit=PAGE)
        counts = _Counts(reader, {here.wanted: page.counts})
        tabs = [_tab(counts, name, filters[name], view) for name in VIEWS]
        chips = _chips(visit, counts, view, here)
        refused = sum(reader.count_refusals().values())
    rows = [row_of(line.incident, line.values, names) for line in page.lines]
    next_ = None if page.next is None else address(view, here.text, ",".join(str(part) for part in page.next))
    return visit.page(
        "inbox.html",
        status,
        view=view,
        filter=here,
        rows=rows,
        tabs=[(tab, visit.viewer.t(f"tab_{tab.view}")) for tab in tabs],
        chips=chips,
        total=page.total,
        next=next_,
        first=None if after is None else address(view, here.text),
        seen=max((row.id for row in rows), default=0),
        address=address(view, here.text),
        refused=refused,
        **more,
    )


def acknowledge_marked(visit: Visit) -> Response:
    """All marked ones; those that cannot be acknowledged are said, the others are done."""
    form = visit.form
    actor = Actor(kind="person", id=visit.person.id, channel="console")
    marked = read_ids(form.get("marked", ""))[:MOST_MARKED]
    problems = run_all(visit, [Acknowledge(incident=id_, actor=actor) for id_ in marked])
    here = address(form.get("view", "open"), form.get("q", ""))
    if not problems:
        done = f"acknowledged={len(marked)}"
        return visit.go(f"{here}{'&' if '?' in here else '?'}{done}" if marked else here)
    done_too = len(marked) - len(problems)
    return _list(visit, form.get("view", "open"), form.get("q", ""), None, 409, problems=problems, done=done_too)


def read_ids(text: str) -> list[int]:
    return [int(id_) for id_ in text.split(",") if id_.isascii() and id_.isdigit() and len(id_) < 19]


def count_new(visit: Visit) -> Response:
    """How many rows the list would have that were not there when it was shown: the bar that new rows wait behind."""
    query = visit.request.query_params
    view = query.get("view", "open")
    shown = set(read_ids(query.get("shown", "")))
    me = visit.viewer.person
    found = read_filter(
        query.get("q", ""), view_filter(view if view in VIEWS else "open", me), me, visit.backend.workspace.contacts
    )
    order: Order = "newest" if view == "resolved" else "worst"
    with visit.backend.read() as reader:
        page = reader.incident_page(found.wanted, order=order, limit=PAGE)
    fresh = [line.incident.id for line in page.lines if line.incident.id not in shown]
    return visit.page("parts/new_bar.html", count=len(fresh), address=address(view, found.text))


def show_row(visit: Visit) -> Response:
    """One row as it is now, for a list that shows it."""
    id_ = number_in(visit.request)
    names = Names(workspace=visit.backend.workspace, viewer=visit.viewer)
    with visit.backend.read() as reader:
        found = reader.incidents([id_])
        if not found:
            return visit.not_found()
        identity = (found[0].firing.kind, found[0].firing.key)
        values = reader.entity_values([identity]).get(identity, {})
    return visit.page("parts/row_alone.html", row=row_of(found[0], values, names), changed=True)


def _tab(counts: "_Counts", view: str, found: Filter, here: str) -> Tab:
    return Tab(
        view=view,
        count=sum(counts.of(found.wanted).values()),
        href=address(view, found.text),
        is_here=view == here,
    )


def _chips(visit: Visit, counts: "_Counts", view: str, found: Filter) -> list[Chip]:
    """Counts of the list without its severity, so that one can go from one to another."""
    me = visit.viewer.person
    wider = read_filter(
        with_word(found.text, "severity", None), view_filter(view, me), me, visit.backend.workspace.contacts
    )
    by_severity: dict[Severity, int] = {}
    for (_, severity), count in counts.of(wider.wanted).items():
        by_severity[severity] = by_severity.get(severity, 0) + count
    chips = []
    for severity in sorted(Severity, reverse=True):
        is_on = severity in found.wanted.severities
        chips.append(
            Chip(
                severity=severity,
                label=visit.viewer.severity(severity),
                count=by_severity.get(severity, 0),
                href=address(view, with_word(found.text, "severity", None if is_on else severity.word)),
                is_on=is_on,
            )
        )
    return chips


def address(view: str, text: str, after: str | None = None) -> str:
    """The URL of a list."""
    query: Mapping[str, str] = {
        name: value
        for name, value in (("view", "" if view == "open" else view), ("q", text), ("after", after or ""))
        if value
    }
    return "/" + (f"?{urlencode(query)}" if query else "")


def read_cursor(text: str | None) -> Cursor | None:
    parts = (text or "").split(",")
    if len(parts) != 3 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    severity, opened_at, id_ = (int(part) for part in parts)
    return (severity, opened_at, id_)
