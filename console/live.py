"""Server-sent events: which incidents have changed. A page asks for what it shows anew by itself.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from console.backend import Changed
from console.session import COOKIE
from console.visit import House, signed_in
from streams.instants import SECOND

BEAT: Final = 15.0  # seconds; a proxy or phone that hears nothing for long hangs up
GATHER: Final = 0.25  # seconds; what changes together is told together
MOST_IDS: Final = 200
_RETRY: Final = b"retry: 2000\n\n"


async def show_changes(request: Request) -> Response:
    house: House = request.app.state.house
    person = await asyncio.to_thread(lambda: signed_in(house, request.cookies.get(COOKIE), house.backend.now()))
    if person is None:
        return Response(status_code=401)
    return StreamingResponse(
        _stream(house),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(house: House) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    changed: set[int] = set()
    woken = asyncio.Event()

    def hear(change: Changed) -> None:
        loop.call_soon_threadsafe(_add, change)

    def _add(change: Changed) -> None:
        changed.update(change.incidents)
        woken.set()

    end = house.backend.subscribe(hear)
    try:
        yield _RETRY + _event("hello", {"now": house.backend.now() // (SECOND // 1000)})
        while True:
            try:
                await asyncio.wait_for(woken.wait(), BEAT)
            except TimeoutError:
                yield _event("beat", {"now": house.backend.now() // (SECOND // 1000)})
                continue
            await asyncio.sleep(GATHER)
            woken.clear()
            ids, more = sorted(changed)[-MOST_IDS:], len(changed) > MOST_IDS
            changed.clear()
            yield _event("changed", {"ids": ids, "more": more, "now": house.backend.now() // (SECOND // 1000)})
    finally:
        end()


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
