"""Rules that need no memory: whether they fire follows from the snapshot, the instant and fixed distances.

The thresholds of most rules stand at fixed distances from an instant in the snapshot (`overdue` without calendars), or
there is no deadline. Such a rule is a few rungs: one for each stage. The rungs counted from one name of the snapshot
are a ladder, sorted by distance, so that one search says which of them have passed, however many rules there are, and
the lowest bit of the others says what is due next. Nothing is kept for a rule until it fires.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rules.changes import Changes
from rules.program import Program
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


class Ladder:
    """The rungs counted from one instant of the snapshot; in masks they have the bits from `first` on."""

    __slots__ = ("_earliest", "_latest", "_passing", "_rungs", "_spans", "bits", "counted_from", "first")

    def __init__(self, counted_from: str, first: int, rungs: Sequence[Rung]) -> None:
        self.counted_from = counted_from
        self.first = first
        self.bits = (1 << len(rungs)) - 1 << first
        self._rungs = rungs
        self._spans = [rung.span for rung in rungs]
        self._passing = [(1 << count) - 1 << first for count in range(len(rungs) + 1)]
        reaches = [reach for rung in rungs for reach in (rung.span, rung.within)]
        self._earliest = FIRST - min(reaches)
        self._latest = LAST - max(reaches)

    def start(self, values: Values) -> Instant | None:
        start = values.get(self.counted_from)
        return start if isinstance(start, int) else None

    def existing(self, start: Instant, rungs: int) -> int:
        """Those of the rungs whose instants are within the years 1 to 9999: nearly always all."""
        if self._earliest <= start <= self._latest:
            return rungs
        return rungs & sum(1 << bit for bit, rung in enumerate(self._rungs, self.first) if rung.exists(start))

    def passed(self, start: Instant, at: Instant) -> int:
        """The rungs whose instant has come at `at`."""
        return self._passing[bisect_right(self._spans, at - start)]

    def due(self, start: Instant, waiting: int) -> Instant:
        """The first instant of the rungs in `waiting`."""
        return start + self._spans[(waiting & -waiting).bit_length() - 1 - self.first]


class Ladders:
    """All ladders of a kind. Masks of rungs; `holding` is that of the rungs whose condition holds."""

    __slots__ = ("_at_once", "_ladders", "bits_of", "rungs")

    def __init__(self, at_once: Sequence[Rung], counted: dict[str, list[Rung]]) -> None:
        rungs = list(at_once)
        self._at_once = (1 << len(rungs)) - 1
        self._ladders: list[Ladder] = []
        for name, found in counted.items():
            # of two at one instant the more severe comes first, so that the other changes nothing
            ordered = sorted(found, key=lambda rung: (rung.span, -rung.severity))
            self._ladders.append(Ladder(name, len(rungs), ordered))
            rungs += ordered
        self.rungs = tuple(rungs)
        self.bits_of: dict[str, int] = {}  # rule -> its rungs
        for bit, rung in enumerate(rungs):
            self.bits_of[rung.program.id] = self.bits_of.get(rung.program.id, 0) | 1 << bit

    def step(self, changes: Changes, holding: int, at: Instant) -> Instant | None:
        """Judge the snapshot of a step: end firings and begin them. Says what is due next if nothing else comes."""
        firing, due = self._look(changes.values, holding, at)
        opening = firing
        if changes.entity.progress:
            opening &= ~self._go_on(changes, firing, holding, at)
        while opening:
            bit = (opening & -opening).bit_length() - 1
            own = opening & self.bits_of[self.rungs[bit].program.id]
            opening ^= own
            self._open(changes, self.rungs[bit], self._severity(own), at)
        return due

    def advance(self, changes: Changes, holding: int, after: Instant, upto: Instant) -> Instant | None:
        """Take what time alone brings after `after`, up to and including `upto`. Says what is due next."""
        reached, due = self._climb(changes.values, holding, after, upto)
        for at, bit in reached:
            changes.entity.changed_at = at
            rung = self.rungs[bit]
            progress = changes.entity.progress.get(rung.program.id)
            if progress is None or progress.open is None:
                self._open(changes, rung, rung.severity, at)
            elif progress.open.stages[-1][0] < rung.severity:
                evidence = changes.evidence(rung.deadline(changes.values, at))
                changes.rise(rung.program, progress.open, at, rung.severity, evidence)
        return due

    def _open(self, changes: Changes, rung: Rung, severity: int, at: Instant) -> None:
        program = rung.program
        current = changes.open(program, at, severity, changes.evidence(rung.deadline(changes.values, at)))
        changes.entity.progress[program.id] = Progress(program.version, open=current)

    def _go_on(self, changes: Changes, firing: int, holding: int, at: Instant) -> int:
        """Judge the open firings at a step. The rungs of those that go on."""
        going_on = 0
        ended = []
        for rule, progress in changes.entity.progress.items():
            bits = self.bits_of.get(rule)
            if bits is None:
                continue
            current = progress.open
            rung = self.rungs[bits.bit_length() - 1]
            progress.version = rung.program.version
            if current is None:  # the rule was tracked before it changed
                ended.append(rule)
            elif not firing & bits:
                reason = Reason.DEADLINE_MOVED if holding & bits else Reason.CONDITION
                evidence = changes.evidence(rung.deadline(changes.values, at) if holding & bits else None)
                changes.resolve(rule, progress.version, current, at, reason, evidence)
                ended.append(rule)
            else:
                going_on |= bits
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
            low = rungs & -rungs
            rungs ^= low
            highest = max(highest, self.rungs[low.bit_length() - 1].severity)
        return highest

    def _look(self, values: Values, holding: int, at: Instant) -> tuple[int, Instant | None]:
        """The rungs that fire at `at`, and when the next one will if the snapshot stays as it is."""
        firing = holding & self._at_once
        due: Instant | None = None
        for ladder in self._ladders:
            waiting = holding & ladder.bits
            if waiting and (start := ladder.start(values)) is not None:
                waiting = ladder.existing(start, waiting)
                passed = waiting & ladder.passed(start, at)
                firing |= passed
                if waiting != passed:
                    instant = ladder.due(start, waiting ^ passed)
                    if due is None or instant < due:
                        due = instant
        return firing, due

    def _climb(
        self, values: Values, holding: int, after: Instant, upto: Instant
    ) -> tuple[list[tuple[Instant, int]], Instant | None]:
        """(instant, rung) of all that time reaches after `after`, up to and including `upto`; and the next instant."""
        found: list[tuple[Instant, int]] = []
        due: Instant | None = None
        for ladder in self._ladders:
            waiting = holding & ladder.bits
            if waiting and (start := ladder.start(values)) is not None:
                waiting = ladder.existing(start, waiting & ~ladder.passed(start, after))
                reached = waiting & ladder.passed(start, upto)
                if waiting != reached:
                    instant = ladder.due(start, waiting ^ reached)
                    if due is None or instant < due:
                        due = instant
                while reached:
                    low = reached & -reached
                    reached ^= low
                    found.append((ladder.due(start, low), low.bit_length() - 1))
        if len(found) > 1:
            found.sort()
        return found, due


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
    if not isinstance(rule.ending, Plain) or any(stage.offset.calendar is not None for stage in rule.stages):
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
