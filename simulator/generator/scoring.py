"""How well rules find the faults of a generated history: recall and precision per fault, against its ground truth."""

from typing import Any, Final

import polars as pl

from streams.instants import DAY, Instant

# An incident and a fault of one key have to do with each other when they are no farther apart than this. It matters for
# what goes on for ever, such as articles and customers; orders and parcels have few faults in their lives.
_BEFORE: Final = pl.duration(days=5)  # warnings come ahead of what they warn of
_AFTER: Final = pl.duration(days=16)
JUDGED_UNTIL: Final = 16 * DAY  # before the end: later faults may be seen only after it
_PLACE: Final = ("rule", "kind", "key")

SCORES: Final[dict[str, Any]] = {
    "fault": pl.String,
    "rules": pl.List(pl.String),
    "injected": pl.UInt32,
    "found": pl.UInt32,
    "recall": pl.Float64,  # of the pairs of a fault and a rule that should see it
    "incidents": pl.UInt32,  # of these rules, where this fault or no fault explains them
    "unexplained": pl.UInt32,
    "precision": pl.Float64,
}


def score(truth: pl.DataFrame, incidents: pl.DataFrame, until: Instant) -> pl.DataFrame:
    """One row a fault, as SCORES says. `truth` as rows.TRUTH, `incidents` as frames.INCIDENTS, of a history to `until`.

    An incident that another fault explains counts neither for nor against one.
    """
    horizon = pl.lit(until - JUDGED_UNTIL).cast(pl.Datetime("us", "UTC"))
    faults = truth.with_row_index("number")
    expected = _by_rule(faults, pl.col("rules"))
    judged = expected.filter(pl.col("at") <= horizon)
    opened = incidents.select(*_PLACE, "opened_at", "resolved_at").with_row_index("incident")
    found = _meeting(judged, opened).select("number", "rule").unique()
    recalled = judged.join(found.with_columns(found=pl.lit(True)), on=["number", "rule"], how="left")
    recall = recalled.group_by("fault").agg(
        injected=pl.len(), found=pl.col("found").fill_null(False).sum().cast(pl.UInt32)
    )
    explained = _meeting(_by_rule(faults, pl.concat_list("rules", "also")), opened).select("incident", "fault").unique()
    stray = opened.join(explained, on="incident", how="anti").group_by("rule").agg(unexplained=pl.len())
    rules = expected.select("fault", "rule").unique()
    mine = explained.join(opened.select("incident", "rule"), on="incident").join(rules, on=["fault", "rule"])
    right = mine.group_by("fault").agg(right=pl.len())
    wrong = rules.join(stray, on="rule").group_by("fault").agg(pl.col("unexplained").sum())
    scored = (
        rules.group_by("fault")
        .agg(rules=pl.col("rule").sort())
        .join(recall, on="fault", how="left")
        .join(right, on="fault", how="left")
        .join(wrong, on="fault", how="left")
        .with_columns(pl.col("injected", "found", "right", "unexplained").fill_null(0))
        .with_columns(incidents=pl.col("right") + pl.col("unexplained"))
        .with_columns(
            recall=pl.when(pl.col("injected") > 0).then(pl.col("found") / pl.col("injected")),
            precision=pl.when(pl.col("incidents") > 0).then(pl.col("right") / pl.col("incidents")),
        )
    )
    return scored.select(pl.col(name).cast(kind) for name, kind in SCORES.items()).sort("fault")


def unexplained(truth: pl.DataFrame, incidents: pl.DataFrame) -> pl.DataFrame:
    """The incidents that no fault explains: mostly what is slow without any fault."""
    opened = incidents.with_row_index("incident")
    explained = _meeting(_by_rule(truth.with_row_index("number"), pl.concat_list("rules", "also")), opened)
    return opened.join(explained, on="incident", how="anti").drop("incident")


def _by_rule(faults: pl.DataFrame, rules: pl.Expr) -> pl.DataFrame:
    return (
        faults.select("number", "fault", "kind", "key", "at", rule=rules)
        .explode("rule")
        .filter(pl.col("rule").is_not_null())
        .unique(maintain_order=True)
    )


def _meeting(faults: pl.DataFrame, opened: pl.DataFrame) -> pl.DataFrame:
    """Pairs of faults and incidents of the same rule, kind and key, about the same time."""
    pairs = faults.join(opened.select(*_PLACE, "incident", "opened_at", "resolved_at"), on=list(_PLACE))
    near = (pl.col("opened_at") <= pl.col("at") + _AFTER) & (
        pl.col("resolved_at").is_null() | (pl.col("resolved_at") >= pl.col("at") - _BEFORE)
    )
    return pairs.filter(near)
