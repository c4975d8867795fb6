"""What each setting of a sweep comes to: how much it tells, how often right, how much of it found, how early.

The figures are those of simulator.backtest.judging, per order. How sure they are comes from the Poisson bootstrap: in
each of some replicates every order counts as often as a draw of mean 1 says (J. A. Hanley and B. MacGibbon, "Creating
non-parametric bootstrap samples using Poisson frequencies", Comput. Methods Programs Biomed. 83 (2006), 57-62), all
settings by the same draws, so that they can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.backtest.censoring import Period
from simulator.columns.column import Instants, Mask
from simulator.tuning.sweeping import Sweep, Told
from streams.instants import DAY, Micros

REPLICATES: Final = 200
_BLOCK: Final = 50_000  # entities that are drawn for together
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


def points(sweep: Sweep, known: Known | None, period: Period, *, seed: int = 0) -> tuple[Point, ...]:
    """Of each setting, in their order."""
    marks = [_Marks.of(told, len(sweep.keys), known) for told in sweep.told]
    replicates = _replicates(marks, len(sweep.keys), np.random.default_rng(seed))
    return tuple(
        _point(told, mark, replicates[:, place], period, len(sweep.keys), known)
        for place, (told, mark) in enumerate(zip(sweep.told, marks, strict=True))
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Of each entity: its incidents, whether it was told of and that is known to be right or wrong, told of in time,
    and bad; what these sums make are the figures."""

    sums: NDArray[np.float32]  # entities x 4
    leads: NDArray[np.int64]

    @classmethod
    def of(cls, told: Told, count: int, known: Known | None) -> "_Marks":
        incidents = np.bincount(told.entity, minlength=count)
        sums = np.zeros((count, 4), np.float32)
        sums[:, 0] = incidents
        if known is None:
            return cls(sums, np.zeros(0, np.int64))
        judged = ~known.over
        judged[told.under_way] = False
        first = np.full(count, _NEVER)
        np.minimum.at(first, told.entity, told.opened_at)
        warned = judged & (known.outcome == 1) & (first != _NEVER) & (first <= known.outcome_at)
        sums[:, 1] = judged & (known.outcome >= 0) & (first != _NEVER)
        sums[:, 2] = warned
        sums[:, 3] = judged & (known.outcome == 1)
        return cls(sums, np.sort((known.outcome_at - first)[warned]))


def _replicates(marks: Sequence[_Marks], count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Replicates x settings x 4: the sums under each draw."""
    total = np.zeros((REPLICATES, len(marks), 4))
    for start in range(0, count, _BLOCK):
        stop = min(count, start + _BLOCK)
        weights = random.poisson(1.0, (REPLICATES, stop - start)).astype(np.float32)
        for place, mark in enumerate(marks):
            total[:, place] += weights @ mark.sums[start:stop]
    return total


def _point(
    told: Told,
    marks: _Marks,
    replicates: NDArray[np.float64],
    period: Period,
    count: int,
    known: Known | None,
) -> Point:
    days = max(period.length / DAY, 1.0)
    incidents, judged, warned, bad = marks.sums.sum(axis=0, dtype=np.float64).tolist()
    each_day = np.bincount((told.opened_at - period.begin) // DAY) if len(told.opened_at) else np.zeros(1, np.int64)
    healed: float | None = None
    if known is not None:
        certain = known.outcome[told.entity] >= 0
        ended_well = told.healed & (known.outcome[told.entity] == 0)
        healed = float(ended_well.sum() / certain.sum()) if certain.any() else None
    return Point(
        incidents=int(incidents),
        per_day=Estimate(value=incidents / days, interval=_middle(replicates[:, 0] / days)),
        busiest_day=int(each_day.max()),
        quiet=1 - len(np.unique(told.entity)) / count if count else None,
        precision=_ratio(warned, judged, replicates[:, 2], replicates[:, 1]),
        recall=_ratio(warned, bad, replicates[:, 2], replicates[:, 3]),
        lead=int(np.median(marks.leads)) if len(marks.leads) else None,
        healed=healed,
    )


def _ratio(part: float, whole: float, parts: NDArray[np.float64], wholes: NDArray[np.float64]) -> Estimate:
    if not whole:
        return Estimate(value=None)
    defined = wholes > 0
    return Estimate(value=part / whole, interval=_middle(parts[defined] / wholes[defined]))


def _middle(values: NDArray[np.float64]) -> Interval | None:
    """Between which two 95 % of them lie."""
    if not len(values):
        return None
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return low, high
