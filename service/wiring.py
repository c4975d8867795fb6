"""The only place where the parts are put together: a workspace folder and a database become a running service."""

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import OperationalError

from console.backend import Changed, ConsoleSettings, Demo, Taken, Workspace
from console.links import Links
from escalation.commands import Command
from escalation.commands import Refusal as CommandRefusal
from escalation.contacts import Contacts
from escalation.files.workspace_files import load_contacts
from escalation.outbox import DeliveryResult
from notifiers.message import Notifier
from notifiers.registry import build
from rules.judge import Judge
from rules.workspace import Workspace as Files
from rules.workspace import load_workspace
from service.config import Settings, load_settings
from service.intake import Ask, Events, Item, Reported
from service.messages import Messages
from service.metrics import Metrics
from service.readings import readings
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
        self._options = settings or load_settings(folder)
        self._folder = folder
        files = load_workspace(folder)
        contacts = load_contacts(folder, files, language=self._options.language)
        self._workspace = Workspace(model=files.model, rules={rule.id: rule for rule in files.rules}, contacts=contacts)
        self._demo = demo
        self._demo_person = demo_person
        self.metrics = Metrics(version("tocsin"))
        self._store = Store(self._options.database_url(folder))
        self._links, self._session_key = self._secrets()
        self._judge = Judge(files.rules, self._options.matcher)
        self._telling = Telling(self.metrics)
        self._listeners: set[Callable[[Changed], None]] = set()
        self._listening = threading.Lock()
        self._sender = Sender(
            notifiers or _notifiers(contacts, self._clock), self._reported, self._telling, self._clock
        )
        self._messages = Messages(
            model=files.model,
            rules=self._workspace.rules,
            contacts=contacts,
            links=self._links,
            url=self._options.url,
            language=self._options.language,
        )
        self._work = self._worker(files, contacts)
        self._runner: EmbeddedRunner[Item] = EmbeddedRunner(self._work, self._clock, failed=self._telling.failed)
        self.metrics.watch(lambda: readings(self._store, self._runner, self._judge, self._workspace, self.now()))

    def _worker(self, files: Files, contacts: Contacts) -> Work:
        return Work(
            Parts(
                store=self._store,
                model=files.model,
                judge=self._judge,
                rules=self._workspace.rules,
                contacts=contacts,
                messages=self._messages,
                sender=self._sender,
                telling=self._telling,
                changed=self._changed,
            )
        )

    def _secrets(self) -> tuple[Links, bytes]:
        with self._store.begin() as transaction:
            links = transaction.secret("links", lambda: secrets.token_hex(32).encode())
            session = transaction.secret("session", lambda: secrets.token_bytes(32))
        return Links([links.decode()]), session

    def start(self) -> None:
        self._work.take_over(self.now())
        self._runner.start()
        _log.info("started", folder=self._folder.name, rules=len(self._workspace.rules), url=self._options.url)

    def stop(self) -> None:
        """Finish what was taken and what is being sent, then let everything go."""
        self._sender.drain()
        self._runner.stop()
        self._sender.close()
        for matcher in self._judge.matchers:
            matcher.close()
        self._store.close()
        _log.info("stopped")

    @property
    def options(self) -> Settings:
        return self._options

    @property
    def is_ready(self) -> bool:
        """Whether the loop is alive and has no batch that keeps failing."""
        return self._runner.healthy

    # What the console asks (console.backend.Backend)

    @property
    def settings(self) -> ConsoleSettings:
        return ConsoleSettings(
            language=self._options.language,
            zone=ZoneInfo(self._workspace.model.zone.key),
            url=self._options.url,
            demo=self._demo is not None,
            demo_person=self._demo_person,
            password_needed=self._options.console_password is not None,
            session_key=self._session_key,
        )

    @property
    def workspace(self) -> Workspace:
        return self._workspace

    @property
    def links(self) -> Links:
        return self._links

    @property
    def decoder(self) -> Decoder:
        return Decoder(
            self._workspace.model, skews={name: source.skew for name, source in self._options.sources.items()}
        )

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
        try:
            return self._runner.submit(item).result(_ANSWER_WITHIN)
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
        answer: CommandRefusal | None = self._hand_in(Ask(command=command))
        return answer

    def report(self, result: DeliveryResult) -> None:
        self._hand_in(Reported(result=result))

    def api_key_owner(self, key: str) -> str | None:
        found = None
        for name, secret in self._options.api_keys.items():
            if hmac.compare_digest(secret.reveal().encode(), key.encode()):
                found = name
        return found

    def password_fits(self, password: str) -> bool:
        secret = self._options.console_password
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


def _notifiers(contacts: Contacts, clock: Clock) -> Mapping[str, Notifier]:
    return {name: build(channel, clock) for name, channel in contacts.channels.items()}
