"""One step of knowledge over the ledger: new events and whatever is due, for all entities that it concerns."""

from collections.abc import Callable, Sequence

import msgspec

from streams.engine import Engine, Outcome
from streams.entity import Entity, Identity, new_entity
from streams.event import Event
from streams.firing import Transition
from streams.instants import MINUTE, Instant
from streams.ports import Ledger

_DUE_AT_ONCE = 5_000
_TRY_AGAIN_AFTER = 1 * MINUTE

Failed = Callable[[Identity, Exception], None]


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


def learn(
    engine: Engine, ledger: Ledger, events: Sequence[Event], now: Instant, failed: Failed | None = None
) -> Learned:
    """Bring the ledger to I(now), given the events that became known at `now` (maybe none).

    Events already received are applied before a deadline fires: both happen here, in this order, entity by entity.

    `failed` hears of an entity that the engine cannot judge; that one is left as it was and folded again a minute
    later, and the others go on. Without it the error escapes.
    """
    learned = Learned()
    if events:
        _learn_events(engine, ledger, events, now, learned, failed)
    while due := ledger.due(now, _DUE_AT_ONCE):
        before = len(learned.entities)
        for entity in ledger.load(due).values():
            try:
                learned.take(engine.learn(entity, (), now, ledger))
            except Exception as error:
                learned.entities.append(_left_aside(ledger, entity.identity, now, error, failed))
        ledger.save(learned.entities[before:])
        if len(due) < _DUE_AT_ONCE:
            break
    return learned


def _learn_events(
    engine: Engine, ledger: Ledger, events: Sequence[Event], now: Instant, learned: Learned, failed: Failed | None
) -> None:
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
        try:
            learned.take(engine.learn(entity, found, now, ledger, again=identity in appended.touched))
        except Exception as error:
            learned.entities.append(_left_aside(ledger, identity, now, error, failed))
    ledger.save(learned.entities)


def _left_aside(ledger: Ledger, identity: Identity, now: Instant, error: Exception, failed: Failed | None) -> Entity:
    """The entity as it was kept, to be folded again from its log: that now holds what could not be applied."""
    if failed is None:
        raise error
    failed(identity, error)
    entity = ledger.load([identity]).get(identity) or new_entity(*identity)
    entity.ahead = now
    entity.due_at = now + _TRY_AGAIN_AFTER
    return entity
