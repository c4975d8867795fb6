"""Which settings of a sweep are worth a look: those that no other beats, and those that fit a wish."""

from collections.abc import Sequence
from typing import Final

from simulator.tuning.curves import Point

QUANTILES: Final = (0.5, 0.8, 0.9, 0.95, 0.99)


def pareto(points: Sequence[Point]) -> list[int]:
    """The places of those that no other beats: that tells no more, finds no less, and is no later, and better in one.

    In order of how much they tell. Without an outcome every setting tells more or less than the others, and all stay.
    """
    measured = [_measures(point) for point in points]
    kept = [
        place
        for place, own in enumerate(measured)
        if not any(_beats(other, own) or (other == own and before < place) for before, other in enumerate(measured))
    ]
    return sorted(kept, key=lambda place: measured[place])


def within_budget(points: Sequence[Point], budget: float) -> int | None:
    """The place of the best setting that tells no team of more than so many incidents a day: that finds most, then
    earliest; and without an outcome the one that tells most."""
    fitting = [place for place, point in enumerate(points) if point.most <= budget]
    return max(fitting, key=lambda place: _worth(points[place]), default=None)


def quiet_for(points: Sequence[Point], share: float) -> int | None:
    """The place of the setting that tells most while this share of all orders stays without an incident."""
    fitting = [place for place, point in enumerate(points) if point.quiet is not None and point.quiet >= share]
    return max(fitting, key=lambda place: points[place].incidents, default=None)


def best_f1(points: Sequence[Point]) -> int | None:
    scored = [(f1, -place) for place, point in enumerate(points) if (f1 := f1_of(point)) is not None]
    return -max(scored)[1] if scored else None


def f1_of(point: Point) -> float | None:
    """The harmonic mean of precision and recall."""
    precision, recall = point.precision.value, point.recall.value
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


Measures = tuple[float, float, float]  # the less, the better


def _measures(point: Point) -> Measures:
    recall, lead = point.recall.value, point.lead
    return (point.per_day.value or 0.0, -(recall or 0.0), -float(lead or 0))


def _beats(one: Measures, other: Measures) -> bool:
    return one != other and all(mine <= theirs for mine, theirs in zip(one, other, strict=True))


def _worth(point: Point) -> tuple[float, float, float]:
    return (point.recall.value or 0.0, float(point.lead or 0), point.per_day.value or 0.0)
