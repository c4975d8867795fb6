"""The entity: the fold of its events into a flat snapshot, and how far each rule has come on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import msgspec

from streams.event import Event
from streams.firing import Firing, Reason, Severity, Stage
from streams.instants import Instant
from streams.model import Kind, LeadTime, Values
from streams.totals import Delta, Identity, Units, as_number

__all__ = ["Identity"]

_SEVERITIES: Final = tuple(Severity)


class OpenFiring(msgspec.Struct, array_like=True, gc=False):
    """The part of a firing that is needed while it goes on."""

    number: int
    opened_at: Instant
    detected_at: Instant
    stages: tuple[tuple[int, Instant], ...]  # at least one
    pulses: int = 0
    last_pulse: Instant = 0
    broken_at: Instant | None = None  # keep_open_for: since when it no longer fires
    broken_reason: str | None = None
    found_late: bool = False  # it was over when it was found, and late data has opened it again

    def firing(
        self,
        rule: str,
        version: str,
        kind: str,
        key: str,
        resolved_at: Instant | None = None,
        closed_at: Instant | None = None,
        reason: Reason | None = None,
    ) -> Firing:
        severity, at = self.stages[0]
        stages: tuple[Stage, ...] = (Stage(_SEVERITIES[severity], at),)
        if len(self.stages) > 1:
            stages += tuple([Stage(_SEVERITIES[severity], at) for severity, at in self.stages[1:]])
        return Firing(
            rule=rule,
            version=version,
            kind=kind,
            key=key,
            number=self.number,
            opened_at=self.opened_at,
            detected_at=self.detected_at,
            stages=stages,
            resolved_at=resolved_at,
            closed_at=closed_at,
            reason=reason,
            pulses=self.pulses,
            found_late=self.found_late,
        )


class Progress(msgspec.Struct, array_like=True, gc=False):
    """How far one rule has come on one entity, from its last step on.

    Kept only while there is something to remember: while a firing is open, and while the condition holds of a rule
    whose future does not follow from the snapshot alone. `thresholds` are the instants of the current run at which the
    severity rises, by time; the first `passed` of them have been taken. `basis` is what they were computed from, so
    that they are computed only when it changes. `due_at` is when time alone changes something.
    """

    version: str
    run: Instant | None = None  # start of the unbroken run of the condition
    basis: Instant | None = None
    deadline: Instant | None = None
    thresholds: tuple[tuple[Instant, int], ...] = ()
    passed: int = 0
    clear: bool = False
    open: OpenFiring | None = None
    due_at: Instant | None = None


class Entity(msgspec.Struct, array_like=True, gc=False):
    """One entity as far as its events are applied. Mutable: a working copy of what the store keeps."""

    kind: str
    key: str
    values: dict[str, Any]
    promises: dict[str, Instant]
    progress: dict[str, Progress]  # by rule; of an older version by `slot_of`
    numbers: dict[str, int]  # by rule: firings so far
    begun_at: Instant | None = None  # its first own event
    step_at: Instant = -(2**62)  # of the newest event applied
    changed_at: Instant = -(2**62)  # of the newest change that time alone or a person brought
    ahead: Instant | None = None  # the first known event that has not taken effect yet
    due_at: Instant | None = None  # when something changes if no event comes
    closings: tuple[tuple[Instant, str], ...] = ()  # a person closed the pulse incident of a rule
    sums: dict[str, Units] = {}  # of its totals, in millionths
    generation: int = 0  # of the rules by which it was last folded (streams/sweeping.py)

    @property
    def idle(self) -> bool:
        """Closed, and nothing goes on about it: a sweep can leave it out."""
        return not self.progress and (self.begun_at is None or self.values["closed"] is True)

    @property
    def identity(self) -> Identity:
        return (self.kind, self.key)


def slot_of(rule: str, version: str) -> str:
    """Where an entity keeps its Progress by an older version of a rule; that of today's version is the rule's id."""
    return f"{rule}@{version}"


def rule_of(slot: str) -> str:
    return slot.partition("@")[0]


def open_progress(entity: "Entity", rule: str) -> tuple[str, "Progress | None"]:
    """Where an entity keeps the open firing of a rule, and what it keeps there; None where none is open."""
    for slot, progress in entity.progress.items():
        if progress.open is not None and rule_of(slot) == rule:
            return slot, progress
    return rule, None


def new_entity(kind: str, key: str) -> Entity:
    return Entity(kind, key, {}, {}, {}, {})


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entity)


def encode_entity(entity: Entity) -> bytes:
    return _encoder.encode(entity)


def decode_entity(state: bytes) -> Entity:
    entity = _decoder.decode(state)
    for name, value in entity.values.items():
        if type(value) is list:
            entity.values[name] = tuple(value)
    return entity


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One event of a step with the snapshots around it, for rules that judge single events."""

    event: Event
    before: Values
    after: Values


class Step(msgspec.Struct, gc=False):
    """All events of one instant: the snapshot after them, and each by itself where a rule asks for that."""

    at: Instant
    before: Values  # the snapshot just before the instant
    values: Values  # after it
    judged: Sequence[Judged] = ()


@dataclass(frozen=True, slots=True)
class _Effects:
    """What events of one type do to a snapshot, by the names in it."""

    resets: tuple[str, ...]
    reaches: tuple[str, ...]


class Fold:
    """How events of one kind change a snapshot. Built once a kind; holds no entity."""

    def __init__(self, kind: Kind, totals: Sequence[str] = ()) -> None:
        self._totals = tuple(totals)
        resets = {name: type_.resets for name, type_ in kind.events.items()}
        self._effects = {
            type_: _Effects(
                resets=tuple(f"{node}.at" for node in resets.get(type_, ())),
                reaches=tuple(f"{node}.at" for node in nodes),
            )
            for type_, nodes in kind.reaches.items()
        }
        self._due_names = {f"{node}.due" for node in kind.nodes}
        self._leads: tuple[tuple[str, str, LeadTime], ...] = tuple(
            (f"{node.name}.due", f"{node.lead.after}.at", node.lead)
            for node in kind.nodes.values()
            if node.lead is not None
        )
        self._closing = tuple(f"{node}.at" for node in kind.closed_by)

    def apply(
        self, values: Values, promises: Mapping[str, Instant], event: Event
    ) -> tuple[Values, Mapping[str, Instant]]:
        """The snapshot and the promises after one event; what is given is not changed."""
        new = values.copy()
        effects = self._effects[event.type]
        for name in effects.resets:
            new.pop(name, None)
        for name in effects.reaches:
            if name not in new:
                new[name] = event.occurred_at
        if event.data:
            promises = self._set(new, promises, event.data)
        for due, after, lead in self._leads:
            if due not in promises:
                start = new.get(after)
                instant = lead.within.after(start) if isinstance(start, int) else None
                if instant is None:
                    new.pop(due, None)
                else:
                    new[due] = instant
        closed = False
        for name in self._closing:
            if name in new:
                closed = True
        new["closed"] = closed
        return new, promises

    def _set(self, new: Values, promises: Mapping[str, Instant], data: Mapping[str, Any]) -> Mapping[str, Instant]:
        for name, value in data.items():
            if name in self._due_names:
                changed = dict(promises)
                changed.pop(name, None)
                if value is not None:
                    changed[name] = value
                promises = changed
            if value is None:
                new.pop(name, None)
            else:
                new[name] = value
        return promises

    def steps(
        self, entity: Entity, events: Sequence[Event], deltas: Sequence[Delta] = (), *, judge_events: bool
    ) -> Iterable[Step]:
        """Apply events (in fold order, all newer than what is applied) to the entity, one step an instant.

        `deltas` change its totals, by time; before the entity has begun they make no step. `step_at` stays that of the
        step before: whoever takes the step moves it on.
        """
        changing = sorted(deltas, key=_at) if deltas else ()
        taken = 0
        step: Step | None = None
        for event in events:
            if step is not None and step.at != event.occurred_at:
                yield step
                step = None
            if taken < len(changing) and changing[taken].at <= event.occurred_at:
                while taken < len(changing) and changing[taken].at < event.occurred_at:
                    at, before = changing[taken].at, entity.values
                    taken = self._change_totals(entity, changing, taken)
                    if entity.begun_at is not None:
                        yield Step(at, before, entity.values)
            if entity.begun_at is None:
                entity.begun_at = event.occurred_at
                entity.values = {"key": entity.key, "closed": False}
                for name in self._totals:
                    entity.values[name] = as_number(entity.sums.get(name, 0))
            before = earlier = entity.values
            if taken < len(changing) and changing[taken].at == event.occurred_at:
                taken = self._change_totals(entity, changing, taken)
                earlier = entity.values
            entity.values, promises = self.apply(earlier, entity.promises, event)
            if promises is not entity.promises:
                entity.promises = dict(promises)
            if step is None:
                step = Step(event.occurred_at, before, entity.values)
            else:
                step.values = entity.values
            if judge_events:
                step.judged = (*step.judged, Judged(event, earlier, entity.values))
        if step is not None:
            yield step
        while taken < len(changing):
            at, before = changing[taken].at, entity.values
            taken = self._change_totals(entity, changing, taken)
            if entity.begun_at is not None:
                yield Step(at, before, entity.values)

    def _change_totals(self, entity: Entity, changing: Sequence[Delta], taken: int) -> int:
        """Apply all changes of one instant, from place `taken` on. Gives back the place after them."""
        at = changing[taken].at
        sums = dict(entity.sums)
        while taken < len(changing) and changing[taken].at == at:
            delta = changing[taken]
            sums[delta.total] = sums.get(delta.total, 0) + delta.units
            taken += 1
        entity.sums = sums
        if entity.begun_at is not None:
            entity.values = {**entity.values, **{name: as_number(sums.get(name, 0)) for name in self._totals}}
        return taken

    def snapshots(self, entity: Entity, events: Iterable[Event]) -> Iterable[tuple[Instant, Values]]:
        """The snapshots after each instant of these events; the entity is not changed. Without totals."""
        values, promises = entity.values, entity.promises
        if entity.begun_at is None:
            values = {"key": entity.key, "closed": False}
        kept: Mapping[str, Instant] = promises
        for at, together in groupby(events, key=attrgetter("occurred_at")):
            for event in together:
                values, kept = self.apply(values, kept, event)
            yield at, values


_at = attrgetter("at")
