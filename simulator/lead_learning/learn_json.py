"""What was learned as JSON: durations in seconds, instants as RFC 3339."""

from typing import Any

from simulator.backtest.judging import Judgement
from simulator.lead_learning.judging import Calibration, RuleTried, Tried
from simulator.lead_learning.learning import LearnedWay, Learning, Sample
from simulator.shares import Share
from streams.instants import SECOND, Micros, format_instant
from streams.lead_times import SegmentKey


def learn_json(learning: Learning, tried: Tried | None) -> dict[str, Any]:
    return {
        "until": format_instant(learning.until),
        "min_orders": learning.least,
        "ways": [_way(way) for way in learning.ways],
        "left_out": [_way(way) for way in learning.left_out],
        "judged": None if tried is None else _tried(tried),
    }


def _way(way: LearnedWay) -> dict[str, Any]:
    kind, start, end = way.pair
    return {
        "on": kind,
        "from": start,
        "to": end,
        "open": way.open,
        "closed": way.closed,
        "passed": way.passed,
        "negative": way.negative,
        "reset": way.reset,
        **_sample(way.overall),
        "segments": [{"where": _where(way.by, values), **_sample(one)} for values, one in way.segments.items()],
        "segments_with_too_few": way.few,
        "segments_incomplete": [_where(way.by, values) for values in way.incomplete],
    }


def _where(by: tuple[str, ...], values: SegmentKey) -> dict[str, Any]:
    return dict(zip(by, values, strict=True)) if values else {}


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "orders": sample.orders,
        "arrived": sample.arrived,
        "quantiles": [
            {
                "share": float(one.share),
                "seconds": _seconds(one.span),
                "low_seconds": _seconds(one.low),
                "high_seconds": _seconds(one.high),
            }
            for one in sample.quantiles
        ],
    }


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "split": format_instant(tried.split),
        "calibration": [_calibration(one) for one in tried.calibration],
        "rules": [_rule(one) for one in tried.rules],
        "not_tried": dict(tried.not_tried),
    }


def _calibration(one: Calibration) -> dict[str, Any]:
    return {
        "on": one.pair[0],
        "from": one.pair[1],
        "to": one.pair[2],
        "where": _where(one.by, one.segment),
        "share": float(one.share),
        "seconds": _seconds(one.span),
        "orders": one.orders,
        "arrived": one.arrived,
        "took_at_most": one.done,
        "low": one.low,
        "high": one.high,
        "fits": one.fits,
    }


def _rule(one: RuleTried) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "end": one.end,
        "promise": one.promise,
        "began_before": one.before,
        "closed_without_arriving": one.closed,
        "out_of_sample": _judgement(one.out_of_sample),
        "in_sample": _judgement(one.in_sample),
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "warned": judgement.count("warned"),
        "false": judgement.count("false"),
        "missed": judgement.count("missed"),
        "late": judgement.count("late"),
        "quiet": judgement.count("quiet"),
        "not_known_yet": judgement.count("open_warned", "open_quiet"),
        "precision": _share(judgement.precision.share),
        "recall": _share(judgement.recall.share),
        "ahead_seconds": {f"p{share * 100:g}": _seconds(judgement.lead_at(share)) for share in (0.1, 0.5, 0.9)},
    }


def _share(share: Share) -> dict[str, Any]:
    low, high = share.interval or (None, None)
    return {"count": share.count, "of": share.of, "share": share.value, "low": low, "high": high}


def _seconds(span: Micros | None) -> float | None:
    return None if span is None else span / SECOND
