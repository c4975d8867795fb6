"""A tuning as plain JSON: figures raw, durations in seconds, instants as text."""

from typing import Any

from simulator.tuning.curves import Estimate, Point
from simulator.tuning.running import Tuning
from simulator.tuning.suggesting import f1_of
from simulator.tuning.tuning_document import suggestions
from streams.instants import SECOND, format_instant


def tuning_json(tuning: Tuning) -> dict[str, Any]:
    wish = tuning.wish
    return {
        "rule": wish.rule.id,
        "parameters": [parameter.path for parameter in wish.parameters],
        "outcome": None if wish.outcome is None else wish.outcome.text,
        "budget": wish.budget,
        "team": wish.team,
        "from": format_instant(tuning.period.begin),
        "until": format_instant(tuning.period.until),
        "orders": tuning.entities,
        "settings": [
            {"values": list(setting.values), **_figures(point)}
            for setting, point in zip(wish.settings, tuning.points, strict=True)
        ],
        "in_force": tuning.in_force,
        "none_is_better": list(tuning.best),
        "suggestions": [{"wanted": wanted.en, "setting": place} for wanted, place in suggestions(tuning)],
    }


def _figures(point: Point) -> dict[str, Any]:
    return {
        "incidents": point.incidents,
        "per_day": _estimate(point.per_day),
        "busiest_day": point.busiest_day,
        "most_per_day_of_a_team": point.most,
        "orders_without": point.quiet,
        "precision": _estimate(point.precision),
        "recall": _estimate(point.recall),
        "f1": f1_of(point),
        "known_before_s": None if point.lead is None else point.lead / SECOND,
        "healed": point.healed,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    low, high = estimate.interval or (None, None)
    return {"value": estimate.value, "low": low, "high": high}
