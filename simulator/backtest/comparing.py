"""Two versions of rules on one history: which incidents are new, gone, earlier, later, or otherwise than before.

Which incident is which is decided as the service decides it when a rule changes (streams/matching.py): the same opening
first, then the first one that overlaps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import polars as pl

from streams.matching import pair_spans

# An incident that goes on is in each class that it fits: it can be earlier and graver. `same` fits none of the others.
Class = Literal["new", "gone", "earlier", "later", "severity", "ending", "same"]
CLASSES: Final[tuple[Class, ...]] = ("new", "gone", "earlier", "later", "severity", "ending", "same")

_IDENTITY: Final = ("rule", "kind", "key")
_COMPARED: Final = ("opened_at", "detected_at", "resolved_at", "severity", "reason", "version")
_BEFORE: Final = "_before"
_AFTER: Final = "_after"


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """`pairs`: one row an incident of either side, one for both where it goes on. Columns: rule, kind, key; opened_at,
    detected_at, resolved_at, severity, reason and version, each with _before and _after; `shift`, how many microseconds
    later it is detected now, which without late data is when it opens; and a boolean for each of CLASSES. In order of
    rule, then of opening.
    """

    pairs: pl.DataFrame

    def of(self, class_: Class) -> pl.DataFrame:
        return self.pairs.filter(pl.col(class_))

    @cached_property
    def counts(self) -> pl.DataFrame:
        """One row a rule: how many incidents before and after, and in each class."""
        return self.pairs.group_by("rule", maintain_order=True).agg(
            pl.col("opened_at_before").count().alias("before"),
            pl.col("opened_at_after").count().alias("after"),
            *(pl.col(class_).sum() for class_ in CLASSES),
        )


def compare(before: pl.DataFrame, after: pl.DataFrame) -> Comparison:
    """Compare two tables of incidents (simulator.frames.INCIDENTS) of the same rules, by their ids, on one history."""
    old, new = _side(before), _side(after)
    exact = old.join(new, on=[*_IDENTITY, "opened_at", "copy"], how="inner", suffix=_AFTER).select("row", "row_after")
    rest_old = old.join(exact, on="row", how="anti")
    rest_new = new.join(exact.select(row="row_after"), on="row", how="anti")
    overlapping = pl.DataFrame(
        list(_overlapping(rest_old, rest_new)), schema={"row": pl.UInt32, "row_after": pl.UInt32}, orient="row"
    )
    partners = pl.concat([exact, overlapping])
    continued = _renamed(old, _BEFORE).join(partners, on="row", how="left")
    pairs = continued.join(_renamed(new, _AFTER, "row_after"), on="row_after", how="full")
    identity = [pl.coalesce(name, f"{name}_right") for name in _IDENTITY]
    both_sides = [f"{name}{side}" for name in _COMPARED for side in (_BEFORE, _AFTER)]
    return Comparison(
        pairs=pairs.select(*identity, *both_sides)
        .with_columns(_shift())
        .with_columns(*_classes())
        .with_columns(same=~pl.any_horizontal(*(class_ for class_ in CLASSES if class_ != "same")))
        .sort("rule", pl.coalesce("opened_at_before", "opened_at_after"), "key")
    )


def _side(incidents: pl.DataFrame) -> pl.DataFrame:
    """One side with its rows numbered; `copy` tells those of one opening apart, which late data makes."""
    copy = pl.int_range(pl.len()).over(*_IDENTITY, "opened_at").alias("copy")
    columns = incidents.select(*_IDENTITY, *_COMPARED)
    return columns.sort("opened_at", "detected_at").with_columns(copy).with_row_index("row")


def _renamed(side: pl.DataFrame, suffix: str, row: str = "row") -> pl.DataFrame:
    return side.select(*_IDENTITY, pl.col("row").alias(row), pl.col(_COMPARED).name.suffix(suffix))


def _overlapping(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """Rows of those without an equal opening, as the service pairs them."""
    spans = (pl.col("opened_at", "resolved_at").to_physical(), pl.col("row"))
    ours = old.group_by(_IDENTITY).agg(*spans)
    theirs = new.group_by(_IDENTITY).agg(*spans)
    both = ours.join(theirs, on=_IDENTITY, suffix=_AFTER).drop(_IDENTITY)
    for opened, resolved, rows, opened_after, resolved_after, rows_after in both.iter_rows():
        spans_before = list(zip(opened, resolved, strict=True))
        spans_after = list(zip(opened_after, resolved_after, strict=True))
        for place_after, place in pair_spans(spans_before, spans_after).items():
            yield rows[place], rows_after[place_after]


def _shift() -> pl.Expr:
    return (pl.col("detected_at_after") - pl.col("detected_at_before")).dt.total_microseconds().alias("shift")


def _classes() -> list[pl.Expr]:
    goes_on = pl.col("shift").is_not_null()
    ended_otherwise = ~pl.col("resolved_at_before").eq_missing(pl.col("resolved_at_after")) | (
        pl.col("reason_before") != pl.col("reason_after")
    )
    return [
        pl.col("opened_at_before").is_null().alias("new"),
        pl.col("opened_at_after").is_null().alias("gone"),
        (goes_on & (pl.col("shift") < 0)).alias("earlier"),
        (goes_on & (pl.col("shift") > 0)).alias("later"),
        (goes_on & (pl.col("severity_before") != pl.col("severity_after"))).alias("severity"),
        (goes_on & ended_otherwise).alias("ending"),
    ]
