"""Groups in columns against the groups of the engine."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.columns.counting import group_firings
from streams.firing import Change, Firing, Member
from streams.groups import Counting, Group, judge_group


def engine(counting: Counting, members: list[tuple[int, str | None]], until: int) -> list[Firing]:
    """The firings of one group as the engine has them in the end."""
    found: dict[int, Firing] = {}
    group = Group(rule="r", key="g", version="v", kind="order")
    told = [
        Member(rule="r", version="v", group="g", at=at, kind="order", key="k", distinct=distinct)
        for at, distinct in sorted(members, key=lambda one: one[0])
    ]
    for transition in judge_group(group, counting, told, until, None):
        assert transition.change in (Change.OPENED, Change.RESOLVED)
        found[transition.firing.number] = transition.firing
    return list(found.values())


def compare(seed: int) -> int:
    dice = Random(seed)
    counting = Counting(
        rule="r",
        version="v",
        kind="order",
        severity=dice.randint(0, 3),
        at_least=dice.choice([1, 2, 2, 3, 4, 7]),
        within=dice.choice([1, 3, 7, 20]),
        keep_open=dice.choice([None, None, 0, 1, 2, 5, 30]),
    )
    texts = dice.choice([None, "ab", "abc"])
    groups = dice.randint(1, 5)
    length = dice.choice([10, 40, 150])
    members = [
        (dice.randrange(groups), dice.randint(-length, length), None if texts is None else dice.choice(texts))
        for _ in range(dice.choice([0, 3, 5, 20, 60]))
    ]
    scale = dice.choice([1, 2**54])
    until = [dice.randint(-length, length + 30) for _ in range(groups)]
    expected = [
        (group, firing.opened_at, firing.resolved_at, firing.reason, firing.stages)
        for group in range(groups)
        for firing in engine(counting, [one[1:] for one in members if one[0] == group], until[group])
    ]
    found = group_firings(
        counting,
        np.array([group for group, _, _ in members], np.int64),
        np.array([at for _, at, _ in members], np.int64),
        None if texts is None else scale * np.array([ord(distinct or "") for _, _, distinct in members], np.int64),
        np.array(until, np.int64),
    )
    keys = [str(group) for group in range(groups)]
    firings = list(found.one_by_one("r", "v", "order", keys))
    assert [(int(one.key), one.opened_at, one.resolved_at, one.reason, one.stages) for one in firings] == expected
    return len(expected)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_groups_fire_as_in_the_engine(seed: int) -> None:
    """Windows, distinct members, keep_open_for and the end, of several groups at once."""
    compare(seed)


@pytest.mark.soak
def test_groups_fire_as_in_the_engine_for_long() -> None:
    """Many of them."""
    assert sum(compare(seed) for seed in range(20_000)) > 15_000
