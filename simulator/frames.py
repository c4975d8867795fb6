"""The two tables that every analysis reads: incidents, and what was true of entities when.

Instants are UTC microseconds (Datetime), severities 0 to 3 (streams.firing.Severity).
"""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from streams.firing import Firing
from streams.model import Field, FieldType, Kind

INSTANT: Final = pl.Datetime("us", "UTC")
STAGES: Final = pl.List(pl.Struct({"severity": pl.Int8, "at": INSTANT}))

# One row a firing, in the order of result files.
INCIDENTS: Final[dict[str, Any]] = {
    "rule": pl.String,
    "version": pl.String,
    "kind": pl.String,
    "key": pl.String,
    "severity": pl.Int8,  # the highest reached
    "opened_at": INSTANT,
    "resolved_at": INSTANT,  # null: open at the end
    "reason": pl.String,  # streams.firing.Reason, or "end"
    "stages": STAGES,
    "detected_at": INSTANT,
    "closed_at": INSTANT,
    "found_late": pl.Boolean,
    "pulses": pl.Int64,
}

_TYPES: Final[dict[FieldType, Any]] = {
    FieldType.NUMBER: pl.Float64,
    FieldType.STRING: pl.String,
    FieldType.BOOL: pl.Boolean,
    FieldType.TIMESTAMP: INSTANT,
    FieldType.LIST: pl.List(pl.String),
}


def incident_frame(firings: Iterable[Firing]) -> pl.DataFrame:
    rows = [
        (
            one.rule,
            one.version,
            one.kind,
            one.key,
            int(one.highest),
            one.opened_at,
            one.resolved_at,
            "end" if one.reason is None else one.reason.value,
            [{"severity": int(stage.severity), "at": stage.at} for stage in one.stages],
            one.detected_at,
            one.closed_at,
            one.found_late,
            one.pulses,
        )
        for one in firings
    ]
    return pl.DataFrame(rows, schema=INCIDENTS, orient="row")


def snapshot_schema(kind: Kind) -> dict[str, Any]:
    """What simulator.columns.tables.snapshots_of has: null where a value is missing, records as lists of structs."""
    nodes = {f"{node}.{word}": INSTANT for node in kind.nodes for word in ("at", "due")}
    fields = {field.name: _type(field) for field in kind.fields.values()}
    return {"key": pl.String, "at": INSTANT, "until": INSTANT, "closed": pl.Boolean, **nodes, **fields}


def last_snapshots(snapshots: pl.DataFrame) -> pl.DataFrame:
    """One row an entity: as it is in the end, with `begun_at`, its first step."""
    begun = pl.col("at").first().over("key").alias("begun_at")
    return snapshots.with_columns(begun).filter(pl.col("until").is_null()).drop("at", "until")


def _type(field: Field) -> Any:
    if field.type is FieldType.RECORDS:
        return pl.List(pl.Struct({name: _TYPES[type_] for name, type_ in field.columns.items()}))
    return _TYPES[field.type]
