"""What was known when: the versions of an owner's facts between two steps of knowledge (semantics.md, section 4).

A fact (an event, a change of a total, a member of a group) becomes known, and may be taken back. As long as everything
that becomes known happens then or later, what was found stays as it is, and one evaluation does for all that time. Only
what comes late, or is taken back, makes another version: the facts known until the next such instant.
"""

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

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def gone(self) -> Instants:
        """When the next version of the same owner begins; OPEN: never."""
        gone = np.full(len(self), OPEN)
        again = np.flatnonzero(self.owner[1:] == self.owner[:-1])
        gone[again] = self.start[again + 1]
        return gone

    @property
    def several(self) -> Mask:
        """Whether their owner has more than one."""
        count = np.bincount(self.owner, minlength=int(self.owner.max(initial=-1)) + 1)
        return count[self.owner] > 1


def versions_of(
    owners: int, owner: Rows, at: Instants, known_from: Instants, known_until: Instants, until: Instant
) -> tuple[Versions, Rows, Rows]:
    """The versions of each of `owners`, and which facts each holds: (version, fact), by version and then by fact.

    Fact n is about `owner[n]` at `at[n]`, known from `known_from[n]` on and before `known_until[n]` (OPEN: for good).
    """
    late = (known_from > at) & (known_from <= until) & (known_until > known_from)
    gone = (known_until <= until) & (known_until > known_from)
    begins = np.unique(
        np.stack(
            [
                np.concatenate([np.arange(owners), owner[late], owner[gone]]),
                np.concatenate([np.full(owners, NEVER_LATE), known_from[late], known_until[gone]]),
            ],
            axis=1,
        ),
        axis=0,
    )
    whose, start = begins[:, 0], begins[:, 1]
    end = np.empty_like(start)
    end[:-1] = np.where(whose[1:] == whose[:-1], start[1:] - 1, until)
    end[-1:] = until
    versions = Versions(owner=whose, start=start, end=end)

    ranks = np.unique(np.concatenate([start, known_from, known_until]))
    scale = len(ranks) + 1
    place = whose * scale + np.searchsorted(ranks, start)
    first = np.searchsorted(place, owner * scale + np.searchsorted(ranks, known_from), side="right") - 1
    last = np.searchsorted(place, owner * scale + np.searchsorted(ranks, known_until), side="left") - 1
    held = np.where((known_from <= until) & (known_until > known_from), last - first + 1, 0)
    fact = np.repeat(np.arange(len(owner)), held)
    version = np.repeat(first, held) + np.arange(len(fact)) - np.repeat(np.cumsum(held) - held, held)
    order = np.argsort(version, kind="stable")
    return versions, version[order], fact[order]
