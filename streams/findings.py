"""What judging found, as it is told: matched with what was known before, with its evidence, and each firing once."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from streams.firing import Change, Evidence, Firing, Reason, Transition
from streams.instants import Instant
from streams.matching import Matched, match_firings


def rematched(
    before: Mapping[str, Sequence[Firing]], found: Sequence[Transition], now: Instant, gone: Reason
) -> Iterator[tuple[str, Matched]]:
    """The firings of each rule after everything was judged again, against those known `before`."""
    new: dict[str, dict[int, Firing]] = {}
    for transition in found:
        new.setdefault(transition.firing.rule, {})[transition.firing.number] = transition.firing
    evidence = _evidence(found)
    for rule in sorted({*new, *before}):
        matched = match_firings(before.get(rule, []), list(new.get(rule, {}).values()), now, gone=gone)
        told = tuple([_with_evidence(transition, evidence) for transition in matched.transitions])
        yield rule, Matched(matched.firings, told, matched.number)


def _evidence(found: Sequence[Transition]) -> dict[tuple[str, Instant, bool], Evidence | None]:
    """(rule, opened_at, at the opening or not) -> the evidence of the opening, and of the last change."""
    return {
        (transition.firing.rule, transition.firing.opened_at, opening): transition.evidence
        for transition in found
        for opening in ((True, False) if transition.change is Change.OPENED else (False,))
    }


def _with_evidence(transition: Transition, evidence: Mapping[tuple[str, Instant, bool], Evidence | None]) -> Transition:
    firing = transition.firing
    latest = evidence.get((firing.rule, firing.opened_at, False))
    if transition.change is not Change.OPENED:
        return replace(transition, evidence=latest)
    opening = evidence.get((firing.rule, firing.opened_at, True))
    return replace(transition, evidence=opening, ended=None if firing.open else latest)


def merged(transitions: list[Transition]) -> list[Transition]:
    """What opened and ended within one step of knowledge was found late: one transition tells all of it."""
    opened = {
        (transition.firing.rule, transition.firing.number): place
        for place, transition in enumerate(transitions)
        if transition.change is Change.OPENED
    }
    if not opened:
        return transitions
    merged: list[Transition] = []
    latest: dict[tuple[str, int], int] = {}
    for transition in transitions:
        identity = (transition.firing.rule, transition.firing.number)
        if identity not in opened:
            merged.append(transition)
        elif identity not in latest:
            latest[identity] = len(merged)
            merged.append(transition)
        else:
            firing = transition.firing
            first = merged[latest[identity]]
            over = not firing.open
            merged[latest[identity]] = replace(
                first, firing=replace(firing, found_late=over), ended=transition.evidence if over else None
            )
    return merged
