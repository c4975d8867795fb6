"""What `tocsin backtest --json` prints."""

from typing import Any

import polars as pl

from simulator.backtest.backtest_document import period_text
from simulator.backtest.censoring import Bounds
from simulator.backtest.comparing import CLASSES, Comparison
from simulator.backtest.judgement_document import outcome_counts
from simulator.backtest.judging import LEADS, QUANTILES, Judgement
from simulator.backtest.running import Backtest, VersionFound
from simulator.shares import Share
from streams.instants import SECOND, format_instant

Json = dict[str, Any]


def backtest_json(backtest: Backtest) -> Json:
    period = backtest.period
    return {
        "by": backtest.question.by,
        "from": format_instant(period.begin),
        "until": format_instant(period.until),
        "warm_up_seconds": period.warm_up / SECOND,
        "period": period_text(period, backtest.question.versions[0].model.zone).en,
        "events": backtest.events,
        "unchanged": list(backtest.unchanged),
        "versions": [_version(one) for one in backtest.found],
        "comparisons": [
            {"before": backtest.found[0].name, "after": after.name, "rules": _rules(comparison)}
            for comparison, after in zip(backtest.comparisons, backtest.found[1:], strict=True)
        ],
        "outcome": _outcome(backtest),
    }


def _version(found: VersionFound) -> Json:
    counts = dict(found.incidents.group_by("rule").len().iter_rows())
    return {
        "name": found.name,
        "rules": {id_: {"version": rule.version, "incidents": counts.get(id_, 0)} for id_, rule in found.rules.items()},
        "judgements": {rule: _judgement(one) for rule, one in found.judgements.items()},
        "breakdowns": [
            {"kind": kind, "per": dimension, "rows": table.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()}
            for (kind, dimension), table in found.breakdowns.items()
        ],
    }


def _rules(comparison: Comparison) -> Json:
    found: Json = {}
    for counts in comparison.counts.iter_rows(named=True):
        rule = counts.pop("rule")
        own = comparison.pairs.filter(rule=rule)
        found[rule] = {**counts, "orders": {class_: own.filter(pl.col(class_))["key"].to_list() for class_ in CLASSES}}
    return found


def _outcome(backtest: Backtest) -> Json | None:
    outcome = backtest.question.outcome
    if outcome is None:
        return None
    yes, no, unknown = outcome_counts(backtest)
    return {"kind": outcome.kind, "text": outcome.text, "yes": yes, "no": no, "not_known": unknown}


def _judgement(one: Judgement) -> Json:
    return {
        "precision": _bounds(one.precision),
        "recall": _bounds(one.recall),
        "f1": one.f1,
        "about_bad": _share(one.about_bad),
        "orders": one.counts,
        "orders_left_out": one.left_out,
        "lead_seconds": {f"{quantile:g}": _seconds(one.lead_at(quantile)) for quantile in QUANTILES},
        "known_before": [{"seconds": lead / SECOND, **_share(one.ahead(lead))} for lead in LEADS],
        "incidents": {
            "all": one.incidents.height,
            **{verdict: one.incidents_that(verdict) for verdict in ("followed", "late", "false", "open")},
            "right": _share(one.right_incidents),
            "healed": _share(one.healed),
        },
    }


def _bounds(bounds: Bounds) -> Json:
    return {**_share(bounds.share), "worst": bounds.worst.value, "best": bounds.best.value}


def _share(share: Share) -> Json:
    low, high = share.interval or (None, None)
    return {"value": share.value, "count": share.count, "of": share.of, "low": low, "high": high}


def _seconds(span: int | None) -> float | None:
    return None if span is None else span / SECOND
