"""/d/TOKEN: all incidents of a digest, without signing in. GET shows, POST acknowledges them or undoes that."""

from dataclasses import dataclass

from starlette.responses import Response

from console.links import Claims, LinkError, LinkExpired, LinkPurpose
from console.pages.inbox import read_ids
from console.pages.incident import run_all
from console.pages.links import as_receiver
from console.views.naming import Names
from console.views.rows import row_of
from console.visit import Visit
from escalation.commands import Acknowledge, Unacknowledge
from escalation.incident import Actor, Incident, State
from escalation.outbox import delivery_id
from store.transaction import Reader

_MOST_SHOWN = 500
_IN_ORDER = (State.OPEN, State.ACKNOWLEDGED, State.RESOLVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What a press of the button came to; `problem` is what has to be put right first."""

    acknowledged: tuple[int, ...] = ()
    undone: int = 0
    problems: tuple[str, ...] = ()


def show_digest(visit: Visit) -> Response:
    return _page(visit, pressed=False)


def press_in_digest(visit: Visit) -> Response:
    return _page(visit, pressed=True)


def _page(given: Visit, *, pressed: bool) -> Response:
    token = str(given.request.path_params["token"])
    try:
        claims = given.backend.links.read(token, LinkPurpose.DIGEST, given.now)
    except LinkExpired:
        return given.page("link_dead.html", 410, what="link_expired", incident=None)
    except LinkError:
        return given.page("link_dead.html", 404, what="link_bad", incident=None)
    visit = as_receiver(given, claims)
    with visit.backend.read() as reader:
        listed = _incidents(reader, claims)
    who = claims.person or visit.form.get("person") or None
    if not listed:
        return visit.page("link_dead.html", 404, what="link_bad", incident=None)
    if not pressed:
        return _show(visit, claims, who, _Done())
    if who is None or who not in visit.backend.workspace.contacts.people:
        return _show(visit, claims, None, _Done(problems=(visit.viewer.t("link_who"),)))
    undo = "undo" in visit.form
    return _show(visit, claims, who, _undo(visit, listed, who) if undo else _acknowledge(visit, listed, who))


def _incidents(reader: Reader, claims: Claims) -> list[Incident]:
    message = delivery_id(claims.incident, claims.version, claims.n or 0)
    return reader.incidents({delivery.incident for delivery in reader.digest_deliveries([message])})


def _acknowledge(visit: Visit, listed: list[Incident], who: str) -> _Done:
    """All that nobody has yet."""
    actor = Actor(kind="person", id=who, channel="link")
    free = [incident.id for incident in listed if incident.state is State.OPEN]
    problems = run_all(visit, [Acknowledge(incident=id_, actor=actor) for id_ in free])
    return _Done(acknowledged=tuple(free), problems=tuple(problems))


def _undo(visit: Visit, listed: list[Incident], who: str) -> _Done:
    """What the press before acknowledged, as far as it is still theirs."""
    actor = Actor(kind="person", id=who, channel="link")
    theirs = {incident.id for incident in listed if incident.acknowledged_by == who}
    ids = [id_ for id_ in read_ids(visit.form["undo"]) if id_ in theirs]
    problems = run_all(visit, [Unacknowledge(incident=id_, actor=actor) for id_ in ids])
    return _Done(undone=len(ids) - len(problems), problems=tuple(problems))


def _show(visit: Visit, claims: Claims, who: str | None, done: _Done) -> Response:
    names = Names(workspace=visit.backend.workspace, viewer=visit.viewer)
    with visit.backend.read() as reader:
        listed = _incidents(reader, claims)
        listed.sort(key=lambda one: (_IN_ORDER.index(one.state), -one.severity, one.firing.opened_at, one.id))
        entities = {(one.firing.kind, one.firing.key) for one in listed[:_MOST_SHOWN]}
        values = reader.entity_values(entities)
    theirs = {one.id for one in listed if one.state is State.ACKNOWLEDGED and one.acknowledged_by == who}
    return visit.page(
        "digest.html",
        409 if done.problems else 200,
        rows=[row_of(one, values.get((one.firing.kind, one.firing.key), {}), names) for one in listed[:_MOST_SHOWN]],
        count=len(listed),
        free=sum(one.state is State.OPEN for one in listed),
        rest=max(0, len(listed) - _MOST_SHOWN),
        people=list(visit.backend.workspace.contacts.people.values()),
        names=names,
        claims=claims,
        who=who,
        did=[id_ for id_ in done.acknowledged if id_ in theirs],
        undone=done.undone,
        problems=done.problems,
    )
