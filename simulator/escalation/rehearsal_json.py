"""A rehearsal as plain JSON, for programs; docs/en/backtesting.md names the keys."""

from dataclasses import asdict
from typing import Any

from simulator.escalation.figures import Figures, Peak
from simulator.escalation.shown import Shown
from streams.instants import SECOND, Micros, format_instant


def rehearsal_json(shown: Shown) -> dict[str, Any]:
    found = shown.figures
    plain = {name: getattr(found, name) for name in _COUNTS}
    return {
        "name": shown.name,
        "until": format_instant(shown.rehearsal.until),
        **plain,
        "answered_seconds": {name: _seconds(wait) for name, wait in asdict(found.answered).items()},
        "busiest_day": _peak(found.busiest),
        "worst_night": _peak(found.worst_night),
        "people": [asdict(load) | {"busiest": _peak(load.busiest)} for load in found.people],
        "notify_steps": {str(count): incidents for count, incidents in found.notifies.items()},
        "not_sent": {str(reason): times for reason, times in found.not_sent.items()},
    }


_COUNTS = tuple(name for name, type_ in Figures.__annotations__.items() if type_ in (int, "int"))


def _peak(peak: Peak | None) -> dict[str, Any] | None:
    return None if peak is None else asdict(peak) | {"day": peak.day.isoformat()}


def _seconds(wait: Micros | None) -> float | None:
    return None if wait is None else wait / SECOND
