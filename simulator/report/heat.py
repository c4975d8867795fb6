"""The few steps into which the colours of heat are divided, so that a colour can be read back as a number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.report.scales import Scale
from simulator.report.style import HEAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Values up to `most` that are more than that of the step before."""

    most: float
    label: str
    colour: str


def heat_steps(values: Sequence[float], scale: Scale) -> list[Step]:
    """At most seven, rising; nothing (0) has its own where values are counts."""
    if not values:
        return []
    if scale.whole and min(values) >= 0:
        return _of_counts(int(max(values)), scale)
    return _of_amounts(min(values), max(values), scale)


def step_of(value: float, steps: Sequence[Step]) -> Step:
    return next((step for step in steps if value <= step.most), steps[-1])


def _of_counts(most: int, scale: Scale) -> list[Step]:
    size = _round_size(most / (len(HEAT) - 1))
    bounds = [(0, 0), *((low + 1, low + size) for low in range(0, most, size))]
    colours = _colours(len(bounds))
    return [
        Step(most=high, label=scale.say(low) if low == high else f"{scale.say(low)}–{scale.say(high)}", colour=colour)
        for (low, high), colour in zip(bounds, colours, strict=True)
    ]


def _of_amounts(least: float, most: float, scale: Scale) -> list[Step]:
    if least == most:
        return [Step(most=most, label=scale.say(most), colour=HEAT[3])]
    width = (most - least) / len(HEAT)
    highs = [least + width * (place + 1) for place in range(len(HEAT) - 1)] + [most]
    lows = [least, *highs[:-1]]
    return [
        Step(most=high, label=f"{scale.say(low)} – {scale.say(high)}", colour=colour)
        for low, high, colour in zip(lows, highs, HEAT, strict=True)
    ]


def _round_size(least: float) -> int:
    """1, 2, 5, 10, 20 ...: the first that is not below."""
    if least <= 1:
        return 1
    power = int(10 ** math.floor(math.log10(least)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _colours(count: int) -> list[str]:
    """The lightest and the darkest always among them."""
    last = len(HEAT) - 1
    return [HEAT[round(place * last / max(1, count - 1))] for place in range(count)]
