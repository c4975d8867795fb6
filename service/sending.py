"""Sending: a few threads that call notifiers and hand what came of it back to the loop."""

import threading
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

THREADS = 16
_STATUSES: Mapping[Progress, Status] = {Progress.DELIVERED: "delivered", Progress.UNDELIVERED: "undelivered"}


class Sender:
    """`report` is called, from any thread, with every result. Never more calls at a time than there are threads.

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
        self._pool = executor or ThreadPoolExecutor(THREADS, thread_name_prefix="tocsin-send")
        self._lock = threading.Lock()
        self._under_way = 0
        self._draining = False

    @property
    def free(self) -> int:
        """How many more messages can be sent at once."""
        return 0 if self._draining else max(0, THREADS - self._under_way)

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
        self._pool.shutdown(wait=True)

    def close(self) -> None:
        for notifier in self._notifiers.values():
            notifier.close()

    def _start(self, task: Callable[[Post], DeliveryResult], post: Post) -> None:
        with self._lock:
            self._under_way += 1
        self._pool.submit(self._run, task, post)

    def _run(self, task: Callable[[Post], DeliveryResult], post: Post) -> None:
        try:
            result = task(post)
        except Exception:  # a bug in a notifier must not lose the delivery: what became of it is unknown
            _log.exception("a notifier failed", delivery=post.delivery.id, channel=post.channel.id)
            result = DeliveryResult(delivery=post.delivery.id, outcome="unknown", error="the notifier failed")
        finally:
            with self._lock:
                self._under_way -= 1
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
