"""A turn of the desk is its ticks and claims of one instant in one transaction, where calls are answered at once."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from escalation.claims import Outgoing
from escalation.commands import Acknowledge, Command, Resolve
from escalation.contacts import Contacts
from escalation.desk import Desk
from escalation.incident import Actor, AuditRow
from escalation.memory import MemoryWork
from escalation.outbox import DeliveryResult
from streams.firing import Change, Firing, Reason, Severity, Stage, Transition
from streams.instants import DAY, HOUR, MINUTE, Instant
from tests.escalation.test_interleavings import LATE, Files, files
from tests.escalation.timeline_words import at

__all__ = ["files"]  # the fixture

KEYS = ("A-1", "A-2", "A-3")
happenings = st.lists(
    st.tuples(
        st.sampled_from([0, 0, MINUTE, 4 * MINUTE, 11 * MINUTE, 45 * MINUTE, 6 * HOUR]),
        st.sampled_from(["toggle", "toggle", "toggle", "critical", "minor", "ack", "resolve"]),
        st.sampled_from(KEYS),
        st.sampled_from(["ann", "bob", "cho"]),
    ),
    min_size=1,
    max_size=25,
)

Step = tuple[Instant, list[Transition], list[tuple[str, str, str]]]  # when, news, (what, who, key)


def story(happened: list[tuple[int, str, str, str]]) -> list[Step]:
    """Instants with what the events and people bring then, each key once an instant."""
    firings: dict[str, Firing] = {}
    now = at("21:00")
    steps: list[Step] = [(now, [], [])]
    for wait, what, key, who in happened:
        if wait or any(one.firing.key == key for one in steps[-1][1]):
            now += max(wait, MINUTE)
            steps.append((now, [], []))
        if what in ("ack", "resolve"):
            steps[-1][2].append((what, who, key))
            continue
        change = _change(firings.get(key), key, what, now)
        if change is not None:
            firings[key] = change.firing
            steps[-1][1].append(change)
    steps.append((now + 2 * DAY, [], []))
    return steps


def _change(old: Firing | None, key: str, what: str, now: Instant) -> Transition | None:
    if old is not None and old.open and what == "toggle":
        ended = replace(old, resolved_at=now, closed_at=now, reason=Reason.CONDITION)
        return Transition(change=Change.RESOLVED, at=now, firing=ended)
    if old is not None and old.open:
        worse = replace(old, stages=(*old.stages, Stage(Severity[what.upper()], now)))
        return Transition(change=Change.SEVERITY, at=now, firing=worse)
    if what != "toggle":
        return None
    number = 1 if old is None else old.number + 1
    stages = (Stage(Severity.MAJOR, now),)
    new = Firing(
        rule="late", version="1", kind="order", key=key, number=number, opened_at=now, detected_at=now, stages=stages
    )
    return Transition(change=Change.OPENED, at=now, firing=new)


class Play:
    """One way of doing it: `act` does all of an instant and says when the next thing is due."""

    def __init__(self, contacts: Contacts) -> None:
        self.work = MemoryWork()
        self.desk = Desk(self.work, contacts, {"late": LATE})
        self.now: Instant = 0
        self.sent: list[tuple[Any, ...]] = []

    def call(self, outgoing: Outgoing) -> DeliveryResult:
        """Every third minute the text messages fail, every fifth the chat is busy."""
        minute, head = self.now // MINUTE, outgoing.head
        people = tuple(sorted(one.person or "" for one in outgoing.deliveries))
        self.sent.append((self.now, head.incident, head.channel, people, str(head.purpose), head.attempt))
        outcome = "accepted"
        if head.channel == "sms" and minute % 3 == 0:
            outcome = "permanent"
        elif head.channel == "ops-robot" and minute % 5 == 0:
            outcome = "temporary"
        return DeliveryResult(delivery=head.id, outcome=outcome, retry_after=7 * MINUTE)  # type: ignore[arg-type]

    def commands(self, asked: list[tuple[str, str, str]]) -> list[Command]:
        found: list[Command] = []
        for what, who, key in asked:
            latest = self.work.latest_incidents([("late", "order", key)]).get(("late", "order", key))
            if latest is not None:
                command = Acknowledge if what == "ack" else Resolve
                found.append(command(incident=latest.id, actor=Actor(kind="person", id=who)))
        return found

    def play(self, steps: list[Step], act: Callable[[list[Transition], list[Command]], None]) -> None:
        for when, news, asked in steps:
            while (due := self.work.next_due()) is not None and due < when:
                self.now = due
                act([], [])
            self.now = when
            act(news, self.commands(asked))

    def in_turns(self, news: list[Transition], commands: list[Command]) -> None:
        outcome = self.desk.turn(news, commands, self.now, self.call)
        assert outcome.next_due is None or outcome.next_due > self.now

    def in_ticks(self, news: list[Transition], commands: list[Command]) -> None:
        due = self.desk.tick(news, commands, (), self.now).next_due
        while due is not None and due <= self.now:
            results = [self.call(one) for one in self.desk.claim(self.now, 1000)]
            due = self.desk.tick((), (), results, self.now).next_due

    def states(self) -> dict[int, tuple[Any, ...]]:
        return {
            id_: (one.state, one.firings, one.acknowledged_by, one.acknowledged_at, one.run_out, one.due_at)
            for id_, one in self.work.kept.items()
        }

    def audit(self) -> dict[int, list[AuditRow]]:
        found: dict[int, list[AuditRow]] = {}
        for row in self.work.audit:
            found.setdefault(row.incident, []).append(row)
        return found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings)
def test_a_turn_is_the_ticks_and_claims_of_its_instant(files: Files, happened: list[tuple[int, str, str, str]]) -> None:
    """The same messages at the same times, the same incidents, the same audit."""
    steps = story(happened)
    turns, ticks = Play(files.contacts), Play(files.contacts)
    turns.play(steps, turns.in_turns)
    ticks.play(steps, ticks.in_ticks)
    assert sorted(turns.sent) == sorted(ticks.sent)
    assert turns.states() == ticks.states()
    assert turns.audit() == ticks.audit()
