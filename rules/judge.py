"""The judge: snapshots of one entity, step by step, to firings (semantics.md, section 3).

Between two steps only time changes anything, and only at instants known beforehand: the thresholds of the current run,
the end of a keep_open_for, the expiry of a pulse. So the judge is a small state machine per rule and entity
(streams.entity.Progress) that is fed steps and instants, in order, and never looks at a clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rules.expression import Expression
from rules.matcher import Matcher, MatcherName, make_matcher
from rules.program import Program, compile_program
from rules.rule import Clear, Pulse, Rule
from streams.entity import Entity, Judged, OpenFiring, Progress, Step
from streams.firing import Change, Evidence, Firing, Reason, Transition
from streams.instants import Instant
from streams.model import Values


@dataclass(frozen=True, slots=True)
class KindRules:
    """All rules on one kind, with the matchers that answer for their conditions. Masks have bit i for program i."""

    programs: tuple[Program, ...]  # those that are no pulses first
    places: dict[str, int]  # rule -> its program
    holding: Matcher | None  # the conditions of the programs that are no pulses
    pulsing: Matcher | None  # bit i: the condition of pulse program `first_pulse` + i, at one event
    first_pulse: int
    guards: Matcher | None  # bit i: clear or until of program `guarded[i]`
    guarded: tuple[int, ...]
    clearing: int  # mask: programs with `clear`
    volatile: int  # mask: programs whose deadline has to be computed to see whether it has moved
    counted_from: dict[str, int]  # name in the snapshot -> mask of the programs whose deadline is counted from it

    def guarding(self, values: Values) -> int:
        """Mask: clear or until holds."""
        if self.guards is None:
            return 0
        mask = self.guards.match(values, None, None)
        return sum(1 << place for bit, place in enumerate(self.guarded) if mask >> bit & 1) if mask else 0

    def moved(self, before: Values, values: Values) -> int:
        """Mask: programs whose deadline may have moved with this step."""
        mask = self.volatile
        for name, counted in self.counted_from.items():
            if before.get(name) != values.get(name):
                mask |= counted
        return mask


class Judge:
    """Judges every entity by all rules that are not off. `matcher` chooses who matches the conditions."""

    def __init__(self, rules: Iterable[Rule], matcher: MatcherName = "durable") -> None:
        self.rules = {rule.id: rule for rule in rules if rule.mode != "off"}
        by_kind: dict[str, list[Rule]] = {}
        for rule in self.rules.values():
            by_kind.setdefault(rule.on, []).append(rule)
        self._kinds = {kind: _kind_rules(found, matcher) for kind, found in by_kind.items()}

    @property
    def matchers(self) -> list[Matcher]:
        return [
            matcher
            for kind in self._kinds.values()
            for matcher in (kind.holding, kind.pulsing, kind.guards)
            if matcher is not None
        ]

    def judges_events(self, kind: str) -> bool:
        """Whether some rule on this kind judges single events (else steps need not carry them)."""
        found = self._kinds.get(kind)
        return found is not None and found.pulsing is not None

    def step(self, entity: Entity, step: Step, known_at: Instant | None, out: list[Transition]) -> None:
        """Apply one step; time-driven changes before it are taken first.

        `known_at` is when the service learns of it, None for the instant itself. Changes are added to `out`.
        """
        kind = self._kinds.get(entity.kind)
        if kind is None:
            return
        self._advance_on(step.before, entity, step.at - 1, known_at, out)
        entity.due_at = None  # from here on unknown, until next_due is asked
        values = step.values
        work = _Work(entity, values, known_at, out)
        holding = kind.holding.match(values, None, None) if kind.holding is not None else 0
        guards = kind.guarding(values)
        held, stale = _held(kind, entity)
        todo = (holding ^ held) | (holding & (kind.moved(step.before, values) | stale)) | kind.clearing
        while todo:
            low = todo & -todo
            todo ^= low
            program = kind.programs[low.bit_length() - 1]
            holds = bool(holding & low)
            progress = entity.progress.get(program.id)
            if progress is None:
                if not holds:
                    continue
                progress = entity.progress[program.id] = Progress(program.version)
            _apply(work, program, progress, step.at, values, holds=holds, guard=bool(guards & low))
            if not holds and progress.open is None:
                del entity.progress[program.id]
        if kind.pulsing is not None:
            self._pulses(work, kind, step, guards)

    def _pulses(self, work: "_Work", kind: KindRules, step: Step, guards: int) -> None:
        progress = work.entity.progress
        assert kind.pulsing is not None
        pulses = _find_pulses(kind.pulsing, kind.first_pulse, step)
        for place in range(kind.first_pulse, len(kind.programs)):
            program = kind.programs[place]
            found = progress.get(program.id)
            if found is None:
                if place not in pulses:
                    continue
                found = progress[program.id] = Progress(program.version)
            _apply_pulse(work, program, found, step.at, pulses.get(place, ()), bool(guards >> place & 1))
            if found.open is None:
                del progress[program.id]

    def advance(self, entity: Entity, upto: Instant, known_at: Instant | None, out: list[Transition]) -> None:
        """Take every change that time alone brings, up to and including `upto`."""
        self._advance_on(entity.values, entity, upto, known_at, out)

    def _advance_on(
        self, values: Values, entity: Entity, upto: Instant, known_at: Instant | None, out: list[Transition]
    ) -> None:
        due = entity.due_at
        if due is not None and due > upto:
            return
        kind = self._kinds.get(entity.kind)
        if kind is None:
            return
        work = _Work(entity, values, known_at, out)
        ended = []
        for rule, progress in entity.progress.items():
            if progress.due_at is not None and progress.due_at <= upto and rule in kind.places:
                _advance(work, kind.programs[kind.places[rule]], progress, upto)
                if progress.run is None and progress.open is None:
                    ended.append(rule)
        for rule in ended:
            del entity.progress[rule]

    def next_due(self, entity: Entity) -> Instant | None:
        """The next instant at which something changes if no event comes."""
        kind = self._kinds.get(entity.kind)
        if kind is None:
            return None
        best: Instant | None = None
        for rule, progress in entity.progress.items():
            due = progress.due_at
            if due is not None and (best is None or due < best) and rule in kind.places:
                best = due
        return best

    def close(self, entity: Entity, rule: str, at: Instant, out: list[Transition]) -> None:
        """A person closes the pulse incident of a rule: that counts as `until` at that instant."""
        progress = entity.progress.get(rule)
        if progress is not None and progress.open is not None:
            _resolve(_Work(entity, entity.values, None, out), progress, rule, at, Reason.PERSON)
            del entity.progress[rule]

    def takes_closing(self, rule: str) -> bool:
        """Whether a person's closing is part of what the rule judges (pulses only)."""
        found = self.rules.get(rule)
        return found is not None and isinstance(found.ending, Pulse)


@dataclass(frozen=True, slots=True)
class _Work:
    entity: Entity
    values: Values
    known_at: Instant | None
    out: list[Transition]

    def emit(self, change: Change, at: Instant, firing: Firing, evidence: Evidence) -> None:
        self.out.append(Transition(change=change, at=at, firing=firing, evidence=evidence))

    def evidence(self, progress: Progress, judged: Sequence[Judged] = ()) -> Evidence:
        if judged:
            return Evidence(values=judged[-1].after, before=judged[-1].before, event=judged[-1].event)
        return Evidence(values=self.values, deadline=progress.deadline)


def _held(kind: KindRules, entity: Entity) -> tuple[int, int]:
    """Masks: the programs whose condition held until now, and those of them that have changed since."""
    held = stale = 0
    for rule, progress in entity.progress.items():
        place = kind.places.get(rule)
        if place is None or progress.run is None:
            continue
        held |= 1 << place
        program = kind.programs[place]
        if progress.version != program.version:  # the rule has changed: its thresholds are counted anew
            progress.version, progress.basis = program.version, None
            stale |= 1 << place
    return held, stale


def _kind_rules(rules: Sequence[Rule], matcher: MatcherName) -> KindRules:
    steady = [rule for rule in rules if not isinstance(rule.ending, Pulse)]
    pulses = [rule for rule in rules if isinstance(rule.ending, Pulse)]
    ordered = steady + pulses
    programs = tuple(compile_program(rule) for rule in ordered)
    guards = [(place, guard) for place, rule in enumerate(ordered) if (guard := _guard(rule)) is not None]
    counted_from: dict[str, int] = {}
    for place, program in enumerate(programs[: len(steady)]):
        if program.counted_from is not None:
            counted_from[program.counted_from] = counted_from.get(program.counted_from, 0) | 1 << place
    return KindRules(
        programs=programs,
        places={rule.id: place for place, rule in enumerate(ordered)},
        holding=make_matcher(matcher, [rule.condition for rule in steady]) if steady else None,
        pulsing=make_matcher(matcher, [rule.condition for rule in pulses]) if pulses else None,
        first_pulse=len(steady),
        guards=make_matcher(matcher, [guard for _, guard in guards]) if guards else None,
        guarded=tuple(place for place, _ in guards),
        clearing=sum(1 << place for place, program in enumerate(programs) if program.clear),
        volatile=sum(1 << place for place, program in enumerate(programs) if program.volatile),
        counted_from=counted_from,
    )


def _guard(rule: Rule) -> Expression | None:
    match rule.ending:
        case Clear(expression=expression):
            return expression
        case Pulse(until=until):
            return until
        case _:
            return None


def _find_pulses(pulsing: Matcher, first: int, step: Step) -> dict[int, list[Judged]]:
    """Program -> the events of the step at which its condition holds."""
    found: dict[int, list[Judged]] = {}
    for judged in step.judged:
        mask = pulsing.match(judged.after, judged.before, judged.event)
        while mask:
            low = mask & -mask
            mask ^= low
            found.setdefault(low.bit_length() - 1 + first, []).append(judged)
    return found


def _apply(
    work: _Work, program: Program, progress: Progress, at: Instant, values: Values, *, holds: bool, guard: bool
) -> None:
    """A step for a rule that is no pulse: the run, its thresholds, and what follows from them at this instant."""
    if progress.open is not None and _expiry(program, progress) == at:
        _expire(work, program, progress, at)
    if holds:
        if progress.run is None:
            progress.run = at
            progress.basis = None
        basis = program.basis(values, progress.run)
        if basis is None:
            progress.basis, progress.deadline, progress.thresholds, progress.passed = None, None, [], 0
        elif basis != progress.basis:
            progress.basis = basis
            progress.deadline = program.deadline(basis)
            progress.thresholds = program.thresholds(progress.deadline)
            progress.passed = 0
    else:
        progress.run = progress.basis = progress.deadline = None
        progress.thresholds, progress.passed = [], 0
    while progress.passed < len(progress.thresholds) and progress.thresholds[progress.passed][0] <= at:
        progress.passed += 1
    progress.clear = guard
    severity = progress.thresholds[progress.passed - 1][1] if progress.passed else None
    _settle(work, program, progress, at, severity, Reason.DEADLINE_MOVED if holds else Reason.CONDITION)
    progress.due_at = _next(program, progress)


def _settle(
    work: _Work, program: Program, progress: Progress, at: Instant, severity: int | None, ended_by: Reason
) -> None:
    """Open, change or end the firing, given the severity that the rule has from `at` on (None: it does not fire)."""
    current = progress.open
    if current is None:
        if severity is not None and not (program.clear and progress.clear):
            _open(work, program, progress, at, severity)
    elif program.clear and progress.clear:
        _resolve(work, progress, program.id, at, Reason.CLEARED)
    elif severity is not None:
        current.broken_at = current.broken_reason = None
        if severity != current.stages[-1][0]:
            current.stages.append((severity, at))
            work.emit(Change.SEVERITY, at, _image(work, program, current), work.evidence(progress))
    elif program.clear:
        return
    elif program.keep_open is None:
        _resolve(work, progress, program.id, at, ended_by)
    elif current.broken_at is None:
        current.broken_at, current.broken_reason = at, ended_by.value


def _apply_pulse(
    work: _Work, program: Program, progress: Progress, at: Instant, pulses: Sequence[Judged], until: bool
) -> None:
    current = progress.open
    if current is not None:
        if until:
            _resolve(work, progress, program.id, at, Reason.UNTIL)
        elif _expiry(program, progress) == at:
            _resolve(work, progress, program.id, at, Reason.EXPIRED)
        elif pulses:
            current.pulses += len(pulses)
            current.last_pulse = at
            work.emit(Change.PULSED, at, _image(work, program, current), work.evidence(progress, pulses))
    if progress.open is None and pulses and not until:
        _open(work, program, progress, at, program.severity, pulses)
    progress.due_at = _expiry(program, progress)


def _advance(work: _Work, program: Program, progress: Progress, upto: Instant) -> None:
    while True:
        due = progress.due_at = _next(program, progress)
        if due is None or due > upto:
            return
        work.entity.changed_at = max(work.entity.changed_at, due)
        if progress.open is not None and _expiry(program, progress) == due:
            _expire(work, program, progress, due)
        else:
            severity = progress.thresholds[progress.passed][1]
            progress.passed += 1
            _settle(work, program, progress, due, severity, Reason.CONDITION)


def _next(program: Program, progress: Progress) -> Instant | None:
    threshold = progress.thresholds[progress.passed][0] if progress.passed < len(progress.thresholds) else None
    expiry = _expiry(program, progress)
    if threshold is None:
        return expiry
    return threshold if expiry is None else min(threshold, expiry)


def _expiry(program: Program, progress: Progress) -> Instant | None:
    """When the open firing ends by itself: keep_open_for over, or no pulse for `expires`."""
    current = progress.open
    if current is None:
        return None
    if program.keep_open is not None:
        return None if current.broken_at is None else current.broken_at + program.keep_open
    if program.pulse is not None and program.pulse.expires is not None:
        return current.last_pulse + program.pulse.expires
    return None


def _expire(work: _Work, program: Program, progress: Progress, at: Instant) -> None:
    assert progress.open is not None
    broken = progress.open.broken_reason
    reason = Reason.EXPIRED if broken is None else Reason(broken)
    _resolve(work, progress, program.id, at, reason)


def _open(
    work: _Work, program: Program, progress: Progress, at: Instant, severity: int, pulses: Sequence[Judged] = ()
) -> None:
    numbers = work.entity.numbers
    number = numbers[program.id] = numbers.get(program.id, 0) + 1
    known_at = at if work.known_at is None else work.known_at
    progress.open = OpenFiring(number, at, known_at, [(severity, at)], len(pulses), at)
    work.emit(Change.OPENED, at, _image(work, program, progress.open), work.evidence(progress, pulses))


def _resolve(work: _Work, progress: Progress, rule: str, at: Instant, reason: Reason) -> None:
    assert progress.open is not None
    entity = work.entity
    known_at = at if work.known_at is None else work.known_at
    firing = replace(
        progress.open.firing(rule, progress.version, entity.kind, entity.key),
        resolved_at=at,
        closed_at=known_at,
        reason=reason,
    )
    progress.open = None
    work.emit(Change.RESOLVED, at, firing, work.evidence(progress))


def _image(work: _Work, program: Program, current: OpenFiring) -> Firing:
    return current.firing(program.id, program.version, work.entity.kind, work.entity.key)
