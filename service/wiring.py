"""The only place where the parts are put together: a workspace folder and a database become a running service."""

import hmac
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import OperationalError

from console.backend import Changed, ConsoleSettings, Demo, FilesState, Taken, Workspace
from console.links import Links
from escalation.commands import Command
from escalation.commands import Refusal as CommandRefusal
from escalation.outbox import DeliveryResult
from notifiers.config import Channel
from notifiers.message import Notifier
from notifiers.registry import build as build_notifier
from rules.matching.pool import MatcherPool
from service.changing.loaded import load
from service.changing.reloading import Reloader
from service.changing.swapping import Swapper
from service.changing.watching import Watcher
from service.config import Settings
from service.intake import Ask, Events, Item, Reported
from service.metrics import GaugeNow, Metrics
from service.readings import readings
from service.running import Running
from service.sending import Sender
from service.telling import Telling
from service.work import Parts, Work
from store.database import Store
from store.transaction import Reader
from streams.clock import Clock, WallClock
from streams.decoding import Decoded, Decoder
from streams.embedded import Busy, EmbeddedRunner
from streams.event import Refusal
from streams.instants import Instant

_log = structlog.get_logger("tocsin.service")
_ANSWER_WITHIN = 60.0  # seconds that a caller waits for the commit


class Service:
    """The embedded service, all but its web server: the loop, the senders, and what the console asks (its Backend).

    Raises InvalidWorkspace or StoreError where it cannot be put together.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        notifiers: Mapping[str, Notifier] | None = None,
        demo: Demo | None = None,
        demo_person: str | None = None,
    ) -> None:
        self._clock = clock or WallClock()
        watcher = Watcher(folder)
        loaded = load(folder, settings)
        self._folder = folder
        self._demo = demo
        self._demo_person = demo_person
        self.metrics = Metrics(version("tocsin"))
        self._store = Store(loaded.settings.database_url(folder))
        self._links, self._session_key = self._secrets()
        self._listeners: set[Callable[[Changed], None]] = set()
        self._listening = threading.Lock()
        build = self._build if notifiers is None else lambda channel: notifiers[channel.id]
        telling = Telling(self.metrics)
        built = {name: build(channel) for name, channel in loaded.contacts.channels.items()}
        self._sender = Sender(built, self._reported, telling, self._clock)
        swapper = Swapper(pool=MatcherPool(), links=self._links)
        parts = Parts(store=self._store, swapper=swapper, sender=self._sender, telling=telling, changed=self._changed)
        self._work = Work(parts, loaded, self.now())
        self._runner: EmbeddedRunner[Item] = EmbeddedRunner(self._work, self._clock, failed=telling.failed)
        self._reloader = Reloader(
            folder,
            watcher,
            running=lambda: self._running,
            in_use=lambda: self._sender.notifiers,
            build=build,
            hand_in=self._hand_in,
            swapper=swapper,
            store=self._store,
            metrics=self.metrics,
            clock=self._clock,
        )
        self._pool = swapper.pool
        self.metrics.watch(self.readings)

    @property
    def _running(self) -> Running:
        return self._work.running

    def _build(self, channel: Channel) -> Notifier:
        return build_notifier(channel, self._clock)

    def _secrets(self) -> tuple[Links, bytes]:
        with self._store.begin() as transaction:
            links = transaction.secret("links", lambda: secrets.token_hex(32).encode())
            session = transaction.secret("session", lambda: secrets.token_bytes(32))
        return Links([links.decode()]), session

    def start(self) -> None:
        self._work.take_over(self.now())
        self._runner.start()
        self._reloader.start()
        _log.info("started", folder=self._folder.name, rules=len(self._running.rules), url=self.options.url)

    def stop(self) -> None:
        """Finish what was taken and what is being sent, then let everything go."""
        self._reloader.stop()
        self._sender.drain()
        self._runner.stop()
        self.close()
        _log.info("stopped")

    def close(self) -> None:
        """Let everything go that a service has which is not running."""
        self._sender.close()
        self._pool.keep(())
        self._store.close()

    def readings(self) -> Iterable[GaugeNow]:
        """The gauges of this moment."""
        return readings(self._store, self._runner, self._work, self.now())

    @property
    def options(self) -> Settings:
        return self._running.settings

    def reload_soon(self) -> None:
        """For a handler of signals."""
        self._reloader.wish("signal")

    @property
    def is_ready(self) -> bool:
        """Whether the loop is alive and has no batch that keeps failing."""
        return self._runner.healthy

    # What the console asks (console.backend.Backend)

    @property
    def settings(self) -> ConsoleSettings:
        return ConsoleSettings(
            language=self.options.language,
            zone=ZoneInfo(self._running.model.zone.key),
            url=self.options.url,
            demo=self._demo is not None,
            demo_person=self._demo_person,
            password_needed=self.options.console_password is not None,
            session_key=self._session_key,
        )

    @property
    def workspace(self) -> Workspace:
        return self._running.workspace

    @property
    def files(self) -> FilesState:
        return FilesState(
            since=self._running.since,
            refused=self._reloader.refused,
            sweep=self._work.sweep,
            wait_for_restart=self._running.loaded.wait_for_restart,
        )

    def reload(self) -> None:
        self._reloader.reload("asked")

    @property
    def links(self) -> Links:
        return self._links

    @property
    def decoder(self) -> Decoder:
        running = self._running
        skews = {name: source.skew for name, source in running.settings.sources.items()}
        return Decoder(running.model, skews=skews)

    @property
    def demo(self) -> Demo | None:
        return self._demo

    def now(self) -> Instant:
        return self._clock.now()

    def read(self) -> AbstractContextManager[Reader]:
        return self._store.read()

    def submit(self, items: Sequence[Decoded | Refusal]) -> Taken:
        taken: Taken = self._hand_in(Events(items=items))
        return taken

    def _hand_in(self, item: Item) -> Any:
        """Hand in one item and wait for the commit. Raises Busy where the database cannot take it now: what is handed
        in again later is taken once."""
        return self._hand_in_all((item,))[0]

    def _hand_in_all(self, items: Sequence[Item]) -> list[Any]:
        try:
            handed_in = [self._runner.submit(item) for item in items]
            return [one.result(_ANSWER_WITHIN) for one in handed_in]
        except (OperationalError, TimeoutError) as error:
            raise Busy("the database does not take it now") from error

    def resend(self, number: int) -> Refusal | None:
        with self._store.read() as reader:
            row = reader.refusal(number)
        if row is None:
            raise LookupError(f"there is no refused event {number}")
        decoded = self.decoder.decode(row.refusal.raw, now=self.now(), position=row.refusal.position)
        if isinstance(decoded, Refusal):
            return decoded
        taken: Taken = self._hand_in(Events(items=(decoded,), resent=(number,)))
        return taken.answers[0]

    def run(self, command: Command) -> CommandRefusal | None:
        return self.run_all((command,))[0]

    def run_all(self, commands: Sequence[Command]) -> Sequence[CommandRefusal | None]:
        return self._hand_in_all([Ask(command=command) for command in commands])

    def report(self, result: DeliveryResult) -> None:
        self._hand_in(Reported(result=result))

    def api_key_owner(self, key: str) -> str | None:
        found = None
        for name, secret in self.options.api_keys.items():
            if hmac.compare_digest(secret.reveal().encode(), key.encode()):
                found = name
        return found

    def password_fits(self, password: str) -> bool:
        secret = self.options.console_password
        return secret is None or hmac.compare_digest(secret.reveal().encode(), password.encode())

    def subscribe(self, listener: Callable[[Changed], None]) -> Callable[[], None]:
        with self._listening:
            self._listeners.add(listener)

        def end() -> None:
            with self._listening:
                self._listeners.discard(listener)

        return end

    def _changed(self, incidents: frozenset[int]) -> None:
        with self._listening:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(Changed(incidents=incidents))

    def _reported(self, result: DeliveryResult) -> None:
        """A sender's result: never refused, because it must not be lost."""
        self._runner.submit(Reported(result=result), always=True)
