"""In full, OTIF and the perfect order, for each order and each of its lines.

Perfect order: RL.1.1 of the SCOR model, made of RL.2.1 (delivered in full), RL.2.2 (delivered by the date committed
to), RL.2.3 (documents right) and RL.2.4 (undamaged). A line is perfect where all four hold, an order where all its
lines are.
"""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from simulator.kpi.definitions import Definition, Level, Quantities
from simulator.kpi.on_time import Window
from simulator.kpi.orders import PROMISES, REACHED, holds
from simulator.shares import Share

# The parts, by their columns in the scores; null: it cannot be judged, as nothing was promised or ordered.
PARTS: Final = ("on_time", "in_full", "documents", "condition")
FIGURES: Final = (*PARTS, "otif", "perfect")
_ROUNDING: Final = 1e-9  # of a quantity: 42 of 100 is in full at a tolerance of 0.58

_LINES: Final[dict[str, Any]] = {
    "key": pl.String,
    "ordered": pl.Float64,
    "delivered": pl.Float64,
    "rejected": pl.Float64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """At one level. Figures without what they need are None: they were not measured."""

    level: Level
    all: int  # delivered orders, or their lines
    figures: dict[str, Share]  # by FIGURES; `of` is how many could be judged
    chosen: bool

    def not_judged(self, figure: str) -> int:
        return self.all - self.figures[figure].of


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scores:
    """One row an order or line, a boolean column for each of FIGURES; `measured` are those that say something."""

    orders: pl.DataFrame
    lines: pl.DataFrame | None  # None: nothing is known of lines
    measured: tuple[str, ...]


def scores_of(definition: Definition, delivered: pl.DataFrame, window: Window) -> Scores:
    """`delivered` as of orders.Orders, `window` as declared."""
    declared, quantities = definition.declared, definition.quantities
    promised = delivered[PROMISES[declared.promise]]
    missed = window.late(delivered[REACHED], promised) | window.early(delivered[REACHED], promised)
    own = delivered.with_columns(
        on_time=pl.Series(pl.select(pl.when(promised.is_not_null()).then(~missed)).to_series()),
        documents=_condition(declared.documents, delivered),
        undamaged=_condition(declared.condition, delivered),
    )
    lines = _lines(delivered, quantities).join(
        own.select("key", "on_time", "documents", "undamaged"), on="key", how="right", maintain_order="right"
    )
    scored = _scored(lines, declared.tolerance, measured=quantities is not None)
    rejecting = quantities is not None and quantities.rejected is not None
    measured = {
        "on_time": promised.null_count() < len(promised),
        "in_full": quantities is not None,
        "documents": declared.documents is not None,
        "condition": declared.condition is not None or rejecting,
    }
    beside = any(measured[name] for name in PARTS[1:])  # alone, on time is no perfect order
    measured |= {"otif": measured["on_time"] and measured["in_full"], "perfect": measured["on_time"] and beside}
    per_order = scored.group_by("key", maintain_order=True).agg(_all(name) for name in FIGURES)
    return Scores(
        orders=delivered.join(per_order, on="key", how="left", maintain_order="left"),
        lines=scored if quantities is not None and quantities.lines is not None else None,
        measured=tuple(name for name in FIGURES if measured[name]),
    )


def _condition(expression: Any, delivered: pl.DataFrame) -> pl.Series | pl.Expr:
    """What is not declared is taken as fulfilled; the report says so."""
    return pl.lit(True) if expression is None else holds(expression, delivered)


def _lines(delivered: pl.DataFrame, quantities: Quantities | None) -> pl.DataFrame:
    """One row a line; without lines one an order. An order without any has none."""
    if quantities is None:
        return pl.DataFrame(schema=_LINES)
    at = delivered
    if quantities.lines is not None:
        at = (
            delivered.select("key", pl.col(quantities.lines).alias("line"))
            .explode("line")
            .filter(pl.col("line").is_not_null())
        )
    columns = {
        "ordered": quantities.ordered,
        "delivered": quantities.delivered,
        "rejected": quantities.rejected,
    }
    return at.select("key", *(_quantity(quantities, column).alias(name) for name, column in columns.items()))


def _quantity(quantities: Quantities, column: str | None) -> pl.Expr:
    if column is None:
        return pl.lit(0.0)
    return pl.col(column) if quantities.lines is None else pl.col("line").struct.field(column)


def _scored(lines: pl.DataFrame, tolerance: float, *, measured: bool) -> pl.DataFrame:
    """No delivered quantity is none delivered; without an ordered one nothing can be said."""
    ordered, delivered = pl.col("ordered"), pl.col("delivered").fill_null(0.0)
    missing = ordered - delivered
    in_full = pl.when(ordered > 0).then(missing <= ordered * (tolerance + _ROUNDING))
    sound = (pl.col("rejected").fill_null(0.0) <= 0) & pl.col("undamaged")
    return (
        lines.with_columns(
            in_full=in_full if measured else pl.lit(None, dtype=pl.Boolean),
            condition=sound,
        )
        .with_columns(
            otif=_both("on_time", "in_full"),
            perfect=_both(*(PARTS if measured else ("on_time", "documents", "condition"))),
        )
        .select("key", *FIGURES)
    )


def _both(*names: str) -> pl.Expr:
    """Missing where one is missing, even where another is false: what cannot be judged is left out of all figures."""
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
    return pl.when(known).then(pl.all_horizontal(names))


def _all(name: str) -> pl.Expr:
    """Of an order: missing where it is missing of one of its lines."""
    return pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).all()).alias(name)


def fulfilment(definition: Definition, scores: Scores) -> tuple[Fulfilment, ...]:
    """By order, and by line where there are lines."""
    tables: list[tuple[Level, pl.DataFrame | None]] = [("order", scores.orders), ("line", scores.lines)]
    return tuple(
        Fulfilment(
            level=level,
            all=len(table),
            figures={name: share_of(table[name]) for name in scores.measured},
            chosen=level == definition.declared.level,
        )
        for level, table in tables
        if table is not None
    )


def share_of(judged: pl.Series) -> Share:
    """Of those that could be judged."""
    return Share(count=int(judged.sum()), of=len(judged) - judged.null_count())
