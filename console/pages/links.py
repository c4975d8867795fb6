"""/a/TOKEN: from a message, without signing in. GET shows (scanners follow links), POST acknowledges."""

from dataclasses import replace

from starlette.responses import Response

from console.links import Claims, LinkError, LinkExpired, LinkPurpose
from console.pages.incident import incident_values, refusal_text
from console.viewer import Viewer, make_viewer
from console.visit import Visit
from escalation.commands import Acknowledge
from escalation.incident import Actor


def show_link(visit: Visit) -> Response:
    return _page(visit, None)


def follow_link(visit: Visit) -> Response:
    return _page(visit, visit.form)


def _page(given: Visit, form: object) -> Response:
    token = str(given.request.path_params["token"])
    try:
        claims = given.backend.links.read(token, LinkPurpose.ACKNOWLEDGE, given.now)
    except LinkExpired as expired:
        return given.page("link_dead.html", 410, what="link_expired", incident=expired.claims.incident)
    except LinkError:
        return given.page("link_dead.html", 404, what="link_bad", incident=None)
    visit = as_receiver(given, claims)
    who = claims.person or visit.form.get("person") or None
    problem = None
    did = False
    if form is not None:
        if who is None or who not in visit.backend.workspace.contacts.people:
            problem = visit.viewer.t("link_who")
        else:
            refusal = visit.backend.run(
                Acknowledge(incident=claims.incident, actor=Actor(kind="person", id=who, channel="link"))
            )
            did = refusal is None
            if refusal is not None and not (refusal.code == "already_acknowledged" and refusal.by == who):
                problem = refusal_text(visit, refusal)
    return _show(visit, claims, who, did, problem)


def _show(visit: Visit, claims: Claims, who: str | None, did: bool, problem: str | None) -> Response:
    with visit.backend.read() as reader:
        detail = reader.incident_detail(claims.incident)
    if detail is None:
        return visit.page("link_dead.html", 404, what="link_bad", incident=None)
    status = 200 if problem is None else 409
    return visit.page(
        "link.html",
        status,
        **incident_values(visit, detail, None),
        claims=claims,
        who=who,
        did=did,
        problem=problem,
    )


def as_receiver(visit: Visit, claims: Claims) -> Visit:
    """The page speaks to whom the message was sent, whoever may be signed in on this machine."""
    person = visit.backend.workspace.contacts.people.get(claims.person or "")
    if person is None:
        return visit
    viewer: Viewer = make_viewer(
        visit.backend.settings,
        person,
        visit.request.cookies,
        visit.request.headers.get("Accept-Language", ""),
        visit.now,
    )
    return replace(visit, viewer=viewer)
