"""Searching many values in a rising row of others: guessed from the distances, then put right."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Rows

_FINENESS: Final = 4  # buckets for each edge
_STEPS: Final = 4  # with more edges in a bucket than that, halving is quicker
_NO_EDGE: Final = np.iinfo(np.int64).max


class Edges:
    """`at` rises; what is searched lies mostly between the first and the last.

    The line is cut into buckets, each with the place that its first value has; from there it is only few steps on.
    """

    def __init__(self, edges: Sequence[int]) -> None:
        self.at: NDArray[np.int64] = np.array(edges, np.int64)
        spread = int(self.at[-1] - self.at[0]) if len(self.at) else 0
        self._shift = max(0, (spread // max(1, _FINENESS * len(self.at))).bit_length() - 1)
        self._next = np.append(self.at, _NO_EDGE)
        first = int(self.at[0]) if len(self.at) else 0
        starts = first + (np.arange((spread >> self._shift) + 2) << self._shift)
        upto, before = (np.searchsorted(self.at, starts, side=side) for side in ("right", "left"))
        self._upto, self._before = upto[:-1] - 1, before[:-1] - 1
        self._steps = int(np.max(before[1:] - before[:-1], initial=0))

    def last_upto(self, values: NDArray[np.int64]) -> Rows:
        """For each value the place of the last edge that is not greater; -1: all are."""
        if not self._quick(values):
            return np.searchsorted(self.at, values, side="right") - 1
        place: Rows = self._upto[(values - self.at[0]) >> self._shift]
        for _ in range(self._steps):
            place += self._next[place + 1] <= values
        return place

    def last_before(self, values: NDArray[np.int64]) -> Rows:
        """For each value the place of the last edge that is less; -1: none is."""
        if not self._quick(values):
            return np.searchsorted(self.at, values) - 1
        place: Rows = self._before[(values - self.at[0]) >> self._shift]
        for _ in range(self._steps):
            place += self._next[place + 1] < values
        return place

    def _quick(self, values: NDArray[np.int64]) -> bool:
        """Whether there are few steps, and no value lies outside."""
        if not len(values) or not len(self.at) or self._steps > _STEPS:
            return False
        return bool(self.at[0] <= values.min() and values.max() <= self.at[-1])
