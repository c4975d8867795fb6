"""The outcomes of simulator/backtest/outcomes.py found row by row: what the quick way is compared with."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final

import polars as pl
import polars.selectors as cs

from rules.language.evaluation import Situation, holds
from rules.language.expression import Expression
from rules.language.tree import AllOf, AnyOf, Comparison, Condition, Leaf, Type, lookups
from simulator.backtest.outcomes import OUTCOMES, closed_since
from simulator.frames import INSTANT, last_snapshots
from streams.instants import Instant, from_datetime, to_datetime
from streams.model import Kind

_NEVER: Final = from_datetime(to_datetime(0).replace(year=9000))  # late enough, and a day may still be added to it
_ORDERS: Final = ("<", "<=", ">", ">=")

Row = Mapping[str, Any]  # a snapshot, its instants in microseconds


def slow_outcomes_of(expression: Expression, kind: Kind, snapshots: pl.DataFrame, until: Instant) -> pl.DataFrame:
    """The OUTCOMES of all entities of `kind`, as far as the history up to `until` tells."""
    judge = _Judge(expression.condition, closes=bool(kind.closed_by))
    names = [name for name in snapshots.columns if name in expression.fields and name not in ("key", "closed")]
    read = ["key", "closed", *names]
    last = last_snapshots(snapshots).select("begun_at", *read)
    answers = [judge.answer(row, until) for row in _rows(last.select(read))]
    known = last.select("key", "begun_at").with_columns(pl.Series("outcome", answers, pl.Boolean))
    steps = snapshots.join(known.filter("outcome"), on="key", how="semi").select("at", "until", *read)
    since = [(own[0]["key"], judge.since(own, until)) for own in _by_key(_rows(steps))]
    dated = pl.DataFrame(since, schema={"key": pl.String, "outcome_at": INSTANT}, orient="row")
    return _with(_with(known, dated), closed_since(snapshots)).select(list(OUTCOMES))


def _with(table: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    return table.join(other, on="key", how="left", maintain_order="left")


class _Judge:
    """The condition in three values; None: not known yet."""

    def __init__(self, condition: Condition, *, closes: bool) -> None:
        self._condition = condition
        self._closes = closes

    def answer(self, row: Row, at: Instant) -> bool | None:
        """On what is known at `at`, the snapshot being that of `row`."""
        return self._answer(self._condition, row, at)

    def since(self, steps: list[Row], until: Instant) -> Instant:
        """The beginning of the last unbroken time in which it is certain; in the end it is."""
        began = until
        for row in reversed(steps):
            end = until if row["until"] is None else row["until"] - 1
            if not self.answer(row, end):
                break
            if not self.answer(row, row["at"]):
                return self._last_uncertain(row, end)
            began = row["at"]
        return began

    def _last_uncertain(self, row: Row, certain: Instant) -> Instant:
        """Time alone makes it certain, once, between the snapshot's beginning and `certain`: found by halving."""
        uncertain = row["at"]
        while certain - uncertain > 1:
            middle = (uncertain + certain) // 2
            if self.answer(row, middle):
                certain = middle
            else:
                uncertain = middle
        return int(uncertain)

    def _answer(self, condition: Condition, row: Row, at: Instant) -> bool | None:
        match condition:
            case AllOf(parts=parts):
                return _least(self._answer(part, row, at) for part in parts)
            case AnyOf(parts=parts):
                turned = (self._answer(part, row, at) for part in parts)
                found = _least(None if one is None else not one for one in turned)
                return None if found is None else not found
            case _:
                return self._leaf(condition, row, at)

    def _leaf(self, leaf: Leaf, row: Row, at: Instant) -> bool | None:
        true = holds(leaf, Situation(values=row))
        if row["closed"]:
            return true
        names = {lookup.name for lookup in lookups(leaf)}
        nodes = {name for name in names if name.endswith(".at")}
        missing = {name for name in names if row.get(name) is None or name == "closed"}
        if missing:
            ordered = isinstance(leaf, Comparison) and leaf.sign in _ORDERS and leaf.left.type is not Type.BOOL
            if not ordered or not missing <= nodes:
                return None
            extremes = [dict(zip(missing, ends, strict=True)) for ends in product((at, _NEVER), repeat=len(missing))]
            answers = {holds(leaf, Situation(values={**row, **ends})) for ends in extremes}
            return answers.pop() if len(answers) == 1 else None
        return true if true or nodes or not self._closes else None


def _least(answers: Iterable[bool | None]) -> bool | None:
    """False if one is, else None if one is, else True."""
    found: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            found = None
    return found


def _rows(table: pl.DataFrame) -> Iterator[Row]:
    return table.with_columns(cs.datetime().to_physical()).iter_rows(named=True)


def _by_key(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows of one entity follow each other."""
    steps: list[Row] = []
    for row in rows:
        if steps and steps[0]["key"] != row["key"]:
            yield steps
            steps = []
        steps.append(row)
    if steps:
        yield steps
