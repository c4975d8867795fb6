"""The whole service but for its threads and its web server, under a manual clock, that can be dropped at any point.

The store, the rules, the desk and the texts are the real ones; a batch is the real service.work.Work. Providers are
twins that keep what they were given and answer as told. `Crash` is the end of a process: nothing is cleaned up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, ParamSpec, TypeVar

from console.backend import Taken
from console.links import Links
from escalation.contacts import Contacts
from escalation.outbox import DeliveryResult
from notifiers.message import Accepted, CannotAsk, Finding, Message, NotSent, Outcome, Permanent, Temporary, Unknown
from rules.matching.pool import MatcherPool
from rules.worktime.durations import parse_duration
from service.changing.loaded import load, load_again
from service.changing.swapping import Swapper
from service.intake import Events, Item, Reported, Swap
from service.metrics import Metrics
from service.sending import Sender
from service.telling import Telling
from service.work import Parts, Work
from store.database import Store
from store.transaction import Transaction
from streams.clock import ManualClock
from streams.decoding import Decoder
from streams.event import Refusal
from streams.instants import Instant, Micros

P = ParamSpec("P")
T = TypeVar("T")
Reach = Callable[[str], None]  # a point at which a process may end; raises Crash where it does


class Crash(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def nothing(_point: str) -> None:
    """The process lives on."""


class AtOnce(Executor):
    """Makes each call where it is handed in."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a provider was given."""

    at: Instant
    channel: str
    message: Message
    again: bool  # it had this one already


@dataclass
class Provider:
    """The twin of one channel's provider; it outlives the service. It answers as `behaviour` and `findings` say."""

    channel: str
    clock: ManualClock
    reach: Reach = nothing
    behaviour: str = "accepts"
    findings: str = "as it is"
    received: list[Received] = field(default_factory=list)
    late: dict[str, Micros] = field(default_factory=dict)  # delivery -> how long its answer takes
    asked: int = 0

    def send(self, message: Message) -> Outcome:
        self.reach("before the call")
        outcome = self._outcome(message)
        if isinstance(outcome, Accepted | Unknown):
            again = any(one.message.delivery_id == message.delivery_id for one in self.received)
            self.received.append(Received(at=self.clock.now(), channel=self.channel, message=message, again=again))
        self.reach("taken by the provider")
        return outcome

    def _outcome(self, message: Message) -> Outcome:
        self.late.pop(message.delivery_id, None)
        match self.behaviour.split():
            case ["accepts"]:
                return Accepted(provider_id=f"P{message.delivery_id}")
            case ["accepts", "after", duration]:
                self.late[message.delivery_id] = micros(duration)
                return Accepted(provider_id=f"P{message.delivery_id}")
            case ["fails"]:
                return Temporary(error="busy")
            case ["fails", "for", duration]:
                return Temporary(error="busy", retry_after=micros(duration))
            case ["refuses"]:
                return Permanent(error="blocked")
            case ["is", "silent"]:
                return Unknown(error="no answer")
        raise AssertionError(f"a provider cannot {self.behaviour!r}")

    def ask(self, message: Message, sent_at: Instant) -> Finding:
        self.asked += 1
        match self.findings:
            case "as it is":
                found = any(one.message.delivery_id == message.delivery_id for one in self.received)
                return Accepted(provider_id=f"P{message.delivery_id}") if found else NotSent()
            case "not sent":
                return NotSent()
            case "cannot be asked now":
                return CannotAsk(reason="busy", temporary=True)
            case "cannot be asked":
                return CannotAsk(reason="the token is missing")
        raise AssertionError(f"a provider that is asked cannot answer {self.findings!r}")

    def close(self) -> None:
        pass


def micros(text: str) -> int:
    return parse_duration(text, {}).micros


class FragileStore(Store):
    """A store whose process may end just before and just after a commit."""

    opened: ClassVar[list[Store]] = []  # a process that ends closes nothing: the test does so when it is over

    def __init__(self, url: str, reach: Reach) -> None:
        super().__init__(url, synchronous="NORMAL")  # a process that ends loses nothing by it
        self._reach = reach
        self.opened.append(self)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        with super().begin() as transaction:
            yield transaction
            self._reach("before the commit")
        self._reach("after the commit")


@dataclass(frozen=True)
class Waiting:
    """A provider's answer on its way to the loop."""

    at: Instant
    result: DeliveryResult


class Whole:
    """One process: made over a folder, ended by dropping it (or `close`). Providers and the clock outlive it."""

    def __init__(
        self, folder: Path, clock: ManualClock, providers: Mapping[str, Provider], reach: Reach = nothing
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.providers = providers
        self.reach = reach
        self.inbox: list[Waiting] = []
        self.store = FragileStore(f"sqlite:///{folder / 'tocsin.db'}", reach)
        loaded = load(folder)
        self.metrics = Metrics("tests")
        self.telling = Telling(self.metrics)
        for provider in providers.values():
            provider.reach = reach
        self.swapper = Swapper(pool=MatcherPool(), links=Links(["a secret of the tests"]))
        self.sender = Sender(providers, self._report, self.telling, clock, AtOnce())
        self.work = Work(
            Parts(
                store=self.store,
                swapper=self.swapper,
                sender=self.sender,
                telling=self.telling,
                changed=lambda _incidents: None,
            ),
            loaded,
            clock.now(),
        )
        self.work.take_over(clock.now())
        self.next_due: Instant | None = clock.now()  # as the loop: at once, what fell due while nobody was running

    def _report(self, result: DeliveryResult) -> None:
        self.reach("answered")
        late = max((one.late.get(result.delivery, 0) for one in self.providers.values()), default=0)
        self.inbox.append(Waiting(self.clock.now() + late, result))

    @property
    def due(self) -> Instant | None:
        """When the loop would wake."""
        dues = [waiting.at for waiting in self.inbox]
        return min([*dues, *([] if self.next_due is None else [self.next_due])], default=None)

    def batch(self, items: Sequence[Item] = ()) -> list[Any]:
        """One turn of the loop with what is handed in and the answers that have come; the answers of `items`."""
        ready = [waiting for waiting in self.inbox if waiting.at <= self.clock.now()]
        self.inbox = [waiting for waiting in self.inbox if waiting.at > self.clock.now()]
        done = self.work([*items, *(Reported(result=one.result) for one in ready)], self.clock.now())
        self.next_due = done.next_due
        return list(done.answers[: len(items)])

    def run_to(self, instant: Instant) -> None:
        """Everything that is due up to and with `instant`, at its own time; the clock stands there then."""
        turns = 0
        while (due := self.due) is not None and due <= instant:
            self.clock.move_to(max(due, self.clock.now()))
            self.batch()
            turns += 1
            assert turns < 2_000, "the loop turns without end"
        self.clock.move_to(max(instant, self.clock.now()))

    def reload(self) -> None:
        """As service.reloading does with files that are valid."""
        loaded = load_again(self.folder, self.work.running.settings)
        self.batch([Swap(loaded=loaded, notifiers=self.providers)])

    def resend(self, number: int) -> Refusal | None:
        """As Service.resend."""
        with self.store.read() as reader:
            row = reader.refusal(number)
        assert row is not None
        decoded = self.decoder.decode(row.refusal.raw, now=self.clock.now(), position=row.refusal.position)
        if isinstance(decoded, Refusal):
            return decoded
        taken: Taken = self.batch([Events(items=(decoded,), resent=(number,))])[0]
        return taken.answers[0]

    @property
    def contacts(self) -> Contacts:
        return self.work.running.contacts

    @property
    def decoder(self) -> Decoder:
        return Decoder(self.work.running.model)

    def close(self) -> None:
        for matcher in self.work.running.judge.matchers:
            matcher.close()
        self.store.close()
