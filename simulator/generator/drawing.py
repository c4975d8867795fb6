"""Drawing at random: dwell times, shares, and runs of orders that share a fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Mask
from simulator.generator.scenario import Scenario
from streams.instants import Micros

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

FINE: Final = -1  # the fate of what nothing happens to


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """One fate each: the place of a fault in `names`, or FINE. `turn` is its place in a run of several."""

    names: tuple[str, ...]
    fate: NDArray[np.int16]
    turn: NDArray[np.int16]

    @classmethod
    def none(cls, count: int, names: tuple[str, ...]) -> "Fates":
        return cls(names, np.full(count, FINE, np.int16), np.zeros(count, np.int16))

    def are(self, *names: str) -> Mask:
        found: Mask = np.isin(self.fate, [self.names.index(name) for name in names])
        return found

    @property
    def fine(self) -> Mask:
        found: Mask = self.fate == FINE
        return found

    def firsts(self, name: str) -> Places:
        """The first one of each run."""
        return np.flatnonzero(self.are(name) & (self.turn == 0))


def draw_fates(
    count: int, names: Iterable[str], sizes: Mapping[str, int], scenario: Scenario, rng: np.random.Generator
) -> Fates:
    """At most one fault for each of `count`; those of a size above one take so many in a row."""
    known = tuple(names)
    fates = Fates.none(count, known)
    fate, turn = fates.fate, fates.turn
    drawn = np.searchsorted(np.cumsum([scenario.share(name) for name in known]), rng.random(count), "right")
    for place, name in enumerate(known):
        size = sizes.get(name, 1)
        found = np.flatnonzero((drawn == place) & (np.arange(count) + size <= count))
        for first in found if size > 1 else ():
            if (fate[first : first + size] == FINE).all():
                fate[first : first + size], turn[first : first + size] = place, np.arange(size)
        if size == 1:
            fate[found[fate[found] == FINE]] = place
    return fates


def share_first(values: NDArray[Any], fates: Fates, name: str, size: int) -> None:
    """Give each of a run what its first one has."""
    firsts = fates.firsts(name)
    for turn in range(1, size):
        values[firsts + turn] = values[firsts]


def lognormal(rng: np.random.Generator, count: int, median: float, spread: float) -> Floats:
    found: Floats = median * np.exp(spread * rng.standard_normal(count))
    return found


def delay(at: NDArray[np.int64], where: Mask, spans: Floats) -> NDArray[np.int64]:
    """`at`, moved by `spans` where asked for."""
    found: NDArray[np.int64] = at + np.where(where, spans, 0).astype(np.int64)
    return found


def between(rng: np.random.Generator, count: int, low: Micros | float, high: Micros | float) -> Floats:
    found: Floats = low + rng.random(count) * (high - low)
    return found


def weights(count: int, skew: float = 0.6) -> Floats:
    """How popular each of many is: a few much, most a little."""
    found = 1 / np.arange(1, count + 1) ** skew
    share: Floats = found / found.sum()
    return share


def popular(rng: np.random.Generator, cumulative: Floats, count: int) -> Places:
    """So many draws by weights given as their cumulative sum."""
    return np.minimum(np.searchsorted(cumulative, rng.random(count), "right"), len(cumulative) - 1)
