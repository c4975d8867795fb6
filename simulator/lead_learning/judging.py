"""Lead times judged out of sample: learned on the first part of a history, tried on the orders that began after it.

Two questions. Calibration: does the share of orders that a quantile promises really take at most so long? And of rules
that use lead(): how early and how often right would they have warned of a missed promise, beside the same rules with
lead times learned on everything, which nobody can have beforehand?
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rules.language.expression import BUILT_IN, Expression, Scope, Type, parse
from rules.language.tree import Learned, Lookup, leaves, operands_of, parts_of
from rules.rule import By, Rule
from simulator.backtest.censoring import Period
from simulator.backtest.judging import Judgement, judge
from simulator.backtest.outcomes import outcomes_of
from simulator.columns.cutting import known_before
from simulator.columns.evaluator import Partitioned
from simulator.columns.events import EventColumns
from simulator.evaluation import evaluate_versions
from simulator.frames import INSTANT, last_snapshots
from simulator.lead_learning.learning import LearnedWay, Pair, Sample
from simulator.lead_learning.survival import Curve, kaplan_meier
from simulator.lead_learning.ways import Ways, ways_between
from simulator.reading.histories import ColumnHistory
from simulator.replay import Progress
from simulator.shares import Share
from streams.instants import Instant, Micros
from streams.lead_times import SegmentKey
from streams.model import Kind, Model

_ALL: Final[SegmentKey] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One learned quantile, tried: `done` is the share that took at most `span`, of `orders` that began afterwards."""

    pair: Pair
    by: tuple[str, ...]
    segment: SegmentKey  # empty: over all
    share: Fraction
    span: Micros
    orders: int
    arrived: int
    done: float | None  # None: no orders
    low: float | None  # of its 95 % interval
    high: float | None

    @property
    def fits(self) -> bool | None:
        """Whether what was learned lies within the interval of what came."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.share <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTried:
    """A rule that uses lead(): its warnings of `end` reached after `promise`, or never.

    `in_sample` has lead times learned on the whole history. Orders that began before the split are left out of both
    (`before`), as are those that were closed without reaching the end (`closed`).
    """

    rule: Rule
    end: str
    promise: str
    out_of_sample: Judgement
    in_sample: Judgement
    before: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """`not_tried`: rules that use lead(), or their places, with the reason why they could not be judged."""

    split: Instant
    until: Instant
    calibration: tuple[Calibration, ...]
    rules: tuple[RuleTried, ...]
    not_tried: tuple[tuple[str, str], ...]  # id or place, stable word: no_promise, not_learned


@dataclass(frozen=True, slots=True)
class KnownBefore:
    """simulator.columns.evaluator.Partitioned: what had happened and was known just before an instant, of a history
    that was read for a replay by recorded_at.
    """

    history: Partitioned
    split: Instant

    @property
    def kinds(self) -> Sequence[str]:
        return self.history.kinds

    def partitions(self, kind: str) -> Iterator[EventColumns]:
        return (known_before(events, self.split) for events in self.history.partitions(kind))


def split_at(snapshots: Sequence[pl.DataFrame], share: float) -> Instant:
    """The instant by which this share of all entities had begun."""
    begun = pl.concat([last_snapshots(one)["begun_at"].cast(pl.Int64) for one in snapshots]).to_numpy()
    return int(np.quantile(begun, share, method="higher"))


def calibrate(
    model: Model,
    ways: Sequence[LearnedWay],
    snapshots: Mapping[str, pl.DataFrame],
    split: Instant,
    until: Instant,
) -> tuple[Calibration, ...]:
    """`ways` learned before the split, `snapshots` of the whole history by kind."""
    found: list[Calibration] = []
    for way in ways:
        kind, start, end = way.pair
        after = ways_between(model.kinds[kind], start, end, snapshots[kind], until, beside=way.by).begun(split)
        found += _calibrated(way, _ALL, way.overall, after)
        parts = after.rows.partition_by(way.by, as_dict=True) if way.by else {}
        for values, sample in way.segments.items():
            own = parts.get(values)
            if own is not None:
                found += _calibrated(way, values, sample, after.of(own))
    return tuple(found)


def _calibrated(way: LearnedWay, segment: SegmentKey, sample: Sample, after: Ways) -> list[Calibration]:
    spans, done = after.spans, after.done
    curve = kaplan_meier(spans, done)
    found: list[Calibration] = []
    for one in sample.known:
        span = one.span or 0
        low, high = _interval(curve, spans, done, span) or (None, None)
        found.append(
            Calibration(
                pair=way.pair,
                by=way.by,
                segment=segment,
                share=one.share,
                span=span,
                orders=len(spans),
                arrived=int(done.sum()),
                done=curve.done_within(span) if len(spans) else None,
                low=low,
                high=high,
            )
        )
    return found


def _interval(
    curve: Curve, spans: NDArray[np.int64], done: NDArray[np.bool_], span: Micros
) -> tuple[float, float] | None:
    """Of a plain share where nothing was cut off before `span`, else Greenwood's, which has none at 0 and 1."""
    if not (~done & (spans < span)).any():
        return Share(count=int((done & (spans <= span)).sum()), of=len(spans)).interval
    return curve.band(span) if 0 < curve.done_within(span) < 1 else None


def try_rules(
    model: Model,
    learned_before: Sequence[Rule],
    learned_on_all: Sequence[Rule],
    history: ColumnHistory,
    snapshots: Mapping[str, pl.DataFrame],
    split: Instant,
    until: Instant,
    *,
    promise: str | None = None,
    progress: Progress = lambda taken: None,
) -> tuple[tuple[RuleTried, ...], tuple[tuple[str, str], ...]]:
    """The rules that use lead(), read with either lead times; `promise` a field or NODE.due for all of them.

    The whole history is replayed, so that totals are right; what is judged are the orders that began at the split or
    after it.
    """
    before = {rule.id: rule for rule in learned_before}
    using = [rule for rule in learned_on_all if leads_of(rule) and rule.mode != "off" and rule.count is None]
    pairs = [(rule, before.get(rule.id), _outcome(rule, model, snapshots[rule.on], promise)) for rule in using]
    ready = [(rule, early, outcome) for rule, early, outcome in pairs if early is not None and outcome is not None]
    refused = tuple(
        (rule.id, "not_learned" if early is None else "no_promise")
        for rule, early, outcome in pairs
        if early is None or outcome is None
    )
    versions = [[early for _, early, _ in ready], [rule for rule, _, _ in ready]]
    tables = evaluate_versions(model, versions, history, until=until, progress=progress) if ready else []
    return tuple(
        _tried(
            rule,
            outcome,
            model.kinds[rule.on],
            [_of(table, rule) for table in tables],
            snapshots[rule.on],
            split,
            until,
        )
        for rule, _, outcome in ready
    ), refused


def leads_of(rule: Rule) -> tuple[Pair, ...]:
    """The ways whose lead times a rule uses."""
    operands = [operand for leaf in leaves(rule.condition.condition) for operand in operands_of(leaf)]
    if isinstance(rule.deadline, By):
        operands.append(rule.deadline.expression.operand)
    used = [part for operand in operands for part in parts_of(operand) if isinstance(part, Learned)]
    return tuple(dict.fromkeys((rule.on, *_nodes(one.text)) for one in used))


def _nodes(text: str) -> tuple[str, str]:
    """Of `lead("paid", "shipped", 0.9)`."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    start, end = (ast.literal_eval(argument) for argument in call.args[:2])
    return start, end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    end: str
    promise: str
    expression: Expression


def _outcome(rule: Rule, model: Model, snapshots: pl.DataFrame, promise: str | None) -> _Outcome | None:
    """The end of the rule's first lead time reached after the promise that its deadline counts from."""
    end = leads_of(rule)[0][2]
    name = promise or _promise(rule) or f"{end}.due"
    if name not in snapshots.columns or snapshots[name].null_count() == len(snapshots):
        return None
    scope = Scope.of(model, rule.on, pulse=False)
    expression, _ = parse(f"{end}.at > {name}", scope, Type.BOOL, BUILT_IN)
    return None if expression is None else _Outcome(end=end, promise=name, expression=expression)


def _promise(rule: Rule) -> str | None:
    """The first instant in the deadline that is not when a node was reached."""
    if not isinstance(rule.deadline, By):
        return None
    parts = parts_of(rule.deadline.expression.operand)
    names = (part.name for part in parts if isinstance(part, Lookup) and part.type is Type.TIMESTAMP)
    return next((name for name in names if not name.endswith(".at")), None)


def _of(table: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    return table.filter(pl.col("rule") == rule.id)


def _tried(
    rule: Rule,
    outcome: _Outcome,
    kind: Kind,
    incidents: Sequence[pl.DataFrame],
    snapshots: pl.DataFrame,
    split: Instant,
    until: Instant,
) -> RuleTried:
    known = outcomes_of(outcome.expression, kind, snapshots, until)
    after = known.filter(pl.col("begun_at") >= pl.lit(split).cast(INSTANT))
    never = last_snapshots(snapshots).filter(pl.col("closed") & pl.col(f"{outcome.end}.at").is_null())
    decided = after.join(never, on="key", how="anti", maintain_order="left")
    start = int(known["begun_at"].cast(pl.Int64).min() or 0)  # type: ignore[arg-type]
    period = Period(start=start, begin=split, until=until, wait=0, chosen=True)
    out, within = (judge(_only(table, decided), decided, period) for table in incidents)
    return RuleTried(
        rule=rule,
        end=outcome.end,
        promise=outcome.promise,
        out_of_sample=out,
        in_sample=within,
        before=len(known) - len(after),
        closed=len(after) - len(decided),
    )


def _only(incidents: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    return incidents.join(orders, on="key", how="semi", maintain_order="left")
