"""The judge: snapshots of one entity, step by step, to firings (semantics.md, section 3).

It is fed steps and instants, in order, and never looks at a clock. Two ways lead to the same firings. What most rules
do follows from the snapshot and the instant (ladders.py): they keep a Progress only while a firing is open. The others,
such as those with `for`, `clear` or a calendar, are followed step by step (tracking.py).
"""

from collections.abc import Iterable, Sequence

from rules.judging.changes import Changes
from rules.judging.ladders import make_ladders
from rules.judging.program import compile_program
from rules.judging.tracking import Tracked
from rules.matching.matcher import Make, Matcher, MatcherName, make_matcher
from rules.rule import Count, KeepOpen, Pulse, Rule
from streams.entity import Entity, Step, open_progress
from streams.firing import Findings, Reason
from streams.groups import Counting
from streams.instants import Instant
from streams.model import Values


class KindRules:
    """All rules on one kind. Masks of what holds have the bits of the rungs, then those of the tracked programs."""

    __slots__ = ("_holding", "_last", "ladders", "matchers", "tracked")

    def __init__(self, rules: Sequence[Rule], matcher: MatcherName | Make) -> None:
        # older versions first: what they end makes room for the newer
        ordered = sorted(rules, key=lambda rule: (rule.is_pulse, rule.retired_at is None))
        programs = [compile_program(rule) for rule in ordered]
        self.ladders = make_ladders(ordered, programs)
        others = [place for place, program in enumerate(programs) if program.slot not in self.ladders.bits_of]
        tracked = [ordered[place] for place in others]
        self.tracked = Tracked(tracked, [programs[place] for place in others], matcher) if tracked else None
        conditions = [ordered[rung.condition].condition for rung in self.ladders.rungs]
        conditions += [rule.condition for rule in tracked if not rule.is_pulse]
        holding = make_matcher(matcher, conditions) if conditions else None
        found = [holding]
        if self.tracked is not None:
            found += [self.tracked.pulsing, self.tracked.guards]
        self.matchers = [one for one in found if one is not None]
        self._holding = holding
        self._last: tuple[Values, int] = ({}, 0)

    def holding(self, values: Values) -> int:
        """The conditions that hold. The snapshot before a step, being the one after the last, is not matched twice."""
        last, mask = self._last
        if last is values:
            return mask
        mask = 0 if self._holding is None else self._holding.match(values, None, None)
        self._last = (values, mask)
        return mask


class Judge:
    """Judges every entity by all rules that are not off. `matcher` chooses who matches the conditions."""

    def __init__(self, rules: Iterable[Rule], matcher: MatcherName | Make = "durable") -> None:
        judged = [rule for rule in rules if rule.mode != "off"]
        self.rules = {rule.id: rule for rule in judged if rule.retired_at is None}
        by_kind: dict[str, list[Rule]] = {}
        for rule in judged:
            by_kind.setdefault(rule.on, []).append(rule)
        self.counts = {rule.id: counting_of(rule, rule.count) for rule in self.rules.values() if rule.count is not None}
        self._kinds = {kind: KindRules(found, matcher) for kind, found in by_kind.items()}

    @property
    def matchers(self) -> list[Matcher]:
        return [matcher for kind in self._kinds.values() for matcher in kind.matchers]

    def judges_events(self, kind: str) -> bool:
        """Whether some rule on this kind judges single events (else steps need not carry them)."""
        found = self._kinds.get(kind)
        return found is not None and found.tracked is not None and found.tracked.pulsing is not None

    def step(self, entity: Entity, step: Step, known_at: Instant | None, out: Findings) -> None:
        """Apply one step, and say when the entity is due if nothing else comes. What time brings before it comes first.

        `known_at` is when the service learns of it, None for the instant itself. Changes are added to `out`.
        """
        kind = self._kinds.get(entity.kind)
        if kind is None:
            return
        if entity.due_at is not None and entity.due_at < step.at:
            _advance(kind, Changes(entity, step.before, known_at, out), step.at - 1)
        holding = kind.holding(step.values)
        changes = Changes(entity, step.values, known_at, out)
        due = kind.ladders.step(changes, holding, step.at)
        if kind.tracked is not None:
            kind.tracked.step(changes, step, holding >> len(kind.ladders.rungs))
            due = _sooner(due, kind.tracked.next_due(entity))
        entity.due_at = due

    def advance(self, entity: Entity, upto: Instant, known_at: Instant | None, out: Findings) -> None:
        """Take every change that time alone brings, up to and including `upto`."""
        if entity.due_at is not None and entity.due_at <= upto:
            kind = self._kinds.get(entity.kind)
            if kind is None:  # its rules are gone from the files; due for ever, it would keep the loop turning
                entity.due_at = None
                return
            _advance(kind, Changes(entity, entity.values, known_at, out), upto)

    def close(self, entity: Entity, rule: str, at: Instant, out: Findings) -> None:
        """A person closes the pulse incident of a rule: that counts as `until` at that instant."""
        slot, progress = open_progress(entity, rule)
        if progress is None or progress.open is None:
            return
        changes = Changes(entity, entity.values, None, out)
        evidence = changes.evidence(progress.deadline)
        changes.resolve(rule, progress.version, progress.open, at, Reason.PERSON, evidence)
        del entity.progress[slot]
        kind = self._kinds.get(entity.kind)
        if kind is not None:
            _advance(kind, changes, max(entity.step_at, entity.changed_at))  # nothing but a new due time

    def takes_closing(self, rule: str) -> bool:
        """Whether a person's closing is part of what the rule judges (pulses only)."""
        found = self.rules.get(rule)
        return found is not None and isinstance(found.ending, Pulse)


def counting_of(rule: Rule, count: Count) -> Counting:
    """What the groups of a rule that counts are judged by."""
    return Counting(
        rule=rule.id,
        version=rule.version,
        kind=rule.on,
        severity=int(rule.stages[0].severity),
        at_least=count.at_least,
        within=count.within,
        keep_open=rule.ending.duration if isinstance(rule.ending, KeepOpen) else None,
    )


def _advance(kind: KindRules, changes: Changes, upto: Instant) -> None:
    entity = changes.entity
    taken = max(entity.step_at, entity.changed_at)  # whatever fell due up to here has been taken
    due = kind.ladders.advance(changes, kind.holding(changes.values), taken, upto)
    if kind.tracked is not None:
        kind.tracked.advance(changes, upto)
        due = _sooner(due, kind.tracked.next_due(entity))
    entity.due_at = due


def _sooner(one: Instant | None, other: Instant | None) -> Instant | None:
    return other if one is None else one if other is None else min(one, other)
