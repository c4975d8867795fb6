"""Old incidents and the firings found when an entity is folded again: which is which (semantics.md, section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from streams.firing import Change, Firing, Reason, Transition
from streams.instants import Instant

Span = tuple[Instant, Instant | None]  # from opening to resolution; None: open


@dataclass(frozen=True, slots=True)
class Matched:
    """The firings of one rule and entity after matching, with their lasting numbers, and what changed."""

    firings: tuple[Firing, ...]
    transitions: tuple[Transition, ...]
    number: int  # the highest number given so far


def match_firings(
    old: Sequence[Firing], new: Sequence[Firing], now: Instant, *, gone: Reason = Reason.LATE_DATA
) -> Matched:
    """Give `new` firings (in order of opened_at) the identities of the `old` ones that they continue.

    First by equal opened_at; then, in order of opened_at, an old one takes the first new firing that overlaps it (an
    open one has no end here). Withdrawn ones are never matched again. An old one without a match is withdrawn with
    the reason `gone`; a new one without a match opens, and is `found_late` if it is already over.
    """
    living = sorted((firing for firing in old if not _withdrawn(firing)), key=lambda firing: firing.opened_at)
    partner = pair_spans([_span(firing) for firing in living], [_span(firing) for firing in new])
    going_on = set(partner.values())
    number = max((firing.number for firing in old), default=0)
    transitions = [_withdraw(firing, now, gone) for place, firing in enumerate(living) if place not in going_on]
    firings: list[Firing] = []
    for place, found in enumerate(new):
        if place not in partner:
            number += 1
            after = _opened(found, number, now)
            transitions.append(Transition(change=Change.OPENED, at=after.opened_at, firing=after))
        else:
            before = living[partner[place]]
            after = _continued(before, found, now)
            if after != before:
                transitions.append(Transition(change=_change(before, after), at=now, firing=after))
        firings.append(after)
    return Matched(tuple(firings), tuple(transitions), number)


def pair_spans(old: Sequence[Span], new: Sequence[Span]) -> dict[int, int]:
    """Place in `new` -> place in `old` that it continues; both in order of their beginnings."""
    partner: dict[int, int] = {}
    places = {opened_at: place for place, (opened_at, _) in enumerate(new)}
    unmatched: list[int] = []
    for before, (opened_at, _) in enumerate(old):
        place = places.get(opened_at)
        if place is None or place in partner:
            unmatched.append(before)
        else:
            partner[place] = before
    for before in unmatched:
        place = next((i for i, span in enumerate(new) if i not in partner and _overlap(old[before], span)), None)
        if place is not None:
            partner[place] = before
    return partner


def _span(firing: Firing) -> Span:
    return firing.opened_at, firing.resolved_at


def _withdrawn(firing: Firing) -> bool:
    return firing.reason in (Reason.LATE_DATA, Reason.RULE_CHANGED)


def _overlap(old: Span, new: Span) -> bool:
    (old_start, old_end), (new_start, new_end) = old, new
    return (new_end is None or old_start < new_end) and (old_end is None or new_start < old_end)


def _withdraw(firing: Firing, now: Instant, reason: Reason) -> Transition:
    after = replace(firing, reason=reason)
    if firing.open:
        after = replace(after, resolved_at=now, closed_at=now)
    return Transition(change=Change.WITHDRAWN, at=now, firing=after)


def _opened(found: Firing, number: int, now: Instant) -> Firing:
    over = not found.open
    return replace(found, number=number, detected_at=now, closed_at=now if over else None, found_late=over)


def _continued(before: Firing, found: Firing, now: Instant) -> Firing:
    closed_at = None if found.open else before.closed_at if not before.open else now
    return replace(
        found,
        number=before.number,
        detected_at=before.detected_at,
        closed_at=closed_at,
        found_late=before.found_late,
    )


def _change(before: Firing, after: Firing) -> Change:
    if before.open and not after.open:
        return Change.RESOLVED
    if after.open and not before.open:
        return Change.REOPENED
    return Change.AMENDED
