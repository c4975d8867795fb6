"""Whatever comes in whatever order: what must hold of all incidents after every transaction."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from escalation.advance import advance
from escalation.case import Actions
from escalation.claims import Outgoing
from escalation.commands import Acknowledge, Escalate, HandOver, Reopen, Resolve, Unacknowledge
from escalation.contacts import Contacts
from escalation.desk import Desk
from escalation.directory import Directory
from escalation.incident import Actor, State
from escalation.memory import MemoryWork
from escalation.outbox import UNSENT, Delivery, DeliveryResult, DeliveryState, Purpose, rank
from escalation.state import decode_state, encode_state
from streams.firing import Change, Firing, Severity, Stage, Transition
from streams.firing import Reason as EndReason
from streams.instants import DAY, MINUTE, SECOND, Instant
from tests.escalation.timeline_words import at
from tests.escalation.workspaces import load, rule

PEOPLE = """
people:
  ann:
    name: Ann
    contacts: {phone: "+8613800000001", email: ann@example.com, dingtalk: a}
    normal: [{via: sms}, {via: email, after: 10m}]
    important: [{via: ops-robot}, {via: sms, after: 5m}, {via: email, after: 5m}]
    quiet: {hours: "22:00-07:00", except: critical}
  bob:
    name: Bob
    contacts: {phone: "+8613800000002"}
    normal: [{via: ops-robot}, {via: sms, after: 2m}]
    quiet: {hours: "12:00-13:00"}
    absent: [{from: 2026-03-03, until: 2026-03-04, deputy: cho}]
  cho: {name: Cho, contacts: {email: cho@example.com}, normal: [{via: sms}, {via: email}]}
  dan: {name: Dan, contacts: {}, normal: [{via: sms}]}
teams:
  all: {members: [ann, bob, cho, dan]}
"""
CHAIN = """
chains:
  main:
    steps:
      - notify: [owner, channel:ops-robot]
      - wait: 4m
      - if: {severity: critical}
        then: [{notify: [team:all], important: true}, {wait: 15m}]
        else: [{webhook: erp-hook}, {notify: [dan]}, {wait: 10m office}]
      - notify: [bob]
      - wait: 7m
      - repeat: 2
    fallback: [team:all]
    resolved: tell
    ack_expires: 40m
    reopen_within: 20m
    on_worse: {critical: restart, else: notify}
default: main
"""
CHANNELS = """
channels:
  sms: {kind: twilio-sms, account_sid: env:TWILIO_SID, auth_token: env:TWILIO_TOKEN, from: "+15005550006"}
  email: {kind: smtp, host: smtp.example.com, from: tocsin@example.com, on_unknown: mark}
  ops-robot: {kind: dingtalk-robot, url: env:DINGTALK_URL, secret: env:DINGTALK_SECRET}
  erp-hook: {kind: webhook, url: "https://erp.example.com/hook", secret: env:ERP_HOOK_SECRET}
"""
LATE = rule("late", owner="ann")


class Files:
    """Keeps the contacts out of what is printed of a failing example."""

    def __init__(self, contacts: Contacts) -> None:
        self.contacts = contacts


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder: Path = tmp_path_factory.mktemp("workspace")
    return Files(load(folder, rules=(LATE,), people=PEOPLE, chains=CHAIN, channels=CHANNELS))


people = st.sampled_from(["ann", "bob", "cho", "dan"])
operations = st.one_of(
    st.tuples(st.just("pass"), st.sampled_from([0, SECOND, MINUTE, 5 * MINUTE, 40 * MINUTE, 6 * 60 * MINUTE])),
    st.tuples(st.just("due"), st.none()),
    st.tuples(st.just("send"), st.none()),
    st.tuples(
        st.just("answer"),
        st.tuples(
            st.integers(0, 20),
            st.sampled_from(["accepted", "accepted", "temporary", "permanent", "unknown", "delivered", "undelivered"]),
        ),
    ),
    st.tuples(st.just("recover"), st.sampled_from(["accepted", "unknown"])),
    st.tuples(
        st.just("firing"),
        st.tuples(
            st.sampled_from(["toggle", "toggle", "baseline", "baseline", "critical", "minor", "withdrawn", "goes_on"]),
            st.sampled_from(["A-1", "A-1", "A-2", "A-3"]),
        ),
    ),
    st.tuples(st.just("announce"), st.none()),
    st.tuples(
        st.just("person"),
        st.tuples(
            st.sampled_from(["ack", "ack", "unack", "resolve", "reopen", "escalate", "hand_over"]),
            people,
            st.integers(0, 5),
        ),
    ),
)


class Play:
    """The life of a few incidents, checked after every transaction."""

    def __init__(self, contacts: Contacts) -> None:
        self.contacts = contacts
        self.work = MemoryWork()
        self.now: Instant = at("21:30")
        self.firings: dict[str, Firing] = {}
        self.sent: list[tuple[Instant, Outgoing]] = []
        self.seen: dict[str, Delivery] = {}

    def desk(self) -> Desk:
        return Desk(self.work, self.contacts, {"late": LATE})

    def do(self, operation: tuple[str, Any]) -> None:
        match operation:
            case "pass", duration:
                self.now += duration
                self.tick()
            case "due", _:
                due = self.work.next_due()
                self.now = self.now if due is None else max(due, self.now)
                self.tick()
            case "send", _:
                self.send()
                self.now += 1  # what has left belongs to an earlier instant than what comes next
            case "answer", (which, word) if self.sent:
                head = self.sent[-1 - which % len(self.sent)][1].head
                is_status = word in ("delivered", "undelivered")
                self.tick(results=[DeliveryResult(delivery=head.id, **{"status" if is_status else "outcome": word})])
            case "recover", word:
                asked = self.desk().recover(self.now)
                self.tick(results=[DeliveryResult(delivery=one.head.id, outcome=word, asked=True) for one in asked])
            case "firing", (word, key):
                self.change(word, key)
            case "announce", _:
                self.desk().announce_baseline(self.now)
                assert not self.work.unannounced_incidents()
            case "person", (word, who, which) if self.work.kept:
                self.command(word, who, sorted(self.work.kept)[-1 - which % len(self.work.kept)])
            case _:
                pass
        self.check()

    def tick(self, transitions: Any = (), commands: Any = (), results: Any = ()) -> None:
        self.desk().tick(transitions, commands, results, self.now)
        for one in self.work.kept.values():
            assert one.due_at is None or one.due_at > self.now

    def send(self) -> None:
        for outgoing in self.desk().claim(self.now, 100):
            incident = self.work.kept[outgoing.head.incident]
            for delivery in outgoing.deliveries:
                assert delivery.state is DeliveryState.SENDING
                if incident.state is State.RESOLVED:
                    assert delivery.purpose is Purpose.RESOLVED
                if incident.state is State.ACKNOWLEDGED and delivery.purpose is not Purpose.WEBHOOK:
                    assert incident.acknowledged_at is not None and delivery.created_at >= incident.acknowledged_at
            self.sent.append((self.now, outgoing))

    def change(self, word: str, key: str) -> None:
        firing = self.firings.get(key)
        if firing is None or (not firing.open and word in ("toggle", "baseline")):
            stages: tuple[Stage, ...] = (Stage(Severity.MAJOR, self.now),)
            number = 1 if firing is None else firing.number + 1
            firing = Firing(
                rule="late",
                version="1",
                kind="order",
                key=key,
                number=number,
                opened_at=self.now,
                detected_at=self.now,
                stages=stages,
            )
            change = Change.OPENED
        elif firing.open and word in ("critical", "minor"):
            stages = (*firing.stages, Stage(Severity[word.upper()], self.now))
            firing, change = replace(firing, stages=stages), Change.SEVERITY
        elif firing.open:
            reason = EndReason.LATE_DATA if word == "withdrawn" else EndReason.CONDITION
            change = Change.WITHDRAWN if word == "withdrawn" else Change.RESOLVED
            firing = replace(firing, resolved_at=self.now, closed_at=self.now, reason=reason)
        elif word == "goes_on" and firing.reason is not EndReason.LATE_DATA:
            firing, change = replace(firing, resolved_at=None, closed_at=None, reason=None), Change.REOPENED
        else:
            return
        self.firings[key] = firing
        baseline = change is Change.OPENED and word == "baseline"
        self.tick([Transition(change=change, at=self.now, firing=firing, baseline=baseline)])

    def command(self, word: str, who: str, incident: int) -> None:
        actor = Actor(kind="person", id=who)
        command = {
            "ack": Acknowledge(incident=incident, actor=actor),
            "unack": Unacknowledge(incident=incident, actor=actor),
            "resolve": Resolve(incident=incident, actor=actor),
            "reopen": Reopen(incident=incident, actor=actor),
            "escalate": Escalate(incident=incident, actor=actor, message_at=self.now - MINUTE),
            "hand_over": HandOver(incident=incident, actor=actor, to="bob"),
        }[word]
        self.tick(commands=[command])

    # What must hold ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        self.check_incidents()
        for delivery in self.work.outbox.values():
            self.check_delivery(delivery)
        self.check_once_an_instant()
        self.seen = dict(self.work.outbox)

    def check_incidents(self) -> None:
        unresolved = Counter(one.firing.key for one in self.work.kept.values() if not one.is_resolved)
        assert max(unresolved.values(), default=0) <= 1
        for one in self.work.kept.values():
            directory = Directory(contacts=self.contacts, kind="order", owner="ann", values={})
            if one.due_at is None or one.due_at > self.now:
                again = advance(one, directory, self.work.deliveries_of([one.id]), self.now)
                assert again.actions == Actions() and again.incident == one
            if one.escalation is not None:
                assert decode_state(encode_state(one.escalation)) == one.escalation
            if one.is_baseline and one.escalation is not None:
                assert one.escalation.last_step_at is None, "a baseline incident takes no step"

    def check_delivery(self, delivery: Delivery) -> None:
        before = self.seen.get(delivery.id)
        assert before is None or rank(delivery) >= rank(before)
        assert (delivery.state is DeliveryState.CANCELLED) <= (delivery.reason is not None)
        assert (delivery.held_until is not None) <= (delivery.reason is not None and delivery.next_at is None)
        assert (delivery.state is DeliveryState.SENDING) == (delivery.deadline is not None)
        if delivery.state in UNSENT:
            assert (delivery.next_at is None) == (delivery.held_until is not None)
            assert delivery.held_until is not None or delivery.give_up_at is not None
        else:
            assert delivery.next_at is None

    def check_once_an_instant(self) -> None:
        plans = {
            (one.incident, one.person, one.version, one.plan)
            for one in self.work.outbox.values()
            if one.person is not None and one.state is not DeliveryState.CANCELLED and one.plan is not None
        }
        started = Counter((incident, person, version) for incident, person, version, _ in plans)
        assert max(started.values(), default=0) <= 1
        messages = Counter(
            (instant, one.head.channel, one.head.address, one.head.purpose is Purpose.RESOLVED, one.head.incident)
            for instant, one in self.sent
            if one.head.attempt == 1 and one.head.purpose not in (Purpose.WEBHOOK, Purpose.DIGEST)
        )
        assert max(messages.values(), default=0) <= 1
        digests = Counter((instant, one.head.channel, one.head.address) for instant, one in self.sent if one.is_digest)
        assert max(digests.values(), default=0) <= 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(operations, max_size=50))
def test_any_interleaving(files: Files, steps: list[tuple[str, Any]]) -> None:
    """Idempotent, never late, nobody told twice or after an acknowledgement, a reason for all that was not sent."""
    play = Play(files.contacts)
    play.change("toggle", "A-1")
    for step in steps:
        play.do(step)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(operations, max_size=30))
def test_left_alone_every_chain_comes_to_its_end(files: Files, steps: list[tuple[str, Any]]) -> None:
    """With nobody doing anything, everything sent is answered, the chain runs out and nothing is due any more."""
    play = Play(files.contacts)
    play.change("toggle", "A-1")
    for step in steps:
        play.do(step)
    end = play.now + 10 * DAY
    for _ in range(400):
        if play.work.next_due() is None:
            break
        play.do(("due", None))
        play.do(("recover", "accepted"))
        play.do(("send", None))
        play.do(("answer", (0, "accepted")))
    assert play.work.next_due() is None
    assert play.now <= end
    assert all(one.is_resolved or one.run_out or one.is_baseline for one in play.work.kept.values())
