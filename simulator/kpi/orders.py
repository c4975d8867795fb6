"""One row an entity with all that the KPIs ask of it: when it was delivered, and what was promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import polars.selectors as cs

from rules.language.expression import Expression
from rules.matching.compiled import compile_conditions
from simulator.frames import INSTANT, last_snapshots
from simulator.kpi.definitions import Definition
from streams.instants import Instant

# What `orders_of` adds to the last snapshot; promises are those of `definitions.Promise`.
REACHED: Final = "reached_at"
PROMISES: Final[Mapping[str, str]] = {"last": "last_promise", "first": "first_promise", "requested": "requested"}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Orders:
    """Those that count, and how many do not."""

    rows: pl.DataFrame  # the last snapshots with REACHED and PROMISES
    cancelled: int
    elsewhere: int  # `where` does not hold

    def delivered(self, since: Instant | None) -> pl.DataFrame:
        """Those delivered in the period."""
        found = self.rows.filter(pl.col(REACHED).is_not_null())
        return found if since is None else found.filter(pl.col(REACHED) >= instant(since))

    @property
    def open(self) -> pl.DataFrame:
        """Neither delivered nor closed."""
        return self.rows.filter(pl.col(REACHED).is_null() & ~pl.col("closed"))


def orders_of(definition: Definition, snapshots: pl.DataFrame) -> Orders:
    """`snapshots` as of snapshots_of.

    The last promise is the one in force when it was delivered: what is agreed after that resets nothing.
    """
    last = last_snapshots(snapshots)
    cancelled = pl.any_horizontal(
        [pl.col(f"{node}.at").is_not_null() for node in definition.cancelled] or [pl.lit(False)]
    )
    kept = last.filter(~cancelled)
    where = definition.declared.where
    chosen = kept if where is None else kept.filter(holds(where, kept))
    return Orders(
        rows=_with_promises(chosen, definition, snapshots),
        cancelled=len(last) - len(kept),
        elsewhere=len(kept) - len(chosen),
    )


def _with_promises(orders: pl.DataFrame, definition: Definition, snapshots: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=INSTANT)
    if definition.node is None or definition.promised is None:
        return orders.with_columns(**dict.fromkeys((REACHED, *PROMISES.values()), nothing))
    reached, promised = pl.col(f"{definition.node}.at"), pl.col(definition.promised)
    first = snapshots.group_by("key", maintain_order=True).agg(first_promise=promised.drop_nulls().first())
    then = snapshots.filter(pl.col("at") == reached).select("key", promise_then=promised)
    requested = definition.declared.requested
    return (
        orders.join(first, on="key", how="left", maintain_order="left")
        .join(then, on="key", how="left", maintain_order="left")
        .with_columns(
            reached.alias(REACHED),
            pl.when(reached.is_null()).then(promised).otherwise(pl.col("promise_then")).alias(PROMISES["last"]),
            (nothing if requested is None else pl.col(requested)).alias(PROMISES["requested"]),
        )
        .drop("promise_then")
    )


def holds(condition: Expression, snapshots: pl.DataFrame) -> pl.Series:
    """On which rows a condition of the rule language holds."""
    match = compile_conditions([condition])
    read = [name for name in snapshots.columns if name in condition.fields]
    shown = snapshots.select(read or snapshots.columns[:1]).with_columns(cs.datetime().cast(pl.Int64))
    return pl.Series([match(_present(row)) != 0 for row in shown.iter_rows(named=True)], dtype=pl.Boolean)


def instant(at: Instant) -> pl.Expr:
    return pl.lit(at).cast(INSTANT)


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    """A missing value is an absent name; lists are tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if value is not None
    }
