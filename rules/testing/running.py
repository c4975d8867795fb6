"""A timeline through the engine, under a clock that goes from one instant to the next: as the service would live it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from rules.judging.judge import Judge
from rules.matching.matcher import MatcherName
from rules.rule import Rule
from rules.testing.coverage import Coverage
from rules.testing.timeline import Case, Closing, Happened, Word
from streams.engine import Engine
from streams.entity import Entity, Step
from streams.event import Event
from streams.firing import Change, Findings, Firing, Transition
from streams.instants import Instant
from streams.learning import learn
from streams.memory import MemoryLedger
from streams.model import Model


class Watched(Judge):
    """A judge of one rule that lets its coverage see every step."""

    def __init__(self, rule: Rule, coverage: Coverage, matcher: MatcherName) -> None:
        super().__init__([replace(rule, mode="live")], matcher)  # also what is switched off can be tested
        self.coverage = coverage

    def step(self, entity: Entity, step: Step, known_at: Instant | None, out: Findings) -> None:
        self.coverage.see(entity.kind, step)
        super().step(entity, step, known_at, out)


class Runner:
    """Runs timelines of one rule, which is alone: other rules are silent. What it sees is counted in `coverage`."""

    def __init__(self, model: Model, rule: Rule, matcher: MatcherName = "compiled") -> None:
        self.rule = rule
        self.coverage = Coverage(rule)
        self._judge = Watched(rule, self.coverage, matcher)
        self._engine = Engine(model, self._judge)

    def run(self, case: Case) -> tuple[Happened, ...]:
        """All changes up to the last entry, by their own time."""
        self.coverage.counting = not case.generated  # what nobody wrote covers nothing
        run = _Run(self._engine, self.rule)
        for at, events, closings in _moments(case):
            run.pass_time(at - 1)
            run.learn(events, at)
            for closing in closings:
                run.close(closing)
        run.pass_time(case.until)
        self.coverage.take(run.transitions)
        return tuple(sorted(run.happened, key=attrgetter("at")))

    def close(self) -> None:
        for matcher in self._judge.matchers:
            matcher.close()


class _Run:
    """One timeline: the ledger, and what has changed so far."""

    def __init__(self, engine: Engine, rule: Rule) -> None:
        self.happened: list[Happened] = []
        self.transitions: list[Transition] = []
        self._engine = engine
        self._rule = rule
        self._ledger = MemoryLedger()
        self._firings: dict[tuple[str, int], Firing] = {}

    def learn(self, events: Sequence[Event], now: Instant) -> None:
        self._take(learn(self._engine, self._ledger, events, now).transitions, now)

    def pass_time(self, upto: Instant) -> None:
        """Let every due instant up to and including `upto` be learned at its own time."""
        while (due := self._ledger.next_due()) is not None and due <= upto:
            self.learn((), due)

    def close(self, closing: Closing) -> None:
        for entity in self._ledger.load([(self._rule.on, closing.key)]).values():
            self._take(self._engine.close(entity, self._rule.id, closing.at), closing.at)
            self._ledger.save([entity])

    def _take(self, transitions: Sequence[Transition], now: Instant) -> None:
        self._ledger.record(transitions)
        self.transitions += transitions
        for transition in transitions:
            firing = transition.firing
            identity = (firing.key, firing.number)
            before = self._firings.get(identity)
            self._firings[identity] = firing
            if transition.change is Change.WITHDRAWN:
                self.happened.append(
                    Happened(at=now, key=firing.key, word=Word.WITHDRAWN, known=now, reason=firing.reason)
                )
            else:
                self.happened += _changes(before, firing, now)


def _moments(case: Case) -> Iterator[tuple[Instant, list[Event], list[Closing]]]:
    """The instants at which something comes in: what becomes known then, and what people close."""
    entries = [(event.recorded_at, event) for event in case.events] + [(one.at, one) for one in case.closings]
    for at, group in groupby(sorted(entries, key=lambda entry: entry[0]), key=lambda entry: entry[0]):
        found = [entry for _, entry in group]
        events = [entry for entry in found if isinstance(entry, Event)]
        yield at, events, [entry for entry in found if isinstance(entry, Closing)]


def _changes(before: Firing | None, after: Firing, now: Instant) -> Iterator[Happened]:
    """What is new about a firing: told from what was known of it, as a transition may tell of several things."""
    told = () if before is None else before.stages
    if before is not None and not before.open and after.open:
        yield Happened(at=now, key=after.key, word=Word.REOPENED, known=now)
    elif before is not None and _moved(before, after):
        yield Happened(at=now, key=after.key, word=Word.AMENDED, known=now)
        told = after.stages
    for place, stage in enumerate(after.stages):
        if place >= len(told):
            word = Word.OPEN if place == 0 else Word.SEVERITY
            yield Happened(at=stage.at, key=after.key, word=word, known=now, severity=stage.severity)
    if after.resolved_at is not None and (before is None or before.open):
        yield Happened(at=after.resolved_at, key=after.key, word=Word.RESOLVED, known=now, reason=after.reason)


def _moved(before: Firing, after: Firing) -> bool:
    ended = not before.open and (before.resolved_at, before.reason) != (after.resolved_at, after.reason)
    return ended or after.stages[: len(before.stages)] != before.stages
