"""Small tables of incidents for tests, with instants as hours since the first of January 2026."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from simulator.frames import INCIDENTS
from streams.instants import HOUR, from_datetime

START = from_datetime(datetime(2026, 1, 1, tzinfo=UTC))


def hours(count: float) -> int:
    return START + int(count * HOUR)


def incidents(*rows: dict[str, Any]) -> pl.DataFrame:
    """Each row says key, opened and perhaps resolved (in hours), severity, reason, rule, detected."""
    return pl.DataFrame([_row(**row) for row in rows], schema=INCIDENTS, orient="row")


def _row(
    key: str,
    opened: float,
    resolved: float | None = None,
    *,
    rule: str = "late",
    kind: str = "order",
    severity: int = 2,
    reason: str | None = None,
    detected: float | None = None,
    version: str = "v1",
) -> dict[str, Any]:
    opened_at = hours(opened)
    resolved_at = None if resolved is None else hours(resolved)
    return {
        "rule": rule,
        "version": version,
        "kind": kind,
        "key": key,
        "severity": severity,
        "opened_at": opened_at,
        "resolved_at": resolved_at,
        "reason": reason or ("end" if resolved is None else "condition"),
        "stages": [{"severity": severity, "at": opened_at}],
        "detected_at": opened_at if detected is None else hours(detected),
        "closed_at": resolved_at,
        "found_late": False,
        "pulses": 0,
    }
