"""POST /api/rules/reload: read the files again, for those who deploy them."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.api.keys import caller_of, refuse_caller
from console.backend import Backend, ShownProblem
from console.visit import House
from streams.embedded import Busy, Stopped
from streams.instants import format_instant


async def reload_rules_api(request: Request) -> Response:
    """200: the files are in force. 422: they have errors, and what was in force before still is."""
    house: House = request.app.state.house
    caller = await run_in_threadpool(caller_of, request, house)
    if caller is None:
        return refuse_caller()
    return await run_in_threadpool(_reload, house.backend)


def _reload(backend: Backend) -> Response:
    try:
        backend.reload()
    except (Busy, Stopped) as error:
        return JSONResponse({"error": str(error)}, 503, {"Retry-After": "1"})
    files = backend.files
    problems = [] if files.refused is None else [_problem(one) for one in files.refused.problems]
    return JSONResponse(
        {
            "result": "applied" if files.refused is None else "refused",
            "in_force_since": format_instant(files.since),
            "wait_for_restart": list(files.wait_for_restart),
            "problems": problems,
        },
        200 if files.refused is None else 422,
    )


def _problem(one: ShownProblem) -> dict[str, object]:
    place = one.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "message": {"zh": one.message.zh, "en": one.message.en},
        "text": one.line,
    }
