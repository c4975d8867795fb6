"""The embedded runner: one thread that takes what comes in, wakes when something is due, and works in batches.

It knows nothing of what it carries: `work` gets a batch and the time, does everything in one transaction, and says when
it wants to be called again. What is handed in is answered only after that commit, so an accepted event is a stored one.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from streams.clock import Clock
from streams.instants import SECOND, Instant

Item_contra = TypeVar("Item_contra", contravariant=True)

_RETRY_AFTER = 1 * SECOND
_LONGEST_SLEEP = 3_600.0


@dataclass(frozen=True, slots=True)
class Done:
    """What one batch came to: an answer for each item, in order, and when to be called again."""

    answers: Sequence[Any]
    next_due: Instant | None


class Work(Protocol[Item_contra]):
    def __call__(self, batch: Sequence[Item_contra], now: Instant, /) -> Done: ...


class Busy(Exception):
    """The inbox is full; try again later. Nothing was taken."""


class Stopped(Exception):
    """The runner is stopping; nothing was taken."""


class EmbeddedRunner(Generic[Item_contra]):
    """Runs `work` in its own thread, from start() to stop().

    `failed` hears of every exception that escapes a batch. Such a batch is tried again item by item, so that one bad
    item does not take the others with it; a batch without items (something due) is tried again a second later.
    """

    def __init__(
        self,
        work: Work[Item_contra],
        clock: Clock,
        *,
        failed: Callable[[Exception], None],
        capacity: int = 10_000,
        batch: int = 1_000,
    ) -> None:
        self._work = work
        self._clock = clock
        self._failed = failed
        self._capacity = capacity
        self._batch = batch
        self._inbox: deque[tuple[Item_contra, Future[Any]]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._next_due: Instant | None = 0  # at once: what fell due while nobody was running
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="tocsin-loop", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Take nothing more, finish what was taken, and return."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def healthy(self) -> bool:
        """Alive, and the last batch was done: one that fails is tried again within a second."""
        return self.alive and not self._failing

    @property
    def waiting(self) -> int:
        return len(self._inbox)

    @property
    def next_due(self) -> Instant | None:
        return self._next_due

    def submit(self, item: Item_contra, *, always: bool = False) -> "Future[Any]":
        """Hand in one item; its answer comes after the commit. Raises Busy when full, unless it is `always` taken."""
        future: Future[Any] = Future()
        with self._wake:
            if self._stopping and not always:
                raise Stopped("the service is stopping")
            if len(self._inbox) >= self._capacity and not always:
                raise Busy(f"{self._capacity} items are waiting")
            self._inbox.append((item, future))
            self._wake.notify()
        return future

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._inbox and not self._stopping and not self._is_due():
                    self._wake.wait(self._seconds_to_wait())
                if self._stopping and not self._inbox:
                    return
                first = [self._inbox.popleft() for _ in range(min(self._batch, len(self._inbox)))]
            # From here on nobody can take back an item; one whose caller has given up already is left out.
            self._handle([one for one in first if one[1].set_running_or_notify_cancel()])

    def _handle(self, taken: Sequence[tuple[Item_contra, "Future[Any]"]]) -> None:
        try:
            done = self._work([item for item, _ in taken], self._clock.now())
        except Exception as error:  # whatever it is, the loop must go on
            self._failing = True
            self._failed(error)
            if len(taken) > 1:
                for one in taken:
                    self._handle([one])
            else:
                for _, future in taken:
                    future.set_exception(error)
                self._next_due = self._clock.now() + _RETRY_AFTER
            return
        self._failing = False
        self._next_due = done.next_due
        for (_, future), answer in zip(taken, done.answers, strict=True):
            future.set_result(answer)

    def _is_due(self) -> bool:
        return self._next_due is not None and self._next_due <= self._clock.now()

    def _seconds_to_wait(self) -> float:
        if self._next_due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.0, (self._next_due - self._clock.now()) / SECOND))
