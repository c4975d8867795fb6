"""Incidents by day, by hour of the week, by where the order stood, and by any field, as it was when they opened."""

from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from streams.model import FieldType, Kind

DAY: Final = "day"
HOUR: Final = "hour"  # of the week
NODE: Final = "node"
OF_TIME: Final = frozenset({DAY, HOUR})

_COUNTED: Final = ("key", "opened_at", "verdict")
_GROUPABLE: Final = (FieldType.STRING, FieldType.BOOL, FieldType.NUMBER, FieldType.LIST)


def dimensions_of(kind: Kind) -> Iterator[str]:
    """All that incidents of a kind can be broken down by."""
    yield from (DAY, HOUR, NODE)
    for field in kind.fields.values():
        if field.type is FieldType.RECORDS:
            yield from (f"{field.name}.{name}" for name, type_ in field.columns.items() if type_ in _GROUPABLE)
        elif field.type in _GROUPABLE:
            yield field.name


def at_opening(incidents: pl.DataFrame, snapshots: pl.DataFrame) -> pl.DataFrame:
    """What is counted of incidents (key, opened_at, verdict), with the snapshots of their orders at that instant; nulls
    where there is none.
    """
    opened = incidents.select(pl.col(name) for name in _COUNTED if name in incidents.columns).sort("opened_at")
    states = snapshots.select(pl.exclude("until", *_COUNTED[1:])).sort("at")
    return opened.join_asof(states, left_on="opened_at", right_on="at", by="key", check_sortedness=False).drop("at")


def breakdown(opened: pl.DataFrame, dimension: str, kind: Kind, zone: ZoneInfo) -> pl.DataFrame:
    """One row a value: `value`, `incidents`, `orders`; `followed` and `known` where `opened` says the verdicts.

    `opened` are incidents as `at_opening` gives them. `value` is a date, the number of an hour of the week (0 is Monday
    from 00:00 on), a node (null: none), or a value of the field. An incident counts for each member of a list.
    """
    counts = [pl.len().alias("incidents"), pl.col("key").n_unique().alias("orders")]
    if "verdict" in opened.columns:
        counts.append((pl.col("verdict") == "followed").sum().alias("followed"))
        counts.append((pl.col("verdict") != "open").sum().alias("known"))
    found = _valued(opened, dimension, kind, zone).group_by("value").agg(*counts)
    if dimension in OF_TIME:
        return found.sort("value")
    return found.sort("incidents", "value", descending=[True, False], nulls_last=True)


def _valued(opened: pl.DataFrame, dimension: str, kind: Kind, zone: ZoneInfo) -> pl.DataFrame:
    local = pl.col("opened_at").dt.convert_time_zone(zone.key)
    match dimension:
        case "day":
            return opened.with_columns(value=local.dt.date())
        case "hour":
            return opened.with_columns(value=(local.dt.weekday().cast(pl.Int32) - 1) * 24 + local.dt.hour())
        case "node":
            return opened.with_columns(value=standing(list(kind.nodes)))
    name, _, column = dimension.partition(".")
    if not column:
        listed = kind.fields[name].type is FieldType.LIST
        values = opened.with_columns(value=pl.col(name).list.unique() if listed else pl.col(name))
        return values.explode("value") if listed else values
    each = pl.col(name).list.eval(pl.element().struct.field(column)).list.unique()
    return opened.with_columns(value=each).explode("value")


def standing(nodes: Sequence[str]) -> pl.Expr:
    """The node reached last, of those of one instant the later in the model's order; null where none is reached."""
    instants = [pl.col(f"{node}.at") for node in nodes]
    if not instants:
        return pl.lit(None, pl.String)
    latest = pl.max_horizontal(instants)
    found = pl.lit(None, pl.String)
    for node, instant in zip(nodes, instants, strict=True):
        found = pl.when(instant == latest).then(pl.lit(node)).otherwise(found)
    return found
