"""POST /api/events: one event, an array, JSON lines, or CloudEvents (structured, binary, batch); and what was refused.

CloudEvents HTTP binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

import asyncio
from itertools import islice
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from console.api.keys import caller_of, refuse_caller
from console.backend import Backend, Taken
from console.visit import House, number_in
from streams.decoding import Decoded
from streams.embedded import Busy, Stopped
from streams.event import Refusal
from streams.instants import format_instant

LARGEST_BODY: Final = 16 * 1024 * 1024
MOST_EVENTS: Final = 50_000  # in one body: all are one transaction, and everybody else waits for it
_RETRY_BUSY: Final = {"Retry-After": "1"}
_RETRY_STOPPING: Final = {"Retry-After": "5"}
Items = list[Decoded | Refusal]


async def take_events(request: Request) -> Response:
    house: House = request.app.state.house
    caller = await run_in_threadpool(caller_of, request, house)
    if caller is None:
        return refuse_caller()
    body = await _body(request)
    if body is None:
        return JSONResponse({"error": f"a body of at most {LARGEST_BODY // 1024 // 1024} MiB is taken"}, 413)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(house.intake, _take, house.backend, request, body)


def _take(backend: Backend, request: Request, body: bytes) -> Response:
    items = _decode(backend, request, body) if body.strip() or "ce-specversion" in request.headers else []
    if not items:
        return JSONResponse({"error": "the body holds no event"}, 400)
    if len(items) > MOST_EVENTS:
        return JSONResponse({"error": f"at most {MOST_EVENTS} events are taken at once; send them in parts"}, 413)
    try:
        taken = backend.submit(items)
    except Busy:
        return JSONResponse({"error": "too much is waiting; try again"}, 429, _RETRY_BUSY)
    except Stopped:
        return JSONResponse({"error": "the service is stopping; try again"}, 503, _RETRY_STOPPING)
    return _answer(items, taken)


def _decode(backend: Backend, request: Request, body: bytes) -> Items:
    """What a body holds is told by the headers, and without them by itself; no more is read than shows that it is too
    much."""
    now, decoder = backend.now(), backend.decoder
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "ce-specversion" in request.headers:
        return [decoder.binary(request.headers, body, now=now, position="event")]
    if content_type in ("application/x-ndjson", "application/jsonl", "application/json-lines"):
        return list(islice(decoder.lines(body, now=now, name="body"), MOST_EVENTS + 1))
    return list(islice(decoder.batch(body, now=now, name="body"), MOST_EVENTS + 1))


async def _body(request: Request) -> bytes | None:
    """None: more than is taken, whatever Content-Length says."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > LARGEST_BODY:
        return None
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > LARGEST_BODY:
                return None
            parts.append(part)
    except ClientDisconnect:
        return b""
    return b"".join(parts)


def _answer(items: Items, taken: Taken) -> Response:
    """200: all taken. 207: some. 422: none."""
    refused = [_said(place, refusal) for place, refusal in enumerate(taken.answers) if refusal is not None]
    left_out = sorted({name for item in items if isinstance(item, Decoded) for name in item.left_out})
    count = len(items) - len(refused)
    status = 200 if not refused else 207 if count else 422
    return JSONResponse(
        {"taken": count, "duplicates": taken.duplicates, "refused": refused, "undeclared_fields": left_out}, status
    )


def _said(index: int, refusal: Refusal) -> dict[str, object]:
    return {
        "index": index,
        "position": refusal.position,
        "field": refusal.field,
        "code": refusal.code,
        "reason": refusal.reason,
        "source": refusal.source,
        "id": refusal.id,
    }


async def list_refused(request: Request) -> Response:
    """`before` and `limit` page; `code` narrows; `all=1` shows those too that were sent again."""
    house: House = request.app.state.house
    if await run_in_threadpool(caller_of, request, house) is None:
        return refuse_caller()
    return await run_in_threadpool(_list_refused, house.backend, request)


def _list_refused(backend: Backend, request: Request) -> Response:
    query = request.query_params
    before, limit = _number(query.get("before")), _number(query.get("limit"))
    size = min(limit or 50, 500)
    with backend.read() as reader:
        rows = reader.list_refusals(
            code=query.get("code"), resent=None if query.get("all") == "1" else False, before=before, limit=size + 1
        )
        counts = reader.count_refusals()
    shown = rows[:size]
    return JSONResponse(
        {
            "refused": [
                _said(0, row.refusal)
                | {
                    "number": row.number,
                    "raw": row.refusal.raw,
                    "received_at": format_instant(row.received_at),
                    "resent_at": None if row.resent_at is None else format_instant(row.resent_at),
                }
                for row in shown
            ],
            "counts": counts,
            "next": shown[-1].number if len(rows) > size else None,
        }
    )


async def resend_refused_api(request: Request) -> Response:
    house: House = request.app.state.house
    if await run_in_threadpool(caller_of, request, house) is None:
        return refuse_caller()
    number = number_in(request, "number")
    try:
        refusal = await run_in_threadpool(house.backend.resend, number)
    except LookupError:
        return JSONResponse({"error": "there is no such refused event"}, 404)
    if refusal is None:
        return JSONResponse({"taken": 1, "refused": []})
    return JSONResponse({"taken": 0, "refused": [_said(0, refusal)]}, 422)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
