"""Which items, and combinations of items, are more frequent in a set than in its base, beyond chance.

A combination counts only where it says more than each of its parts: within the entities of each part it must be more
frequent again, beyond chance (productive rules: G. I. Webb, "Discovering significant patterns", Machine Learning 68
(2007), 1-33). Its chance is the greatest of those tests. All tests, of values and of combinations, are corrected
together; which of them are made depends on the base alone, never on the set, so that the correction holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.why.items import Held, Item
from simulator.why.significance import Floats, corrected, higher_by_chance, lift_interval

Mask = NDArray[np.bool_]
Counts = NDArray[np.float64]
Places = NDArray[np.int64]

FALSE_DISCOVERIES: Final = 0.05  # of what is reported, at most this share is there by chance
LEAST_GAIN: Final = 1.1  # a lift that is not higher than this tells nothing, nor one so little above that of its parts
MOST_COMBINED: Final = 400  # items: the most frequent ones
_MOST_EXTENDED: Final = 200  # pairs that a third item is added to: those least by chance
_CHUNK: Final = 16_384  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`found` of the set have all the items, and `has` of the base. `chance` is corrected for looking at many.

    `shared`: the part of the `found` that the first finding holds for too: near 1 it is about the same entities.
    """

    items: tuple[Item, ...]
    found: int
    has: int
    lift: float
    low: float
    high: float
    chance: float
    shared: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """`tests`: how many values and combinations were looked at. `left_out`: items too rare to be combined."""

    base: int
    size: int
    tests: int
    left_out: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Tested:
    """Combinations of `places`, one a row, with their counts and chances, not corrected yet."""

    places: Places
    found: Counts
    has: Counts
    chances: Floats


def search(held: Sequence[Held], member: Mask, *, depth: int, least: int) -> Search:
    """`held` by at least `least` rows each; `member` says which rows are the set."""
    looking = _Looking(held, member, least)
    tested = [looking.singles()]
    if depth > 1:
        tested.append(looking.pairs())
    if depth > 2:
        tested.append(looking.triples(tested[1]))
    findings = looking.findings(tested)
    return Search(
        base=len(member),
        size=int(member.sum()),
        tests=sum(len(one.chances) for one in tested),
        left_out=max(0, len(held) - MOST_COMBINED) if depth > 1 else 0,
        findings=tuple(findings),
    )


class _Looking:
    def __init__(self, held: Sequence[Held], member: Mask, least: int) -> None:
        self._held = sorted(held, key=lambda one: -len(one.rows))
        self._member = member
        self._base, self._size, self._least = len(member), int(member.sum()), least
        self._has = np.array([len(one.rows) for one in self._held], np.float64)
        self._found = np.array([member[one.rows].sum() for one in self._held], np.float64)
        self._combined = min(len(self._held), MOST_COMBINED)

    def singles(self) -> _Tested:
        chances = higher_by_chance(self._found, self._size, self._has, self._base)
        chances[self._lift(self._found, self._has) < LEAST_GAIN] = 1.0
        return _Tested(np.arange(len(self._held))[:, None], self._found, self._has, chances)

    def pairs(self) -> _Tested:
        self._has_pair, self._found_pair = self._together(None)
        one, other = np.triu_indices(self._combined, 1)
        often = self._has_pair[one, other] >= self._least
        places = np.stack([one[often], other[often]], axis=1)
        has, found = self._has_pair[places[:, 0], places[:, 1]], self._found_pair[places[:, 0], places[:, 1]]
        parts = [(self._found[places[:, side]], self._has[places[:, side]]) for side in (0, 1)]
        return _Tested(places, found, has, self._productive(found, has, parts))

    def triples(self, pairs: _Tested) -> _Tested:
        """The pairs that are least by chance, each with every item that makes another triple of it."""
        best = np.argsort(pairs.chances, kind="stable")[:_MOST_EXTENDED]
        extended = pairs.places[best[pairs.chances[best] < 1]]
        has_triple, found_triple = self._together(extended)
        rows: dict[tuple[int, ...], tuple[int, int]] = {}
        for row, pair in enumerate(extended.tolist()):
            for item in np.flatnonzero(has_triple[row] >= self._least).tolist():
                if item not in pair:
                    rows.setdefault(tuple(sorted((*pair, item))), (row, item))
        places = np.array(list(rows), np.int64).reshape(-1, 3)
        where = np.array(list(rows.values()), np.int64).reshape(-1, 2)
        has, found = has_triple[where[:, 0], where[:, 1]], found_triple[where[:, 0], where[:, 1]]
        parts = []
        for one, other in combinations(range(3), 2):
            inner = places[:, one], places[:, other]
            parts.append((self._found_pair[inner], self._has_pair[inner]))
        return _Tested(places, found, has, self._productive(found, has, parts))

    def _productive(self, found: Counts, has: Counts, parts: Sequence[tuple[Counts, Counts]]) -> Floats:
        """How likely by chance the combinations say more than the base and each of their `parts` (found, has)."""
        best = np.maximum.reduce([self._lift(*part) for part in parts])
        gains = self._lift(found, has) >= LEAST_GAIN * np.maximum(best, 1.0)
        chances = np.ones(len(found))
        of_base = higher_by_chance(found[gains], self._size, has[gains], self._base)
        within = [higher_by_chance(found[gains], part[gains], has[gains], whole[gains]) for part, whole in parts]
        chances[gains] = np.maximum.reduce([of_base, *within])
        return chances

    def _lift(self, found: Counts, has: Counts) -> Counts:
        if not self._size:
            return np.zeros(len(found))
        return np.asarray(found * self._base / (np.maximum(has, 1) * self._size))

    def _together(self, pairs: Places | None) -> tuple[Counts, Counts]:
        """How many rows have each two items (or each of `pairs` and an item) together: of the base, and of the set."""
        shape = (self._combined if pairs is None else len(pairs), self._combined)
        has, found = np.zeros(shape), np.zeros(shape)
        for start, chunk in self._chunks():
            left = chunk if pairs is None else chunk[:, pairs[:, 0]] * chunk[:, pairs[:, 1]]
            ours = self._member[start : start + len(chunk)]
            has += left.T @ chunk
            found += left[ours].T @ chunk[ours]
        return has, found

    def _chunks(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Which rows have which items, as ones and zeros, some rows at a time."""
        held = [one.rows for one in self._held[: self._combined]]
        for start in range(0, self._base, _CHUNK):
            chunk = np.zeros((min(_CHUNK, self._base - start), self._combined), np.float32)
            for place, rows in enumerate(held):
                first, last = np.searchsorted(rows, (start, start + _CHUNK))
                chunk[rows[first:last] - start, place] = 1
            yield start, chunk

    def findings(self, tested: Sequence[_Tested]) -> Iterator[Finding]:
        """What stands after the correction: single items, then combinations, of each the surest lift first."""
        chances = corrected(np.concatenate([one.chances for one in tested]))
        places = [tuple(row) for one in tested for row in one.places.tolist()]
        found = np.concatenate([one.found for one in tested])
        has = np.concatenate([one.has for one in tested])
        stands = np.flatnonzero((chances <= FALSE_DISCOVERIES) & (found >= self._least))
        lift, low, high = lift_interval(found[stands], self._size, has[stands], self._base)
        first: Places | None = None
        together = np.array([len(places[row]) > 1 for row in stands], np.bool_)
        for at in np.lexsort((-lift, -low, together)).tolist():
            row = stands[at]
            own = self._rows_of(places[row])
            first = own if first is None else first
            yield Finding(
                items=tuple(self._held[place].item for place in places[row]),
                found=int(found[row]),
                has=int(has[row]),
                lift=float(lift[at]),
                low=float(low[at]),
                high=float(high[at]),
                chance=float(chances[row]),
                shared=len(np.intersect1d(own, first, assume_unique=True)) / max(1, len(own)),
            )

    def _rows_of(self, places: tuple[int, ...]) -> Places:
        """The rows of the set that have all these items."""
        rows = self._held[places[0]].rows
        for place in places[1:]:
            rows = np.intersect1d(rows, self._held[place].rows, assume_unique=True)
        return rows[self._member[rows]]
