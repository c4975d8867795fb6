"""Sending: a few threads that call notifiers and hand what came of it back to the loop."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One channel: what makes its calls, and in which threads."""

    notifier: Notifier
    pool: Executor

    def end(self) -> None:
        """Finish what is under way, and close."""
        self.pool.shutdown(wait=True)
        self.notifier.close()


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
        self._report = report
        self._telling = telling
        self._clock = clock
        self._executor = executor
        self._lines = {name: self._line(name, notifier) for name, notifier in notifiers.items()}
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._draining = False

    @property
    def stopping(self) -> bool:
        return self._draining

    @property
    def notifiers(self) -> Mapping[str, Notifier]:
        return {name: line.notifier for name, line in self._lines.items()}

    def change(self, notifiers: Mapping[str, Notifier]) -> None:
        """Send by these from now on. What is under way is finished by the old ones, which are closed then."""
        old = self._lines
        same = {name for name, notifier in notifiers.items() if name in old and old[name].notifier is notifier}
        self._lines = {
            name: old[name] if name in same else self._line(name, notifier) for name, notifier in notifiers.items()
        }
        for name in old.keys() - same:
            threading.Thread(target=old[name].end, name=f"tocsin-end-{name}", daemon=True).start()

    def room(self, channel: str) -> int:
        """How many more messages of the channel can be sent at once."""
        return max(0, THREADS - self._under_way[channel])

    @property
    def full(self) -> frozenset[str]:
        """The channels that have no room."""
        return frozenset(channel for channel in self._lines if not self.room(channel))

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
        for line in self._lines.values():
            line.pool.shutdown(wait=True)

    def close(self) -> None:
        for line in self._lines.values():
            line.notifier.close()

    def _line(self, channel: str, notifier: Notifier) -> "_Line":
        pool = self._executor or ThreadPoolExecutor(THREADS, thread_name_prefix=f"tocsin-send-{channel}")
        return _Line(notifier=notifier, pool=pool)

    def _start(self, task: Callable[[Notifier, Post], DeliveryResult], post: Post) -> None:
        channel = post.channel.id
        line = self._lines[channel]
        with self._lock:
            self._under_way[channel] += 1
        try:
            line.pool.submit(self._run, task, line.notifier, post)
        except RuntimeError:  # stopping: what is marked as being sent and was not is found at the next start
            with self._lock:
                self._under_way[channel] -= 1

    def _run(self, task: Callable[[Notifier, Post], DeliveryResult], notifier: Notifier, post: Post) -> None:
        try:
            result = task(notifier, post)
        except Exception:  # a bug in a notifier must not lose the delivery: what became of it is unknown
            _log.exception("a notifier failed", delivery=post.delivery.id, channel=post.channel.id)
            result = DeliveryResult(delivery=post.delivery.id, outcome="unknown", error="the notifier failed")
        finally:
            with self._lock:
                self._under_way[post.channel.id] -= 1
        self._report(result)

    def _send(self, notifier: Notifier, post: Post) -> DeliveryResult:
        outcome = notifier.send(post.message)
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

    def _ask(self, notifier: Notifier, post: Post) -> DeliveryResult:
        finding = notifier.ask(post.message, post.delivery.changed_at)
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
