"""The embedded runner: batches, a full inbox, bad items, due times and stopping."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from streams.clock import Clock, ManualClock
from streams.embedded import Busy, Done, EmbeddedRunner, Stopped
from streams.instants import HOUR, SECOND, Instant

LONG = 30.0  # seconds; nothing waits that long unless something is broken
NOW: Instant = 1_000 * SECOND

Batch = tuple[tuple[str, ...], Instant]


class Worker:
    """Answers in capitals; can be held, told when it is due next, and fails for the item "poison"."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.next_due: list[Instant | None] = []  # of the calls to come; then never
        self.fails_with: tuple[str, ...] | None = None  # the next batch of these items
        self.calls_before_failing = 0
        self.free = threading.Event()
        self.free.set()
        self.called = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)

    def __call__(self, batch: Sequence[str], now: Instant) -> Done:
        self.begun.release()
        assert self.free.wait(LONG)
        self.batches.append((tuple(batch), now))
        self.called.release()
        self.calls_before_failing -= 1
        if tuple(batch) == self.fails_with and self.calls_before_failing < 0:
            self.fails_with = None
            raise RuntimeError("the database is gone")
        if "poison" in batch:
            raise ValueError("poison")
        due = self.next_due.pop(0) if self.next_due else None
        return Done([item.upper() for item in batch], due)

    @property
    def items(self) -> list[tuple[str, ...]]:
        return [items for items, _ in self.batches if items]


class Ticking:
    """Real time, from NOW on."""

    def __init__(self) -> None:
        self._start = time.monotonic_ns()

    def now(self) -> Instant:
        return NOW + (time.monotonic_ns() - self._start) // 1_000


class Leaping:
    """An hour later at every look."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> Instant:
        self._now += HOUR
        return self._now


Make = Callable[..., EmbeddedRunner[str]]


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def failures() -> list[Exception]:
    return []


@pytest.fixture
def start(worker: Worker, clock: ManualClock, failures: list[Exception]) -> Iterator[Make]:
    runners: list[EmbeddedRunner[str]] = []

    def make(clock: Clock = clock, **options: Any) -> EmbeddedRunner[str]:
        runner: EmbeddedRunner[str] = EmbeddedRunner(worker, clock, failed=failures.append, **options)
        runners.append(runner)
        runner.start()
        wait_for(worker.called)  # what fell due while nobody was running
        return runner

    yield make
    worker.free.set()
    for runner in runners:
        runner.stop(LONG)
        assert not runner.alive


def wait_for(semaphore: threading.Semaphore) -> None:
    assert semaphore.acquire(timeout=LONG)


def answer(future: "Future[Any]") -> Any:
    return future.result(LONG)


def hold(worker: Worker, runner: EmbeddedRunner[str]) -> "Future[Any]":
    """Keep the loop busy with one item, so that what is handed in now comes together."""
    while worker.begun.acquire(blocking=False):
        pass
    worker.free.clear()
    future = runner.submit("first")
    wait_for(worker.begun)
    return future


def test_it_looks_at_once_what_fell_due_before(worker: Worker, start: Make) -> None:
    """The first call has no items."""
    start()
    assert worker.batches == [((), NOW)]


def test_what_waits_is_taken_together(worker: Worker, start: Make) -> None:
    """Up to the size of a batch, in order, each answered with its own answer."""
    runner = start(batch=3)
    first = hold(worker, runner)
    futures = [runner.submit(item) for item in "abcde"]
    assert runner.waiting == 5
    worker.free.set()
    assert [answer(future) for future in (first, *futures)] == ["FIRST", *"ABCDE"]
    assert worker.items == [("first",), ("a", "b", "c"), ("d", "e")]


def test_a_full_inbox_takes_nothing(worker: Worker, start: Make) -> None:
    """Busy says so; what must be taken always is taken; afterwards there is room again."""
    runner = start(capacity=2)
    hold(worker, runner)
    futures = [runner.submit("a"), runner.submit("b")]
    with pytest.raises(Busy):
        runner.submit("c")
    futures.append(runner.submit("d", always=True))
    worker.free.set()
    assert [answer(future) for future in futures] == ["A", "B", "D"]
    assert answer(runner.submit("e")) == "E"


def test_a_bad_item_does_not_take_the_others_with_it(worker: Worker, start: Make, failures: list[Exception]) -> None:
    """The batch is tried again item by item; only the bad one fails."""
    runner = start()
    hold(worker, runner)
    futures = [runner.submit(item) for item in ("a", "poison", "b")]
    worker.free.set()
    assert [answer(futures[0]), answer(futures[2])] == ["A", "B"]
    with pytest.raises(ValueError, match="poison"):
        answer(futures[1])
    assert worker.items == [("first",), ("a", "poison", "b"), ("a",), ("poison",), ("b",)]
    assert [str(error) for error in failures] == ["poison", "poison"]
    assert runner.alive


def test_a_failure_that_passes_costs_nothing(worker: Worker, start: Make, failures: list[Exception]) -> None:
    """Every item of the batch is answered when it is tried again."""
    runner = start()
    first = hold(worker, runner)
    futures = [runner.submit(item) for item in "ab"]
    worker.fails_with = ("a", "b")
    worker.free.set()
    assert [answer(future) for future in (first, *futures)] == ["FIRST", "A", "B"]
    assert [str(error) for error in failures] == ["the database is gone"]


def test_it_wakes_when_something_is_due(worker: Worker, start: Make) -> None:
    """At the time that the last call gave, not before, and without an item."""
    due = NOW + SECOND // 50
    worker.next_due = [due]
    start(clock=Ticking())
    wait_for(worker.called)
    assert worker.items == []
    assert len(worker.batches) == 2 and worker.batches[1][1] >= due


def test_it_is_not_called_before_something_is_due(worker: Worker, clock: ManualClock, start: Make) -> None:
    """What comes in meanwhile is taken, and nothing else; then what is due is taken with it."""
    worker.next_due = [NOW + SECOND, NOW + SECOND, None]
    runner = start()
    assert answer(runner.submit("a")) == "A"
    assert runner.next_due == NOW + SECOND
    clock.move_by(SECOND)
    assert answer(runner.submit("b")) == "B"
    assert worker.batches == [((), NOW), (("a",), NOW), (("b",), NOW + SECOND)]


def test_what_is_due_and_fails_is_tried_a_second_later(worker: Worker, start: Make, failures: list[Exception]) -> None:
    """Not at once again and again; the loop goes on. This clock leaps an hour whenever somebody looks at it."""
    worker.next_due = [NOW]
    worker.fails_with = ()
    worker.calls_before_failing = 1
    runner = start(clock=Leaping())
    wait_for(worker.called)
    wait_for(worker.called)
    assert [str(error) for error in failures] == ["the database is gone"]
    assert [items for items, _ in worker.batches] == [(), (), ()]
    assert answer(runner.submit("a")) == "A"


def test_after_a_failure_it_does_not_spin(worker: Worker, start: Make, failures: list[Exception]) -> None:
    """While the second has not passed, only what comes in wakes it."""
    worker.next_due = [NOW]
    worker.fails_with = ()
    worker.calls_before_failing = 1
    runner = start()
    wait_for(worker.called)
    assert answer(runner.submit("a")) == "A"
    assert [items for items, _ in worker.batches] == [(), (), ("a",)]
    assert len(failures) == 1


def test_a_caller_who_gives_up_does_not_stop_the_loop(worker: Worker, start: Make) -> None:
    """An item that was taken back before its turn is left out."""
    runner = start()
    hold(worker, runner)
    given_up, other = runner.submit("a"), runner.submit("b")
    assert given_up.cancel()
    worker.free.set()
    assert answer(other) == "B"
    assert worker.items == [("first",), ("b",)]
    assert answer(runner.submit("c")) == "C"


def test_stopping_finishes_what_was_taken(worker: Worker, start: Make) -> None:
    """Everything handed in before is answered; after it nothing is taken."""
    runner = start(batch=1)
    hold(worker, runner)
    futures = [runner.submit(item) for item in "abc"]
    stopping = threading.Thread(target=runner.stop, args=(LONG,))
    stopping.start()
    while True:
        try:
            futures.append(runner.submit("d"))
        except Stopped:
            break
    worker.free.set()
    stopping.join(LONG)
    assert not runner.alive
    assert [answer(future) for future in futures[:3]] == ["A", "B", "C"]
    assert all(answer(future) == "D" for future in futures[3:])
