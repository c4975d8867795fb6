"""What was known when: the versions of an owner's facts between two steps of knowledge (semantics.md, section 4).

A fact (an event, a change of a total, a member of a group) becomes known, and may be taken back. As long as everything
that becomes known happens then or later, what was found stays as it is, and one evaluation does for all that time. Only
what comes late, or is taken back, makes another version: the facts known until the next such instant.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulator.columns.column import Instants, Mask, Rows
from simulator.columns.found import OPEN
from streams.instants import FIRST, Instant

NEVER_LATE = FIRST - 1  # `start` of an owner's first version


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Versions:
    """Row n: what was known of `owner[n]` from `start[n]` to `end[n]`, both included. By owner, then by time."""

    owner: Rows
    start: Instants
    end: Instants
    gone: Instants  # when the owner's next version begins; OPEN: it is the last
    several: Mask  # whether the owner has more than this one

    def __len__(self) -> int:
        return len(self.owner)

    def part(self, first: int, end: int) -> "Versions":
        return Versions(
            owner=self.owner[first:end],
            start=self.start[first:end],
            end=self.end[first:end],
            gone=self.gone[first:end],
            several=self.several[first:end],
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Piece:
    """Some versions, and their facts: version `version[n]` (counted in the piece) holds fact `fact[n]`."""

    versions: Versions
    version: Rows  # rising
    fact: Rows  # of a version rising


class Knowledge:
    """The versions of each of `owners`. Fact n is about `owner[n]` at `at[n]`, known from `known_from[n]` on and before
    `known_until[n]` (OPEN: for good)."""

    def __init__(
        self,
        owners: int,
        owner: Rows,
        at: Instants,
        known_from: Instants,
        known_until: Instants,
        until: Instant,
    ) -> None:
        known = (known_from <= until) & (known_until > known_from)
        late, back = known & (known_from > at), known & (known_until <= until)
        self.versions = _versions(
            np.concatenate([np.arange(owners), owner[late], owner[back]]),
            np.concatenate([np.full(owners, NEVER_LATE), known_from[late], known_until[back]]),
            until,
        )
        ranks = np.unique(np.concatenate([self.versions.start, known_from, known_until]))
        scale = len(ranks) + 1  # (owner, instant) as one number
        place = self.versions.owner * scale + np.searchsorted(ranks, self.versions.start)
        self._first = np.searchsorted(place, owner * scale + np.searchsorted(ranks, known_from), side="right") - 1
        self._last = np.searchsorted(place, owner * scale + np.searchsorted(ranks, known_until)) - 1
        self._last[~known] = -1

    def pieces(self, size: int) -> Iterator[Piece]:
        """All versions in turn, as many at a time as hold about so many facts."""
        count = len(self.versions)
        first, last = self._first, self._last
        held = last >= first
        facts = np.bincount(first[held], minlength=count + 1) - np.bincount(last[held] + 1, minlength=count + 1)
        before = np.cumsum(np.cumsum(facts[:count]))
        total = int(before[-1]) if count else 0
        cuts = np.unique(np.concatenate([[0], np.searchsorted(before, np.arange(size, total, size)) + 1, [count]]))
        for start, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            rows = np.flatnonzero(held & (first < end) & (last >= start))
            low, high = np.maximum(first[rows], start), np.minimum(last[rows], end - 1)
            lengths = high - low + 1
            fact = np.repeat(rows, lengths)
            version = np.arange(len(fact)) + np.repeat(low - start - (np.cumsum(lengths) - lengths), lengths)
            order = np.argsort(version, kind="stable")
            yield Piece(versions=self.versions.part(start, end), version=version[order], fact=fact[order])


def _versions(owner: Rows, start: Instants, until: Instant) -> Versions:
    """One from each of these instants on."""
    order = np.lexsort((start, owner))
    owner, start = owner[order], start[order]
    new = np.ones(len(owner), np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (start[1:] != start[:-1])
    owner, start = owner[new], start[new]
    gone = np.full(len(owner), OPEN)
    again = np.flatnonzero(owner[1:] == owner[:-1])
    gone[again] = start[again + 1]
    count = np.bincount(owner, minlength=1)
    return Versions(
        owner=owner, start=start, end=np.where(gone == OPEN, until, gone - 1), gone=gone, several=count[owner] > 1
    )
