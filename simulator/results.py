"""What a replay comes to, whichever engine ran it (rule-files.md, Results)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from streams.firing import Severity
from streams.instants import Instant, format_instant

By = Literal["occurred_at", "recorded_at"]

_TIMES: Final = ("opened_at", "resolved_at", "detected_at", "closed_at")
_SLICE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many incidents of one rule."""

    opened: int = 0
    open_at_end: int = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Results:
    """The incidents of a history, cut at `until`."""

    by: By
    until: Instant | None  # None: the history is empty
    events: int
    entities: int
    found: Mapping[str, Found]  # by rule
    incidents: pl.DataFrame  # simulator.frames.INCIDENTS; without rows where only their numbers were asked for


def summary(results: Results, rules: Iterable[str]) -> dict[str, Any]:
    """What `--json` prints."""
    nothing = Found()
    found = {rule: results.found.get(rule, nothing) for rule in rules}
    return {
        "rules": {rule: {"opened": one.opened, "open_at_end": one.open_at_end} for rule, one in found.items()},
        "events": results.events,
        "entities": results.entities,
        "until": None if results.until is None else format_instant(results.until),
    }


def incident_rows(incidents: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The lines of `--incidents FILE`."""
    severities = [severity.word for severity in Severity]
    instant = pl.element().struct.field("at").cast(pl.Int64)
    plain = incidents.with_columns(
        pl.col(_TIMES).cast(pl.Int64),
        stages=pl.col("stages").list.eval(pl.struct(pl.element().struct.field("severity"), instant.alias("at"))),
    )
    for piece in plain.iter_slices(_SLICE):
        for row in piece.iter_rows(named=True):
            row["severity"] = severities[row["severity"]]
            row["stages"] = [
                {"severity": severities[stage["severity"]], "at": format_instant(stage["at"])}
                for stage in row["stages"]
            ]
            for name in _TIMES:
                row[name] = None if row[name] is None else format_instant(row[name])
            yield row
