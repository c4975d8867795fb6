"""One step of knowledge over the ledger: new events and whatever is due, for all entities that it concerns."""

from collections.abc import Sequence

import msgspec

from streams.engine import Engine, Outcome
from streams.entity import Entity, Identity, new_entity
from streams.event import Event
from streams.firing import Transition
from streams.instants import Instant
from streams.ports import Ledger

_DUE_AT_ONCE = 5_000


class Learned(msgspec.Struct, kw_only=True, gc=False):
    """What a step of knowledge came to; filled as it goes."""

    transitions: list[Transition] = msgspec.field(default_factory=list)
    entities: list[Entity] = msgspec.field(default_factory=list)
    taken: int = 0  # new events
    copies: tuple[Event, ...] = ()  # of known events, with the same content
    conflicting: tuple[Event, ...] = ()
    folded_again: int = 0  # entities

    @property
    def duplicates(self) -> int:
        return len(self.copies)

    def take(self, outcome: Outcome) -> None:
        if outcome.transitions:
            self.transitions += outcome.transitions
        self.entities.append(outcome.entity)
        self.folded_again += outcome.folded_again


def learn(engine: Engine, ledger: Ledger, events: Sequence[Event], now: Instant) -> Learned:
    """Bring the ledger to I(now), given the events that became known at `now` (maybe none).

    Events already received are applied before a deadline fires: both happen here, in this order, entity by entity.
    """
    learned = Learned()
    if events:
        _learn_events(engine, ledger, events, now, learned)
    while due := ledger.due(now, _DUE_AT_ONCE):
        before = len(learned.entities)
        for entity in ledger.load(due).values():
            learned.take(engine.learn(entity, (), now, ledger))
        ledger.save(learned.entities[before:])
        if len(due) < _DUE_AT_ONCE:
            break
    return learned


def _learn_events(engine: Engine, ledger: Ledger, events: Sequence[Event], now: Instant, learned: Learned) -> None:
    appended = ledger.append(events)
    learned.taken = len(appended.new)
    learned.copies = appended.copies
    learned.conflicting = appended.conflicting
    fresh: dict[Identity, list[Event]] = {identity: [] for identity in appended.touched}
    for event in appended.new:
        identity = (event.kind, event.key)
        if identity in fresh:
            fresh[identity].append(event)
        else:
            fresh[identity] = [event]
    loaded = ledger.load(fresh)
    for identity, found in fresh.items():
        entity = loaded.get(identity) or new_entity(*identity)
        learned.take(engine.learn(entity, found, now, ledger, again=identity in appended.touched))
    ledger.save(learned.entities)
