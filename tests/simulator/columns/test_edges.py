"""Searching with guesses against searching by halves."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.columns.edges import Edges
from streams.instants import DAY, FIRST, LAST


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_every_value_has_its_place(seed: int) -> None:
    """Edges near and far from each other, several at one place, and values on them, beside them and outside."""
    dice = Random(seed)
    first = dice.choice([0, -5, FIRST, 17 * DAY])
    edges = [first]
    for _ in range(dice.choice([0, 1, 5, 50])):
        edges.append(edges[-1] + dice.choice([0, 1, dice.randint(0, 9), dice.randint(0, DAY), DAY]))
    at = np.array(edges)
    near = [edge + dice.choice([-1, 0, 1]) for edge in edges]
    inside = [dice.randint(edges[0], edges[-1]) for _ in range(30)]
    for values in ([*near, *inside], [*near, *inside, FIRST, LAST], inside, []):
        told = np.array(values, np.int64)
        assert Edges(edges).last_upto(told).tolist() == (np.searchsorted(at, told, side="right") - 1).tolist()
        assert Edges(edges).last_before(told).tolist() == (np.searchsorted(at, told) - 1).tolist()


@pytest.mark.parametrize("edges", [[], [7]])
def test_few_edges(edges: list[int]) -> None:
    """None, or one."""
    values = np.array([6, 7, 8])
    assert Edges(edges).last_upto(values).tolist() == ([-1, 0, 0] if edges else [-1, -1, -1])
    assert Edges(edges).last_before(values).tolist() == ([-1, -1, 0] if edges else [-1, -1, -1])
