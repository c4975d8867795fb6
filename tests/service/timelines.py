"""Timelines of the whole service: events in, people told, in YAML, on the real store under a manual clock.

    about: one sentence of behaviour
    contract: "semantics 4; people 8"
    rules: ...                  # the text of a rules file; also model, calendars, people, chains, channels
    timeline:
      - {at: "09:00", event: placed, data: {sales_rep: 李伟}}
      - {at: "11:00", state: open, sends: [sms to li-wei], texts: {sms: ["T-1"]}}

Times are local (Asia/Shanghai) on 2026-03-02, a Monday, or have a date. An entry is one instant, and what happens then:

    event:    TYPE, with key (T-1), kind, id, source (erp), data, retracts, occurred (else `at`); `at` is when it came
    events:   a batch of such, each with its event:
    person:   WHO acknowledges | un-acknowledges | resolves | escalates [from TIME] | hands over to WHO | reopens
    files:    {rules: ..., people: ...}: the service is started again with these
    provider: {CHANNEL: accepts | refuses | fails | fails for 2m | is silent | accepts after 2m}, from now on
    asked:    {CHANNEL: as it is | not sent | cannot be asked | cannot be asked now}, from now on
    receipt:  {CHANNEL: delivered | undelivered} for the last message that was sent there
    stopped:  true: no service ran since the entry before; it starts now
    resend:   true: everything on the list of refused events once more

and then is expected, of the last incident, or the last one of `of: KEY`:

    sends:    all that its provider got at this instant: "CHANNEL [to WHO + WHO][: PURPOSE][ again]"
    texts:    {CHANNEL: [...]}: these stand in the last message there
    state, severity, reason, found_late, opened, detected, resolved, pulses, due, run_out, owner, holder
    incidents: how many there are of all
    refused:  what a person is refused: CODE [by WHO] [at TIME]
    refuses:  [CODE, ...]: the events of this entry that are not taken; waiting: how many are on the list
    not_sent, held, fails, audit: as tests/escalation/timelines.py has them

What is sent and not expected fails the test. An instant is a thousandth of a second: within it the service may turn
several times.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from escalation.commands import Refusal
from escalation.incident import Incident
from escalation.outbox import DeliveryResult
from notifiers.message import Message, Purpose
from service.intake import Ask, Events, Item, Reported
from streams.clock import ManualClock
from streams.instants import Instant, format_instant
from tests.escalation.timeline_words import (
    at,
    check_keys,
    clock,
    command_of,
    expect_facts,
    expect_incident,
    expect_rows,
    expect_sent,
    many,
    refused,
)
from tests.service.whole import Provider, Received, Whole

MOMENT = 999  # microseconds that an entry takes at most

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}, cancelled: {off_path: true}}
    closed_by: [shipped, cancelled]
    fields: {sales_rep: string, channel: string, amount: number, on_hold: bool, promised_at: timestamp}
    events: {change_requested: {}}
"""
RULES = """
rules:
  - {id: paid-not-shipped, name: Paid and not shipped, overdue: shipped, after: paid, within: 2h, owner: li-wei}
"""
CALENDARS = """
calendars:
  office:
    zone: Asia/Shanghai
    hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}
    days: {2026-03-04: off}
"""
PEOPLE = """
people:
  li-wei:
    name: 李伟
    language: en
    contacts: {phone: "+8613800000001", email: li.wei@example.com}
    normal: [{via: sms}, {via: mail, after: 10m}]
  zhang-min: {name: 张敏, language: en, contacts: {phone: "+8613800000002"}, normal: [{via: sms}]}
  wang-fang: {name: 王芳, language: en, contacts: {phone: "+8613800000003"}, normal: [{via: sms}]}
"""
CHAINS = """
chains:
  main:
    steps:
      - notify: [owner]
      - wait: 30m
      - notify: [zhang-min]
      - wait: 2h
    fallback: [wang-fang]
default: main
"""
CHANNELS = """
channels:
  sms: {kind: twilio-sms, account_sid: env:TWILIO_SID, auth_token: env:TWILIO_TOKEN, from: "+15005550006"}
  mail: {kind: smtp, host: smtp.example.com, from: tocsin@example.com}
  chat: {kind: dingtalk-robot, url: env:DINGTALK_URL, secret: env:DINGTALK_SECRET}
  hook: {kind: webhook, url: "https://erp.example.com/hook", secret: env:ERP_HOOK_SECRET, on_unknown: mark}
"""
FILES: Mapping[str, str] = {
    "model": MODEL,
    "rules": RULES,
    "calendars": CALENDARS,
    "people": PEOPLE,
    "chains": CHAINS,
    "channels": CHANNELS,
}

KEYS = (
    "at event events key kind id source data retracts occurred person files provider asked receipt stopped resend of "
    "sends texts state severity reason found_late opened detected resolved pulses due run_out owner holder incidents "
    "refused refuses waiting not_sent held fails audit"
)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    about: str
    contract: str
    files: Mapping[str, str]
    entries: Sequence[Mapping[str, Any]]


def read_timeline(path: Path) -> Timeline:
    """Everything in it is text: `10:00` is a time and no number."""
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    check_keys(found, f"about contract timeline {' '.join(FILES)}")
    for entry in found["timeline"]:
        check_keys(entry, KEYS)
    return Timeline(
        about=found["about"],
        contract=found["contract"],
        files={name: found.get(name, text) for name, text in FILES.items()},
        entries=found["timeline"],
    )


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    (folder / "rules").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / ("rules/all.yaml" if name == "rules" else f"{name}.yaml")).write_text(text, encoding="utf-8")


def providers_of(clock_: ManualClock) -> dict[str, Provider]:
    return {channel: Provider(channel=channel, clock=clock_) for channel in yaml.safe_load(CHANNELS)["channels"]}


def event(entry: Mapping[str, Any], instant: Instant, number: int) -> bytes:
    """An event as a source writes it."""
    occurred = at(entry["occurred"]) if "occurred" in entry else instant
    written: dict[str, Any] = {
        "source": entry.get("source", "erp"),
        "id": entry.get("id", f"e{number}"),
        "kind": entry.get("kind", "order"),
        "key": entry.get("key", "T-1"),
        "type": entry["event"],
        "occurred_at": format_instant(occurred),
        "data": {name: _value(text) for name, text in entry.get("data", {}).items()},
    }
    return json.dumps(written | ({"retracts": entry["retracts"]} if "retracts" in entry else {})).encode()


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


class World:
    """One service, started again where a timeline says so, and its providers."""

    def __init__(self, folder: Path, timeline: Timeline) -> None:
        self.folder = folder
        self.clock = ManualClock(at(timeline.entries[0]["at"]))
        self.providers = providers_of(self.clock)
        self.numbers = 0
        self.refusals: list[Refusal] = []
        self.not_taken: list[str] = []
        write_files(folder, timeline.files)
        self.whole = Whole(folder, self.clock, self.providers)

    def start_again(self, files: Mapping[str, str]) -> None:
        write_files(self.folder, files)
        self.whole.close()
        self.whole = Whole(self.folder, self.clock, self.providers)

    def play(self, entry: Mapping[str, Any]) -> None:
        instant = at(entry["at"])
        if entry.get("stopped") != "true":
            self.whole.run_to(instant - 1)
        self.clock.move_to(max(instant, self.clock.now()))
        if "files" in entry or "stopped" in entry:
            self.start_again(entry.get("files", {}))
        for channel, behaviour in entry.get("provider", {}).items():
            self.providers[channel].behaviour = behaviour
        for channel, findings in entry.get("asked", {}).items():
            self.providers[channel].findings = findings
        self.refusals, self.not_taken = [], []
        items = list(self.items(entry, instant))
        if items:
            self.take(items)
        if "resend" in entry:
            self.resend()
        self.whole.run_to(instant + MOMENT)

    def items(self, entry: Mapping[str, Any], instant: Instant) -> Sequence[Item]:
        events = [entry] if "event" in entry else many(entry.get("events", ()))
        items: list[Item] = []
        if events:
            decoded = []
            for one in events:
                self.numbers += 1
                raw = event(one, instant, self.numbers)
                decoded.append(self.whole.decoder.decode(raw, now=self.clock.now(), position=f"item {self.numbers}"))
            items.append(Events(items=tuple(decoded)))
        if "person" in entry:
            incident = self.incident(entry)
            assert incident is not None, f"at {entry['at']}: there is no incident"
            items += [Ask(command=command_of(text, incident.id)) for text in many(entry["person"])]
        for channel, status in entry.get("receipt", {}).items():
            delivery = self.providers[channel].received[-1].message.delivery_id
            items.append(Reported(result=DeliveryResult(delivery=delivery, status=status, error="30003")))
        return items

    def take(self, items: Sequence[Item]) -> None:
        for item, answer in zip(items, self.whole.batch(items), strict=True):
            if isinstance(item, Events):
                self.not_taken += [one.code for one in answer.answers if one is not None]
            elif isinstance(answer, Refusal):
                self.refusals.append(answer)

    def resend(self) -> None:
        with self.whole.store.read() as reader:
            numbers = [row.number for row in reader.list_refusals(resent=False)]
        for number in sorted(numbers):
            answer = self.whole.resend(number)
            self.not_taken += [] if answer is None else [answer.code]

    # What is there ----------------------------------------------------------------------------------------------

    def incidents(self) -> list[Incident]:
        with self.whole.store.begin() as transaction:
            return transaction.work.incidents(range(1, 100))

    def incident(self, entry: Mapping[str, Any]) -> Incident | None:
        """The one that an entry is about."""
        found = [one for one in self.incidents() if entry.get("of", one.firing.key) == one.firing.key]
        return found[-1] if found else None

    def expect(self, entry: Mapping[str, Any]) -> None:
        where = f"at {entry['at']}"
        incident = self.incident(entry)
        with self.whole.store.read() as reader:
            deliveries = [] if incident is None else reader.deliveries_of([incident.id])
            audit = [] if incident is None else reader.audit_of(incident.id)
            waiting = len(reader.list_refusals(resent=False))
        expect_facts(entry, {"incidents": str(len(self.incidents())), "waiting": str(waiting)})
        if "refused" in entry or self.refusals:
            assert [refused(one) for one in self.refusals] == many(entry.get("refused", ())), where
        assert self.not_taken == many(entry.get("refuses", ())), f"{where}: not taken: {self.not_taken}"
        if incident is None:
            assert "state" not in entry, f"{where}: there is no incident"
        else:
            expect_incident(entry, incident)
            expect_facts(entry, firing_facts(incident))
        instant = at(entry["at"])
        now = range(instant, instant + MOMENT + 1)
        expect_rows(
            entry, [one for one in deliveries if one.changed_at in now], [one for one in audit if one.at in now]
        )
        for channel, texts in entry.get("texts", {}).items():
            text = text_of(self.providers[channel].received[-1].message)
            for one in many(texts):
                assert one in text, f"{where}: {one!r} is not in {text!r}"

    def sent(self) -> list[tuple[Instant, str]]:
        """All that the providers got, each at the thousandth of a second in which it came."""
        received = [one for provider in self.providers.values() for one in provider.received]
        return [(one.at - one.at % (MOMENT + 1), self.said(one)) for one in received]

    def said(self, received: Received) -> str:
        """As `sends` has it: to whom by the address, as the provider sees it."""
        message = received.message
        contacts = self.whole.contacts.people.values()
        people = [one.id for one in contacts if message.address and message.address in (*one.contacts.values(), one.id)]
        people += [one.id for mention in message.mentions for one in contacts if one.name == mention.name]
        plain = message.purpose in (Purpose.ESCALATION, Purpose.WEBHOOK)
        return (
            received.channel
            + (f" to {' + '.join(people)}" if people else "")
            + ("" if plain else f": {message.purpose}")
            + (" again" if received.again else "")
        )


def firing_facts(incident: Incident) -> Mapping[str, str]:
    firing = incident.firing
    return {
        "severity": firing.severity.word,
        "reason": str(firing.reason),
        "found_late": str(firing.found_late).lower(),
        "opened": clock(firing.opened_at),
        "detected": clock(firing.detected_at - firing.detected_at % (MOMENT + 1)),
        "resolved": clock(None if incident.resolved_at is None else incident.resolved_at),
        "pulses": str(firing.pulses),
    }


def text_of(message: Message) -> str:
    return "\n".join((message.title, message.sentence, *message.lines))


def play(timeline: Timeline, folder: Path) -> None:
    """Play a whole timeline. Raises AssertionError where something is not as expected."""
    world = World(folder, timeline)
    try:
        for entry in timeline.entries:
            world.play(entry)
            world.expect(entry)
        expect_sent(world.sent(), timeline.entries)
    finally:
        world.whole.close()
