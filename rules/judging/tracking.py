"""Rules whose future does not follow from the snapshot alone: each keeps a Progress on each entity that it concerns.

Between two steps only time changes anything, and only at instants known beforehand: the thresholds of the current run,
the end of a keep_open_for, the expiry of a pulse. So this is a small state machine per rule and entity
(streams.entity.Progress) that is fed steps and instants, in order.
"""

from collections.abc import Sequence

from rules.judging.changes import Changes
from rules.judging.program import Program
from rules.language.expression import Expression
from rules.matching.matcher import Make, Matcher, MatcherName, make_matcher
from rules.rule import Clear, Pulse, Rule
from streams.entity import Entity, Judged, Progress, Step, rule_of, slot_of
from streams.firing import Change, Reason
from streams.instants import Instant
from streams.model import Values


class Tracked:
    """The tracked rules of a kind, those that are no pulses first. Masks have bit i for program i."""

    def __init__(self, rules: Sequence[Rule], programs: Sequence[Program], matcher: MatcherName | Make) -> None:
        pulses = [rule for rule in rules if rule.is_pulse]
        guards = [(place, guard) for place, rule in enumerate(rules) if (guard := _guard(rule)) is not None]
        self.programs = tuple(programs)
        self._places = {program.slot: place for place, program in enumerate(programs)}
        self._first_pulse = len(rules) - len(pulses)
        self.pulsing = make_matcher(matcher, [rule.condition for rule in pulses]) if pulses else None
        self.guards = make_matcher(matcher, [guard for _, guard in guards]) if guards else None
        self._guarded = tuple(place for place, _ in guards)  # bit i of the guards' mask: clear or until of this program
        self._clearing = sum(1 << place for place, program in enumerate(programs) if program.clear)
        # programs whose deadline has to be computed to see whether it has moved
        self._volatile = sum(1 << place for place, program in enumerate(programs) if program.volatile)
        # programs whose severity has to be decided at every step
        self._deciding = sum(1 << place for place, program in enumerate(programs) if program.decide is not None)
        self._fresh = tuple(place for place, rule in enumerate(rules) if rule.is_fresh)
        self._always = sum(1 << place for place in self._fresh if place < self._first_pulse)  # judged at every step
        self._counted_from: dict[str, int] = {}  # name in the snapshot -> programs whose deadline is counted from it
        for place, program in enumerate(programs[: self._first_pulse]):
            if program.counted_from is not None:
                bits = self._counted_from.get(program.counted_from, 0)
                self._counted_from[program.counted_from] = bits | 1 << place

    def step(self, changes: Changes, step: Step, holding: int) -> None:
        """Apply one step, when what time alone brought before it has been taken."""
        progress, values = changes.entity.progress, step.values
        if self._fresh:
            self._take_over(changes.entity, step.before)
            holding = self._judged_now(holding, step.at)
        guards = self._guarding(values)
        held, stale = self._held(changes.entity) if progress else (0, 0)
        todo = (holding ^ held) | self._clearing | self._always | stale
        if holding:
            todo |= holding & (self._moved(step.before, values) | self._deciding)
        while todo:
            low = todo & -todo
            todo ^= low
            program = self.programs[low.bit_length() - 1]
            holds = bool(holding & low)
            found = progress.get(program.slot)
            if found is None:
                if not holds:
                    continue
                found = progress[program.slot] = Progress(program.version)
            _apply(changes, program, found, step.at, holds=holds, guard=bool(guards & low))
            if not holds and found.open is None:
                del progress[program.slot]
        if self.pulsing is not None:
            self._pulses(changes, self.pulsing, step, guards)

    def _judged_now(self, holding: int, at: Instant) -> int:
        """`holding` without the rules that are not judged yet."""
        for place in self._fresh:
            since = self.programs[place].since
            if since is not None and at <= since:
                holding &= ~(1 << place)
        return holding

    def _take_over(self, entity: Entity, values: Values) -> None:
        """What is open by an older version goes on under that version's own name, once a newer one has replaced it."""
        for rule in {self.programs[place].id for place in self._fresh}:
            kept = entity.progress.get(rule)
            today = self._places.get(rule)  # None: the rule is off now
            if kept is None or (today is not None and kept.version == self.programs[today].version):
                continue
            del entity.progress[rule]
            slot = slot_of(rule, kept.version)
            if kept.open is not None and slot in self._places:
                entity.progress[slot] = kept
                older = self.programs[self._places[slot]]
                if kept.run is None and not older.pulse:  # it stood on a ladder
                    _count_on(older, kept, values, kept.open.opened_at, max(entity.step_at, entity.changed_at))
                    kept.due_at = _next(older, kept)

    def _pulses(self, changes: Changes, pulsing: Matcher, step: Step, guards: int) -> None:
        progress = changes.entity.progress
        pulses = _find_pulses(pulsing, self._first_pulse, step)
        for place in range(self._first_pulse, len(self.programs)):
            program = self.programs[place]
            if program.since is not None and step.at <= program.since:
                continue
            if program.count is not None:
                for judged in pulses.get(place, ()):
                    changes.count(program, program.count, step.at, judged.after)
                continue
            found = progress.get(program.slot)
            if found is None:
                if place not in pulses:
                    continue
                found = progress[program.slot] = Progress(program.version)
            _apply_pulse(changes, program, found, step.at, pulses.get(place, ()), bool(guards >> place & 1))
            if found.open is None:
                del progress[program.slot]

    def advance(self, changes: Changes, upto: Instant) -> None:
        """Take every change that time alone brings, up to and including `upto`."""
        if self._fresh:
            self._take_over(changes.entity, changes.values)
        ended = []
        for rule, progress in changes.entity.progress.items():
            if progress.due_at is not None and progress.due_at <= upto and rule in self._places:
                _advance(changes, self.programs[self._places[rule]], progress, upto)
                if progress.run is None and progress.open is None:
                    ended.append(rule)
        for rule in ended:
            del changes.entity.progress[rule]

    def next_due(self, entity: Entity) -> Instant | None:
        """The next instant at which something changes if no event comes."""
        best: Instant | None = None
        for rule, progress in entity.progress.items():
            due = progress.due_at
            if due is not None and (best is None or due < best) and rule in self._places:
                best = due
        return best

    def _guarding(self, values: Values) -> int:
        """Mask: clear or until holds."""
        if self.guards is None:
            return 0
        mask = self.guards.match(values, None, None)
        return sum(1 << place for bit, place in enumerate(self._guarded) if mask >> bit & 1) if mask else 0

    def _moved(self, before: Values, values: Values) -> int:
        """Mask: programs whose deadline may have moved with this step."""
        mask = self._volatile
        for name, counted in self._counted_from.items():
            if before.get(name) != values.get(name):
                mask |= counted
        return mask

    def _held(self, entity: Entity) -> tuple[int, int]:
        """Masks: the programs whose condition held until now, and those that have changed since."""
        held = stale = 0
        for rule, progress in entity.progress.items():
            place = self._places.get(rule)
            if place is None or place >= self._first_pulse:
                continue
            if progress.run is not None:
                held |= 1 << place
            program = self.programs[place]
            if progress.version != program.version:  # the rule has changed: its thresholds are counted anew
                progress.version, progress.basis = program.version, None
                stale |= 1 << place
        return held, stale


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


def _apply(changes: Changes, program: Program, progress: Progress, at: Instant, *, holds: bool, guard: bool) -> None:
    """A step for a rule that is no pulse: the run, its thresholds, and what follows from them at this instant."""
    if progress.open is not None and _expiry(program, progress) == at:
        _expire(changes, program, progress, at)
    if holds:
        _count_on(program, progress, changes.values, progress.run if progress.run is not None else at, at)
    else:
        progress.run = progress.basis = progress.deadline = None
        progress.thresholds, progress.passed = (), 0
    progress.clear = guard
    severity = progress.thresholds[progress.passed - 1][1] if progress.passed else None
    _settle(changes, program, progress, at, severity, Reason.DEADLINE_MOVED if holds else Reason.CONDITION)
    progress.due_at = _next(program, progress)


def _count_on(program: Program, progress: Progress, values: Values, run: Instant, at: Instant) -> None:
    """Where the condition holds: the thresholds on this snapshot, and which have passed by `at`."""
    if progress.run is None:
        progress.run = run
        progress.basis = None
    basis = program.basis(values, run)
    if basis is None:
        progress.basis, progress.deadline, progress.thresholds, progress.passed = None, None, (), 0
    elif basis != progress.basis:
        progress.basis = basis
        progress.deadline = program.deadline(basis)
        progress.thresholds = tuple(program.thresholds(progress.deadline))
        progress.passed = 0
    while progress.passed < len(progress.thresholds) and progress.thresholds[progress.passed][0] <= at:
        progress.passed += 1


def _settle(
    changes: Changes, program: Program, progress: Progress, at: Instant, severity: int | None, ended_by: Reason
) -> None:
    """Open, change or end the firing, given the severity that the rule has from `at` on (None: it does not fire)."""
    current = progress.open
    if severity is not None and program.decide is not None:
        severity = program.decide(changes.values)
    if current is None:
        if severity is not None and not (program.clear and progress.clear) and _may_open(changes, program, at):
            _open(changes, program, progress, at, severity)
    elif program.clear and progress.clear:
        _resolve(changes, program, progress, at, Reason.CLEARED)
    elif severity is not None:
        current.broken_at = current.broken_reason = None
        if severity != current.stages[-1][0]:
            changes.rise(program, current, at, severity, changes.evidence(progress.deadline, since=progress.run))
    elif program.clear:
        return
    elif program.keep_open is None:
        _resolve(changes, program, progress, at, ended_by)
    elif current.broken_at is None:
        current.broken_at, current.broken_reason = at, ended_by.value


def _apply_pulse(
    changes: Changes, program: Program, progress: Progress, at: Instant, pulses: Sequence[Judged], until: bool
) -> None:
    current = progress.open
    if current is not None:
        if until:
            _resolve(changes, program, progress, at, Reason.UNTIL)
        elif _expiry(program, progress) == at:
            _resolve(changes, program, progress, at, Reason.EXPIRED)
        elif pulses:
            current.pulses += len(pulses)
            current.last_pulse = at
            changes.tell(Change.PULSED, program, current, at, changes.evidence(None, pulses))
    if progress.open is None and pulses and not until and _may_open(changes, program, at):
        severity = program.severity if program.decide is None else program.decide(pulses[-1].after)
        _open(changes, program, progress, at, severity, pulses)
    progress.due_at = _expiry(program, progress)


def _advance(changes: Changes, program: Program, progress: Progress, upto: Instant) -> None:
    while True:
        due = progress.due_at = _next(program, progress)
        if due is None or due > upto:
            return
        changes.entity.changed_at = max(changes.entity.changed_at, due)
        if progress.open is not None and _expiry(program, progress) == due:
            _expire(changes, program, progress, due)
        else:
            severity = progress.thresholds[progress.passed][1]
            progress.passed += 1
            _settle(changes, program, progress, due, severity, Reason.CONDITION)


def _next(program: Program, progress: Progress) -> Instant | None:
    threshold = progress.thresholds[progress.passed][0] if progress.passed < len(progress.thresholds) else None
    expiry = _expiry(program, progress)
    if threshold is None:
        return expiry
    return threshold if expiry is None else min(threshold, expiry)


def _may_open(changes: Changes, program: Program, at: Instant) -> bool:
    """A retired version opens nothing more; the one after it nothing while an older one has something open."""
    if program.retired_at is not None:
        return at <= program.retired_at
    if program.since is None:
        return True
    return not any(
        progress.open is not None and slot != program.slot and rule_of(slot) == program.id
        for slot, progress in changes.entity.progress.items()
    )


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


def _expire(changes: Changes, program: Program, progress: Progress, at: Instant) -> None:
    assert progress.open is not None
    broken = progress.open.broken_reason
    _resolve(changes, program, progress, at, Reason.EXPIRED if broken is None else Reason(broken))


def _open(
    changes: Changes, program: Program, progress: Progress, at: Instant, severity: int, pulses: Sequence[Judged] = ()
) -> None:
    evidence = changes.evidence(progress.deadline, pulses, progress.run)
    progress.open = changes.open(program, at, severity, evidence, len(pulses))


def _resolve(changes: Changes, program: Program, progress: Progress, at: Instant, reason: Reason) -> None:
    assert progress.open is not None
    evidence = changes.evidence(progress.deadline, since=progress.run)
    changes.resolve(program.id, progress.version, progress.open, at, reason, evidence)
    progress.open = None
