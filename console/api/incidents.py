"""GET /api/incidents and /api/incidents/ID, POST /api/incidents/ID/acknowledge and the other things people do."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.api.keys import Caller, caller_of, refuse_caller
from console.backend import Backend
from console.filters import read_filter
from console.pages.inbox import read_cursor
from console.views.impact import touched_by
from console.visit import House, number_in
from escalation.commands import Acknowledge, Command, Escalate, HandOver, Reopen, Resolve, Unacknowledge
from escalation.incident import Actor, AuditRow, Incident
from escalation.outbox import Delivery
from rules.impact import Touching
from store.queries import IncidentDetail, IncidentFilter
from streams.instants import Instant, format_instant

LARGEST_BODY: Final = 64 * 1024
MOST_TOUCHED: Final = 100


async def list_incidents(request: Request) -> Response:
    """`q` is the console's filter line, `order` newest or worst, `limit`, `after` the `next` of the page before."""
    return await _answered(request, _list)


async def one_incident(request: Request) -> Response:
    return await _answered(request, _one)


async def _answered(request: Request, answer: Callable[[Backend, Request, Caller], Response]) -> Response:
    house: House = request.app.state.house
    caller = await run_in_threadpool(caller_of, request, house)
    if caller is None:
        return refuse_caller()
    return await run_in_threadpool(answer, house.backend, request, caller)


def _list(backend: Backend, request: Request, caller: Caller) -> Response:
    query = request.query_params
    found = read_filter(query.get("q", ""), IncidentFilter(), caller.person, backend.workspace.contacts)
    limit = query.get("limit", "")
    size = min(int(limit), 500) if limit.isascii() and limit.isdigit() and 0 < len(limit) < 9 else 50
    with backend.read() as reader:
        page = reader.incident_page(
            found.wanted,
            order="worst" if query.get("order") == "worst" else "newest",
            after=read_cursor(query.get("after")),
            limit=max(1, size),
        )
    return JSONResponse(
        {
            "incidents": [incident_json(line.incident) for line in page.lines],
            "total": page.total,
            "next": None if page.next is None else ",".join(str(part) for part in page.next),
            "unknown": list(found.unknown),
        }
    )


def _one(backend: Backend, request: Request, caller: Caller) -> Response:
    with backend.read() as reader:
        detail = reader.incident_detail(number_in(request))
        touched = () if detail is None else touched_by(detail, backend.workspace, reader)
    if detail is None:
        return JSONResponse({"error": "there is no such incident"}, 404)
    return JSONResponse(_detail_json(detail) | {"impact": [_impact_json(one) for one in touched]})


def incident_json(incident: Incident) -> dict[str, Any]:
    """Times are RFC 3339 with Z; the names are those of result files where they mean the same."""
    firing = incident.firing
    return {
        "id": incident.id,
        "rule": firing.rule,
        "version": firing.version,
        "kind": firing.kind,
        "key": firing.key,
        "mode": incident.mode,
        "state": incident.state.value,
        "severity": incident.severity.word,
        "highest": incident.highest.word,
        "opened_at": format_instant(firing.opened_at),
        "detected_at": format_instant(firing.detected_at),
        "resolved_at": _moment(incident.resolved_at),
        "resolved_by": incident.resolved_by,
        "reason": None if firing.reason is None else firing.reason.value,
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": _moment(incident.acknowledged_at),
        "ack_expires_at": _moment(incident.ack_expires_at),
        "owner": incident.owner,
        "run_out": incident.run_out,
        "found_late": firing.found_late,
        "baseline": incident.is_baseline,
        "pulses": firing.pulses,
        "due_at": _moment(incident.due_at),
    }


def _detail_json(detail: IncidentDetail) -> dict[str, Any]:
    return incident_json(detail.incident) | {
        "explanations": [
            {"change": one.change, "at": format_instant(one.at), "record": one.record} for one in detail.explanations
        ],
        "audit": [_audit_json(row) for row in detail.audit],
        "deliveries": [_delivery_json(one) for one in detail.deliveries],
    }


def _impact_json(one: Touching) -> dict[str, Any]:
    """The most valuable ones; `count` and `value` are of all."""
    return {
        "kind": one.kind,
        "count": len(one.entities),
        "value": one.value,
        "value_field": one.value_field,
        "entities": [
            {"key": entity.key, "owners": list(entity.owners), "value": entity.value}
            for entity in one.entities[:MOST_TOUCHED]
        ],
    }


def _audit_json(row: AuditRow) -> dict[str, Any]:
    return {
        "at": format_instant(row.at),
        "actor": {"kind": row.actor.kind, "id": row.actor.id, "channel": row.actor.channel},
        "what": row.what,
        "reason": None if row.reason is None else row.reason.value,
        "before": row.before,
        "after": row.after,
        "detail": row.detail,
    }


def _delivery_json(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "purpose": one.purpose.value,
        "person": one.person,
        "channel": one.channel,
        "state": one.state.value,
        "reason": None if one.reason is None else one.reason.value,
        "created_at": format_instant(one.created_at),
        "accepted_at": _moment(one.accepted_at),
        "attempt": one.attempt,
        "error": one.error,
        "maybe_duplicate": one.maybe_duplicate,
    }


async def do_to_incident_api(request: Request) -> Response:
    """The body is {"person": who does it, "reason": ..., "to": ...}; a session's person need not be said."""
    house: House = request.app.state.house
    caller = await run_in_threadpool(caller_of, request, house)
    if caller is None:
        return refuse_caller()
    raw = await request.body()
    try:
        body = msgspec.json.decode(raw[:LARGEST_BODY] or b"{}", type=dict[str, str | None])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return JSONResponse({"error": "the body is no JSON object of texts"}, 400)
    return await run_in_threadpool(_do, house.backend, request, caller, body)


def _do(backend: Backend, request: Request, caller: Caller, body: Mapping[str, str | None]) -> Response:
    person = caller.person.id if caller.person is not None else body.get("person")
    if person is None or person not in backend.workspace.contacts.people:
        return JSONResponse({"error": "'person' has to name somebody of people.yaml", "field": "person"}, 422)
    actor = Actor(kind="person", id=person, channel="api")
    id_, verb = number_in(request), str(request.path_params["verb"])
    if verb not in VERBS:
        return JSONResponse({"error": f"expected one of {', '.join(VERBS)}"}, 404)
    command = _command(id_, verb, actor, body)
    if isinstance(command, str):
        return JSONResponse({"error": f"'{command}' is missing", "field": command}, 422)
    refusal = backend.run(command)
    if refusal is None:
        with backend.read() as reader:
            return JSONResponse(incident_json(reader.incidents([id_])[0]))
    at = None if refusal.at is None else format_instant(refusal.at)
    said = refusal.say(by=refusal.by or "", at=at or "").en
    return JSONResponse(
        {"error": said, "code": refusal.code, "by": refusal.by, "at": at},
        404 if refusal.code == "unknown_incident" else 409,
    )


VERBS: Final = ("acknowledge", "unacknowledge", "resolve", "hand_over", "escalate", "reopen")


def _command(id_: int, verb: str, actor: Actor, body: Mapping[str, str | None]) -> Command | str:
    """Or the name of what is missing."""
    match verb:
        case "acknowledge":
            return Acknowledge(incident=id_, actor=actor)
        case "unacknowledge":
            return Unacknowledge(incident=id_, actor=actor)
        case "resolve":
            return Resolve(incident=id_, actor=actor, comment=body.get("reason"))
        case "hand_over":
            to = body.get("to")
            return HandOver(incident=id_, actor=actor, to=to) if to else "to"
        case "escalate":
            return Escalate(incident=id_, actor=actor)
        case _:
            return Reopen(incident=id_, actor=actor)


def _moment(instant: Instant | None) -> str | None:
    return None if instant is None else format_instant(instant)
