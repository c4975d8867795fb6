"""A rule tuned on a history: its settings swept, judged by what became of the orders, and those worth a look."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from rules.rule import Rule
from simulator.backtest.censoring import Period, period_of
from simulator.backtest.outcome_table import OutcomeColumn, outcomes_of_column
from simulator.backtest.outcomes import outcomes_of
from simulator.backtest.running import Outcome
from simulator.columns.tables import snapshots_of
from simulator.frames import last_snapshots
from simulator.reading.histories import ColumnHistory
from simulator.tuning.curves import Point, Teams, known_of, points
from simulator.tuning.settings import Parameter, Setting
from simulator.tuning.suggesting import QUANTILES, best_f1, pareto, quiet_for, within_budget
from simulator.tuning.sweeping import Sweep, sweep
from streams.instants import Instant
from streams.model import Model

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be tuned, and for what. `budget`: at most so many incidents a day, for each value of the field
    `team` (as orders have it in the end), or for all together."""

    rule: Rule
    parameters: tuple[Parameter, ...]
    settings: tuple[Setting, ...]
    outcome: Outcome | None = None
    budget: float | None = None
    team: str | None = None
    begin: Instant | None = None
    until: Instant | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuning:
    """`points` are those of the settings, the others places among them."""

    wish: Wish
    period: Period
    entities: int
    points: tuple[Point, ...]
    in_force: int | None  # the setting that means what the rule says now
    best: tuple[int, ...]  # those that no other beats, by how much they tell
    in_budget: int | None
    quiet: tuple[tuple[float, int | None], ...]  # share of orders without an incident -> the setting
    best_f1: int | None
    outcomes: pl.DataFrame | None


def run_tuning(
    wish: Wish, model: Model, history: ColumnHistory, progress: Progress = lambda taken: None
) -> Tuning | None:
    """None: the history is empty."""
    if history.occurred_at is None:
        return None
    rules = [setting.rule for setting in wish.settings]
    until = history.occurred_at.last if wish.until is None else wish.until
    period = period_of(history.occurred_at.first, until, rules, model.kinds, wish.begin)
    outcomes = None if wish.outcome is None else _outcomes(wish.outcome, model, history, until)
    swept = sweep(model, rules, history, period.begin, until, progress)
    teams = None if wish.team is None else _teams(wish, model, history, until, swept)
    found = points(swept, known_of(outcomes, swept.keys, period), period, teams=teams, seed=wish.seed)
    return Tuning(
        wish=wish,
        period=period,
        entities=len(swept.keys),
        points=found,
        in_force=next((place for place, rule in enumerate(rules) if rule.version == wish.rule.version), None),
        best=tuple(pareto(found)),
        in_budget=None if wish.budget is None else within_budget(found, wish.budget),
        quiet=tuple((share, quiet_for(found, share)) for share in QUANTILES),
        best_f1=best_f1(found),
        outcomes=outcomes,
    )


def _teams(wish: Wish, model: Model, history: ColumnHistory, until: Instant, swept: Sweep) -> Teams:
    """Orders without a team are one of their own."""
    last = last_snapshots(snapshots_of(history, model, wish.rule.on, until)).select("key", team=wish.team)
    names = pl.DataFrame({"key": pl.Series(swept.keys, dtype=pl.String)})
    team = names.join(last, on="key", how="left", maintain_order="left")["team"].cast(pl.String).fill_null("")
    meanings = team.unique(maintain_order=True)
    places = pl.DataFrame({"team": meanings, "place": range(len(meanings))})
    of = team.to_frame("team").join(places, on="team", how="left", maintain_order="left")["place"]
    return Teams(names=meanings.to_list(), of=of.to_numpy())


def _outcomes(outcome: Outcome, model: Model, history: ColumnHistory, until: Instant) -> pl.DataFrame:
    snapshots = snapshots_of(history, model, outcome.kind, until)
    if isinstance(outcome.condition, OutcomeColumn):
        return outcomes_of_column(outcome.condition, snapshots, until)
    return outcomes_of(outcome.condition, model.kinds[outcome.kind], snapshots, until)
