"""The thin executor: what events, people and providers bring, and what is due, done in one open transaction.

The order at one instant is events, then people, then deliveries, then steps. Everything here is decided by the pure
functions behind it; the desk loads, asks them, and writes.
"""

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from escalation.advance import advance_case
from escalation.casebook import CaseBook, entity_rule
from escalation.claims import Outgoing, answer_due, claim_case, may_leave, outgoing_of
from escalation.commands import Command, Refusal, Reopen, Resolve
from escalation.contacts import Contacts
from escalation.digests import announce, claim_digests
from escalation.errors import Stale
from escalation.firings import apply, go_on, goes_on, new_incident, open_case
from escalation.incident import FiringKey, Incident, IncidentMode, firing_key
from escalation.outbox import Delivery, DeliveryResult, DeliveryState, Purpose
from escalation.people_actions import obey
from escalation.ports import EntityRule, UnitOfWork
from escalation.receipts import can_be_asked, receive
from escalation.switching import switch
from rules.rule import Mode, Rule
from streams.firing import Change, Transition
from streams.instants import LAST, Instant

AT_ONCE: Final = 500  # due incidents that one transaction takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command; `refusal` is None where it was done. `incident` is None where there is none."""

    command: Command
    refusal: Refusal | None
    incident: Incident | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOutcome:
    """`next_due`: when something is to be done next, be it a step or a send. `answers` in the order of the commands."""

    next_due: Instant | None
    answers: tuple[Answer, ...] = ()
    touched: tuple[int, ...] = ()  # incidents that have changed
    resolved_by_people: tuple[FiringKey, ...] = ()  # a pulse rule's firing counts that as its `until`


class Desk:
    """One transaction's worth of escalation. `contacts` and `rules` are today's files."""

    def __init__(self, uow: UnitOfWork, contacts: Contacts, rules: Mapping[str, Rule]) -> None:
        self._uow = uow
        self._contacts = contacts
        self._rules = rules

    def tick(
        self,
        transitions: Sequence[Transition],
        commands: Sequence[Command],
        results: Sequence[DeliveryResult],
        now: Instant,
    ) -> DeskOutcome:
        """Do all of it. Raises Stale where another writer was faster: then nothing of it may be committed."""
        results = [*results, *self._lost(now)]
        book = self._book(now)
        book.load(self._wanted(transitions, commands, results, now))
        answers = self._take(book, transitions, commands)
        for result in results:
            for case in book.cases_of_message(result.delivery):
                receive(case, result)
        for case in book.cases:
            advance_case(case)
        return self._written(book, answers)

    def turn(
        self,
        transitions: Sequence[Transition],
        commands: Sequence[Command],
        now: Instant,
        call: Callable[[Outgoing], DeliveryResult],
    ) -> DeskOutcome:
        """As `tick`, `claim`, `tick` and so on until nothing is left to be sent now, where calls are answered at once.

        For a manual clock: between a claim and its answer nothing is kept. Digests do not leave.
        """
        book = self._book(now)
        pending = {delivery.incident for delivery in self._uow.pending_deliveries(now, sys.maxsize)}
        book.load([*self._wanted(transitions, commands, (), now), *self._uow.incidents(pending)])
        answers = self._take(book, transitions, commands)
        for case in book.cases:
            advance_case(case)
        while due := _pending(book, now):
            for outgoing in _claimed(book, due):
                result = call(outgoing)
                for case in book.find({one.incident: None for one in outgoing.deliveries}):
                    receive(case, result)
            for case in book.find({one.incident: None for one in due}):
                advance_case(case)
        return self._written(book, answers)

    def _take(
        self, book: CaseBook, transitions: Sequence[Transition], commands: Sequence[Command]
    ) -> list[tuple[Command, Refusal | None]]:
        """What events and people bring."""
        opening = (Change.OPENED, Change.REOPENED)
        book.look_up({entity_rule(one.firing) for one in transitions if one.change in opening})
        for transition in _in_order(book, transitions):
            self._apply(book, transition)
        return [(command, self._obey(book, command)) for command in commands]

    def _written(self, book: CaseBook, answers: Sequence[tuple[Command, Refusal | None]]) -> DeskOutcome:
        touched = book.write()
        return DeskOutcome(
            next_due=self._uow.next_due(),
            answers=tuple(
                Answer(command=command, refusal=refusal, incident=book.incident(command.incident))
                for command, refusal in answers
            ),
            touched=tuple(touched),
            resolved_by_people=tuple(
                firing_key(case.incident.firing)
                for command, refusal in answers
                if isinstance(command, Resolve) and refusal is None
                for case in book.find((command.incident,))
            ),
        )

    def announce_baseline(self, now: Instant) -> DeskOutcome:
        """When all of a change of rules is known: one digest a recipient of the baseline incidents that it found.

        Nothing where there are none that are not announced yet.
        """
        book = self._book(now)
        book.load(self._uow.unannounced_incidents())
        for case in book.cases:
            announce(case)
            advance_case(case)
        touched = book.write()
        return DeskOutcome(next_due=self._uow.next_due(), touched=tuple(touched))

    def switch_modes(self, rules: Mapping[str, Mode], now: Instant) -> DeskOutcome:
        """Rules, by id, that have gone to live or shadow: so do their unresolved incidents."""
        book = self._book(now)
        book.load(self._uow.unresolved_incidents(rules))
        for case in book.cases:
            rule = self._rules.get(case.incident.firing.rule)
            mode: IncidentMode = "live" if rules[case.incident.firing.rule] == "live" else "shadow"
            chain = None if rule is None else self._contacts.chain_for(rule, case.directory.values)
            switch(case, mode, chain)
            advance_case(case)
        return DeskOutcome(next_due=self._uow.next_due(), touched=tuple(book.write()))

    def claim(
        self,
        now: Instant,
        limit: int,
        *,
        room: Callable[[str], int] = lambda _channel: sys.maxsize,
        full: Collection[str] = (),
    ) -> list[Outgoing]:
        """What is to be sent now, marked as being sent. To be committed before anything leaves.

        `room`: how many messages a channel takes now, so that none waits for its call after it was marked; `full`: the
        channels that take none.

        What is no longer wanted, has nowhere to go or meets quiet hours does not leave, and says why.
        """
        due = _within(room, self._uow.pending_deliveries(now, limit, full))
        book = self._book(now)
        book.load(self._uow.incidents({delivery.incident for delivery in due}))
        outgoing = _claimed(book, due)
        for case in book.cases:
            advance_case(case)
        place = {delivery.id: index for index, delivery in enumerate(due)}
        outgoing.sort(key=lambda one: place.get(one.head.id, len(place)))
        taken = Counter(one.head.channel for one in outgoing)
        outgoing += self._claim_digests(book, now, lambda channel: room(channel) - taken[channel], full)
        book.write()
        return outgoing

    def _claim_digests(
        self, book: CaseBook, now: Instant, room: Callable[[str], int], full: Collection[str]
    ) -> list[Outgoing]:
        """Only where nothing else is due: what belongs into a digest may still be released, or come to its channel."""
        due = self._uow.pending_digests(now, full)
        if not due or self._uow.due_incidents(now, 1):
            return []
        ids = {delivery.incident for delivery in due}
        book.load(self._uow.incidents(ids))
        cases = {case.incident.id: case for case in book.find(ids)}
        outgoing = claim_digests(cases, due, room)
        for case in cases.values():
            advance_case(case)
        return outgoing

    def recover(self, now: Instant, limit: int = AT_ONCE) -> list[Outgoing]:
        """Calls whose answer never came, after a crash or a lost connection, and whose provider can be asked.

        The caller asks, and hands the answer to `tick` as a result with `asked`. The others `tick` settles by itself.
        """
        by_message: dict[str, list[Delivery]] = {}
        changes = []
        for delivery in self._whole(self._uow.expired_deliveries(now, limit)):
            if delivery.state is DeliveryState.SENDING and self._can_ask(delivery):
                # With a new deadline the next look does not find it again while the provider is asked.
                later = replace(delivery, deadline=answer_due(self._contacts.channels.get(delivery.channel), now))
                by_message.setdefault(delivery.message or delivery.id, []).append(later)
                changes.append((delivery, later))
        self._change(changes)
        return [outgoing_of(message, rows) for message, rows in by_message.items()]

    def abandon(self, now: Instant) -> None:
        """At the start of the only process: what was being sent has lost its sender for good."""
        lost = self._uow.expired_deliveries(LAST, sys.maxsize)
        self._change((one, replace(one, deadline=now)) for one in lost)

    def _book(self, now: Instant) -> CaseBook:
        return CaseBook(self._uow, self._contacts, self._rules, now)

    def _whole(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """With all that was sent together with them in digests."""
        digests = {one.message or one.id for one in deliveries if one.purpose is Purpose.DIGEST}
        if not digests:
            return list(deliveries)
        carried = self._uow.digest_deliveries(digests)
        return list({one.id: one for one in [*deliveries, *carried]}.values())

    def _can_ask(self, delivery: Delivery) -> bool:
        return can_be_asked(self._contacts.channels.get(delivery.channel))

    def _lost(self, now: Instant) -> list[DeliveryResult]:
        """One result for each message without an answer whose provider cannot be asked."""
        lost = [one for one in self._uow.expired_deliveries(now, AT_ONCE) if not self._can_ask(one)]
        messages = dict.fromkeys(one.message or one.id for one in lost)
        return [DeliveryResult(delivery=message, outcome="unknown") for message in messages]

    def _change(self, changes: Iterable[tuple[Delivery, Delivery]]) -> None:
        stale = self._uow.update_deliveries(list(changes))
        if stale:
            raise Stale(f"deliveries {stale} have changed meanwhile")

    def _wanted(
        self,
        transitions: Sequence[Transition],
        commands: Sequence[Command],
        results: Sequence[DeliveryResult],
        now: Instant,
    ) -> list[Incident]:
        """Every incident that this tick is about, as far as that is known before."""
        uow = self._uow
        known = {firing_key(one.firing) for one in transitions}
        deliveries = self._whole(uow.deliveries([result.delivery for result in results]))
        ids = {command.incident for command in commands} | {delivery.incident for delivery in deliveries}
        found = [*uow.due_incidents(now, AT_ONCE), *uow.incidents_of_firings(known).values(), *uow.incidents(ids)]
        return list({incident.id: incident for incident in found}.values())

    def _apply(self, book: CaseBook, transition: Transition) -> None:
        firing = transition.firing
        case = book.case_of_firing(firing_key(firing))
        if case is not None:
            if transition.change is not Change.OPENED:
                latest = book.latest(entity_rule(firing))
                elsewhere = latest is not None and not latest.is_resolved and latest.id != case.incident.id
                apply(case, transition, book.chain(case.incident), may_reopen=not elsewhere)
            return
        rule = self._rules.get(firing.rule)
        mode: IncidentMode = "live" if rule is None or rule.mode == "live" else "shadow"
        latest = book.latest(entity_rule(firing))
        if latest is not None and goes_on(latest, firing):
            case = book.case(latest)
            go_on(case, firing, book.chain(case.incident), mode, baseline=transition.baseline)
            book.remember(case)
        else:
            case = book.add(new_incident(self._uow.new_incident_id(), firing, mode))
            chain = None if rule is None else self._contacts.chain_for(rule, case.directory.values)
            open_case(case, chain, baseline=transition.baseline)

    def _obey(self, book: CaseBook, command: Command) -> Refusal | None:
        case = next(iter(book.find((command.incident,))), None)
        if case is None:
            return Refusal(code="unknown_incident")
        if isinstance(command, Reopen):
            latest = book.latest(entity_rule(case.incident.firing))
            if latest is not None and not latest.is_resolved and latest.id != case.incident.id:
                return Refusal(code="newer_open", by=str(latest.id))
        return obey(case, command, book.chain(case.incident))


def _pending(book: CaseBook, now: Instant) -> list[Delivery]:
    """As UnitOfWork.pending_deliveries, of the incidents in the book."""
    due = [one for case in book.cases for one in case.deliveries if may_leave(one, now)]
    due = [one for one in due if one.purpose is not Purpose.DIGEST]
    return sorted(due, key=lambda one: (not one.important, one.next_at, one.id))


def _claimed(book: CaseBook, due: Iterable[Delivery]) -> list[Outgoing]:
    """Mark as being sent what may leave of these deliveries, whose incidents are in the book."""
    by_incident: dict[int, list[Delivery]] = {}
    for delivery in due:
        by_incident.setdefault(delivery.incident, []).append(delivery)
    return [one for case in book.find(by_incident) for one in claim_case(case, by_incident[case.incident.id])]


def _within(room: Callable[[str], int], due: Iterable[Delivery]) -> list[Delivery]:
    taken: Counter[str] = Counter()
    found = []
    for delivery in due:
        if taken[delivery.channel] < room(delivery.channel):
            taken[delivery.channel] += 1
            found.append(delivery)
    return found


def _in_order(book: CaseBook, transitions: Sequence[Transition]) -> list[Transition]:
    """Where late data reopens one firing and withdraws another of the same entity, the withdrawal goes first.

    Unless both are firings of one incident: that was open all along, and is not closed in between.
    """
    reopened: dict[EntityRule, list[Transition]] = {}
    for one in transitions:
        if one.change is Change.REOPENED:
            reopened.setdefault(entity_rule(one.firing), []).append(one)
    if not reopened:
        return list(transitions)
    first: list[Transition] = []
    for one in transitions:
        others = reopened.get(entity_rule(one.firing), ())
        if one.change is Change.WITHDRAWN and others and not _opened_too(one, transitions):
            case = book.case_of_firing(firing_key(one.firing))
            same = [other for other in others if book.case_of_firing(firing_key(other.firing)) is case]
            first += [other for other in same if not any(other is one for one in first)]
            first.append(one)
    return [*first, *(one for one in transitions if not any(one is other for other in first))]


def _opened_too(withdrawn: Transition, transitions: Sequence[Transition]) -> bool:
    key = firing_key(withdrawn.firing)
    return any(one.change is not Change.WITHDRAWN and firing_key(one.firing) == key for one in transitions)
