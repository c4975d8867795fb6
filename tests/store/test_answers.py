"""How long people took to acknowledge, read out of a database that the desk has written."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from escalation.commands import Acknowledge, Command
from escalation.desk import Desk
from escalation.incident import Actor
from escalation.outbox import DeliveryResult
from store.answers import Answer
from store.database import Store
from streams.firing import Change, Firing, Transition
from streams.instants import MINUTE
from tests.escalation.timeline_words import at
from tests.escalation.workspaces import rule
from tests.simulator.escalation.stage import contacts, firing


class Service:
    """A desk over a store, whose channels take everything at once."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.contacts = contacts(folder)

    def at(self, when: str, *changes: tuple[Change, Firing], commands: Sequence[Command] = ()) -> None:
        now = at(when)
        transitions = [Transition(change=change, at=now, firing=one) for change, one in changes]
        with self.store.begin() as transaction:
            desk = Desk(transaction.work, self.contacts, {"late": rule()})
            desk.turn(transitions, commands, now, lambda one: DeliveryResult(delivery=one.head.id, outcome="accepted"))


@pytest.fixture
def service(store: Store, tmp_path: Path) -> Service:
    return Service(store, tmp_path)


def answers(service: Service, until: str) -> list[Answer]:
    with service.store.read() as reader:
        return list(reader.answers(at(until)))


def acknowledge(incident: int, who: str) -> Acknowledge:
    return Acknowledge(incident=incident, actor=Actor(kind="person", id=who))


def answer(person: str, told_at: str, minutes: int, *, given: bool) -> Answer:
    return Answer(person=person, channel="sms", told_at=at(told_at), waited=minutes * MINUTE, acknowledged=given)


def test_from_the_first_message_to_the_answer(service: Service) -> None:
    """The mail that came ten minutes after the text message does not shorten the wait."""
    service.at("10:00", (Change.OPENED, firing("10:00")))
    service.at("10:10")
    service.at("10:15", commands=[acknowledge(1, "li")])
    assert answers(service, "12:00") == [answer("li", "10:00", 15, given=True)]


def test_somebody_elses_answer_cuts_the_wait_off(service: Service) -> None:
    """Li had not answered for 40 minutes when Zhang did, who had been told 10 minutes before."""
    service.at("10:00", (Change.OPENED, firing("10:00")))
    service.at("10:30")
    service.at("10:40", commands=[acknowledge(1, "zhang")])
    assert answers(service, "12:00") == [
        answer("li", "10:00", 40, given=False),
        answer("zhang", "10:30", 10, given=True),
    ]


def test_the_end_of_the_incident_or_of_the_record_cuts_it_off(service: Service) -> None:
    """One is over after 20 minutes; of the other nobody knows more when the record ends."""
    service.at("10:00", (Change.OPENED, firing("10:00")))
    service.at("10:05", (Change.OPENED, firing("10:05", key="A-2")))
    service.at("10:20", (Change.RESOLVED, firing("10:00", "10:20")))
    assert answers(service, "10:25") == [answer("li", "10:00", 20, given=False), answer("li", "10:05", 20, given=False)]


def test_nothing_told_nothing_learned(service: Service) -> None:
    """An all-clear is nothing to answer, and an empty record has no answers."""
    assert answers(service, "12:00") == []
