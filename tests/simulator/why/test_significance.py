"""Exact tests, their correction and intervals, against known figures."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.why.significance import corrected, higher_by_chance, lift_interval


def test_the_lady_tasting_tea() -> None:
    """Fisher's own example: all four cups right is one of seventy ways, three or four are seventeen."""
    chances = higher_by_chance([4, 3, 2], 4, 4, 8)
    assert chances == pytest.approx([1 / 70, 17 / 70, 1])


@given(st.integers(1, 60), st.data())
def test_it_is_the_tail_of_the_hypergeometric_distribution(base, data):
    """Equal to the sum in whole fractions, wherever the share is higher than in the base."""
    has, size = data.draw(st.integers(0, base)), data.draw(st.integers(1, base))
    found = data.draw(st.integers(max(0, has + size - base), min(has, size)))
    ways = sum(comb(has, x) * comb(base - has, size - x) for x in range(found, min(has, size) + 1))
    expected = Fraction(ways, comb(base, size)) if found * base > size * has else 1
    assert higher_by_chance([found], size, [has], base)[0] == pytest.approx(float(expected), rel=1e-9)


def test_large_counts_stay_exact_enough() -> None:
    """A million orders: the chance is tiny, and no sum runs over."""
    (chance,) = higher_by_chance([600], 10_000, [30_000], 1_000_000)
    assert 0 < chance < 1e-40
    (likely,) = higher_by_chance([301], 10_000, [30_000], 1_000_000)
    assert likely == pytest.approx(0.485, abs=0.02)


def test_benjamini_and_hochberg_s_own_example() -> None:
    """The fifteen chances of their paper, table 1: four of them stand at 5 %."""
    low = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    chances = np.array([*low, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    assert (corrected(chances) <= 0.05).sum() == 4
    assert corrected(chances[:3], tests=15) == pytest.approx([0.0015, 0.003, 0.0095])


def test_lift_and_its_interval_by_hand() -> None:
    """30 of 100 in the set, 100 of 1,000 in the base: 3 times; the ratio to the others is 3.857 (2.652 to 5.610)."""
    lift, low, high = lift_interval([30], 100, [100], 1000)
    assert lift[0] == pytest.approx(3)
    assert (low[0], high[0]) == pytest.approx((2.652 / (0.1 * 2.652 + 0.9), 5.610 / (0.1 * 5.610 + 0.9)), abs=2e-3)


def test_intervals_at_the_edges() -> None:
    """None of the others has it; the whole base is the set."""
    lift, low, high = lift_interval([10], 10, [10], 100)
    assert lift[0] == pytest.approx(10) and 1 < low[0] < high[0] <= 10 + 1e-9
    assert [float(end[0]) for end in lift_interval([3], 10, [3], 10)] == [1, 1, 1]
