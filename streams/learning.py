"""One step of knowledge over the ledger: new events and whatever is due, for all entities that it concerns."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.engine import Engine
from streams.entity import Entity, Identity, new_entity
from streams.event import Event
from streams.firing import Transition
from streams.instants import Instant
from streams.ports import Ledger

_DUE_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    transitions: list[Transition]
    entities: list[Entity]
    taken: int  # new events
    copies: tuple[Event, ...]  # of known events, with the same content
    conflicting: tuple[Event, ...]
    folded_again: int  # entities

    @property
    def duplicates(self) -> int:
        return len(self.copies)


def learn(engine: Engine, ledger: Ledger, events: Sequence[Event], now: Instant) -> Learned:
    """Bring the ledger to I(now), given the events that became known at `now` (maybe none).

    Events already received are applied before a deadline fires: both happen here, in this order, entity by entity.
    """
    appended = ledger.append(events)
    fresh: dict[Identity, list[Event]] = {identity: [] for identity in appended.touched}
    for event in appended.new:
        fresh.setdefault((event.kind, event.key), []).append(event)
    transitions: list[Transition] = []
    changed: list[Entity] = []
    folded_again = 0
    loaded = ledger.load(fresh)
    for identity, found in fresh.items():
        entity = loaded.get(identity) or new_entity(*identity)
        outcome = engine.learn(entity, found, now, ledger, again=identity in appended.touched)
        transitions.extend(outcome.transitions)
        changed.append(outcome.entity)
        folded_again += outcome.folded_again
    ledger.save(changed)
    while due := ledger.due(now, _DUE_AT_ONCE):
        woken: list[Entity] = []
        for entity in ledger.load(due).values():
            outcome = engine.learn(entity, (), now, ledger)
            transitions.extend(outcome.transitions)
            woken.append(outcome.entity)
            folded_again += outcome.folded_again
        ledger.save(woken)
        changed.extend(woken)
        if len(due) < _DUE_AT_ONCE:
            break
    return Learned(
        transitions=transitions,
        entities=changed,
        taken=len(appended.new),
        copies=appended.copies,
        conflicting=appended.conflicting,
        folded_again=folded_again,
    )
