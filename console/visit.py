"""One request to a page: who asks, in which words they are answered, and the answers a page can give."""

import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.backend import Backend
from console.session import COOKIE, Sessions
from console.viewer import Viewer, make_viewer
from escalation.people import Person
from streams.instants import Instant

_MOST_FIELDS: Final = 300
_INNER: Final = re.compile(r"/(?:[^/\\\x00-\x20\x7f][^\\\x00-\x20\x7f]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all requests share."""

    backend: Backend
    templates: Environment
    sessions: Sessions
    intake: Executor  # threads of their own for posted events: while they wait for a commit, pages are still answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    request: Request
    house: House
    viewer: Viewer
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def backend(self) -> Backend:
        return self.house.backend

    @property
    def now(self) -> Instant:
        return self.viewer.now

    @property
    def person(self) -> Person:
        """Who is signed in; only pages that ask for it are reached without."""
        if self.viewer.person is None:
            raise LookupError("nobody is signed in")
        return self.viewer.person

    def page(self, template: str, status: int = 200, /, **values: object) -> Response:
        """A whole page, or a part of one."""
        return HTMLResponse(self.render(template, **values), status_code=status)

    def render(self, template: str, /, **values: object) -> str:
        return self.house.templates.get_template(template).render(
            v=self.viewer,
            t=self.viewer.t,
            settings=self.backend.settings,
            files=self.backend.files,
            path=self.request.url.path,
            **values,
        )

    def go(self, path: str) -> Response:
        return RedirectResponse(path, status_code=303)

    def not_found(self) -> Response:
        return self.page("error.html", 404, what="404", id=None)

    @property
    def is_secure(self) -> bool:
        """Cookies are kept to HTTPS where the console is reached by it."""
        return self.backend.settings.url.startswith("https://")

    def name_of(self, person: str | None) -> str:
        """What people call them; the id where the files no longer have them."""
        if person is None:
            return self.viewer.t("nobody")
        found = self.backend.workspace.contacts.people.get(person)
        return person if found is None else found.name


Page = Callable[[Visit], Response]


def open_page(page: Page) -> Callable[[Request], Awaitable[Response]]:
    """A page that needs no sign-in. It runs in a thread: it may block."""

    async def endpoint(request: Request) -> Response:
        form: Mapping[str, str] = {}
        if request.method == "POST":
            given = await request.form(max_fields=_MOST_FIELDS, max_files=0)
            form = {name: ",".join(one for one in given.getlist(name) if isinstance(one, str)) for name in given}
        return await run_in_threadpool(lambda: page(make_visit(request, form)))

    return endpoint


def own_page(page: Page) -> Callable[[Request], Awaitable[Response]]:
    """A page for who is signed in; everybody else is sent to sign in first, and then back."""

    def guarded(visit: Visit) -> Response:
        if visit.viewer.person is None:
            here = visit.request.url.path
            query = visit.request.url.query
            target = "/sign-in" + (
                f"?next={quote(here + ('?' + query if query else ''))}" if here != "/" or query else ""
            )
            return visit.go(target)
        return page(visit)

    return open_page(guarded)


def make_visit(request: Request, form: Mapping[str, str]) -> Visit:
    house: House = request.app.state.house
    now = house.backend.now()
    settings = house.backend.settings
    person = signed_in(house, request.cookies.get(COOKIE), now)
    accepted = request.headers.get("Accept-Language", "")
    return Visit(
        request=request,
        house=house,
        viewer=make_viewer(settings, person, request.cookies, accepted, now),
        form=form,
    )


def signed_in(house: House, cookie: str | None, now: Instant) -> Person | None:
    """A visitor of the demo is somebody at once."""
    people = house.backend.workspace.contacts.people
    settings = house.backend.settings
    found = house.sessions.person(cookie, now)
    if found is None or found not in people:
        found = settings.demo_person if settings.demo else None
    return None if found is None else people.get(found)


def number_in(request: Request, name: str = "id") -> int:
    """A number of the path; one that no database can hold is 0, which nothing has."""
    number = int(request.path_params[name])
    return number if number < 2**63 else 0


def inner_path(text: str | None) -> str:
    """Where to go next, as long as it is a page of ours; browsers read a backslash as a slash and drop controls."""
    return text if text and _INNER.fullmatch(text) else "/"
