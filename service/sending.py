"""Sending: a few threads that call notifiers and hand what came of it back to the loop."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import structlog

from escalation.outbox import DeliveryResult, Status
from notifiers.message import (
    Accepted,
    CannotAsk,
    Finding,
    Notifier,
    NotSent,
    Outcome,
    Permanent,
    Progress,
    Temporary,
    Unknown,
)
from service.messages import Post
from service.telling import Telling
from streams.clock import Clock
from streams.instants import SECOND

_log = structlog.get_logger("tocsin.sending")

THREADS = 16  # of each channel: one whose provider hangs keeps no other channel waiting
_STATUSES: Mapping[Progress, Status] = {Progress.DELIVERED: "delivered", Progress.UNDELIVERED: "undelivered"}


class Sender:
    """`report` is called, from any thread, with every result. A channel never has more calls than threads.

    `executor` is what makes the calls, in place of threads of its own.
    """

    def __init__(
        self,
        notifiers: Mapping[str, Notifier],
        report: Callable[[DeliveryResult], None],
        telling: Telling,
        clock: Clock,
        executor: Executor | None = None,
    ) -> None:
        self._notifiers = notifiers
        self._report = report
        self._telling = telling
        self._clock = clock
        self._pools: Mapping[str, Executor] = {
            name: executor or ThreadPoolExecutor(THREADS, thread_name_prefix=f"tocsin-send-{name}")
            for name in notifiers
        }
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._draining = False

    @property
    def stopping(self) -> bool:
        return self._draining

    def room(self, channel: str) -> int:
        """How many more messages of the channel can be sent at once."""
        return max(0, THREADS - self._under_way[channel])

    @property
    def full(self) -> frozenset[str]:
        """The channels that have no room."""
        return frozenset(channel for channel in self._pools if not self.room(channel))

    def send(self, posts: Sequence[Post]) -> None:
        for post in posts:
            self._start(self._send, post)

    def ask(self, posts: Sequence[Post]) -> None:
        """Ask the provider about calls of which no answer came."""
        for post in posts:
            self._start(self._ask, post)

    def drain(self) -> None:
        """Take nothing more, and wait until everything under way is reported."""
        self._draining = True
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def close(self) -> None:
        for notifier in self._notifiers.values():
            notifier.close()

    def _start(self, task: Callable[[Post], DeliveryResult], post: Post) -> None:
        channel = post.channel.id
        with self._lock:
            self._under_way[channel] += 1
        try:
            self._pools[channel].submit(self._run, task, post)
        except RuntimeError:  # stopping: what is marked as being sent and was not is found at the next start
            with self._lock:
                self._under_way[channel] -= 1

    def _run(self, task: Callable[[Post], DeliveryResult], post: Post) -> None:
        try:
            result = task(post)
        except Exception:  # a bug in a notifier must not lose the delivery: what became of it is unknown
            _log.exception("a notifier failed", delivery=post.delivery.id, channel=post.channel.id)
            result = DeliveryResult(delivery=post.delivery.id, outcome="unknown", error="the notifier failed")
        finally:
            with self._lock:
                self._under_way[post.channel.id] -= 1
        self._report(result)

    def _send(self, post: Post) -> DeliveryResult:
        outcome = self._notifiers[post.channel.id].send(post.message)
        result = result_of(post.delivery.id, outcome)
        waited = (self._clock.now() - post.delivery.due_at) / SECOND if result.outcome == "accepted" else None
        self._telling.sent(post.channel.id, result.outcome or "unknown", waited)
        _log.info(
            "sent" if result.outcome == "accepted" else "not sent",
            delivery=post.delivery.id,
            channel=post.channel.id,
            outcome=result.outcome,
            error=result.error,
        )
        return result

    def _ask(self, post: Post) -> DeliveryResult:
        finding = self._notifiers[post.channel.id].ask(post.message, post.delivery.changed_at)
        _log.info("asked", delivery=post.delivery.id, channel=post.channel.id, found=type(finding).__name__)
        return result_of_asking(post.delivery.id, finding)


def result_of(delivery: str, outcome: Outcome) -> DeliveryResult:
    match outcome:
        case Accepted(provider_id=provider_id, receipt=receipt):
            status = None if receipt is None else _STATUSES.get(receipt.progress)
            failure = None if receipt is None or receipt.failure is None else receipt.failure.error
            return DeliveryResult(
                delivery=delivery, outcome="accepted", provider_id=provider_id, status=status, error=failure
            )
        case Temporary(error=error, retry_after=retry_after):
            return DeliveryResult(delivery=delivery, outcome="temporary", error=error, retry_after=retry_after)
        case Permanent(error=error):
            return DeliveryResult(delivery=delivery, outcome="permanent", error=error)
        case Unknown(error=error):
            return DeliveryResult(delivery=delivery, outcome="unknown", error=error)


def result_of_asking(delivery: str, finding: Finding) -> DeliveryResult:
    match finding:
        case Accepted():
            found = result_of(delivery, finding)
            return replace(found, asked=True)
        case NotSent():
            return DeliveryResult(delivery=delivery, outcome="unknown", asked=True)
        case CannotAsk(reason=reason, temporary=True):
            return DeliveryResult(delivery=delivery, outcome="temporary", asked=True, error=reason)
        case CannotAsk(reason=reason):
            return DeliveryResult(delivery=delivery, outcome="cannot_ask", asked=True, error=reason)
