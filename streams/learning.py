"""One step of knowledge over the ledger: new events and whatever is due, for all entities and groups it concerns.

What feeds comes before what is fed: first the totals that events change, then the entities, then the groups that
their pulses and firings are members of.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from streams.counting import GroupChanges, judge_groups
from streams.engine import Engine, Outcome
from streams.entity import Entity, Identity, new_entity
from streams.event import Event
from streams.firing import Firing, Reason, Transition
from streams.instants import MINUTE, Instant
from streams.ports import Ledger
from streams.totals import Delta, Feed

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


def learn(
    engine: Engine, ledger: Ledger, events: Sequence[Event], now: Instant, failed: Failed | None = None
) -> Learned:
    """Bring the ledger to I(now), given the events that became known at `now` (maybe none).

    Events already received are applied before a deadline fires: both happen here, in this order, entity by entity.

    `failed` hears of an entity that the engine cannot judge; that one is left as it was and folded again a minute
    later, and the others go on. Without it the error escapes.
    """
    step = Step(engine, ledger, now, failed)
    step.take(events)
    if engine.counts:
        step.count()
    return step.learned


class Concern(msgspec.Struct, gc=False):
    """Why an entity is looked at."""

    fresh: list[Event] = []
    deltas: list[Delta] = []  # of its totals
    again: bool = False


class Step:
    """One step of knowledge, as far as it has come."""

    def __init__(self, engine: Engine, ledger: Ledger, now: Instant, failed: Failed | None = None) -> None:
        self.learned = Learned()
        self._engine = engine
        self._ledger = ledger
        self._now = now
        self._failed = failed
        self._history = KnownSoFar(ledger, self.learned.transitions)
        self._groups = GroupChanges()

    def take(self, events: Sequence[Event]) -> None:
        """Learn new events, what is due, and what both change elsewhere: all of it is one step."""
        concerns = self._concerns(events) if events else {}
        due = self._ledger.due(self._now, _DUE_AT_ONCE)
        while concerns or due:
            for identity in due:
                concerns.setdefault(identity, Concern())
            self._feed(concerns)
            self._judge(concerns)
            concerns = {}
            due = self._ledger.due(self._now, _DUE_AT_ONCE) if len(due) == _DUE_AT_ONCE else []

    def _concerns(self, events: Sequence[Event]) -> dict[Identity, Concern]:
        """Keep new events: whom they concern."""
        appended = self._ledger.append(events)
        self.learned.taken = len(appended.new)
        self.learned.copies = appended.copies
        self.learned.conflicting = appended.conflicting
        concerns = {identity: Concern(again=True) for identity in appended.touched}
        for event in appended.new:
            identity = (event.kind, event.key)
            concern = concerns.get(identity)
            if concern is None:
                concern = concerns[identity] = Concern()
            concern.fresh.append(event)
        return concerns

    def sweep(self, identities: Iterable[Identity]) -> None:
        """Bring entities that were folded by earlier rules to those of today."""
        concerns = {identity: Concern(again=True) for identity in identities}
        swept = set(concerns)
        self._feed(concerns)
        loaded = self._ledger.load(name for name in concerns if name not in swept)
        waiting = {name for name, entity in loaded.items() if self._is_stale(entity)}  # they are swept in their turn
        self._judge({name: concern for name, concern in concerns.items() if name not in waiting})

    def count(self) -> None:
        """Learn what this step means for groups, and what is due of them."""
        self.learned.transitions.extend(
            judge_groups(self._engine, self._ledger, self._history, self._groups, self._now)
        )

    def _feed(self, concerns: dict[Identity, Concern]) -> None:
        """Change the totals that these entities contribute to; those who have them become concerns too."""
        feeding = [name for name in concerns if self._engine.totals.feeds(name[0])]
        while feeding:
            before = set(concerns)
            self._ledger.add_feeds(self._added(feeding, concerns))
            owners = [name for name in concerns if name not in before and self._engine.totals.feeds(name[0])]
            loaded = self._ledger.load(owners)  # some have events of their own whose time has come
            feeding = [
                name for name, entity in loaded.items() if entity.ahead is not None and entity.ahead <= self._now
            ]

    def _added(self, feeding: Iterable[Identity], concerns: dict[Identity, Concern]) -> list[tuple[Identity, Feed]]:
        loaded = self._ledger.load(feeding)
        added: list[tuple[Identity, Feed]] = []
        for identity in feeding:
            entity, concern = loaded.get(identity) or self._new(identity), concerns[identity]
            again = concern.again or self._is_stale(entity)
            feeds, everything = self._engine.feeds(entity, concern.fresh, self._now, self._history, again=again)
            if everything:
                feeds = self._feed_anew(identity, feeds, concerns)
            for feed in feeds:
                added.append((identity, feed))
                concerns.setdefault(feed.owner, Concern()).deltas.append(feed.delta)
        return added

    def _feed_anew(self, identity: Identity, feeds: list[Feed], concerns: dict[Identity, Concern]) -> list[Feed]:
        """Forget what an entity no longer gives. What it gives beside what it gave."""
        before, wanted = Counter(self._ledger.feeds_of(identity)), Counter(feeds)
        gone = before - wanted
        if gone:
            self._ledger.drop_feeds(identity)
            for feed in gone:
                concerns.setdefault(feed.owner, Concern()).again = True
            self._ledger.add_feeds([(identity, feed) for feed in (before & wanted).elements()])
        return list((wanted - before).elements())

    def _judge(self, concerns: Mapping[Identity, Concern]) -> None:
        judged: list[Entity] = []
        loaded = self._ledger.load(concerns)
        for identity, concern in concerns.items():
            entity = loaded.get(identity)
            if not concern.fresh and (entity is None or (concern.deltas and self._is_to_come(entity))):
                continue  # totals make no entity
            if entity is None:
                entity = self._new(identity)
            try:
                judged.append(self._learn(entity, concern))
            except Exception as error:
                if self._failed is None:
                    raise
                self._failed(identity, error)
                judged.append(self._left_aside(identity))
        self._ledger.save(judged)
        self.learned.entities += judged

    def _learn(self, entity: Entity, concern: Concern) -> Entity:
        engine, now = self._engine, self._now
        if self._is_stale(entity):  # what the new rules say is told apart from what the events say
            self._history.without = {(event.source, event.id) for event in concern.fresh}
            outcome = engine.learn(entity, (), now, self._history, again=True, gone=Reason.RULE_CHANGED)
            self._history.without = set()
            entity = self._take(outcome, baseline=True)
            if not concern.fresh:
                return entity
            concern.deltas = []  # they are in its log of totals
        outcome = engine.learn(entity, concern.fresh, now, self._history, deltas=concern.deltas, again=concern.again)
        return self._take(outcome)

    def _take(self, outcome: Outcome, *, baseline: bool = False) -> Entity:
        if outcome.transitions:
            self.learned.transitions.extend(map(as_baseline, outcome.transitions) if baseline else outcome.transitions)
        self.learned.folded_again += outcome.folded_again
        if outcome.members or (outcome.folded_again and self._engine.counts):
            self._groups.take(outcome.entity.identity, outcome.members, everything=outcome.folded_again)
        return outcome.entity

    def _new(self, identity: Identity) -> Entity:
        entity = new_entity(*identity)
        entity.generation = self._engine.generation
        return entity

    def _is_stale(self, entity: Entity) -> bool:
        return entity.generation != self._engine.generation

    def _is_to_come(self, entity: Entity) -> bool:
        return entity.begun_at is None and (entity.ahead is None or entity.ahead > self._now)

    def _left_aside(self, identity: Identity) -> Entity:
        """The entity as it was kept, to be folded again from its log: that now holds what could not be applied."""
        entity = self._ledger.load([identity]).get(identity) or self._new(identity)
        entity.generation = self._engine.generation  # else a sweep would not come to its end
        entity.ahead = self._now
        entity.due_at = self._now + _TRY_AGAIN_AFTER
        return entity


class KnownSoFar:
    """streams.engine.History: what the ledger holds, and what this step has found already (`told` grows)."""

    def __init__(self, ledger: Ledger, told: Sequence[Transition]) -> None:
        self._ledger = ledger
        self._told = told
        self._sorted = 0  # so many of them are in `_found`
        self._found: dict[Identity, dict[tuple[str, int], Firing]] = {}
        self.without: set[tuple[str, str]] = set()  # events (source, id) that do not count yet

    def log_of(self, identity: Identity) -> Sequence[Event]:
        log = self._ledger.log_of(identity)
        return [event for event in log if (event.source, event.id) not in self.without] if self.without else log

    def firings_of(self, identity: Identity) -> Sequence[Firing]:
        kept = self._ledger.firings_of(identity)
        for transition in self._told[self._sorted :]:
            firing = transition.firing
            self._found.setdefault((firing.kind, firing.key), {})[firing.rule, firing.number] = firing
        self._sorted = len(self._told)
        found = self._found.get(identity)
        if found is None:
            return kept
        return list(({(firing.rule, firing.number): firing for firing in kept} | found).values())

    def deltas_of(self, identities: Iterable[Identity]) -> Mapping[Identity, Sequence[Delta]]:
        return self._ledger.deltas_of(identities)

    def has_group(self, rule: str, key: str) -> bool:
        return bool(self._ledger.load_groups([(rule, key)]))


def as_baseline(transition: Transition) -> Transition:
    return replace(transition, baseline=True)
