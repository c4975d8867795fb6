"""One batch of the loop: events, people, deliveries, then steps, all in one transaction (docs/decisions/0006).

Wherever the process is stopped, the database holds a whole number of batches: the events of a batch, the snapshots and
due times that follow from them, the incidents, the audit and the outbox rows are kept together or not at all. What the
outbox says is sent only after the commit that marks it as being sent.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from console.backend import Sweep, Taken
from escalation.commands import Refusal as CommandRefusal
from escalation.desk import AT_ONCE, Desk, DeskOutcome
from escalation.incident import FiringKey, firing_key
from rules.explain import explain
from service.changing.loaded import Loaded
from service.changing.swapping import Swapper
from service.changing.sweeping import Sweeper
from service.intake import Ask, Events, Item, Reported, Swap
from service.messages import Post
from service.running import Running
from service.sending import Sender
from service.telling import Telling
from store.database import Store
from store.transaction import Transaction
from streams.decoding import Decoded
from streams.embedded import Done
from streams.encoding import encode_event
from streams.event import Event, Refusal
from streams.firing import Transition
from streams.instants import SECOND, Instant
from streams.learning import Learned, learn

_WHILE_SENDERS_ARE_BUSY = SECOND // 10
_ORPHANS_AFTER = 5 * SECOND  # longer than a provider takes to list what it was just sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a batch works with, whatever the files say: where things are kept and sent."""

    store: Store
    swapper: Swapper
    sender: Sender
    telling: Telling
    changed: Callable[[frozenset[int]], None]  # told after the commit


@dataclass(frozen=True, slots=True)
class _Kept:
    """What one transaction came to."""

    learned: Learned
    outcome: DeskOutcome
    touched: list[int]
    posts: list[Post]
    to_ask: list[Post]
    next_due: Instant | None


class Work:
    """Callable as the work of an EmbeddedRunner. Takes up the files at once, in a transaction of its own."""

    def __init__(self, parts: Parts, loaded: Loaded, now: Instant) -> None:
        self._parts = parts
        with parts.store.read() as reader:
            self._known_at = reader.known_at() or 0
        self._sweeper = Sweeper()
        self.running = self._taken_up(loaded, now)

    @property
    def sweep(self) -> Sweep | None:
        """How far entities have come that changed rules have to judge again."""
        return self._sweeper.progress

    def take_over(self, now: Instant) -> None:
        """At the start, of the only process: what an earlier one was sending has lost its sender."""
        with self._parts.store.begin() as transaction:
            self._desk(transaction).abandon(now + _ORPHANS_AFTER)

    def __call__(self, batch: Sequence[Item], now: Instant) -> Done:
        """The files in force are replaced before anything else of the batch is done, so that it sees one of them."""
        for item in batch:
            if isinstance(item, Swap):
                self._swap(item, now)
        parts = self._parts
        started = parts.telling.start()
        now = self._later(now)
        with parts.store.begin() as transaction:
            kept = self._keep(transaction, batch, now)
        self._known_at = now
        parts.sender.send(kept.posts)
        parts.sender.ask(kept.to_ask)
        touched = frozenset(kept.touched)
        if touched:
            parts.changed(touched)
        parts.telling.batch(batch, kept.learned, kept.outcome, now, started)
        return Done(_answers(batch, kept), _no_sooner(kept.next_due, parts.sender, now))

    def _later(self, now: Instant) -> Instant:
        """Each batch is a later step of knowledge, whatever the clock does."""
        return max(now, self._known_at + 1)

    def _swap(self, item: Swap, now: Instant) -> None:
        if item.loaded is self.running.loaded:
            return  # the rest of its batch failed, and is tried again
        self.running = self._taken_up(item.loaded, now)
        self._parts.sender.change(item.notifiers)

    def _taken_up(self, loaded: Loaded, now: Instant) -> Running:
        parts, now = self._parts, self._later(now)
        with parts.store.begin() as transaction:
            running, touched = parts.swapper.take_up(transaction, loaded, now)
            transaction.know(now)
        self._known_at = now
        parts.swapper.pool.keep(running.judge.matchers)
        parts.telling.rules_changed(running.changes)
        if touched:
            parts.changed(touched)
        return running

    def _desk(self, transaction: Transaction) -> Desk:
        return Desk(transaction.work, self.running.contacts, self.running.rules)

    def _keep(self, transaction: Transaction, batch: Sequence[Item], now: Instant) -> _Kept:
        parts, running = self._parts, self.running
        items = [item for intake in batch if isinstance(intake, Events) for item in intake.items]
        learned = learn(
            running.engine,
            transaction.ledger,
            [item.event for item in items if isinstance(item, Decoded)],
            now,
            parts.telling.entity_failed,
        )
        desk = self._desk(transaction)
        to_ask = desk.recover(now)
        outcome = desk.tick(
            learned.transitions,
            [item.command for item in batch if isinstance(item, Ask)],
            [item.result for item in batch if isinstance(item, Reported)],
            now,
        )
        touched = [*outcome.touched]
        closed = self._close_pulses(transaction, outcome.resolved_by_people, now)
        if closed:
            desk.tick(closed, (), (), now)
        swept = self._sweeper.turn(transaction, running.engine, now, parts.telling.entity_failed, busy=bool(batch))
        if swept is not None:
            touched += desk.tick(swept.learned.transitions, (), (), now).touched
            learned.transitions += swept.learned.transitions
            if not swept.left:
                touched += desk.announce_baseline(now).touched
        transaction.explain(self._explanations([*learned.transitions, *closed]))
        transaction.refuse(_refused(items, learned.conflicting), now)
        transaction.mark_resent([n for intake in batch if isinstance(intake, Events) for n in intake.resent], now)
        sender = parts.sender
        outgoing = [] if sender.stopping else desk.claim(now, AT_ONCE, room=sender.room, full=sender.full)
        transaction.know(now)
        dues = (transaction.ledger.next_due(), transaction.work.next_due(), None if self.sweep is None else now)
        return _Kept(
            learned=learned,
            outcome=outcome,
            touched=touched,
            posts=running.messages.write(transaction.work, outgoing, now),
            to_ask=running.messages.write(transaction.work, to_ask, now),
            next_due=min((due for due in dues if due is not None), default=None),
        )

    def _close_pulses(self, transaction: Transaction, resolved: Iterable[FiringKey], now: Instant) -> list[Transition]:
        """A person who resolves the incident of a pulse rule ends its firing: that counts as its `until`."""
        transitions: list[Transition] = []
        for rule, kind, key, _ in resolved:
            if self.running.judge.takes_closing(rule):
                for entity in transaction.ledger.load([(kind, key)]).values():
                    transitions += self.running.engine.close(entity, rule, now)
                    transaction.ledger.save([entity])
        return transitions

    def _explanations(
        self, transitions: Iterable[Transition]
    ) -> Iterable[tuple[FiringKey, str, Instant, dict[str, Any]]]:
        for transition in transitions:
            firing = transition.firing
            rule = self.running.rule_of(firing)
            kind = self.running.model.kinds.get(firing.kind)
            if rule is None or kind is None:
                continue
            record = explain(rule, kind, transition)
            if record is not None:
                yield firing_key(firing), transition.change.value, transition.at, record


def _refused(items: Sequence[Decoded | Refusal], conflicting: Sequence[Event]) -> list[Refusal]:
    copies = {id(event): event for event in conflicting}
    found = []
    for item in items:
        if isinstance(item, Refusal):
            found.append(item)
        elif id(item.event) in copies:
            found.append(_copy_differs(item.event))
    return found


def _copy_differs(event: Event) -> Refusal:
    return Refusal(
        position=f"{event.source}/{event.id}",
        field="id",
        code="copy_differs",
        reason="an event with this source and id is known with other content; "
        "expected the same content, or a new id (and `retracts` to take the old one back)",
        raw=encode_event(event).decode(),
        source=event.source,
        id=event.id,
    )


def _answers(batch: Sequence[Item], kept: _Kept) -> list[Taken | CommandRefusal | None]:
    differing = {id(event) for event in kept.learned.conflicting}
    copies = {id(event) for event in kept.learned.copies}
    commands = iter(kept.outcome.answers)
    found: list[Taken | CommandRefusal | None] = []
    for item in batch:
        match item:
            case Events(items=items):
                answers = [_answer(one, differing) for one in items]
                duplicates = sum(isinstance(one, Decoded) and id(one.event) in copies for one in items)
                found.append(Taken(answers=answers, duplicates=duplicates))
            case Ask():
                found.append(next(commands).refusal)
            case Reported() | Swap():
                found.append(None)
    return found


def _answer(item: Decoded | Refusal, differing: set[int]) -> Refusal | None:
    if isinstance(item, Refusal):
        return item
    return _copy_differs(item.event) if id(item.event) in differing else None


def _no_sooner(due: Instant | None, sender: Sender, now: Instant) -> Instant | None:
    """While a channel has no room, what waits to be sent there must not keep the loop turning."""
    if due is None or not (sender.full or sender.stopping):
        return due
    return max(due, now + _WHILE_SENDERS_ARE_BUSY)
