"""What each setting of a sweep comes to: how much it tells, how often right, how much of it found, how early.

The figures are those of simulator.backtest.judging, per order. How sure they are comes from the Poisson bootstrap: in
each of some replicates every order counts as often as a draw of mean 1 says (J. A. Hanley and B. MacGibbon, "Creating
non-parametric bootstrap samples using Poisson frequencies", Comput. Methods Programs Biomed. 83 (2006), 57-62), all
settings by the same draws, so that they can be compared. Of many orders, lots of them are drawn instead of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.backtest.censoring import Period
from simulator.columns.column import Instants, Mask, Rows
from simulator.tuning.sweeping import Sweep, Told
from streams.instants import DAY, Micros

REPLICATES: Final = 200
_LOTS: Final = 2_000  # at most so many units are drawn
_NEVER: Final = np.iinfo(np.int64).max

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure, and between which two 95 % of the replicates lie; None: there is nothing to compute it from."""

    value: float | None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One setting. Without an outcome there are only the first four figures."""

    incidents: int
    per_day: Estimate
    busiest_day: int
    most: float  # incidents a day of the team that has most; without teams of all
    quiet: float | None  # share of orders without an incident
    precision: Estimate
    recall: Estimate
    lead: Micros | None  # median, of the orders warned of
    healed: float | None  # share of the incidents with a known outcome that ended by themselves without it


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Known:
    """What became of the entities of a sweep, in its order: 1 bad, 0 not, -1 not known; and since when it was so."""

    outcome: NDArray[np.int8]
    outcome_at: Instants  # _NEVER where there is none
    over: Mask  # before the period


def known_of(outcomes: pl.DataFrame | None, keys: Sequence[str], period: Period) -> Known | None:
    """`outcomes` as simulator.backtest.outcomes.OUTCOMES."""
    if outcomes is None:
        return None
    names = pl.DataFrame({"key": pl.Series(keys, dtype=pl.String)})
    joined = names.join(outcomes, on="key", how="left", maintain_order="left")
    at = joined["outcome_at"].to_physical().fill_null(_NEVER).to_numpy()
    closed = joined["closed_at"].to_physical().fill_null(_NEVER).to_numpy()
    return Known(
        outcome=joined["outcome"].cast(pl.Int8).fill_null(-1).to_numpy(),
        outcome_at=at,
        over=np.minimum(at, closed) < period.begin,
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Teams:
    """Whom each entity of a sweep concerns: place n is the value `names[of[n]]` of some field."""

    names: Sequence[str]
    of: Rows


def points(
    sweep: Sweep, known: Known | None, period: Period, *, teams: Teams | None = None, seed: int = 0
) -> tuple[Point, ...]:
    """Of each setting, in their order."""
    lots = max(1, min(_LOTS, len(sweep.keys)))
    draws = np.random.default_rng(seed).poisson(1.0, (REPLICATES, lots))
    draws = draws[draws.any(axis=1)]
    return tuple(_point(told, len(sweep.keys), known, draws, period, teams) for told in sweep.told)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """By lot of entities (place modulo the number of lots): their incidents, how many were told of and are known to be
    right or wrong, how many of these in time, and how many went bad; and how early those in time were."""

    incidents: NDArray[np.int64]
    judged: NDArray[np.int64]
    warned: NDArray[np.int64]
    bad: NDArray[np.int64]
    leads: NDArray[np.int64]

    @classmethod
    def of(cls, told: Told, count: int, known: Known | None, lots: int) -> "_Sums":
        def by_lot(entities: Rows) -> NDArray[np.int64]:
            return np.bincount(entities % lots, minlength=lots)

        incidents = by_lot(told.entity)
        if known is None:
            nothing = np.zeros(lots, np.int64)
            return cls(incidents, nothing, nothing, nothing, nothing[:0])
        judged = ~known.over
        judged[told.under_way] = False
        first = np.full(count, _NEVER)
        np.minimum.at(first, told.entity, told.opened_at)
        bad = judged & (known.outcome == 1)
        warned = bad & (first <= known.outcome_at) & (first != _NEVER)
        said = judged & (known.outcome >= 0) & (first != _NEVER)
        leads = (known.outcome_at - first)[warned]
        judged_by, warned_by, bad_by = (by_lot(np.flatnonzero(mask)) for mask in (said, warned, bad))
        return cls(incidents, judged_by, warned_by, bad_by, leads)


def _point(
    told: Told, count: int, known: Known | None, draws: NDArray[np.int64], period: Period, teams: Teams | None
) -> Point:
    days = max(period.length / DAY, 1.0)
    shares = draws.mean(axis=1)  # of the lots: not all draws are of as many
    sums = _Sums.of(told, count, known, draws.shape[1])
    each_day = np.bincount((told.opened_at - period.begin) // DAY, minlength=1)
    each_team = [len(told.entity)] if teams is None else np.bincount(teams.of[told.entity], minlength=1)
    healed: float | None = None
    if known is not None:
        certain = known.outcome[told.entity] >= 0
        ended_well = told.healed & (known.outcome[told.entity] == 0)
        healed = float(ended_well.sum() / certain.sum()) if certain.any() else None
    return Point(
        incidents=len(told.entity),
        per_day=Estimate(value=len(told.entity) / days, interval=_middle(draws @ sums.incidents / shares / days)),
        busiest_day=int(each_day.max()),
        most=float(max(each_team) / days),
        quiet=1 - len(np.unique(told.entity)) / count if count else None,
        precision=_ratio(sums.warned, sums.judged, draws),
        recall=_ratio(sums.warned, sums.bad, draws),
        lead=int(np.median(sums.leads)) if len(sums.leads) else None,
        healed=healed,
    )


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64], draws: NDArray[np.int64]) -> Estimate:
    if not whole.any():
        return Estimate(value=None)
    parts, wholes = draws @ part, draws @ whole
    defined = wholes > 0
    return Estimate(value=float(part.sum() / whole.sum()), interval=_middle(parts[defined] / wholes[defined]))


def _middle(values: NDArray[np.float64]) -> Interval | None:
    """Between which two 95 % of them lie."""
    if not len(values):
        return None
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return low, high
