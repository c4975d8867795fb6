"""The console as an ASGI application over a backend: pages for people, the JSON API, what providers call."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from console.api.callbacks import twilio_status
from console.api.incidents import do_to_incident_api, list_incidents, one_incident
from console.api.intake import list_refused, resend_refused_api, take_events
from console.api.rules import reload_rules_api
from console.assets import FOLDER, Assets, asset_paths
from console.backend import Backend
from console.guard import SafeHeaders, is_own_form
from console.links import DIGEST_PATH, PATH
from console.live import show_changes
from console.pages.demo import show_demo
from console.pages.digests import press_in_digest, show_digest
from console.pages.entity import show_entity
from console.pages.inbox import acknowledge_marked, count_new, show_inbox, show_row
from console.pages.incident import do_to_incident, show_incident
from console.pages.links import follow_link, show_link
from console.pages.refused import resend_refused, show_refused
from console.pages.rules import reload_rules, show_rules
from console.pages.signing import set_preference, show_sign_in, sign_in, sign_out
from console.session import Sessions
from console.visit import House, Page, make_visit, open_page, own_page
from streams.firing import Severity

_log = logging.getLogger("tocsin.console")

_POSTING: Final = 32  # requests with events that are decoded or wait for their commit at a time

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(backend: Backend) -> Starlette:
    app = Starlette(
        routes=[*_pages(), *_api(), Mount("/static", Assets())],
        middleware=[Middleware(SafeHeaders), Middleware(GZipMiddleware, minimum_size=1000)],
        exception_handlers={HTTPException: _said, Exception: _failed},
    )
    app.state.house = House(
        backend=backend,
        templates=_templates(),
        sessions=Sessions(backend.settings.session_key),
        intake=ThreadPoolExecutor(_POSTING, thread_name_prefix="tocsin-intake"),
    )
    return app


def _pages() -> list[Route]:
    def form(page: Page, *, signed_in: bool = True) -> Endpoint:
        return _from_own_page(own_page(page) if signed_in else open_page(page))

    return [
        Route("/", own_page(show_inbox)),
        Route("/inbox/new", own_page(count_new)),
        Route("/inbox/acknowledge", form(acknowledge_marked), methods=["POST"]),
        Route("/incidents/{id:int}", own_page(show_incident)),
        Route("/incidents/{id:int}/row", own_page(show_row)),
        Route("/incidents/{id:int}/{verb}", form(do_to_incident), methods=["POST"]),
        Route("/entities/{kind}/{key:path}", own_page(show_entity)),
        Route("/events/refused", own_page(show_refused)),
        Route("/events/refused/{number:int}", form(resend_refused), methods=["POST"]),
        Route("/rules", own_page(show_rules)),
        Route("/rules/reload", form(reload_rules), methods=["POST"]),
        Route("/demo", own_page(show_demo)),
        Route("/changes", show_changes),
        Route("/sign-in", open_page(show_sign_in)),
        Route("/sign-in", form(sign_in, signed_in=False), methods=["POST"]),
        Route("/sign-out", form(sign_out, signed_in=False), methods=["POST"]),
        Route("/preferences", form(set_preference, signed_in=False), methods=["POST"]),
        Route("/a/{token}", open_page(show_link)),
        # The token alone is the authority here, and what opens a link of an SMS may send any Origin.
        Route("/a/{token}", open_page(follow_link), methods=["POST"]),
        Route("/d/{token}", open_page(show_digest)),
        Route("/d/{token}", open_page(press_in_digest), methods=["POST"]),
    ]


def _api() -> list[Route]:
    return [
        Route("/api/events", take_events, methods=["POST"]),
        Route("/api/events/refused", list_refused),
        Route("/api/events/refused/{number:int}/resend", resend_refused_api, methods=["POST"]),
        Route("/api/rules/reload", reload_rules_api, methods=["POST"]),
        Route("/api/incidents", list_incidents),
        Route("/api/incidents/{id:int}", one_incident),
        Route("/api/incidents/{id:int}/{verb}", do_to_incident_api, methods=["POST"]),
        Route("/callbacks/twilio/{delivery}", twilio_status, methods=["POST"]),
    ]


def _from_own_page(endpoint: Endpoint) -> Endpoint:
    async def checked(request: Request) -> Response:
        house: House = request.app.state.house
        if not is_own_form(request.headers, house.backend.settings.url):
            return make_visit(request, {}).page("error.html", 403, what="403", id=None)
        return await endpoint(request)

    return checked


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER.parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset_paths(), Severity=Severity)
    return environment


def _said(request: Request, error: Exception) -> Response:
    """404, 405 and what else Starlette says by itself."""
    if not isinstance(error, HTTPException):
        raise error
    if request.url.path.startswith(("/api/", "/callbacks/")):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)
    return make_visit(request, {}).page("error.html", error.status_code, what="404", id=None)


def _failed(request: Request, error: Exception) -> Response:
    """Something of ours broke: the page and the log have the same id."""
    id_ = secrets.token_hex(4)
    _log.error("request failed, error_id=%s path=%s", id_, _shown_path(request), exc_info=error)
    if request.url.path.startswith(("/api/", "/callbacks/")):
        return JSONResponse({"error": "internal error", "id": id_}, 500)
    return make_visit(request, {}).page("error.html", 500, what="500", id=id_)


def _shown_path(request: Request) -> str:
    """Without the token that a link holds."""
    path = request.url.path
    return f"{path[:3]}…" if path.startswith((PATH, DIGEST_PATH)) else path
