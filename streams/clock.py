"""The only reader of the wall clock, and its manual twin."""

import time
from typing import Protocol

from streams.instants import Instant, Micros


class Clock(Protocol):
    def now(self) -> Instant: ...


class WallClock:
    """Real time, never going back within one process."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> Instant:
        self._last = max(self._last, time.time_ns() // 1000)
        return self._last


class ManualClock:
    """Time that stands until it is moved."""

    def __init__(self, start: Instant) -> None:
        self._now = start

    def now(self) -> Instant:
        return self._now

    def move_to(self, instant: Instant) -> None:
        if instant < self._now:
            raise ValueError("time does not go back")
        self._now = instant

    def move_by(self, duration: Micros) -> None:
        self.move_to(self._now + duration)
