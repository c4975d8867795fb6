"""Who may use the API: machines by a key, people by their session (then from a page of ours only)."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.guard import is_own_form
from console.session import COOKIE
from console.visit import House, signed_in
from escalation.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`key` is the name of an API key, `person` who is signed in; one of them."""

    key: str | None = None
    person: Person | None = None


def caller_of(request: Request, house: House) -> Caller | None:
    """None: neither a key that we know nor a session."""
    given = _key_of(request)
    if given is not None:
        name = house.backend.api_key_owner(given)
        return None if name is None else Caller(key=name)
    if request.method != "GET" and not is_own_form(request.headers, house.backend.settings.url):
        return None
    person = signed_in(house, request.cookies.get(COOKIE), house.backend.now())
    return None if person is None else Caller(person=person)


def _key_of(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return request.headers.get("x-api-key")


def refuse_caller() -> Response:
    return JSONResponse(
        {"error": "an API key is needed, as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"},
        401,
        {"WWW-Authenticate": "Bearer"},
    )
