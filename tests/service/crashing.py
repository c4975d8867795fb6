"""A day of one order, played by a service that may be killed at any point and is then started again."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from escalation.incident import Incident
from escalation.outbox import Delivery, DeliveryResult
from service.intake import Ask, Events, Item, Reported
from streams.clock import ManualClock
from streams.instants import SECOND, Instant
from tests.escalation.timeline_words import at, command_of
from tests.service.timelines import FILES, event, providers_of, write_files
from tests.service.whole import Crash, Received, Whole

DOWN_FOR = 7 * SECOND

PEOPLE = """
people:
  li-wei:
    name: 李伟
    contacts: {phone: "+8613800000001", email: li.wei@example.com}
    normal: [{via: sms}, {via: mail, after: 10m}]
  zhang-min: {name: 张敏, contacts: {phone: "+8613800000002"}, normal: [{via: sms}]}
"""
CHAINS = """
chains:
  main:
    steps:
      - notify: [owner, "channel:chat"]
      - webhook: hook
      - wait: 30m
      - notify: [zhang-min]
      - wait: 2h
default: main
"""

Make = Callable[["Day"], Item]


@dataclass(frozen=True)
class Happening:
    """Something handed to the service. Who hands it in does so again until it is answered."""

    at: str
    make: Make


def paid(day: "Day") -> Item:
    return _event(day, {"event": "paid", "id": "1", "occurred": "09:00"})


def paid_of(key: str) -> Make:
    return lambda day: _event(day, {"event": "paid", "id": key, "key": key, "occurred": "09:00"})


def shipped(time: str) -> Make:
    return lambda day: _event(day, {"event": "shipped", "id": "2", "occurred": time})


def acknowledges(day: "Day") -> Item:
    return Ask(command=command_of("li-wei acknowledges", day.incident.id))


def resolves(day: "Day") -> Item:
    return Ask(command=command_of("li-wei resolves", day.incident.id))


def status(channel: str, word: str) -> Make:
    """The callback of a provider about the last message of a channel."""

    def make(day: "Day") -> Item:
        received = day.providers[channel].received
        delivery = received[-1].message.delivery_id if received else "none"
        return Reported(result=DeliveryResult(delivery=delivery, status=word, error="30003"))  # type: ignore[arg-type]

    return make


def behaves(channel: str, behaviour: str) -> Make:
    """From now on. It is no item: the provider changes, nothing is handed in."""

    def make(day: "Day") -> Item:
        day.providers[channel].behaviour = behaviour
        return Events(items=())

    return make


def _event(day: "Day", entry: Mapping[str, Any]) -> Item:
    decoded = day.whole.decoder.decode(event(entry, day.clock.now(), 0), now=day.clock.now(), position="item")
    return Events(items=(decoded,))


@dataclass
class Day:
    """`fatal` is asked at every point whether the process ends there."""

    folder: Path
    empty: Path
    fatal: Callable[[int, str], bool] = lambda _number, _point: False
    files: Mapping[str, str] = field(default_factory=lambda: {"people": PEOPLE, "chains": CHAINS})
    points: list[str] = field(default_factory=list)
    crashes: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        shutil.copy(self.empty, self.folder / "tocsin.db")
        write_files(self.folder, {**FILES, **self.files})
        self.clock = ManualClock(at("09:00"))
        self.providers = providers_of(self.clock)
        try:
            self.whole = Whole(self.folder, self.clock, self.providers, self.reach)
        except Crash:
            self.restart()

    def reach(self, point: str) -> None:
        self.points.append(point)
        if self.fatal(len(self.points) - 1, point):
            raise Crash(point)

    def live(self, work: Callable[[], None]) -> None:
        """Do it, and again after each crash, in a new process over what is left of the old one."""
        while True:
            try:
                work()
                return
            except Crash:
                self.restart()

    def restart(self) -> None:
        """The old process is dropped without any clean-up; a while later there is a new one."""
        self.crashes += 1
        self.clock.move_by(DOWN_FOR)
        try:
            self.whole = Whole(self.folder, self.clock, self.providers, self.reach)
        except Crash:
            self.restart()

    def run_to(self, time: str) -> None:
        self.live(lambda: self.whole.run_to(max(at(time), self.clock.now())))

    def hand_in(self, make: Make) -> None:
        item = make(self)

        def batch() -> None:
            self.whole.batch([item])

        self.live(batch)

    def play(self, *happenings: Happening, until: str) -> "Day":
        for happening in happenings:
            self.run_to(happening.at)
            self.hand_in(happening.make)
        self.run_to(until)
        return self

    def close(self) -> None:
        self.whole.close()

    # What is there ----------------------------------------------------------------------------------------------

    @property
    def incidents(self) -> list[Incident]:
        with self.whole.store.read() as reader:
            return reader.incidents(range(1, 100))

    @property
    def incident(self) -> Incident:
        (incident,) = self.incidents
        return incident

    @property
    def deliveries(self) -> list[Delivery]:
        with self.whole.store.read() as reader:
            return reader.deliveries_of(range(1, 100))

    def delivery(self, channel: str) -> Delivery:
        """The first one on a channel."""
        return next(one for one in self.deliveries if one.channel == channel)

    def count(self, channel: str) -> int:
        return len(self.providers[channel].received)

    def told(self) -> Counter[tuple[str, str, str]]:
        """(channel, address, purpose) -> how often its provider got it."""
        return Counter(_what(one) for provider in self.providers.values() for one in provider.received)

    def marked(self) -> set[str]:
        """Ids of messages that may have left twice."""
        return {one.message or one.id for one in self.deliveries if one.maybe_duplicate}

    def guessed(self) -> set[str]:
        """Ids of messages that count as accepted because nobody can know."""
        return {one.id for one in self.deliveries if one.error == "no answer; counted as accepted"}

    def doubled(self) -> set[str]:
        return {
            one.message.delivery_id for provider in self.providers.values() for one in provider.received if one.again
        }


def _what(received: Received) -> tuple[str, str, str]:
    return (received.channel, received.message.address, str(received.message.purpose))


def first_at(point: str, instant: Callable[[], Instant], after: str) -> Callable[[int, str], bool]:
    """Fatal once: the first time that a point is reached at or after a time."""
    done: list[int] = []

    def fatal(number: int, reached: str) -> bool:
        if done or reached != point or instant() < at(after):
            return False
        done.append(number)
        return True

    return fatal
