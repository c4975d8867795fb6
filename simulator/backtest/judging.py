"""Incidents of one rule against what became of its orders: how often right, how much of it found, how early.

Two questions, never mixed: per order (was it warned of, before the outcome?) and per incident (was the outcome still to
come?). An order counts once, by its first incident in the period. What counts is when the service would have told it:
`detected_at`, which without late data is when it opened. What was over when it was found is told to nobody.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import polars as pl

from simulator.backtest.censoring import Bounds, Period
from simulator.frames import INSTANT
from simulator.shares import Share
from streams.firing import Reason
from streams.instants import DAY, HOUR, Micros

# Of an order. `late`: its first incident opened after the outcome. `open_`: the outcome is not known by the end.
Verdict = Literal["warned", "late", "missed", "false", "quiet", "open_warned", "open_quiet"]

LEADS: Final[tuple[Micros, ...]] = (1, HOUR, 4 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY)
QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)

BY_ITSELF: Final = (Reason.CONDITION, Reason.DEADLINE_MOVED, Reason.CLEARED, Reason.UNTIL, Reason.EXPIRED)


@dataclass(frozen=True, kw_only=True, eq=False)
class Judgement:
    """`orders`: key, verdict, told_at (of the first incident), outcome_at, lead (microseconds). `incidents`: those of
    the period with outcome_at, verdict (followed by the outcome, late: opened after it, false: without it, open), and
    `healed`: it ended by itself and the outcome did not come.
    """

    orders: pl.DataFrame
    incidents: pl.DataFrame
    left_out: int  # orders of the warm-up: over, or open with an incident, when the period began

    @cached_property
    def counts(self) -> dict[str, int]:
        return dict(self.orders.group_by("verdict").len().iter_rows())

    def count(self, *verdicts: Verdict) -> int:
        return sum(self.counts.get(verdict, 0) for verdict in verdicts)

    @property
    def precision(self) -> Bounds:
        """Of the orders with an incident, those whose outcome came at that time or later."""
        warned, known, open_ = self.count("warned"), self.count("warned", "late", "false"), self.count("open_warned")
        return Bounds(
            share=Share(count=warned, of=known),
            worst=Share(count=warned, of=known + open_),
            best=Share(count=warned + open_, of=known + open_),
        )

    @property
    def recall(self) -> Bounds:
        """Of the orders with the outcome, those that had an incident by then."""
        warned, bad = self.count("warned"), self.count("warned", "late", "missed")
        open_warned, open_quiet = self.count("open_warned"), self.count("open_quiet")
        return Bounds(
            share=Share(count=warned, of=bad),
            worst=Share(count=warned, of=bad + open_quiet),
            best=Share(count=warned + open_warned, of=bad + open_warned),
        )

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        precision, recall = self.precision.share.value, self.recall.share.value
        if precision is None or recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    @property
    def about_bad(self) -> Share:
        """Of the orders with an incident, those with the outcome, be it earlier or later."""
        return Share(count=self.count("warned", "late"), of=self.count("warned", "late", "false"))

    @property
    def leads(self) -> pl.Series:
        """How long before the outcome the first incident opened, of the orders warned of; sorted."""
        return self.orders["lead"].drop_nulls().sort()

    def lead_at(self, quantile: float) -> Micros | None:
        found = self.leads.quantile(quantile, "linear")
        return None if found is None else round(found)

    def ahead(self, lead: Micros) -> Share:
        """Of the orders with the outcome, those that were known at least so long before."""
        return Share(count=int((self.leads >= lead).sum()), of=self.count("warned", "late", "missed"))

    def incidents_that(self, verdict: str) -> int:
        return self.incidents.filter(verdict=verdict).height

    @property
    def right_incidents(self) -> Share:
        """Of the incidents whose outcome is known, those that it followed."""
        return Share(count=self.incidents_that("followed"), of=self._known)

    @property
    def healed(self) -> Share:
        """Of the incidents whose outcome is known, those that ended by themselves without it."""
        return Share(count=int(self.incidents["healed"].sum()), of=self._known)

    @property
    def _known(self) -> int:
        return self.incidents.height - self.incidents_that("open")


def judge(incidents: pl.DataFrame, outcomes: pl.DataFrame, period: Period) -> Judgement:
    """`incidents` of one rule, those of the warm-up included; `outcomes` of all entities of its kind."""
    begin = pl.lit(period.begin).cast(INSTANT)
    under_way = incidents.filter(pl.col("opened_at") < begin, (pl.col("resolved_at") > begin).fill_null(True))
    counted = incidents.filter(pl.col("opened_at") >= begin)
    over = pl.any_horizontal(pl.col("outcome_at", "closed_at") < begin).fill_null(False)
    seen = outcomes.filter(~over).join(under_way, on="key", how="anti")
    first = counted.filter(~pl.col("found_late")).group_by("key").agg(pl.col("detected_at").min().alias("told_at"))
    orders = seen.join(first, on="key", how="left", maintain_order="left").with_columns(_verdict())
    return Judgement(
        orders=orders.select("key", "verdict", "told_at", "outcome_at", _lead()),
        incidents=_judged_incidents(counted, outcomes),
        left_out=outcomes.height - seen.height,
    )


def _verdict() -> pl.Expr:
    told, bad = pl.col("told_at").is_not_null(), pl.col("outcome")
    late = (pl.col("told_at") > pl.col("outcome_at")).fill_null(False)
    return (
        pl.when(bad & told & late)
        .then(pl.lit("late"))
        .when(bad & told)
        .then(pl.lit("warned"))
        .when(bad)
        .then(pl.lit("missed"))
        .when(~bad & told)
        .then(pl.lit("false"))
        .when(~bad)
        .then(pl.lit("quiet"))
        .when(told)
        .then(pl.lit("open_warned"))
        .otherwise(pl.lit("open_quiet"))
        .alias("verdict")
    )


def _lead() -> pl.Expr:
    """Only of those warned of."""
    lead = (pl.col("outcome_at") - pl.col("told_at")).dt.total_microseconds()
    return pl.when(pl.col("verdict") == "warned").then(lead).alias("lead")


def _judged_incidents(incidents: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    known = incidents.join(outcomes.select("key", "outcome", "outcome_at"), on="key", how="left", maintain_order="left")
    late = (pl.col("found_late") | (pl.col("detected_at") > pl.col("outcome_at"))).fill_null(False)
    by_itself = pl.col("reason").is_in([reason.value for reason in BY_ITSELF])
    verdict = (
        pl.when(pl.col("outcome") & late)
        .then(pl.lit("late"))
        .when(pl.col("outcome"))
        .then(pl.lit("followed"))
        .when(~pl.col("outcome"))
        .then(pl.lit("false"))
        .otherwise(pl.lit("open"))
    )
    healed = (~pl.col("outcome") & by_itself).fill_null(False)
    return known.with_columns(verdict.alias("verdict"), healed.alias("healed")).drop("outcome")
