"""Kaplan-Meier against published figures, and against plain counting where nothing is cut off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.lead_learning.survival import Curve, kaplan_meier

# Weeks of remission of 42 children with leukaemia. E. J. Freireich et al., "The effect of 6-mercaptopurine on the
# duration of steroid-induced remissions in acute leukemia", Blood 21 (1963) 699-716; the estimates are those of
# D. R. Cox, D. Oakes, "Analysis of Survival Data" (1984), and of every text book since.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
TREATED_STILL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def curve(ended: list[int], still: list[int]) -> Curve:
    return kaplan_meier(
        np.array(ended + still, np.int64), np.array([True] * len(ended) + [False] * len(still), np.bool_)
    )


def test_the_published_curve_and_its_standard_errors():
    """The remissions under 6-mercaptopurine: the survival and Greenwood's standard errors as published."""
    found = curve(TREATED, TREATED_STILL)
    assert found.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.survival.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert found.errors.round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]


def test_the_published_medians_and_their_intervals():
    """23 weeks (13 to open) and 8 weeks (4 to 11), on the log(-log) scale as statistics programs print them."""
    treated, placebo = curve(TREATED, TREATED_STILL), curve(PLACEBO, [])
    assert (treated.quantile(0.5), treated.interval(0.5)) == (23, (13, None))
    assert (placebo.quantile(0.5), placebo.interval(0.5)) == (8, (4, 11))


def test_what_the_curve_does_not_reach_is_not_said():
    """So many are still in remission that nobody can say how long 60 % take."""
    found = curve(TREATED, TREATED_STILL)
    assert found.quantile(0.55) == 23
    assert found.quantile(0.6) is None
    assert curve([], [3, 4]).quantile(0.5) is None
    assert curve([], []).quantile(0.5) is None


def test_cut_off_at_the_moment_of_an_end_counts_as_still_there_then():
    """Of equal times the end comes first: two ends among three that were there."""
    found = curve([5], [5, 5])
    assert found.survival.tolist() == [pytest.approx(2 / 3)]
    assert found.done_within(5) == pytest.approx(1 / 3)
    assert found.done_within(4) == 0


spans = st.lists(st.integers(0, 40), min_size=1, max_size=60)
shares = st.sampled_from([0.1, 0.25, 0.5, 0.8, 0.9, 0.95, 0.99])


@given(spans, shares)
def test_without_cut_off_ones_it_is_the_plain_quantile(ended: list[int], share: float):
    """The shortest time within which at least the share is done."""
    found = curve(ended, [])
    by_counting = next(time for time in sorted(ended) if sum(one <= time for one in ended) >= share * len(ended) - 1e-9)
    assert found.quantile(share) == by_counting
    assert found.done_within(by_counting) == pytest.approx(sum(one <= by_counting for one in ended) / len(ended))


@given(spans, st.lists(st.integers(0, 40), max_size=30))
def test_quantiles_rise_and_lie_in_their_intervals(ended: list[int], still: list[int]):
    """Whatever is cut off; and what is cut off never makes a quantile shorter than counting those that ended."""
    found = curve(ended, still)
    last = 0
    for share in (0.1, 0.5, 0.8, 0.95):
        span = found.quantile(share)
        if span is None:
            return
        low, high = found.interval(share)
        assert last <= span and (low is None or low <= span) and (high is None or span <= high)
        assert span >= (curve(ended, []).quantile(share) or 0)
        last = span
