"""The service is stopped at every point of a digest's way: it reaches each recipient once, whole."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from escalation.desk import Desk
from escalation.incident import State
from escalation.outbox import DeliveryState, Purpose
from store.database import Store
from streams.firing import Change, Firing, Severity, Stage, Transition
from streams.instants import HOUR
from tests.service.crashing import Day

CHAINS = """
chains:
  main: {steps: [{notify: [owner, zhang-min, "channel:chat"]}, {wait: 30m}], ack_expires: 2h}
default: main
"""
PEOPLE = """
people:
  li-wei: {name: 李伟, contacts: {phone: "+8613800000001", email: l@example.com}, normal: [{via: sms}, {via: mail}]}
  zhang-min: {name: 张敏, contacts: {email: z@example.com}, normal: [{via: mail}]}
"""
KEYS = ("A-1", "A-2", "A-3")


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Callable[..., Day]]:
    """Makes days on which three baseline incidents are announced at 09:00."""
    empty = tmp_path / "empty.db"
    Store(f"sqlite:///{empty}").close()
    made: list[Day] = []

    def make(**given: object) -> Day:
        files = {"people": PEOPLE, "chains": CHAINS}
        day = Day(tmp_path / str(len(made)), empty, files=files, **given)  # type: ignore[arg-type]
        made.append(day)
        return day

    yield make
    for day in made:
        day.close()


def announce(day: Day) -> None:
    """As a sweep does when it is complete, in one transaction; again where the process died before its commit."""

    def once() -> None:
        running, now = day.whole.work.running, day.clock.now()
        with day.whole.store.begin() as transaction:
            desk = Desk(transaction.work, running.contacts, running.rules)
            desk.tick([_opening(key, now) for key in KEYS], (), (), now)
            desk.announce_baseline(now)
        day.whole.next_due = now

    day.live(once)


def _opening(key: str, now: int) -> Transition:
    firing = Firing(
        rule="paid-not-shipped",
        version="1",
        kind="order",
        key=key,
        number=1,
        opened_at=now - HOUR,
        detected_at=now,
        stages=(Stage(Severity.MAJOR, now - HOUR),),
    )
    return Transition(change=Change.OPENED, at=now, firing=firing, baseline=True)


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.soak)])
def test_killed_at_every_point_a_digest_comes_once_and_whole(days: Callable[..., Day], step: int) -> None:
    """Nobody gets a part of it, nobody gets none; who may have got it twice is marked."""
    calm = days()
    announce(calm)
    calm.run_to("12:00")
    assert calm.told() == {
        ("sms", "+8613800000001", "digest"): 1,
        ("mail", "z@example.com", "digest"): 1,
        ("chat", "", "digest"): 1,
    }
    for fatal in range(0, len(calm.points), step):
        day = days(fatal=lambda number, _point, fatal=fatal: number == fatal)
        announce(day)
        day.run_to("12:00")
        assert day.crashes == 1
        assert set(day.told()) == set(calm.told()), f"point {fatal}"
        for what, count in day.told().items():
            assert count == 1 or (count == 2 and what[0] in ("mail", "chat")), f"point {fatal}: {what} {count} times"
        assert day.doubled() <= day.marked()
        for provider in day.providers.values():
            assert all(len(one.message.listed) == len(KEYS) for one in provider.received)
        assert all(one.purpose is Purpose.DIGEST for one in day.deliveries)
        assert {one.state for one in day.deliveries} == {DeliveryState.ACCEPTED}
        assert [one.state for one in day.incidents] == [State.OPEN] * len(KEYS)
