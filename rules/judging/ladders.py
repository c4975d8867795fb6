"""Rules that need no memory: whether they fire follows from the snapshot, the instant and fixed distances.

The thresholds of most rules stand at fixed distances from an instant in the snapshot (`overdue` without calendars), or
there is no deadline. Such a rule is a few rungs: one for each stage. The rungs counted from one name of the snapshot
are a ladder, sorted by distance, so that one search says which of them have passed, however many rules there are, and
the lowest bit of the others says what is due next. Nothing is kept for a rule until it fires.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rules.judging.changes import Changes
from rules.judging.program import Program
from rules.rule import NoDeadline, OverdueAfter, OverduePromise, Plain, Rule
from streams.entity import Progress
from streams.firing import Reason
from streams.instants import FIRST, LAST, Instant, Micros
from streams.model import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One stage of a rule: from `span` after the instant that it is counted from, the rule has this severity."""

    program: Program
    condition: int  # the place of the rule's condition among those given to `make_ladders`
    severity: int
    span: Micros
    within: Micros  # the deadline itself

    def deadline(self, values: Values, opened_at: Instant) -> Instant | None:
        """Of the rule, on a snapshot; without one, it is due as soon as it holds."""
        name = self.program.counted_from
        start = opened_at if name is None else values.get(name)
        return self.program.deadline(start) if isinstance(start, int) else None

    def exists(self, start: Instant) -> bool:
        return FIRST <= start + self.within <= LAST and FIRST <= start + self.span <= LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs counted from one instant of the snapshot, by span; in masks they have the bits from `first` on."""

    counted_from: str
    first: int
    bits: int
    rungs: tuple[Rung, ...]
    spans: tuple[Micros, ...]
    passed: tuple[int, ...]  # place n: the bits of the first n
    earliest: Instant  # counted from an instant between these two, all rungs are within the years 1 to 9999
    latest: Instant

    def existing(self, start: Instant) -> int:
        """The rungs within these years."""
        return sum(1 << bit for bit, rung in enumerate(self.rungs, self.first) if rung.exists(start))


class Ladders:
    """All ladders of a kind. Masks of rungs; `holding` is that of the rungs whose condition holds."""

    __slots__ = ("_at_once", "_ladders", "bits_of", "rungs")

    def __init__(self, at_once: Sequence[Rung], counted: dict[str, list[Rung]]) -> None:
        rungs = list(at_once)
        self._at_once = (1 << len(rungs)) - 1
        self._ladders: list[tuple[int, Ladder]] = []  # with its bits, so that one of which none holds costs little
        for name, found in counted.items():
            # of two at one instant the more severe comes first, so that the other changes nothing
            ordered = sorted(found, key=lambda rung: (rung.span, -rung.severity))
            ladder = _ladder(name, len(rungs), ordered)
            self._ladders.append((ladder.bits, ladder))
            rungs += ordered
        self.rungs = tuple(rungs)
        self.bits_of: dict[str, int] = {}  # rule -> its rungs
        for bit, rung in enumerate(rungs):
            self.bits_of[rung.program.id] = self.bits_of.get(rung.program.id, 0) | 1 << bit

    def step(self, changes: Changes, holding: int, at: Instant) -> Instant | None:
        """Judge the snapshot of a step: end firings and begin them. Says what is due next if nothing else comes."""
        due, _, firing = self._climb(changes.values, holding, at, at)
        firing |= holding & self._at_once
        opening = firing & ~self._go_on(changes, firing, holding, at) if changes.entity.progress else firing
        while opening:
            bit = (opening & -opening).bit_length() - 1
            rung = self.rungs[bit]
            own = opening & self.bits_of[rung.program.id]
            opening ^= own
            self._open(changes, rung, self._severity(own), at, rung.deadline(changes.values, at))
        return due

    def advance(self, changes: Changes, holding: int, after: Instant, upto: Instant) -> Instant | None:
        """Take what time alone brings after `after`, up to and including `upto`. Says what is due next."""
        due, reached, _ = self._climb(changes.values, holding, after, upto)
        if len(reached) > 1:
            reached.sort()
        progress = changes.entity.progress
        for at, bit in reached:
            changes.entity.changed_at = at
            rung = self.rungs[bit]
            deadline = at + rung.within - rung.span
            found = progress.get(rung.program.id)
            if found is None or found.open is None:
                self._open(changes, rung, rung.severity, at, deadline)
            elif found.open.stages[-1][0] < rung.severity:
                changes.rise(rung.program, found.open, at, rung.severity, changes.evidence(deadline))
        return due

    def _climb(
        self, values: Values, holding: int, after: Instant, upto: Instant
    ) -> tuple[Instant | None, list[tuple[Instant, int]], int]:
        """Of the rungs that hold: the first instant after `upto`, (instant, rung) of those that time reaches after
        `after` up to and including `upto`, and the mask of all that have been reached by then.
        """
        due: Instant | None = None
        reached: list[tuple[Instant, int]] = []
        firing = 0
        for bits, ladder in self._ladders:
            waiting = holding & bits
            if not waiting:
                continue
            start = values.get(ladder.counted_from)
            if not isinstance(start, int):
                continue
            if not ladder.earliest <= start <= ladder.latest:
                waiting &= ladder.existing(start)
            spans, first = ladder.spans, ladder.first
            passed = waiting & ladder.passed[bisect_right(spans, upto - start)]
            firing |= passed
            waiting ^= passed
            if waiting:
                instant = start + spans[(waiting & -waiting).bit_length() - 1 - first]
                if due is None or instant < due:
                    due = instant
            if after != upto:
                passed &= ~ladder.passed[bisect_right(spans, after - start)]
                while passed:
                    bit = passed.bit_length() - 1
                    passed ^= 1 << bit
                    reached.append((start + spans[bit - first], bit))
        return due, reached, firing

    def _open(self, changes: Changes, rung: Rung, severity: int, at: Instant, deadline: Instant | None) -> None:
        program = rung.program
        current = changes.open(program, at, severity, changes.evidence(deadline))
        changes.entity.progress[program.id] = Progress(program.version, open=current)

    def _go_on(self, changes: Changes, firing: int, holding: int, at: Instant) -> int:
        """Judge the open firings at a step. The rungs of those that go on."""
        going_on = 0
        ended = []
        broken = changes.evidence(None)
        for rule, progress in changes.entity.progress.items():
            bits = self.bits_of.get(rule)
            if bits is None:
                continue
            rung = self.rungs[bits.bit_length() - 1]
            current = progress.open
            if current is None:  # the rule was tracked before it changed
                ended.append(rule)
            elif not firing & bits:
                ended.append(rule)
                if holding & bits:
                    moved = changes.evidence(rung.deadline(changes.values, at))
                    changes.resolve(rule, rung.program.version, current, at, Reason.DEADLINE_MOVED, moved)
                else:
                    changes.resolve(rule, rung.program.version, current, at, Reason.CONDITION, broken)
            else:
                going_on |= bits
                progress.version = rung.program.version
                severity = self._severity(firing & bits)
                if severity != current.stages[-1][0]:
                    evidence = changes.evidence(rung.deadline(changes.values, at))
                    changes.rise(rung.program, current, at, severity, evidence)
        for rule in ended:
            del changes.entity.progress[rule]
        return going_on

    def _severity(self, rungs: int) -> int:
        """The highest."""
        highest = 0
        while rungs:
            bit = rungs.bit_length() - 1
            rungs ^= 1 << bit
            highest = max(highest, self.rungs[bit].severity)
        return highest


def _ladder(counted_from: str, first: int, rungs: Sequence[Rung]) -> Ladder:
    reaches = [reach for rung in rungs for reach in (rung.span, rung.within)]
    passed = tuple((1 << count) - 1 << first for count in range(len(rungs) + 1))
    return Ladder(
        counted_from=counted_from,
        first=first,
        bits=passed[-1],
        rungs=tuple(rungs),
        spans=tuple(rung.span for rung in rungs),
        passed=passed,
        earliest=FIRST - min(reaches),
        latest=LAST - max(reaches),
    )


def make_ladders(rules: Sequence[Rule], programs: Sequence[Program]) -> Ladders:
    """The ladders of those rules that can stand on one; `Ladders.bits_of` says which these are."""
    at_once: list[Rung] = []
    counted: dict[str, list[Rung]] = {}
    for place, (rule, program) in enumerate(zip(rules, programs, strict=True)):
        for rung in _rungs(rule, program, place):
            (at_once if program.counted_from is None else counted.setdefault(program.counted_from, [])).append(rung)
    return Ladders(at_once, counted)


def _rungs(rule: Rule, program: Program, place: int) -> list[Rung]:
    """No rung where the distances vary, or where more than the snapshot decides."""
    plain = isinstance(rule.ending, Plain) or rule.count is not None  # how a group ends is not how its members do
    if rule.is_pulse or not plain or rule.is_fresh or any(stage.offset.calendar is not None for stage in rule.stages):
        return []
    if program.decide is not None:
        return []
    match rule.deadline:
        case NoDeadline() if program.single:
            within = 0
        case OverduePromise():
            within = 0
        case OverdueAfter(within=duration) if duration.calendar is None:
            within = duration.span
        case _:
            return []
    return [
        Rung(
            program=program,
            condition=place,
            severity=int(stage.severity),
            span=within - stage.offset.span if stage.early else within + stage.offset.span,
            within=within,
        )
        for stage in rule.stages
    ]
