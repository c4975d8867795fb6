"""Kaplan-Meier: how long something takes where some have not come to their end yet.

E. L. Kaplan, P. Meier, "Nonparametric Estimation from Incomplete Observations", JASA 53 (1958) 457-481. The variance is
Greenwood's (1926); intervals of quantiles are those of R. Brookmeyer, J. Crowley, Biometrics 38 (1982) 29-41, on the
log(-log S) scale of J. D. Kalbfleisch and R. L. Prentice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.shares import Z95
from streams.instants import Micros

_ROUNDING: Final = 1e-9  # a product of a million shares is exact to about so much


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curve:
    """`survival[n]`: the share that takes longer than `times[n]`; `greenwood` is the sum in Greenwood's formula."""

    times: NDArray[np.int64]  # rising; microseconds
    survival: NDArray[np.float64]
    greenwood: NDArray[np.float64]

    def quantile(self, share: float) -> Micros | None:
        """The shortest time within which at least this share is done; None: the curve does not come so far."""
        return self._first(self.survival <= 1 - share + _ROUNDING)

    def interval(self, share: float, z: float = Z95) -> tuple[Micros | None, Micros | None]:
        """The interval of a quantile: all times at which `share` done is within z standard errors. None: open."""
        low, high = self._band(z)
        return (
            self._first(low <= 1 - share + _ROUNDING),
            self._first(high < 1 - share - _ROUNDING),
        )

    def done_within(self, time: Micros) -> float:
        """The share that takes at most so long."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return 0.0 if place == 0 else float(1 - self.survival[place - 1])

    @property
    def errors(self) -> NDArray[np.float64]:
        """Greenwood's standard errors of `survival`."""
        return np.where(self.survival > 0, self.survival * np.sqrt(self.greenwood), 0.0)

    def band(self, time: Micros, z: float = Z95) -> tuple[float, float]:
        """The interval of `done_within`."""
        place = int(np.searchsorted(self.times, time, side="right"))
        if place == 0:
            return 0.0, 0.0
        low, high = self._band(z)
        return float(1 - high[place - 1]), float(1 - low[place - 1])

    def _band(self, z: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the survival, on the log(-log) scale; at 1 and at 0 there is none."""
        low, high = self.survival.copy(), self.survival.copy()
        inside = (self.survival > 0) & (self.survival < 1)
        logs = np.log(self.survival[inside])
        spread = z * np.sqrt(self.greenwood[inside]) / -logs
        low[inside], high[inside] = np.exp(logs * np.exp(spread)), np.exp(logs * np.exp(-spread))
        return low, high

    def _first(self, reached: NDArray[np.bool_]) -> Micros | None:
        return int(self.times[np.argmax(reached)]) if reached.any() else None


def kaplan_meier(spans: NDArray[np.int64], ended: NDArray[np.bool_]) -> Curve:
    """The curve of spans of which those not `ended` lasted at least so long. Of equal ones the ended come first."""
    times, counts = np.unique(spans[ended], return_counts=True)
    at_risk = len(spans) - np.searchsorted(np.sort(spans), times, side="left")
    survival = np.cumprod(1 - counts / at_risk, dtype=np.float64)
    left = at_risk - counts
    terms = np.divide(counts, at_risk * left.astype(float), out=np.zeros(len(times)), where=left > 0)
    return Curve(times=times, survival=survival, greenwood=np.cumsum(terms))
