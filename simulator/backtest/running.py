"""A backtest: versions of rules on one history, beside each other and against what became of the orders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from rules.language.expression import Expression
from rules.rule import Rule
from simulator.backtest.breakdowns import NODE, OF_TIME, at_opening, breakdown, dimensions_of
from simulator.backtest.censoring import Period, period_of
from simulator.backtest.comparing import Comparison, compare
from simulator.backtest.judging import Judgement, judge
from simulator.backtest.outcome_table import OutcomeColumn, outcomes_of_column
from simulator.backtest.outcomes import outcomes_of
from simulator.backtest.versions import Version
from simulator.columns.tables import snapshots_of
from simulator.evaluation import evaluate_versions
from simulator.frames import INSTANT
from simulator.reading.histories import ColumnHistory
from simulator.replay import Progress
from simulator.replay_columns import last_instant
from simulator.results import By
from streams.instants import Instant
from streams.model import Kind

Histories = Callable[[Version], ColumnHistory]  # the history as a version's model reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What people want to know beforehand, of entities of `kind`; `text` is how they wrote it."""

    kind: str
    text: str
    condition: Expression | OutcomeColumn


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`versions`: the first is what the others are compared with. `rules`: ids, None for all that differ."""

    versions: tuple[Version, ...]
    rules: tuple[str, ...] | None = None
    outcome: Outcome | None = None
    by: By = "occurred_at"
    begin: Instant | None = None
    until: Instant | None = None
    per: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class VersionFound:
    """What one version finds in the period. `judgements` by rule; `breakdowns` by kind and dimension."""

    name: str
    rules: Mapping[str, Rule]
    incidents: pl.DataFrame
    judgements: Mapping[str, Judgement]
    breakdowns: Mapping[tuple[str, str], pl.DataFrame]


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """`comparisons`: of the first version with each of the others. `outcomes`: of all of the outcome's kind."""

    question: Question
    period: Period
    events: int
    rules: tuple[str, ...]
    unchanged: tuple[str, ...]  # left out: they mean the same in all versions
    found: tuple[VersionFound, ...]
    comparisons: tuple[Comparison, ...]
    outcomes: pl.DataFrame | None


def run_backtest(question: Question, histories: Histories, progress: Progress = lambda taken: None) -> Backtest | None:
    """None: the history is empty."""
    first = question.versions[0]
    history = histories(first)
    until = question.until if question.until is not None else last_instant(history, question.by)
    if history.occurred_at is None or until is None:
        return None
    rules, unchanged = _compared(question)
    judged = [[rule for rule in version.rules if rule.id in rules] for version in question.versions]
    kinds = {name: kind for version in reversed(question.versions) for name, kind in version.model.kinds.items()}
    period = period_of(
        history.occurred_at.first, until, [rule for own in judged for rule in own], kinds, question.begin
    )
    tables = _evaluated(question, judged, histories, until, progress)
    looking = _Looking(question, period, history)
    outcomes = looking.outcomes()
    found = tuple(
        looking.at(version, own, table, outcomes)
        for version, own, table in zip(question.versions, judged, tables, strict=True)
    )
    return Backtest(
        question=question,
        period=period,
        events=history.count,
        rules=rules,
        unchanged=unchanged,
        found=found,
        comparisons=tuple(_within(compare(tables[0], table), period) for table in tables[1:]),
        outcomes=outcomes,
    )


def _compared(question: Question) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that are looked at, and those left out because nothing about them differs."""
    ids = list(dict.fromkeys(rule.id for version in question.versions for rule in version.rules if rule.mode != "off"))
    if question.rules is not None:
        return question.rules, ()
    if len(question.versions) == 1:
        return tuple(ids), ()
    differing = [id_ for id_ in ids if len({_meaning(version.rule(id_)) for version in question.versions}) > 1]
    return tuple(differing), tuple(id_ for id_ in ids if id_ not in differing)


def _meaning(rule: Rule | None) -> str | None:
    return None if rule is None or rule.mode == "off" else rule.version


def _evaluated(
    question: Question, judged: Sequence[Sequence[Rule]], histories: Histories, until: Instant, progress: Progress
) -> list[pl.DataFrame]:
    """The incidents of each version; those of one model in one pass."""
    tables: dict[int, pl.DataFrame] = {}
    for version in question.versions:
        together = [place for place, one in enumerate(question.versions) if one.model == version.model]
        if together[0] not in tables:
            found = evaluate_versions(
                version.model,
                [judged[place] for place in together],
                histories(version),
                until=until,
                by=question.by,
                progress=progress,
            )
            tables.update(zip(together, found, strict=True))
    return [tables[place] for place in range(len(question.versions))]


def _within(comparison: Comparison, period: Period) -> Comparison:
    """Without what opened on both sides in the warm-up."""
    later = pl.max_horizontal("opened_at_before", "opened_at_after") >= pl.lit(period.begin).cast(INSTANT)
    return Comparison(pairs=comparison.pairs.filter(later))


class _Looking:
    """Looks at incidents beside the snapshots of their orders, which are made when first needed."""

    def __init__(self, question: Question, period: Period, history: ColumnHistory) -> None:
        self._question = question
        self._period = period
        self._history = history
        self._model = question.versions[0].model
        self._made: dict[str, pl.DataFrame] = {}

    def _snapshots(self, kind: str) -> pl.DataFrame:
        if kind not in self._made:
            read = self._read(self._model.kinds[kind])
            self._made[kind] = snapshots_of(self._history, self._model, kind, self._period.until, only=read)
        return self._made[kind]

    def _read(self, kind: Kind) -> set[str]:
        """The names that the outcome and the breakdowns look at."""
        outcome = self._question.outcome
        found = {name.partition(".")[0] for name in self._question.per}
        if NODE in found:
            found |= {f"{node}.at" for node in kind.nodes}
        if outcome is not None and isinstance(outcome.condition, Expression):
            found |= outcome.condition.fields
        return found

    def outcomes(self) -> pl.DataFrame | None:
        outcome = self._question.outcome
        if outcome is None:
            return None
        snapshots = self._snapshots(outcome.kind)
        if isinstance(outcome.condition, OutcomeColumn):
            return outcomes_of_column(outcome.condition, snapshots, self._period.until)
        return outcomes_of(outcome.condition, self._model.kinds[outcome.kind], snapshots, self._period.until)

    def at(
        self, version: Version, rules: Sequence[Rule], incidents: pl.DataFrame, outcomes: pl.DataFrame | None
    ) -> VersionFound:
        own = {rule.id: rule for rule in rules}
        counted = incidents.filter(pl.col("opened_at") >= pl.lit(self._period.begin).cast(INSTANT))
        judgements = {} if outcomes is None else self._judgements(own, incidents, outcomes)
        return VersionFound(
            name=version.name,
            rules=own,
            incidents=counted,
            judgements=judgements,
            breakdowns=self._breakdowns(own, counted, judgements),
        )

    def _judgements(
        self, rules: Mapping[str, Rule], incidents: pl.DataFrame, outcomes: pl.DataFrame
    ) -> dict[str, Judgement]:
        """Of the rules on the outcome's kind, groups aside: a group is no order that something becomes of."""
        kind = None if self._question.outcome is None else self._question.outcome.kind
        fitting = [rule.id for rule in rules.values() if rule.on == kind and rule.count is None]
        return {id_: judge(incidents.filter(rule=id_), outcomes, self._period) for id_ in fitting}

    def _breakdowns(
        self, rules: Mapping[str, Rule], counted: pl.DataFrame, judgements: Mapping[str, Judgement]
    ) -> dict[tuple[str, str], pl.DataFrame]:
        """Where outcomes are known, of the rules judged by them. Groups are no orders: they have times only."""
        if judgements:
            counted = pl.concat([one.incidents for one in judgements.values()])
        groups = [rule.id for rule in rules.values() if rule.count is not None]
        found: dict[tuple[str, str], pl.DataFrame] = {}
        for name in sorted({rule.on for rule in rules.values() if rule.on in self._model.kinds}):
            kind = self._model.kinds[name]
            own = counted.filter(kind=name)
            known = set(dimensions_of(kind))
            asked = [one for one in self._question.per if one in known]
            opened = own
            if not OF_TIME.issuperset(asked):
                opened = at_opening(own.filter(~pl.col("rule").is_in(groups)), self._snapshots(name))
            for dimension in asked:
                incidents = own if dimension in OF_TIME else opened
                found[name, dimension] = breakdown(incidents, dimension, kind, self._model.zone)
        return found
