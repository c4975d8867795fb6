"""A step of knowledge: new events and due times of entities -> their new state and the transitions of their firings.

Pure: no I/O, no clock. The judge (rules/judge.py) is given; what is kept about an entity is given and returned.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Protocol

import msgspec
from msgspec.structs import replace

from streams.entity import Entity, Fold, Identity, OpenFiring, Step, new_entity
from streams.event import Event
from streams.firing import Change, Evidence, Firing, Reason, Transition
from streams.instants import Instant
from streams.matching import match_firings
from streams.model import Model


class Judge(Protocol):
    """Snapshots -> firings. See rules/judge.py for what each does; all set the entity's `due_at` anew."""

    def judges_events(self, kind: str) -> bool: ...
    def step(self, entity: Entity, step: Step, known_at: Instant | None, out: list[Transition]) -> None: ...
    def advance(self, entity: Entity, upto: Instant, known_at: Instant | None, out: list[Transition]) -> None: ...
    def close(self, entity: Entity, rule: str, at: Instant, out: list[Transition]) -> None: ...


class History(Protocol):
    """What is known of an entity; asked for only where it must be folded again."""

    def log_of(self, identity: Identity) -> Sequence[Event]: ...
    def firings_of(self, identity: Identity) -> Sequence[Firing]: ...


class Outcome(msgspec.Struct, frozen=True, gc=False):
    entity: Entity
    transitions: list[Transition]
    folded_again: bool


class Engine:
    def __init__(self, model: Model, judge: Judge) -> None:
        self._model = model
        self._judge = judge
        self._folds = {name: Fold(kind) for name, kind in model.kinds.items()}
        self._judges_events = {name: judge.judges_events(name) for name in model.kinds}

    def learn(
        self,
        entity: Entity,
        fresh: Sequence[Event],
        now: Instant,
        history: History,
        *,
        again: bool = False,
        gone: Reason = Reason.LATE_DATA,
    ) -> Outcome:
        """Bring an entity to I(now): apply `fresh` events (new to us, not retracted), then time, up to `now`.

        It is folded again, from `history`, where that does not do: for an event older than what is applied, one that
        waited for its time, or `again` (a retraction, or rules that changed: then `gone` is the reason of those
        withdrawn).
        """
        known = sorted(fresh, key=_fold_order) if len(fresh) > 1 else fresh
        late = bool(known) and known[0].occurred_at <= max(entity.step_at, entity.changed_at)
        if again or late or (entity.ahead is not None and entity.ahead <= now):
            return self._fold_again(entity, history, now, gone)
        transitions: list[Transition] = []
        if known:
            if known[-1].occurred_at > now:
                known = _take_ahead(entity, known, now)
            for step in self._folds[entity.kind].steps(entity, known, judge_events=self._judges_events[entity.kind]):
                self._judge.step(entity, step, now, transitions)
                entity.step_at = step.at
        self._judge.advance(entity, now, now, transitions)
        _wait_for_ahead(entity)
        return Outcome(entity, _merged(transitions) if len(transitions) > 1 else transitions, False)

    def close(self, entity: Entity, rule: str, at: Instant) -> list[Transition]:
        """A person closes the pulse incident of a rule: it counts as its `until` at that instant."""
        transitions: list[Transition] = []
        self._judge.close(entity, rule, at, transitions)
        entity.closings = (*entity.closings, (at, rule))
        entity.changed_at = max(entity.changed_at, at)
        _wait_for_ahead(entity)
        return transitions

    def fold(self, kind: str, key: str, events: Iterable[Event], until: Instant) -> Outcome:
        """All firings over events known from the beginning, cut at `until` (replay by occurred_at)."""
        transitions: list[Transition] = []
        entity = self._fold(new_entity(kind, key), sorted(events, key=_fold_order), until, transitions)
        return Outcome(entity, transitions, True)

    def _fold(self, entity: Entity, events: Sequence[Event], upto: Instant, transitions: list[Transition]) -> Entity:
        if events and events[-1].occurred_at > upto:
            events = _take_ahead(entity, events, upto)
        closings = sorted(entity.closings)
        for step in self._folds[entity.kind].steps(entity, events, judge_events=self._judges_events[entity.kind]):
            if closings and closings[0][0] < step.at:
                entity.values = step.before
                closings = self._close_before(entity, closings, step.at, transitions)
                entity.values = step.values
            self._judge.step(entity, step, None, transitions)
            entity.step_at = step.at
        self._close_before(entity, closings, upto + 1, transitions)
        self._judge.advance(entity, upto, None, transitions)
        _wait_for_ahead(entity)
        return entity

    def _close_before(
        self, entity: Entity, closings: list[tuple[Instant, str]], instant: Instant, transitions: list[Transition]
    ) -> list[tuple[Instant, str]]:
        """Take what people closed before `instant`, each ahead of what falls due with it. Gives back the others."""
        before = [closing for closing in closings if closing[0] < instant]
        for at, closed in groupby(before, key=itemgetter(0)):
            self._judge.advance(entity, at - 1, None, transitions)
            for _, rule in closed:
                self._judge.close(entity, rule, at, transitions)
            self._judge.advance(entity, at, None, transitions)
            entity.changed_at = max(entity.changed_at, at)
        return closings[len(before) :]

    def _fold_again(self, entity: Entity, history: History, now: Instant, gone: Reason) -> Outcome:
        fresh = new_entity(entity.kind, entity.key)
        fresh.closings = entity.closings
        found: list[Transition] = []
        self._fold(fresh, sorted(history.log_of((entity.kind, entity.key)), key=_fold_order), now, found)
        new: dict[str, dict[int, Firing]] = {}
        for transition in found:
            new.setdefault(transition.firing.rule, {})[transition.firing.number] = transition.firing
        before: dict[str, list[Firing]] = {}
        for firing in history.firings_of((entity.kind, entity.key)):
            before.setdefault(firing.rule, []).append(firing)
        evidence = _evidence(found)
        transitions: list[Transition] = []
        for rule in sorted({*new, *before}):
            matched = match_firings(before.get(rule, []), list(new.get(rule, {}).values()), now, gone=gone)
            transitions.extend(_with_evidence(transition, evidence) for transition in matched.transitions)
            fresh.numbers[rule] = matched.number
            progress = fresh.progress.get(rule)
            if progress is not None and progress.open is not None:
                _take_identity(progress.open, matched.firings[-1])
        return Outcome(fresh, transitions, True)


_fold_order = attrgetter("occurred_at", "recorded_at", "source", "id")  # Event.order, at once


def _take_ahead(entity: Entity, events: Sequence[Event], now: Instant) -> Sequence[Event]:
    """Those that have taken effect; the entity waits for the first of the others."""
    known = [event for event in events if event.occurred_at <= now]
    ahead = events[len(known)].occurred_at
    entity.ahead = ahead if entity.ahead is None else min(ahead, entity.ahead)
    return known


def _wait_for_ahead(entity: Entity) -> None:
    if entity.ahead is not None and (entity.due_at is None or entity.ahead < entity.due_at):
        entity.due_at = entity.ahead


def _take_identity(current: OpenFiring, firing: Firing) -> None:
    current.number = firing.number
    current.detected_at = firing.detected_at
    current.found_late = firing.found_late


def _evidence(found: Sequence[Transition]) -> dict[tuple[str, Instant, bool], Evidence | None]:
    """(rule, opened_at, at the opening or not) -> the evidence of the opening, and of the last change."""
    return {
        (transition.firing.rule, transition.firing.opened_at, opening): transition.evidence
        for transition in found
        for opening in ((True, False) if transition.change is Change.OPENED else (False,))
    }


def _with_evidence(transition: Transition, evidence: Mapping[tuple[str, Instant, bool], Evidence | None]) -> Transition:
    firing = transition.firing
    latest = evidence.get((firing.rule, firing.opened_at, False))
    if transition.change is not Change.OPENED:
        return replace(transition, evidence=latest)
    opening = evidence.get((firing.rule, firing.opened_at, True))
    return replace(transition, evidence=opening, ended=None if firing.open else latest)


def _merged(transitions: list[Transition]) -> list[Transition]:
    """What opened and ended within one step of knowledge was found late: one transition tells all of it."""
    opened = {
        (transition.firing.rule, transition.firing.number): place
        for place, transition in enumerate(transitions)
        if transition.change is Change.OPENED
    }
    if not opened:
        return transitions
    merged: list[Transition] = []
    latest: dict[tuple[str, int], int] = {}
    for transition in transitions:
        identity = (transition.firing.rule, transition.firing.number)
        if identity not in opened:
            merged.append(transition)
        elif identity not in latest:
            latest[identity] = len(merged)
            merged.append(transition)
        else:
            firing = transition.firing
            first = merged[latest[identity]]
            over = not firing.open
            merged[latest[identity]] = replace(
                first, firing=replace(firing, found_late=over), ended=transition.evidence if over else None
            )
    return merged
