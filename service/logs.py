"""Structured logs: one JSON object a line where a machine reads them, plain columns on a terminal."""

import logging
import sys
from typing import Any, TextIO

import structlog

_SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key")


def configure_logs(*, level: str = "info", stream: TextIO = sys.stderr, json: bool | None = None) -> None:
    """Send everything, also what libraries log, to `stream`. `json` None: JSON unless the stream is a terminal."""
    plain = stream.isatty() if json is None else not json
    renderer: Any = structlog.dev.ConsoleRenderer(colors=plain) if plain else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _without_colours, *shared],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "twilio.http_client", "urllib3", "uvicorn.access", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _without_colours(logger: Any, method: str, event: Any) -> Any:
    """uvicorn says everything twice, once with colours for terminals."""
    event.pop("color_message", None)
    return event


def _hide_secrets(logger: Any, method: str, event: Any) -> Any:
    """The last line of defence: a value under a telling name is never written."""
    for name in event:
        if any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = "***"
    return event
