"""The live sequence of firings, from what was known of an owner from one time to the next (semantics.md, section 4)."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from streams.firing import Change, Firing
from streams.instants import Instant
from streams.matching import match_firings


def live_sequence(versions: Iterable[tuple[Instant, Sequence[Firing]]]) -> list[Firing]:
    """What the service holds in the end of one rule and owner.

    `versions`: from when on each was known, and its firings up to when the next one was, by opened_at.
    """
    withdrawn: list[Firing] = []
    current: list[Firing] = []
    number = 0
    for start, found in versions:
        begun = [firing for firing in found if firing.opened_at <= start]
        matched = match_firings(current, [_cut(firing, start) for firing in begun], start)
        withdrawn += [one.firing for one in matched.transitions if one.change is Change.WITHDRAWN]
        current = [_lived(before, after) for before, after in zip(matched.firings, begun, strict=True)]
        number = max(number, matched.number)
        for firing in found[len(begun) :]:
            number += 1
            current.append(replace(firing, number=number, detected_at=firing.opened_at, closed_at=firing.resolved_at))
    return withdrawn + current


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
