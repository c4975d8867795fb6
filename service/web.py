"""The web side of the service: the console's pages and API, the metrics and the health of the process, one port."""

import contextlib
from collections.abc import AsyncIterator

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from console.app import create_app
from service.wiring import Service
from streams.instants import format_instant


def create_web(service: Service) -> Starlette:
    """The whole web application. The service starts and stops with it."""

    def metrics(request: Request) -> Response:
        return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def healthz(request: Request) -> Response:
        """The process answers; in no thread, as all may wait for a database that is locked."""
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        """The loop takes events; a load balancer sends nothing here otherwise. Notes are for people."""
        ready = service.is_ready
        said = {"status": "ready" if ready else "not ready"} | ({"notes": notes} if (notes := _notes(service)) else {})
        return JSONResponse(said, status_code=200 if ready else 503)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            service.stop()

    return Starlette(
        routes=[
            Route("/metrics", metrics),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Mount("/", create_app(service)),
        ],
        lifespan=lifespan,
    )


def _notes(service: Service) -> list[str]:
    files = service.files
    found = []
    if files.refused is not None:
        since = format_instant(files.since)
        found.append(f"the files on disk have {len(files.refused.problems)} errors; those of {since} are in force")
    if files.wait_for_restart:
        found.append(f"changes of {', '.join(files.wait_for_restart)} wait for a restart")
    return found
