"""Whom a set of incidents is compared with: the entities that the rule could have found, each in a comparable state.

Who is in the set is taken as it was when its first incident of the set opened. The others have no such instant: they
are taken as they were at the same age, the median age of the set at its openings. Else what comes with age (a node
reached, a field filled in later) would seem to be a reason.
"""

from dataclasses import dataclass

import polars as pl

from rules.language.expression import Expression
from rules.rule import OverdueAfter, Rule
from simulator.backtest.censoring import Period
from simulator.backtest.outcomes import closed_since
from simulator.columns.framed import holding
from simulator.frames import INSTANT, last_snapshots
from simulator.why.searching import Mask
from streams.instants import Micros


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """`states`: snapshots with `begun_at`, one row an entity of the base; `member`: which rows are in the set."""

    states: pl.DataFrame
    member: Mask
    age: Micros | None  # at which the others were taken; None: the set is empty


def population(
    snapshots: pl.DataFrame, openings: pl.DataFrame, period: Period, rule: Rule | None, where: Expression | None
) -> Population:
    """`openings`: key and opened_at of the incidents of the set; where none has an instant, all are taken as they are
    in the end. The base: entities active in the period at which the rule looks, that is for which its `where` held at
    some time, after the node from which it waits.
    """
    first = openings.group_by("key").agg(pl.col("opened_at").min()).with_columns(in_set=True)
    active = _active(snapshots, period).join(_looked_at(snapshots, rule, where), on="key", how="semi")
    begun = last_snapshots(snapshots).select("key", "begun_at")
    wanted = pl.concat([active, first.select("key")]).unique(maintain_order=True)
    base = wanted.join(begun, on="key", how="inner", maintain_order="left").join(
        first, on="key", how="left", maintain_order="left"
    )
    median = (base["opened_at"] - base["begun_at"]).dt.total_microseconds().median()
    age = int(median) if isinstance(median, float) else None
    others = pl.lit(period.until).cast(INSTANT) if age is None else pl.col("begun_at") + pl.duration(microseconds=age)
    taken = base.with_columns(at=pl.coalesce("opened_at", others), row=pl.int_range(pl.len())).sort("at")
    states = taken.join_asof(snapshots.drop("until").sort("at"), on="at", by="key", check_sortedness=False).sort("row")
    return Population(
        states=states.drop("row", "at", "opened_at", "in_set"),
        member=states["in_set"].fill_null(False).to_numpy(),
        age=age,
    )


def _active(snapshots: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Begun by the end of the period, and not closed before it began."""
    begin, until = (pl.lit(instant).cast(INSTANT) for instant in (period.begin, period.until))
    whole = last_snapshots(snapshots).select("key", "begun_at").join(closed_since(snapshots), on="key")
    closed_before = (pl.col("closed_at") < begin).fill_null(False)
    return whole.filter(pl.col("begun_at") <= until, ~closed_before).select("key")


def _looked_at(snapshots: pl.DataFrame, rule: Rule | None, where: Expression | None) -> pl.DataFrame:
    looked = snapshots
    if rule is not None and isinstance(rule.deadline, OverdueAfter):
        looked = looked.filter(pl.col(f"{rule.deadline.after}.at").is_not_null())
    if where is None:
        return looked.select("key").unique()
    names = [name for name in looked.columns if name in where.fields and name != "key"]
    states = looked.select("key", *names).unique(maintain_order=True)  # most steps change nothing that it reads
    return states.filter(holding(where, states)).select("key").unique()
