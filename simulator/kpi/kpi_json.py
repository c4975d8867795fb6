"""KPIs as JSON: shares with their counts, durations in seconds, instants as RFC 3339."""

from collections.abc import Sequence
from typing import Any

from simulator.kpi.dwell import SHARES, Dwell, Spread
from simulator.kpi.exceptions import Exceptions, Times
from simulator.kpi.measuring import Kpis
from simulator.kpi.on_time import OnTime
from simulator.kpi.parameter_table import parameters
from simulator.kpi.satisfaction import Satisfaction, Scored
from simulator.shares import Share
from streams.instants import SECOND, Micros, format_instant


def kpi_json(kpis: Kpis) -> dict[str, Any]:
    counted = kpis.counted
    return {
        "kind": kpis.definition.kind.name,
        "from": None if kpis.since is None else format_instant(kpis.since),
        "until": format_instant(kpis.until),
        "parameters": {key: value for key, (value, _) in parameters(kpis.definition).items()},
        "defaults": {one.key: one.why.en for one in kpis.definition.taken},
        "entities": counted.entities,
        "delivered": counted.delivered,
        "open": counted.open,
        "cancelled": counted.cancelled,
        "closed_without_delivery": counted.closed,
        "not_meant": counted.elsewhere,
        "on_time": [_on_time(one) for one in kpis.on_time],
        "fulfilment": {
            one.level: {name: _share(share) for name, share in one.figures.items()} for one in kpis.fulfilment
        },
        "by": None
        if kpis.by is None
        else {
            "field": kpis.by,
            "segments": [
                {
                    "value": one.value,
                    "delivered": one.delivered,
                    **{name: _share(share) for name, share in one.figures.items()},
                }
                for one in kpis.segments
            ],
        },
        "dwell": [_dwell(one) for one in kpis.dwell],
        "exceptions": None if kpis.exceptions is None else _exceptions(kpis.exceptions),
        "satisfaction": None if kpis.satisfaction is None else _satisfaction(kpis.satisfaction),
    }


def _share(share: Share | None) -> dict[str, Any] | None:
    return None if share is None else {"count": share.count, "of": share.of, "share": share.value}


def _on_time(one: OnTime) -> dict[str, Any]:
    return {
        "promise": one.promise,
        "compare": one.compare,
        "chosen": one.chosen,
        "delivered": one.delivered,
        "early": one.early,
        "late": one.late,
        "on_time": _share(one.on_time),
        "open_overdue": one.open_overdue,
        "on_time_incl_open_overdue": _share(one.with_open),
    }


def _dwell(one: Dwell) -> dict[str, Any]:
    return {
        "from": one.pair[0],
        "to": one.pair[1],
        "arrived": one.arrived,
        "open": one.open,
        "closed": one.closed,
        "passed": one.passed,
        "negative": one.negative,
        "reset": one.reset,
        "seconds": _spread(one.done),
        "seconds_with_open": _spread(one.estimated),
        "seconds_worked": None if one.worked is None else _spread(one.worked),
        "seconds_open": _spread(one.open_age),
    }


def _spread(spread: Spread) -> dict[str, float | None]:
    percentiles = zip(SHARES, spread.percentiles, strict=True)
    return {**{f"p{share * 100:g}": _seconds(span) for share, span in percentiles}, "mean": _seconds(spread.mean)}


def _exceptions(found: Exceptions) -> dict[str, Any]:
    return {
        "entities": _share(found.share),
        "incidents": found.incidents,
        "acknowledging": _times(found.acknowledging),
        "unacknowledged_seconds": _all(found.unacknowledged),
        "over_unacknowledged": found.over_unacknowledged,
        "resolved_itself": _times(found.resolved_itself),
        "resolved_by_person": _times(found.resolved_by_person),
        "open_seconds": _all(found.still_open),
    }


def _times(times: Times | None) -> dict[str, Any] | None:
    if times is None:
        return None
    return {
        "count": times.count,
        "mean_seconds": _seconds(times.mean),
        "median_seconds": _seconds(times.median),
        "p90_seconds": _seconds(times.p90),
        "in_time": _share(times.in_time),
        "mean_seconds_worked": _seconds(times.worked_mean),
        "median_seconds_worked": _seconds(times.worked_median),
    }


def _satisfaction(found: Satisfaction) -> dict[str, Any]:
    parts: dict[str, Scored] = {"all": found.all, "on_time": found.on_time, "late": found.late}
    return {name: {"scored": one.scored, "mean": one.mean, "low": _share(one.low)} for name, one in parts.items()}


def _seconds(span: Micros | None) -> float | None:
    return None if span is None else span / SECOND


def _all(spans: Sequence[Micros]) -> list[float]:
    return [span / SECOND for span in spans]
