"""What the console asks of the service around it. It never writes to the store itself."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from console.links import Links
from escalation.commands import Command, Refusal
from escalation.contacts import Contacts
from escalation.outbox import DeliveryResult
from rules.errors import Place
from rules.rule import Rule
from store.transaction import Reader
from streams.decoding import Decoded, Decoder
from streams.event import Refusal as EventRefusal
from streams.instants import Instant
from streams.model import Model
from streams.text import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """`url` is what browsers and providers reach the console by; `demo_person` is who a demo's visitor is."""

    language: Language
    zone: ZoneInfo
    url: str
    demo: bool = False
    demo_person: str | None = None
    password_needed: bool = False
    session_key: bytes = field(repr=False)  # signs the session cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The files as they are in force now."""

    model: Model
    rules: Mapping[str, Rule]
    contacts: Contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProblem:
    """An error in the files, with the line as it was when they were read."""

    place: Place
    message: Text
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFiles:
    """The files on disk are invalid, as of `at`: what was in force before is in force."""

    at: Instant
    problems: Sequence[ShownProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Entities are being judged again by changed rules: how many are left, of how many."""

    left: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesState:
    """How the files on disk and those in force stand to each other."""

    since: Instant  # when those in force were taken up
    refused: RefusedFiles | None = None
    sweep: Sweep | None = None
    wait_for_restart: Sequence[str] = ()  # settings that were changed and take effect at the next start


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the events handed in, in their order: None is taken (also a copy of a known one), else why not."""

    answers: Sequence[EventRefusal | None]
    duplicates: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """These incidents are not what they were."""

    incidents: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMessage:
    """A message that a fake phone, mailbox or chat of the demo received."""

    number: int  # counts up
    kind: str  # sms, mail, chat
    to: str  # a name that people know: 李伟, 仓库群
    at: Instant
    text: str
    title: str | None = None
    links: Sequence[tuple[str, str]] = ()  # what is written, where it leads
    mentions: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStep:
    """One thing that the demo does; `done_at` and `due_at` are None where it is not known yet."""

    text: Mapping[Language, str]
    due_at: Instant | None = None
    done_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCommand:
    """A command that a visitor can paste into a terminal while the demo runs, and what it shows."""

    command: str
    text: Mapping[Language, str]


class Demo(Protocol):
    def messages(self, limit: int = 50) -> Sequence[DemoMessage]:
        """The newest first."""

    def steps(self) -> Sequence[DemoStep]:
        """What will happen, in order."""

    def commands(self) -> Sequence[DemoCommand]:
        """What can be tried beside it; none until it can."""


class Backend(Protocol):
    """Called from several threads. What blocks says so; the console calls it off the event loop."""

    @property
    def settings(self) -> ConsoleSettings: ...

    @property
    def workspace(self) -> Workspace: ...

    @property
    def files(self) -> FilesState: ...

    @property
    def links(self) -> Links: ...

    @property
    def decoder(self) -> Decoder:
        """For the model in force, with the sources' allowed skews."""

    @property
    def demo(self) -> Demo | None: ...

    def now(self) -> Instant: ...

    def read(self) -> AbstractContextManager[Reader]:
        """One consistent look at the store."""

    def submit(self, items: Sequence[Decoded | EventRefusal]) -> Taken:
        """Events to take and refusals to keep, all in one transaction; returns after its commit (blocks).

        Raises streams.embedded.Busy or Stopped; then nothing was taken.
        """

    def resend(self, number: int) -> EventRefusal | None:
        """Decode a refused event again, take it if it is good now and mark it re-sent (blocks).

        None: it was taken. Raises LookupError where there is no such one.
        """

    def run(self, command: Command) -> Refusal | None:
        """Do what a person asks for; None: done (blocks)."""

    def run_all(self, commands: Sequence[Command]) -> Sequence[Refusal | None]:
        """The same of many, in as few transactions as they fit into; the answers in their order (blocks)."""

    def reload(self) -> None:
        """Read the files again and take them up, or refuse them: `files` says which (blocks).

        Raises streams.embedded.Busy or Stopped; then nothing has changed.
        """

    def report(self, result: DeliveryResult) -> None:
        """What a provider said about a delivery (blocks)."""

    def api_key_owner(self, key: str) -> str | None:
        """The name of the API key in tocsin.yaml, compared in constant time; None: no such key."""

    def password_fits(self, password: str) -> bool:
        """In constant time; True where none is needed."""

    def subscribe(self, listener: Callable[[Changed], None]) -> Callable[[], None]:
        """`listener` is called after each commit that changed incidents, from any thread; returns what ends that."""
