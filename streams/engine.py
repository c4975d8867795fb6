"""A step of knowledge: new events and due times of entities -> their new state and the transitions of their firings.

Pure: no I/O, no clock. The judge (rules/judging/judge.py) is given; what is kept about an entity is given and returned.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Protocol

import msgspec

from streams.entity import Entity, Fold, Identity, OpenFiring, Step, new_entity, open_progress
from streams.event import Event
from streams.findings import merged, rematched
from streams.firing import Findings, Firing, Member, Reason, Transition
from streams.fitting import Fitting
from streams.groups import Counting
from streams.instants import Instant
from streams.model import Model
from streams.totals import Delta, Feed, Totals


class Judge(Protocol):
    """Snapshots -> firings. See rules/judging/judge.py for what each does; all set the entity's `due_at` anew."""

    def judges_events(self, kind: str) -> bool: ...
    @property
    def counts(self) -> Mapping[str, Counting]:
        """The rules that count, by id."""

    def step(self, entity: Entity, step: Step, known_at: Instant | None, out: Findings) -> None: ...
    def advance(self, entity: Entity, upto: Instant, known_at: Instant | None, out: Findings) -> None: ...
    def close(self, entity: Entity, rule: str, at: Instant, out: Findings) -> None: ...


class History(Protocol):
    """What is known of an entity; asked for only where it must be folded again."""

    def log_of(self, identity: Identity) -> Sequence[Event]: ...
    def firings_of(self, identity: Identity) -> Sequence[Firing]: ...
    def deltas_of(self, identities: Iterable[Identity]) -> Mapping[Identity, Sequence[Delta]]: ...
    def has_group(self, rule: str, key: str) -> bool: ...


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What an entity has come to. `members`: those it adds to groups; all it ever had where it was folded again."""

    entity: Entity
    transitions: list[Transition]
    members: list[Member]
    folded_again: bool


class Engine:
    """`generation` counts the changes of rules: an entity folded by an earlier one is stale."""

    def __init__(self, model: Model, judge: Judge, *, generation: int = 0, incomplete: Iterable[str] = ()) -> None:
        self._judge = judge
        self.generation = generation
        self.incomplete = set(incomplete)  # rules that count, whose members are not all known before a sweep has ended
        self.totals = Totals(model)
        self._folds = {name: Fold(kind, self.totals.names(name)) for name, kind in model.kinds.items()}
        self._fittings = {name: Fitting(kind) for name, kind in model.kinds.items()}
        self._judges_events = {name: judge.judges_events(name) for name in model.kinds}

    @property
    def counts(self) -> Mapping[str, Counting]:
        return self._judge.counts

    def learn(
        self,
        entity: Entity,
        fresh: Sequence[Event],
        now: Instant,
        history: History,
        *,
        deltas: Sequence[Delta] = (),
        again: bool = False,
        gone: Reason = Reason.LATE_DATA,
    ) -> Outcome:
        """Bring an entity to I(now): apply `fresh` events (new to us, not retracted) and new changes of its totals,
        then time, up to `now`.

        It is folded again, from `history`, where that does not do: for something older than what is applied, an event
        that waited for its time, or `again` (a retraction, or rules that changed: then `gone` is the reason of those
        withdrawn).
        """
        known = sorted(fresh, key=_fold_order) if len(fresh) > 1 else fresh
        if again or _is_late(entity, known, deltas, now):
            return self._fold_again(entity, history, now, gone)
        out = Findings()
        if known or deltas:
            if entity.begun_at is None and self.totals.names(entity.kind):
                deltas = history.deltas_of([entity.identity])[entity.identity]  # with those from before it began
                entity.sums = {}
            if known and known[-1].occurred_at > now:
                known = _take_ahead(entity, known, now)
            judge_events = self._judges_events[entity.kind]
            for step in self._folds[entity.kind].steps(entity, known, deltas, judge_events=judge_events):
                self._judge.step(entity, step, now, out)
                entity.step_at = step.at
        self._judge.advance(entity, now, now, out)
        _wait_for_ahead(entity)
        entity.generation = self.generation
        transitions = merged(out.transitions) if len(out.transitions) > 1 else out.transitions
        return Outcome(entity, transitions, out.members, False)

    def feeds(
        self, entity: Entity, fresh: Sequence[Event], now: Instant, history: History, *, again: bool = False
    ) -> tuple[list[Feed], bool]:
        """What new events make an entity add to the totals of others; with True: all that it ever added.

        To be asked before it learns them; the entity is not changed.
        """
        if again or _is_late(entity, sorted(fresh, key=_fold_order), (), now):
            return self.feeds_of(entity.kind, entity.key, self._log(entity.identity, history), now), True
        return self._feeds(entity, fresh, now), False

    def feeds_of(self, kind: str, key: str, events: Iterable[Event], until: Instant) -> list[Feed]:
        """All that an entity adds to the totals of others, given its events from the beginning."""
        return self._feeds(new_entity(kind, key), events, until)

    def _feeds(self, entity: Entity, events: Iterable[Event], until: Instant) -> list[Feed]:
        known = sorted((event for event in events if event.occurred_at <= until), key=_fold_order)
        snapshots = self._folds[entity.kind].snapshots(entity, known)
        return self.totals.changes(entity.kind, snapshots, entity.values if entity.begun_at is not None else None)

    def close(self, entity: Entity, rule: str, at: Instant) -> list[Transition]:
        """A person closes the pulse incident of a rule: it counts as its `until` at that instant."""
        out = Findings()
        self._judge.close(entity, rule, at, out)
        entity.closings = (*entity.closings, (at, rule))
        entity.changed_at = max(entity.changed_at, at)
        _wait_for_ahead(entity)
        return out.transitions

    def fold(
        self, kind: str, key: str, events: Iterable[Event], until: Instant, deltas: Sequence[Delta] = ()
    ) -> Outcome:
        """All firings over events known from the beginning, cut at `until` (replay by occurred_at)."""
        out = Findings()
        entity = self._fold(new_entity(kind, key), sorted(events, key=_fold_order), deltas, until, out)
        return Outcome(entity, out.transitions, out.members, True)

    def _fold(
        self, entity: Entity, events: Sequence[Event], deltas: Sequence[Delta], upto: Instant, out: Findings
    ) -> Entity:
        if events and events[-1].occurred_at > upto:
            events = _take_ahead(entity, events, upto)
        closings = sorted(entity.closings)
        judge_events = self._judges_events[entity.kind]
        for step in self._folds[entity.kind].steps(entity, events, deltas, judge_events=judge_events):
            if closings and closings[0][0] < step.at:
                entity.values = step.before
                closings = self._close_before(entity, closings, step.at, out)
                entity.values = step.values
            self._judge.step(entity, step, None, out)
            entity.step_at = step.at
        self._close_before(entity, closings, upto + 1, out)
        self._judge.advance(entity, upto, None, out)
        _wait_for_ahead(entity)
        entity.generation = self.generation
        return entity

    def _close_before(
        self, entity: Entity, closings: list[tuple[Instant, str]], instant: Instant, out: Findings
    ) -> list[tuple[Instant, str]]:
        """Take what people closed before `instant`, each ahead of what falls due with it. Gives back the others."""
        before = [closing for closing in closings if closing[0] < instant]
        for at, closed in groupby(before, key=itemgetter(0)):
            self._judge.advance(entity, at - 1, None, out)
            for _, rule in closed:
                self._judge.close(entity, rule, at, out)
            self._judge.advance(entity, at, None, out)
            entity.changed_at = max(entity.changed_at, at)
        return closings[len(before) :]

    def _log(self, identity: Identity, history: History) -> Iterable[Event]:
        """What is known of an entity, as the model of today reads it."""
        return map(self._fittings[identity[0]].fit, history.log_of(identity))

    def _fold_again(self, entity: Entity, history: History, now: Instant, gone: Reason) -> Outcome:
        identity = entity.identity
        fresh = new_entity(*identity)
        fresh.closings = entity.closings
        out = Findings()
        deltas = history.deltas_of([identity])[identity] if self.totals.names(entity.kind) else ()
        self._fold(fresh, sorted(self._log(identity, history), key=_fold_order), deltas, now, out)
        before: dict[str, list[Firing]] = {}
        for firing in history.firings_of(identity):
            if self._is_own(firing, history):
                before.setdefault(firing.rule, []).append(firing)
        transitions: list[Transition] = []
        for rule, matched in rematched(before, out.transitions, now, gone):
            transitions += matched.transitions
            if rule in self._judge.counts:
                continue  # it numbers the firings of groups, not those of their members
            fresh.numbers[rule] = matched.number
            _, progress = open_progress(fresh, rule)
            if progress is not None and progress.open is not None:
                _take_identity(progress.open, matched.firings[-1])
        return Outcome(fresh, transitions, out.members, True)

    def _is_own(self, firing: Firing, history: History) -> bool:
        """The entity's, not a group's of the same key. A rule that counts may not always have counted."""
        return firing.rule not in self._judge.counts or (firing.open and not history.has_group(firing.rule, firing.key))


def _is_late(entity: Entity, known: Sequence[Event], deltas: Sequence[Delta], now: Instant) -> bool:
    """Whether something (`known` in fold order) comes before what is applied, or an event waited for its time."""
    applied = entity.step_at if entity.step_at > entity.changed_at else entity.changed_at
    if known and known[0].occurred_at <= applied:
        return True
    if deltas and min(delta.at for delta in deltas) <= applied:
        return True
    return entity.ahead is not None and entity.ahead <= now


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
