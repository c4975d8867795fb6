"""Signing in and out, and what the switches set."""

from typing import Final

from starlette.responses import Response

from console.session import COOKIE, LASTS
from console.viewer import DENSITIES, LANGUAGES, THEMES
from console.visit import Visit, inner_path
from streams.instants import SECOND

_YEAR: Final = 365 * 24 * 3600
_CHOICES: Final = {"language": LANGUAGES, "theme": THEMES, "density": DENSITIES}


def show_sign_in(visit: Visit) -> Response:
    next_ = inner_path(visit.request.query_params.get("next"))
    return visit.page("sign_in.html", people=_people(visit), next=next_, problem=None, chosen=None)


def sign_in(visit: Visit) -> Response:
    person, next_ = visit.form.get("person", ""), inner_path(visit.form.get("next"))
    people = visit.backend.workspace.contacts.people
    problem = None
    if not visit.backend.password_fits(visit.form.get("password", "")):
        problem = visit.viewer.t("wrong_password")
    elif person not in people:
        problem = visit.viewer.t("who_are_you")
    if problem is not None:
        return visit.page("sign_in.html", 403, people=_people(visit), next=next_, problem=problem, chosen=person)
    answer = visit.go(next_)
    answer.set_cookie(
        COOKIE,
        visit.house.sessions.begin(person, visit.now),
        max_age=LASTS // SECOND,
        httponly=True,
        samesite="lax",
        secure=visit.is_secure,
    )
    return answer


def sign_out(visit: Visit) -> Response:
    answer = visit.go("/sign-in")
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=visit.is_secure)
    return answer


def set_preference(visit: Visit) -> Response:
    """One of the switches: kept in a cookie of this browser."""
    answer = visit.go(inner_path(visit.form.get("next")))
    for name, allowed in _CHOICES.items():
        value = visit.form.get(name)
        if value in allowed:
            answer.set_cookie(
                f"tocsin_{name}", value, max_age=_YEAR, httponly=True, samesite="lax", secure=visit.is_secure
            )
    return answer


def _people(visit: Visit) -> list[tuple[str, str]]:
    return [(person.id, person.name) for person in visit.backend.workspace.contacts.people.values()]
