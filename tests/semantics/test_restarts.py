"""Stopping at any point and starting again from the store changes nothing (semantics.md, section 6, number 4)."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given

from escalation.contacts import Contacts
from escalation.desk import Desk
from rules.matching.matcher import MatcherName
from store.database import Store
from streams.engine import Engine
from streams.event import Event
from streams.learning import learn
from tests.semantics.drawing import Drawn, calendars
from tests.semantics.firings import Row
from tests.semantics.running import SEEDS, assert_same, by_knowledge, engine_of, few, many, replayed, rows_of
from tests.semantics.shrinking import check_world

Check = Callable[[Drawn], None]
Make = Callable[[MatcherName, int], Check]


class Killed(Exception):
    """The process ends before the commit."""


class Service:
    """What the loop does to the store, reduced to the engine and the desk; it can be stopped before any step."""

    def __init__(self, drawn: Drawn, path: Path, matcher: MatcherName) -> None:
        self._drawn, self._path, self._matcher = drawn, path, matcher
        self._contacts = Contacts(model=drawn.read_model, calendars=calendars())
        self._rules = {rule.id: rule for rule in drawn.read_rules}
        self._start()

    def _start(self) -> None:
        self._store = Store(f"sqlite:///{self._path}", synchronous="NORMAL")
        self._engine: Engine = engine_of(self._drawn, self._matcher)

    def restart(self) -> None:
        self._store.close()
        self._start()

    def step(self, events: Sequence[Event], now: int, *, killed: bool = False) -> None:
        with self._store.begin() as transaction:
            learned = learn(self._engine, transaction.ledger, events, now)
            Desk(transaction.work, self._contacts, self._rules).tick(learned.transitions, (), (), now)
            if killed:
                raise Killed

    def next_due(self) -> int | None:
        with self._store.begin() as transaction:
            return transaction.ledger.next_due()

    def rows(self) -> list[Row]:
        identities = {(event.kind, event.key) for event in self._drawn.events}
        with self._store.begin() as transaction:
            for rule in self._drawn.read_rules:
                identities |= {(rule.on, group) for _, group in transaction.ledger.groups_of(rule.id)}
            return [row for identity in identities for row in rows_of(transaction.ledger.firings_of(identity))]

    def close(self) -> None:
        self._store.close()


def check_restarts(drawn: Drawn, path: Path, matcher: MatcherName, most: int) -> None:
    """Run the history by recorded_at, stopped at most so often, between and in steps; it is as the replay in memory."""
    dice = Random(drawn.seed)
    often = dice.choice([0.2, 0.5, 1.0])
    left = most
    service = Service(drawn, path, matcher)

    def step(events: Sequence[Event], now: int) -> None:
        nonlocal left
        if left > 0 and dice.random() < often / 2:
            left -= 1
            with pytest.raises(Killed):
                service.step(events, now, killed=True)
            service.restart()
        service.step(events, now)
        if left > 0 and dice.random() < often:
            left -= 1
            service.restart()

    def pass_time(upto: int) -> None:
        while (due := service.next_due()) is not None and due <= upto:
            step((), due)

    until = drawn.end + dice.choice([0, 7_200_000_000])
    try:
        for now, events in by_knowledge(drawn.events):
            pass_time(now - 1)
            step(events, now)
        pass_time(until)
        assert_same(service.rows(), replayed(drawn, "recorded_at", until, matcher))
    finally:
        service.close()


@pytest.fixture(scope="module")
def restarts(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A check of a world against a database of its own."""
    folder = tmp_path_factory.mktemp("restarts")
    Store(f"sqlite:///{folder}/empty.db").close()

    def make(matcher: MatcherName, most: int) -> Check:
        def check(drawn: Drawn) -> None:
            for old in folder.glob("tocsin.db*"):
                old.unlink()
            shutil.copy(folder / "empty.db", folder / "tocsin.db")
            check_restarts(drawn, folder / "tocsin.db", matcher, most)

        return check

    return make


@few(6)
@given(SEEDS)
def test_restarts_change_nothing(restarts: Make, seed: int) -> None:
    """With the database file closed and opened again between and within steps, every incident is as without."""
    check_world(seed, restarts("compiled", 4))


@few(2)
@given(SEEDS)
def test_restarts_change_nothing_with_durable_rules(restarts: Make, seed: int) -> None:
    """The same with durable-rules, which keeps nothing of its own that would have to survive."""
    check_world(seed, restarts("durable", 3))


@pytest.mark.soak
@many(600)
@given(SEEDS)
def test_restarts_change_nothing_for_long(restarts: Make, seed: int) -> None:
    """The same, hundreds of times."""
    check_world(seed, restarts("compiled", 1_000))
