"""Which of the firings found again is which of the incidents known before."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.firing import Change, Firing, Reason, Severity, Stage
from streams.matching import Matched, match_firings

NOW = 100


def a_firing(number: int, opened_at: int, resolved_at: int | None = None, **changes: Any) -> Firing:
    values: dict[str, Any] = {
        "rule": "late",
        "version": "v1",
        "kind": "order",
        "key": "A-1",
        "number": number,
        "opened_at": opened_at,
        "detected_at": opened_at,
        "stages": (Stage(Severity.MAJOR, opened_at),),
        "resolved_at": resolved_at,
        "closed_at": resolved_at,
        "reason": None if resolved_at is None else Reason.CONDITION,
    }
    return Firing(**(values | changes))


def told(matched: Matched) -> list[tuple[Change, int]]:
    return [(transition.change, transition.firing.number) for transition in matched.transitions]


def test_equal_openings_are_the_same_incident() -> None:
    """Before any overlap counts, and nothing is told where nothing has changed."""
    matched = match_firings([a_firing(4, 10, 20)], [a_firing(1, 10, 20)], NOW)
    assert matched.firings == (a_firing(4, 10, 20),)
    assert matched.transitions == ()
    assert matched.number == 4


def test_equal_openings_win_over_an_earlier_overlap() -> None:
    """The old incident takes the firing that begins with it, not the one that begins before and overlaps too."""
    matched = match_firings([a_firing(1, 30, 60)], [a_firing(1, 10, 40), a_firing(2, 30, 60)], NOW)
    assert [(firing.number, firing.opened_at) for firing in matched.firings] == [(2, 10), (1, 30)]


def test_overlaps_are_taken_in_the_order_of_opening() -> None:
    """Each old one takes the first that is free."""
    matched = match_firings([a_firing(1, 10, 50), a_firing(2, 60, 90)], [a_firing(1, 20, 30), a_firing(2, 40, 70)], NOW)
    assert [(firing.number, firing.opened_at) for firing in matched.firings] == [(1, 20), (2, 40)]


def test_touching_is_no_overlap() -> None:
    """One that ends where the other begins was another incident."""
    for old, new in (((10, 20), (20, 30)), ((20, 30), (10, 20))):
        matched = match_firings([a_firing(1, *old)], [a_firing(1, *new)], NOW)
        assert told(matched) == [(Change.WITHDRAWN, 1), (Change.OPENED, 2)]


def test_an_open_one_has_no_end() -> None:
    """It overlaps everything that begins later."""
    matched = match_firings([a_firing(1, 10)], [a_firing(1, 90)], NOW)
    assert told(matched) == [(Change.AMENDED, 1)]
    matched = match_firings([a_firing(1, 50, 60)], [a_firing(1, 20)], NOW)
    assert told(matched) == [(Change.REOPENED, 1)]


def test_a_matched_incident_takes_over_the_times_only() -> None:
    """When it was detected stays, when it was closed is when that was learned."""
    (after,) = match_firings([a_firing(3, 30, detected_at=35)], [a_firing(1, 10, 50)], NOW).firings
    assert (after.number, after.opened_at, after.resolved_at) == (3, 10, 50)
    assert (after.detected_at, after.closed_at, after.found_late) == (35, NOW, False)
    (after,) = match_firings([a_firing(3, 30, 60, closed_at=65)], [a_firing(1, 30, 50)], NOW).firings
    assert (after.resolved_at, after.closed_at) == (50, 65)
    (after,) = match_firings([a_firing(3, 30, 60)], [a_firing(1, 30)], NOW).firings
    assert (after.resolved_at, after.closed_at, after.reason) == (None, None, None)


def test_withdrawn_while_open_ends_now() -> None:
    """With the reason late_data; one that was over keeps its end."""
    (transition,) = match_firings([a_firing(1, 10)], [], NOW).transitions
    firing = transition.firing
    assert (firing.reason, firing.resolved_at, firing.closed_at) == (Reason.LATE_DATA, NOW, NOW)
    (transition,) = match_firings([a_firing(1, 10, 20)], [], NOW).transitions
    assert (transition.firing.reason, transition.firing.resolved_at) == (Reason.LATE_DATA, 20)
    (transition,) = match_firings([a_firing(1, 10)], [], NOW, gone=Reason.RULE_CHANGED).transitions
    assert transition.firing.reason is Reason.RULE_CHANGED


def test_withdrawn_ones_are_never_matched_again() -> None:
    """The firing comes back as a new incident, with a number never used before."""
    for reason in (Reason.LATE_DATA, Reason.RULE_CHANGED):
        matched = match_firings([a_firing(1, 10, 20, reason=reason)], [a_firing(1, 10)], NOW)
        assert told(matched) == [(Change.OPENED, 2)]


def test_a_new_one_that_is_over_is_found_late() -> None:
    """And stays so when it is matched later."""
    (found,) = match_firings([], [a_firing(1, 10, 20)], NOW).firings
    assert (found.found_late, found.detected_at, found.closed_at) == (True, NOW, NOW)
    (again,) = match_firings([found], [a_firing(1, 10)], NOW + 5).firings
    assert again.found_late and again.open
    (opened,) = match_firings([], [a_firing(1, 10)], NOW).firings
    assert (opened.found_late, opened.detected_at, opened.closed_at) == (False, NOW, None)


@st.composite
def firings(draw: Any) -> list[Firing]:
    """Firings of one rule and entity, one after another; the last may be open."""
    cuts = sorted(draw(st.sets(st.integers(0, 12), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    found = [a_firing(number, *pair) for number, pair in enumerate(pairs, start=1)]
    return found if len(cuts) % 2 == 0 else [*found, a_firing(len(found) + 1, cuts[-1])]


@given(firings(), firings())
def test_afterwards_exactly_the_new_firings_stand(old: list[Firing], new: list[Firing]) -> None:
    """All old ones not matched are withdrawn; a second time nothing changes; numbers are unique."""
    matched = match_firings(old, new, NOW)
    assert [(one.opened_at, one.resolved_at, one.stages) for one in matched.firings] == (
        [(one.opened_at, one.resolved_at, one.stages) for one in new]
    )
    numbers = [firing.number for firing in matched.firings]
    withdrawn = [one.firing for one in matched.transitions if one.change is Change.WITHDRAWN]
    assert {*numbers, *(one.number for one in withdrawn)} >= {one.number for one in old}
    assert len(set(numbers)) == len(numbers)
    again = match_firings([*matched.firings, *withdrawn], new, NOW + 1)
    assert (again.firings, again.transitions) == (matched.firings, ())
