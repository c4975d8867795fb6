"""The sample orders on their way into the service: a thread that posts them as a shop would, when their time comes."""

import heapq
import threading
from collections.abc import Callable, Iterator
from itertools import count

import httpx
import structlog

from service.demo.orders import OrderFlow, Planned
from streams.clock import Clock
from streams.instants import SECOND, Instant

_log = structlog.get_logger("tocsin.demo")
_PATIENCE = 0.2  # seconds between two looks whether the service answers


class Flow:
    """Posts to `url` with the API key until stop(). `started` is told when the first event is about to leave."""

    def __init__(self, url: str, api_key: str, clock: Clock, *, seed: int, started: Callable[[Instant], None]) -> None:
        self._client = httpx.Client(base_url=url, headers={"X-API-Key": api_key}, timeout=10)
        self._clock = clock
        self._seed = seed
        self._started = started
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tocsin-demo-orders", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)
        self._client.close()

    def _run(self) -> None:
        if not self._wait_until_ready():
            return
        start = self._clock.now()
        self._started(start)
        for planned in in_order(OrderFlow(start, self._seed)):
            wait = (planned.at - self._clock.now()) / SECOND
            if self._stopping.wait(max(0.0, wait)):
                return
            try:
                self._client.post("/api/events", json=planned.event).raise_for_status()
            except httpx.HTTPError as error:
                _log.warning("a sample event was not taken", event_id=planned.event["id"], error=str(error))

    def _wait_until_ready(self) -> bool:
        while not self._stopping.is_set():
            try:
                if self._client.get("/readyz").is_success:
                    return True
            except httpx.TransportError:
                pass
            self._stopping.wait(_PATIENCE)
        return False


def in_order(flow: OrderFlow) -> Iterator[Planned]:
    """The events of all orders, by time: an order's last event may be later than the next order's first."""
    waiting: list[tuple[Instant, int, Planned]] = []
    numbers = count()
    for order in flow.orders():
        while waiting and waiting[0][0] <= order[0].at:
            yield heapq.heappop(waiting)[2]
        for planned in order:
            heapq.heappush(waiting, (planned.at, next(numbers), planned))
