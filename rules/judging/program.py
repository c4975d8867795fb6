"""One rule prepared for judging: where its deadline comes from, and at which instants its severity rises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rules.decisions import compile_severity
from rules.matching.compiled import compile_value
from rules.rule import By, Clear, Count, For, KeepOpen, NoDeadline, OverdueAfter, OverduePromise, Pulse, Rule, StageRule
from streams.entity import slot_of
from streams.instants import Instant, Micros
from streams.model import Values


class Basis(Protocol):
    """The instant that the deadline is counted from, on a snapshot; None where it is missing (never due)."""

    def __call__(self, values: Values, run: Instant, /) -> Instant | None: ...


class Deadline(Protocol):
    def __call__(self, basis: Instant, /) -> Instant | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    id: str
    slot: str  # under which an entity keeps its Progress
    version: str
    since: Instant | None
    retired_at: Instant | None
    severity: int  # of a rule without stages
    decide: Callable[[Values], int] | None  # the severity by its decision table, in place of all others
    basis: Basis
    counted_from: str | None  # the name in the snapshot that `basis` reads
    volatile: bool  # `basis` has to be computed to see whether it has changed
    deadline: Deadline
    stages: tuple[StageRule, ...]
    single: bool  # one stage, at the deadline itself
    clear: bool
    keep_open: Micros | None
    pulse: Pulse | None
    count: Count | None

    def thresholds(self, deadline: Instant | None) -> list[tuple[Instant, int]]:
        """The instants at which the severity rises while the condition goes on to hold, by time."""
        if deadline is None:
            return []
        if self.single:
            return [(deadline, self.severity)]
        found = []
        for stage in self.stages:
            at = stage.offset.subtract(deadline) if stage.early else stage.offset.add(deadline)
            if at is not None:
                found.append((at, int(stage.severity)))
        found.sort(key=lambda entry: (entry[0], -entry[1]))
        rising: list[tuple[Instant, int]] = []
        for at, severity in found:
            if not rising or severity > rising[-1][1]:
                rising.append((at, severity))
        return rising


def compile_program(rule: Rule) -> Program:
    basis, counted_from, deadline = _counted(rule)
    offset = rule.stages[0].offset
    single = len(rule.stages) == 1 and offset.days == 0 and offset.span == 0
    return Program(
        id=rule.id,
        slot=rule.id if rule.retired_at is None else slot_of(rule.id, rule.version),
        version=rule.version,
        since=rule.since,
        retired_at=rule.retired_at,
        severity=int(rule.stages[0].severity),
        decide=compile_severity(rule),
        basis=basis,
        counted_from=counted_from,
        volatile=isinstance(rule.deadline, By),
        deadline=deadline,
        stages=rule.stages,
        single=single,
        clear=isinstance(rule.ending, Clear),
        # of a rule that counts this is the group's
        keep_open=rule.ending.duration if isinstance(rule.ending, KeepOpen) and rule.count is None else None,
        pulse=rule.ending if isinstance(rule.ending, Pulse) else None,
        count=rule.count,
    )


def _counted(rule: Rule) -> tuple[Basis, str | None, Deadline]:
    match rule.deadline:
        case NoDeadline():
            return _run, None, _itself
        case For(duration=duration):
            return _run, None, duration.after
        case By(expression=expression):
            value = compile_value(expression)
            return (lambda values, run: _instant(value(values))), None, _itself
        case OverdueAfter(after=after, within=within):
            return _field(f"{after}.at"), f"{after}.at", within.after
        case OverduePromise(node=node):
            return _field(f"{node}.due"), f"{node}.due", _itself


def _run(values: Values, run: Instant) -> Instant:
    return run


def _itself(basis: Instant) -> Instant:
    return basis


def _field(name: str) -> Basis:
    def basis(values: Values, run: Instant) -> Instant | None:
        return _instant(values.get(name))

    return basis


def _instant(value: object) -> Instant | None:
    return value if isinstance(value, int) else None
