"""Timelines: what happens to one incident (or a few), told in YAML, played against the desk and the real store.

    about: one sentence of behaviour
    contract: "4, 6"            # the numbered rules of "What advance does" that it plays
    people: ...                 # the text of people.yaml; also chains, channels; each has a default
    owner: sales_rep            # the rule's
    decide: [{if: amount > 9, owner: li-wei, chain: main}]     # its decision table, each `if` a condition
    entity: {sales_rep: 李伟}   # the order's snapshot; entities: {A-2: ...}: those of others
    timeline:
      - {at: "10:00", firing: opens major, sends: [sms to li-wei]}
      - {at: "10:05", person: li-wei acknowledges, state: acknowledged}

Times are local (Asia/Shanghai) on 2026-03-02, a Monday, or have a date. One entry is one instant:

    firing:   opens SEVERITY [as baseline] | becomes SEVERITY | resolves | goes on | never was | is found late;
              with the order's key before it where that is not A-1
    announce: true where the baseline incidents are announced, behind the firings
    person:   WHO acknowledges | un-acknowledges | resolves | escalates [from TIME] | hands over to WHO | reopens
    entity:   its snapshot from now on
    files:    {people: ..., chains: ...}: these files from now on
    provider: {CHANNEL: accepts | refuses | fails | fails for 2m | is silent | accepts after 2m}, from now on
    receipt:  {CHANNEL: delivered | undelivered} for the last message sent there
    stopped:  true where the service stood since the entry before
    asked:    {CHANNEL: accepted | unknown}: what the provider answers from now on when it is asked

and then is expected:

    sends:    all that leaves at this instant: "CHANNEL [to WHO + WHO][: PURPOSE][ again]", and
              "CHANNEL [to WHO]: digest of INCIDENT + INCIDENT"
    state:    of the incident; also run_out, owner, holder (who acknowledged), incidents (how many there are)
    due:      when the incident is looked at next: TIME or never
    refused:  CODE [by WHO] [at TIME]
    not_sent: ["CHANNEL to WHO: REASON"]; held: likewise with "until TIME"; fails: ["CHANNEL to WHO[: REASON]"]
    audit:    rows among those of this instant: ["WHAT REASON"]

Whatever is sent and not expected fails the test.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from escalation.claims import Outgoing
from escalation.commands import Command, Refusal
from escalation.desk import Desk, DeskOutcome
from escalation.incident import Incident
from escalation.outbox import Delivery, DeliveryResult, Purpose
from store.database import Store
from streams.entity import new_entity
from streams.firing import Change, Firing, Severity, Stage, Transition
from streams.firing import Reason as EndReason
from streams.instants import Instant
from tests.escalation.timeline_words import (
    at,
    check_keys,
    clock,
    command_of,
    expect_incident,
    expect_rows,
    expect_sent,
    many,
    micros,
    refused,
)
from tests.escalation.workspaces import load, rule

KIND, KEY, RULE = "order", "A-1", "late"

DEFAULTS = {
    "people": """
people:
  li-wei:
    name: 李伟
    contacts: {phone: "+8613800000001", email: li.wei@example.com, dingtalk: manager4220}
    normal: [{via: sms}, {via: email, after: 10m}]
    important: [{via: sms}, {via: email, after: 5m}]
  zhang-min: {name: 张敏, contacts: {phone: "+8613800000002", dingtalk: zhang1}, normal: [{via: sms}]}
  wang-fang: {name: 王芳, contacts: {phone: "+8613800000003"}, normal: [{via: sms}]}
  no-phone: {name: 无名, contacts: {email: nobody@example.com}, normal: [{via: sms}]}
teams:
  warehouse: {members: [li-wei, zhang-min]}
  management: {members: [wang-fang]}
""",
    "chains": """
chains:
  main:
    steps:
      - notify: [li-wei]
      - wait: 30m
      - notify: [zhang-min]
      - wait: 30m
    fallback: [wang-fang]
default: main
""",
    "channels": """
channels:
  sms: {kind: twilio-sms, account_sid: env:TWILIO_SID, auth_token: env:TWILIO_TOKEN, from: "+15005550006", timeout: 10m}
  email: {kind: smtp, host: smtp.example.com, from: tocsin@example.com}
  ops-robot: {kind: dingtalk-robot, url: env:DINGTALK_URL, secret: env:DINGTALK_SECRET}
  erp-hook: {kind: webhook, url: "https://erp.example.com/hook", secret: env:ERP_HOOK_SECRET}
""",
}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    about: str
    contract: str
    files: Mapping[str, str]
    owner: str | None
    decide: Sequence[Mapping[str, str]]
    mode: str
    entities: Mapping[str, Mapping[str, Any]]
    entries: Sequence[Mapping[str, Any]]


def read_scenario(path: Path) -> Scenario:
    """Everything in it is text: `10:00` is a time and no number."""
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    unknown = set(found) - set(SCENARIO_KEYS.split())
    assert not unknown, f"{path.name}: unknown {unknown}"
    return Scenario(
        about=found["about"],
        contract=found["contract"],
        files={name: found.get(name, text) for name, text in DEFAULTS.items()},
        owner=found.get("owner"),
        decide=found.get("decide", ()),
        mode=found.get("mode", "live"),
        entities={KEY: found.get("entity", {})} | found.get("entities", {}),
        entries=found["timeline"],
    )


def value(text: str) -> str | float:
    return float(text) if text.isdecimal() and not text.startswith("0") else text


@dataclass
class World:
    """The desk at its work: a store, files, providers that answer as told, and a clock that the timeline moves."""

    store: Store
    folder: Path
    scenario: Scenario
    now: Instant = 0
    firings: dict[str, Firing] = field(default_factory=dict)  # by key
    providers: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[Instant, str]] = field(default_factory=list)
    last_head: dict[str, Delivery] = field(default_factory=dict)
    answers: list[tuple[Instant, DeliveryResult]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.write_files(self.scenario.files)
        for key, values in self.scenario.entities.items():
            self.set_entity(key, values)

    def write_files(self, files: Mapping[str, str]) -> None:
        self.rule = rule(
            RULE,
            owner=self.scenario.owner,
            mode=self.scenario.mode,  # type: ignore[arg-type]
            decide=self.scenario.decide,
        )
        self.contacts = load(self.folder, rules=(self.rule,), **dict[str, Any](files))

    def set_entity(self, key: str, values: Mapping[str, Any]) -> None:
        entity = new_entity(KIND, key)
        entity.begun_at = 0
        fields = {name: tuple(one) if isinstance(one, list) else value(one) for name, one in values.items()}
        entity.values = {"closed": False, **fields}
        with self.store.begin() as transaction:
            transaction.ledger.save([entity])

    # One instant ------------------------------------------------------------------------------------------------

    def tick(
        self,
        transitions: Sequence[Transition] = (),
        commands: Sequence[Command] = (),
        results: Sequence[DeliveryResult] = (),
    ) -> DeskOutcome:
        with self.store.begin() as transaction:
            desk = Desk(transaction.work, self.contacts, {RULE: self.rule})
            outcome = desk.tick(transitions, commands, results, self.now)
        assert outcome.next_due is None or outcome.next_due >= self.now or not outcome.touched
        self.refusals = [answer.refusal for answer in outcome.answers if answer.refusal is not None]
        return outcome

    def announce(self) -> None:
        with self.store.begin() as transaction:
            Desk(transaction.work, self.contacts, {RULE: self.rule}).announce_baseline(self.now)

    def settle(self, results: Sequence[DeliveryResult] = ()) -> None:
        """Recover, send and take answers until nothing is to be done at this instant."""
        results = list(results)
        for _ in range(100):
            ready = [result for due, result in self.answers if due <= self.now]
            self.answers = [(due, result) for due, result in self.answers if due > self.now]
            results += [*ready, *self.recover()]
            if results:
                self.tick(results=results)
            with self.store.begin() as transaction:
                outgoing = Desk(transaction.work, self.contacts, {RULE: self.rule}).claim(self.now, 100)
            results = [result for one in outgoing for result in self.send(one)]
            if not results and not outgoing and not self.is_due():
                return
            if not results:
                self.tick()
        raise AssertionError(f"no end at {clock(self.now)}")

    def recover(self) -> list[DeliveryResult]:
        with self.store.begin() as transaction:
            ask = Desk(transaction.work, self.contacts, {RULE: self.rule}).recover(self.now)
        return [
            DeliveryResult(delivery=one.head.id, outcome=self.asked[one.head.channel], asked=True)  # type: ignore[arg-type]
            for one in ask
        ]

    def is_due(self) -> bool:
        due = self.next_due()
        return due is not None and due <= self.now

    def next_due(self) -> Instant | None:
        with self.store.begin() as transaction:
            stored = transaction.work.next_due()
        return min((due for due in (stored, *(due for due, _ in self.answers)) if due is not None), default=None)

    def send(self, outgoing: Outgoing) -> Iterator[DeliveryResult]:
        head = outgoing.head
        self.last_head[head.channel] = head
        self.sent.append((self.now, said(outgoing)))
        behaviour = self.providers.get(head.channel, "accepts")
        match behaviour.split():
            case ["accepts"]:
                yield DeliveryResult(delivery=head.id, outcome="accepted", provider_id=f"P{head.id}")
            case ["accepts", "after", duration]:
                answer = DeliveryResult(delivery=head.id, outcome="accepted", provider_id=f"P{head.id}")
                self.answers.append((self.now + micros(duration), answer))
            case ["fails"]:
                yield DeliveryResult(delivery=head.id, outcome="temporary", error="busy")
            case ["fails", "after", duration]:
                answer = DeliveryResult(delivery=head.id, outcome="temporary", error="busy")
                self.answers.append((self.now + micros(duration), answer))
            case ["fails", "for", duration]:
                wait = micros(duration)
                yield DeliveryResult(delivery=head.id, outcome="temporary", retry_after=wait, error="busy")
            case ["refuses"]:
                yield DeliveryResult(delivery=head.id, outcome="permanent", error="blocked")
            case ["is", "silent"]:
                pass
            case _:
                raise AssertionError(f"a provider cannot {behaviour!r}")

    # Time -------------------------------------------------------------------------------------------------------

    def run_to(self, instant: Instant, *, stopped: bool = False) -> None:
        """Do all that is due before `instant`, at its own time, and stand there; nothing where the service stands."""
        while not stopped and (due := self.next_due()) is not None and due < instant:
            self.now = max(due, self.now)
            self.tick()
            self.settle()
        self.now = instant

    def play(self, entry: Mapping[str, Any]) -> None:
        """One entry: what happens then, in one transaction."""
        if "files" in entry:
            self.write_files(entry["files"])
        if "entity" in entry:
            self.set_entity(KEY, entry["entity"])
        self.providers |= entry.get("provider", {})
        self.asked |= entry.get("asked", {})
        results = [
            DeliveryResult(delivery=self.last_head[channel].id, status=status, error="30003")
            for channel, status in entry.get("receipt", {}).items()
        ]
        ready = [result for due, result in self.answers if due <= self.now]
        self.answers = [(due, result) for due, result in self.answers if due > self.now]
        transitions = [self.transition(text) for text in many(entry.get("firing", ()))]
        commands = [command_of(text, self.incidents()[-1].id) for text in many(entry.get("person", ()))]
        self.tick(transitions, commands, [*results, *ready])
        refusals = self.refusals
        if "announce" in entry:
            self.announce()
        self.settle()
        self.refusals = refusals

    def transition(self, text: str) -> Transition:
        first, _, rest = text.partition(" ")
        return self.change_of(first, rest) if "-" in first else self.change_of(KEY, text)

    def change_of(self, key: str, text: str) -> Transition:
        match text.split():
            case ["opens", severity, *how]:
                firing = self.new_firing(key, Severity[severity.upper()])
                return self.change(Change.OPENED, firing, baseline=how == ["as", "baseline"])
            case ["is", "found", "late"]:
                late = self.new_firing(key, Severity.MAJOR)
                return self.change(
                    Change.OPENED, replace(late, resolved_at=self.now, closed_at=self.now, found_late=True)
                )
        firing = self.firings[key]
        match text.split():
            case ["becomes", severity]:
                stages = (*firing.stages, Stage(Severity[severity.upper()], self.now))
                return self.change(Change.SEVERITY, replace(firing, stages=stages))
            case ["resolves"]:
                return self.change(Change.RESOLVED, self.ended(firing, EndReason.CONDITION))
            case ["goes", "on"]:
                return self.change(Change.REOPENED, replace(firing, resolved_at=None, closed_at=None, reason=None))
            case ["never", "was"]:
                return self.change(Change.WITHDRAWN, self.ended(firing, EndReason.LATE_DATA))
        raise AssertionError(f"a firing cannot {text!r}")

    def new_firing(self, key: str, severity: Severity) -> Firing:
        return Firing(
            rule=RULE,
            version="1",
            kind=KIND,
            key=key,
            number=self.firings[key].number + 1 if key in self.firings else 1,
            opened_at=self.now,
            detected_at=self.now,
            stages=(Stage(severity, self.now),),
        )

    def ended(self, firing: Firing, reason: EndReason) -> Firing:
        return replace(firing, resolved_at=self.now, closed_at=self.now, reason=reason)

    def change(self, change: Change, firing: Firing, *, baseline: bool = False) -> Transition:
        self.firings[firing.key] = firing
        return Transition(change=change, at=self.now, firing=firing, baseline=baseline)

    # What is there ----------------------------------------------------------------------------------------------

    def incidents(self) -> list[Incident]:
        with self.store.begin() as transaction:
            return transaction.work.incidents(range(1, 100))

    def deliveries(self) -> list[Delivery]:
        with self.store.begin() as transaction:
            return transaction.work.deliveries_of(range(1, 100))

    def expect(self, entry: Mapping[str, Any]) -> None:
        where = f"at {entry['at']}"
        if "refused" in entry or self.refusals:
            assert [refused(one) for one in self.refusals] == many(entry.get("refused", ())), where
        incidents = self.incidents()
        if "incidents" in entry:
            assert str(len(incidents)) == entry["incidents"], where
        if incidents:
            expect_incident(entry, incidents[-1])
        else:
            assert "state" not in entry, f"{where}: there is no incident"
        with self.store.read() as reader:
            audit = [one for incident in incidents for one in reader.audit_of(incident.id) if one.at == self.now]
        expect_rows(entry, [one for one in self.deliveries() if one.changed_at == self.now], audit)


def said(outgoing: Outgoing) -> str:
    """The message in one line, as `sends` has it."""
    people = dict.fromkeys(one.person for one in outgoing.deliveries if one.person is not None)
    purpose = str(outgoing.head.purpose)
    plain = purpose in (Purpose.ESCALATION, Purpose.WEBHOOK)
    if outgoing.is_digest:
        purpose += f" of {' + '.join(dict.fromkeys(str(one.incident) for one in outgoing.deliveries))}"
    return (
        outgoing.head.channel
        + (f" to {' + '.join(people)}" if people else "")
        + ("" if plain else f": {purpose}")
        + (" again" if outgoing.head.maybe_duplicate else "")
    )


def play(scenario: Scenario, folder: Path) -> World:
    """Play a whole timeline. Raises AssertionError where something is not as expected."""
    store = Store(f"sqlite:///{folder / 'tocsin.db'}")
    try:
        world = World(store=store, folder=folder, scenario=scenario, now=at(scenario.entries[0]["at"]))
        for entry in scenario.entries:
            check_keys(entry, KEYS)
            world.run_to(at(entry["at"]), stopped="stopped" in entry)
            world.play(entry)
            world.expect(entry)
        expect_sent(world.sent, scenario.entries)
        return world
    finally:
        store.close()


SCENARIO_KEYS = "about contract people chains channels owner decide mode entity entities timeline"
KEYS = (
    "at firing announce person entity files provider receipt asked sends state refused not_sent fails held due run_out "
    "owner holder incidents audit stopped"
)


def numbers(contract: str) -> set[int]:
    return {int(number) for number in re.findall(r"\d+", contract)}
