"""Groups: so many members within a window (semantics.md, section 3, count)."""

from collections.abc import Sequence

from streams.firing import Member, Transition
from streams.groups import Counting, Group, judge_group, since
from streams.instants import HOUR, Instant

NAMES = {"opened": "+", "resolved": "-"}


def counting(at_least: int = 2, within: float = 2, keep_open: float | None = None) -> Counting:
    return Counting(
        rule="r",
        version="v",
        kind="order",
        severity=2,
        at_least=at_least,
        within=int(within * HOUR),
        keep_open=None if keep_open is None else int(keep_open * HOUR),
    )


def members(*hours: float, distinct: str | None = None) -> list[Member]:
    return [Member("r", "v", "S", int(at * HOUR), "order", "A", distinct) for at in hours]


def told(transitions: Sequence[Transition]) -> list[str]:
    """Such as "+2 -4.5": opened at 2, resolved at 4.5."""
    return [f"{NAMES[one.change.value]}{one.at / HOUR:g}" for one in transitions]


def judged(rule: Counting, found: Sequence[Member], upto: float = 100) -> list[str]:
    return told(judge_group(Group("r", "S", "v", "order"), rule, found, int(upto * HOUR), None))


def test_the_window_is_open_at_its_beginning():
    """A member counts from its instant until just before `within` later."""
    assert judged(counting(), members(1, 2)) == ["+2", "-3"]
    assert judged(counting(), members(1, 3)) == []
    assert judged(counting(), members(1, 2.9)) == ["+2.9", "-3"]


def test_each_member_keeps_it_open():
    """The firing lasts while the window holds enough, whichever members these are."""
    assert judged(counting(), members(1, 2, 2.5, 4)) == ["+2", "-4.5"]
    assert judged(counting(at_least=3), members(1, 1, 1)) == ["+1", "-3"]


def test_distinct_values_count_once():
    """Two of the same do not make two."""
    assert judged(counting(), members(1, 2, distinct="x")) == []
    mixed = sorted([*members(1, 2, distinct="x"), *members(2.5, distinct="y")], key=lambda member: member.at)
    assert judged(counting(), mixed) == ["+2.5", "-4"]


def test_keep_open_for_joins_what_is_closer():
    """A break shorter than that is none; exactly as long, it ends there and a new one opens."""
    assert judged(counting(keep_open=1), members(1, 2, 3.5)) == ["+2", "-5"]
    assert judged(counting(keep_open=1), members(1, 2, 3.9, 3.95)) == ["+2", "-6.9"]
    assert judged(counting(keep_open=1), members(1, 2, 4, 4)) == ["+2", "-4", "+4", "-7"]


def test_step_by_step_is_as_at_once():
    """Judged at each member and each due time, with the members of the window alone, it comes to the same."""
    rule, found = counting(keep_open=0.5), members(1, 2, 2.2, 4.4, 4.5, 9)
    group = Group("r", "S", "v", "order")
    out: list[Transition] = []

    def judge(upto: Instant) -> None:
        known = [one for one in found if since(group, rule) < one.at <= upto]
        out.extend(judge_group(group, rule, known, upto, None))

    for member in found:
        while group.due_at is not None and group.due_at < member.at:
            judge(group.due_at)
        judge(member.at)
    while group.due_at is not None:
        judge(group.due_at)
    assert told(out) == judged(rule, found)


def test_it_says_who_was_counted():
    """An opening carries the members in its window, an end those that were left."""
    opened, ended = judge_group(Group("r", "S", "v", "order"), counting(), members(1, 2), 100 * HOUR, None)
    assert opened.evidence is not None and ended.evidence is not None
    assert [member.at / HOUR for member in opened.evidence.members] == [1, 2]
    assert [member.at / HOUR for member in ended.evidence.members] == [2]
