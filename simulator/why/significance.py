"""Is a share higher than chance makes it? Exact tests of many values at once, and their correction.

Counts are given as arrays: of `base` entities `has` have the value; of the `size` in the set `found` have it.
"""

from math import lgamma
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.shares import Z95

Floats = NDArray[np.float64]

_NEGLIGIBLE: Final = 1e-17  # of what has been added up
_log_factorial: Final = np.vectorize(lambda count: lgamma(count + 1.0), otypes=[np.float64])


def higher_by_chance(found: ArrayLike, size: ArrayLike, has: ArrayLike, base: ArrayLike) -> Floats:
    """Fisher's exact test, one-sided: how likely at least `found` would be if the set were drawn by lot.

    R. A. Fisher, "The Design of Experiments" (1935), chapter 2: the upper tail of the hypergeometric distribution.
    Where the share is no higher than in the base the answer is 1, which is never too small.
    """
    k, n, whole_k, whole = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (found, size, has, base)))
    result = np.ones(k.shape)
    over = k * whole > n * whole_k
    if over.any():
        result[over] = _upper_tail(k[over], n[over], whole_k[over], whole[over])
    return result


def _upper_tail(k: Floats, n: Floats, whole_k: Floats, whole: Floats) -> Floats:
    first = _log_choose(whole_k, k) + _log_choose(whole - whole_k, n - k) - _log_choose(whole, n)
    total, term, x = np.ones(k.shape), np.ones(k.shape), k.copy()
    active = np.flatnonzero(x < np.minimum(whole_k, n))
    while active.size:
        at, own_k, own_n = x[active], whole_k[active], n[active]
        ratio = (own_k - at) * (own_n - at) / ((at + 1) * (whole[active] - own_k - own_n + at + 1))
        term[active] *= ratio
        total[active] += term[active]
        x[active] += 1
        going_on = (term[active] > _NEGLIGIBLE * total[active]) & (x[active] < np.minimum(own_k, own_n))
        active = active[going_on]
    return np.asarray(np.minimum(1.0, np.exp(first + np.log(total))))


def _log_choose(whole: Floats, part: Floats) -> Floats:
    return np.asarray(_log_factorial(whole) - _log_factorial(part) - _log_factorial(whole - part))


def corrected(chances: Floats, tests: int | None = None) -> Floats:
    """Chances corrected for looking at many: of what is reported up to q, a share of q at most is there by chance.

    Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1995), 289-300. `tests`:
    how many were made, where those not given have a chance of 1.
    """
    order = np.argsort(chances, kind="stable")
    count = len(chances) if tests is None else tests
    scaled = chances[order] * count / np.arange(1, len(chances) + 1)
    result = np.empty(len(chances))
    result[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return result


def lift_interval(found: ArrayLike, size: ArrayLike, has: ArrayLike, base: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Lift, the share in the set over that in the base, and where it lies with 95 % confidence.

    The interval is that of Katz for the ratio r of the shares in the set and among the others (D. Katz et al.,
    "Obtaining confidence intervals for the risk ratio in cohort studies", Biometrics 34 (1978), 469-474: log r is about
    normal); with f the part of the base that is in the set, lift = r / (f r + 1 - f) rises with r. Where none of the
    others has the value, half a one is taken.
    """
    k, n, whole_k, whole = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (found, size, has, base)))
    others, share = whole - n, n / whole
    theirs = np.maximum(whole_k - k, 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (k / n) / (theirs / others)
        spread = np.exp(Z95 * np.sqrt(np.maximum(1 / k - 1 / n + 1 / theirs - 1 / others, 0)))
        low, high = (end / (share * end + 1 - share) for end in (ratio / spread, ratio * spread))
        lift = (k / n) / (whole_k / whole)
    alone = others == 0
    return lift, np.where(alone, 1.0, np.minimum(low, lift)), np.where(alone, 1.0, np.maximum(high, lift))
