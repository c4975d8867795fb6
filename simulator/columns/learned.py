"""The live sequence of firings, from what was known of an owner from one time to the next (semantics.md, section 4)."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from simulator.columns.column import Mask, Rows
from simulator.columns.found import Firings
from simulator.columns.knowledge import Versions
from streams.firing import Change, Firing
from streams.instants import Instant
from streams.matching import match_firings


class LiveSequence:
    """What the service holds of one rule and owner, version by version."""

    def __init__(self) -> None:
        self._withdrawn: list[Firing] = []
        self._current: list[Firing] = []
        self._number = 0

    @property
    def firings(self) -> list[Firing]:
        return self._withdrawn + self._current

    def learn(self, start: Instant, same: int, found: Sequence[Firing]) -> None:
        """From `start` on all but the first `same` firings are `found`, up to when the next version was known."""
        before, begun = self._current[same:], [firing for firing in found if firing.opened_at <= start]
        matched = match_firings(before, [_cut(firing, start) for firing in begun], start)
        self._withdrawn += [one.firing for one in matched.transitions if one.change is Change.WITHDRAWN]
        del self._current[same:]
        self._current += [_lived(known, after) for known, after in zip(matched.firings, begun, strict=True)]
        self._number = max(self._number, matched.number)
        for firing in found[len(begun) :]:
            self._number += 1
            later = replace(firing, number=self._number, detected_at=firing.opened_at, closed_at=firing.resolved_at)
            self._current.append(later)


def changes(firings: Firings, versions: Versions) -> Iterator[tuple[int, int, range]]:
    """The versions that are not as the one of the same owner before them: (version, so many first firings are the same,
    the rows of the others). Of owners that have several; firings by version, then by time."""
    count = np.bincount(firings.owner, minlength=len(versions))
    begin = np.cumsum(count) - count
    follows = np.zeros(len(versions), np.bool_)
    follows[1:] = versions.owner[1:] == versions.owner[:-1]
    before = np.where(follows, np.roll(count, 1), 0)
    differing = np.flatnonzero(~_as_before(firings, begin, before))
    place = np.searchsorted(differing, begin)
    first = np.append(differing, len(firings))[place]
    same = np.minimum(first - begin, count)
    changed = versions.several & (~follows | (same < count) | (same < before))
    for version in np.flatnonzero(changed).tolist():
        start = int(begin[version])
        yield version, int(same[version]), range(start + int(same[version]), start + int(count[version]))


def _as_before(firings: Firings, begin: Rows, before: Rows) -> Mask:
    """Whether each firing is as the one of the same place in the version before."""
    place = np.arange(len(firings)) - begin[firings.owner]
    exists = place < before[firings.owner]
    other = np.where(exists, begin[firings.owner] - before[firings.owner] + place, 0)
    same = exists & (firings.opened_at == firings.opened_at[other])
    same &= (firings.resolved_at == firings.resolved_at[other]) & (firings.reason == firings.reason[other])
    if firings.pulses is not None:
        same &= firings.pulses == firings.pulses[other]
    lengths = np.diff(firings.stage_starts)
    same &= lengths == lengths[other]
    rows = np.flatnonzero(same)
    one, two = firings.take(rows), firings.take(other[rows])
    alike = (one.stage_at == two.stage_at) & (one.stage_severity == two.stage_severity)
    if len(rows):
        same[rows] = np.logical_and.reduceat(alike, one.stage_starts[:-1])
    found: Mask = same
    return found


def _cut(firing: Firing, now: Instant) -> Firing:
    """As it was at an instant."""
    if firing.resolved_at is not None and firing.resolved_at <= now:
        return firing
    return replace(firing, resolved_at=None, closed_at=None, reason=None)


def _lived(known: Firing, found: Firing) -> Firing:
    """What was known when a version began, and has gone on since."""
    return replace(
        found,
        number=known.number,
        detected_at=known.detected_at,
        closed_at=known.closed_at if known.resolved_at is not None else found.resolved_at,
        found_late=known.found_late,
    )
