"""Rules over the entities of one kind in columns: what rules/judging/ does step by step, for all steps at once."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rules.decisions import decides_severity
from rules.language.expression import Expression
from rules.language.tree import Side
from rules.rule import By, Clear, Count, For, KeepOpen, NoDeadline, OverdueAfter, OverduePromise, Pulse, Rule, StageRule
from rules.worktime.durations import Duration
from simulator.columns.column import Column, Instants, Rows
from simulator.columns.expressions import Expressions
from simulator.columns.found import Firings
from simulator.columns.pulses import pulse_firings
from simulator.columns.steps import Events, Steps
from simulator.columns.stretches import Holding, Pieces, at_once, cleared, climb, kept_open, plain_firings
from simulator.columns.working_time import add, after, subtract


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Members:
    """What counts for the groups of a rule; `per` has a column for each of the fields that name the group."""

    owner: Rows  # the entity
    at: Instants
    per: tuple[Column, ...]
    distinct: Column | None


class KindJudge:
    """Judges the entities of some steps. What several rules ask for is computed once."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self._on_steps = Expressions(steps)
        self._holdings: dict[str, Holding] = {}
        self._deadlines: dict[tuple[str, Hashable], Column] = {}

    @cached_property
    def _events(self) -> Events:
        return Events(self.steps)

    @cached_property
    def _on_events(self) -> Expressions:
        return Expressions(self._events)

    def firings(self, rule: Rule) -> Firings:
        """Of a rule that does not count."""
        match rule.ending:
            case Pulse(until=until, expires=expires):
                pulses = self._pulses(rule)
                over = np.zeros(len(self.steps), np.bool_) if until is None else self._on_steps.holds(until.condition)
                severity = self._severities(rule, self._on_events, len(self._events))[pulses]
                return pulse_firings(self.steps, pulses, over, expires, severity)
            case KeepOpen(duration=duration) if rule.count is None:
                return kept_open(*self._pieces(rule), duration)
            case Clear(expression=expression):
                return cleared(*self._pieces(rule), self._on_steps.holds(expression.condition))
            case _:
                return plain_firings(*self._pieces(rule))

    def members(self, rule: Rule, count: Count) -> Members:
        """Of a rule that counts: its pulses, or the openings of its firings; missing values are left in."""
        names = count.per if count.distinct is None else (*count.per, count.distinct)
        if rule.is_pulse:
            rows = self._pulses(rule)
            owner, at = self.steps.snapshots.entity[rows], self.steps.snapshots.events.occurred_at[rows]
            columns = [self._events.column(Side.SNAPSHOT, name).take(rows) for name in names]
        else:
            firings = plain_firings(*self._pieces(rule))
            owner, at = firings.owner, firings.opened_at
            columns = [self.steps.column(Side.SNAPSHOT, name).take(firings.step) for name in names]
        distinct = None if count.distinct is None else columns.pop()
        return Members(owner=owner, at=at, per=tuple(columns), distinct=distinct)

    def _pulses(self, rule: Rule) -> Rows:
        """The events at which its condition holds."""
        return np.flatnonzero(self._on_events.holds(rule.condition.condition))

    def _pieces(self, rule: Rule) -> tuple[Holding, Pieces]:
        holding = self.holding(rule.condition)
        deadline = self.deadline(rule)
        if deadline is None:
            pieces = at_once(holding, int(rule.stages[0].severity))
        else:
            pieces = climb(holding, [(threshold(deadline, stage), int(stage.severity)) for stage in rule.stages])
        if decides_severity(rule.decisions):
            return holding, self._decided(rule, holding, pieces)
        return holding, pieces

    def holding(self, condition: Expression) -> Holding:
        found = self._holdings.get(condition.canonical)
        if found is None:
            found = Holding(self.steps, self._on_steps.holds(condition.condition))
            self._holdings[condition.canonical] = found
        return found

    def deadline(self, rule: Rule) -> Column | None:
        """The deadline in each row of the rule's Holding; None: it has none."""
        if isinstance(rule.deadline, NoDeadline):
            return None
        key = (rule.condition.canonical, _deadline_key(rule))
        found = self._deadlines.get(key)
        if found is None:
            found = self._deadlines[key] = self._deadline(rule, self.holding(rule.condition))
        return found

    def _deadline(self, rule: Rule, holding: Holding) -> Column:
        match rule.deadline:
            case For(duration=duration):
                return after(duration, holding.run_start)
            case By(expression=expression):
                return self._on_steps.value_of(expression.operand).take(holding.rows)
            case OverdueAfter(after=node, within=within):
                return after(within, self.steps.column(Side.SNAPSHOT, f"{node}.at").take(holding.rows))
            case OverduePromise(node=node):
                return self.steps.column(Side.SNAPSHOT, f"{node}.due").take(holding.rows)
            case NoDeadline():
                raise ValueError(f"{rule.id} has no deadline")

    def _decided(self, rule: Rule, holding: Holding, pieces: Pieces) -> Pieces:
        """A decision table gives the severity of each step; thresholds say only from when on."""
        severity = self._severities(rule, self._on_steps, len(self.steps))
        return Pieces(row=pieces.row, start=pieces.start, severity=severity[holding.rows[pieces.row]])

    def _severities(self, rule: Rule, expressions: Expressions, rows: int) -> NDArray[np.int8]:
        """What the rule's decision table, or else the rule itself, gives in each row."""
        own = int(rule.stages[0].severity)
        severity = np.full(rows, own, np.int8)
        if decides_severity(rule.decisions):
            for row in reversed(rule.decisions):
                given = own if row.severity is None else int(row.severity)
                severity[slice(None) if row.condition is None else expressions.holds(row.condition.condition)] = given
        return severity


def threshold(deadline: Column, stage: StageRule) -> Column:
    """From when on a stage is reached, given the deadline."""
    offset = stage.offset
    if not offset.days and not offset.span:
        return deadline
    return subtract(offset, deadline) if stage.early else add(offset, deadline)


def _deadline_key(rule: Rule) -> Hashable:
    match rule.deadline:
        case For(duration=duration):
            return ("for", *_duration_key(duration))
        case By(expression=expression):
            return ("by", expression.canonical)
        case OverdueAfter(after=node, within=within):
            return ("after", node, *_duration_key(within))
        case OverduePromise(node=node):
            return ("due", node)
        case NoDeadline():
            return None


def _duration_key(duration: Duration) -> tuple[int, int, int]:
    return duration.days, duration.span, id(duration.calendar)
