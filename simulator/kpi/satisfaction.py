"""What customers said: the mean of their scores and the share of bad ones, of late orders and of others."""

from dataclasses import dataclass

import polars as pl

from simulator.kpi.definitions import Definition
from simulator.shares import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    scored: int
    mean: float | None
    low: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfaction:
    """Of delivered orders. On time or late: of those that can be judged."""

    all: Scored
    on_time: Scored
    late: Scored


def satisfaction(definition: Definition, orders: pl.DataFrame) -> Satisfaction | None:
    """`orders` as of in_full.Scores; None: no field of scores is declared."""
    field = definition.declared.score
    if field is None:
        return None
    given = orders.filter(pl.col(field).is_not_null())
    low = definition.declared.low
    return Satisfaction(
        all=_scored(given[field], low),
        on_time=_scored(given.filter("on_time")[field], low),
        late=_scored(given.filter(~pl.col("on_time"))[field], low),
    )


def _scored(scores: pl.Series, low: float) -> Scored:
    mean = scores.mean()
    return Scored(
        scored=len(scores),
        mean=float(mean) if isinstance(mean, float | int) else None,
        low=Share(count=int((scores <= low).sum()), of=len(scores)),
    )
