"""What the demo's page shows: the messages that the fake providers received, and what happens next."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from console.backend import DemoCommand, DemoMessage, DemoStep
from escalation.contacts import Contacts
from escalation.incident import Incident, State
from service.demo.inbox import Inbox, Received
from store.queries import IncidentFilter
from store.transaction import Reader
from streams.instants import SECOND, Instant
from streams.text import Language

FIRST_ORDER = "A-1001"
_PAID_AFTER = 2 * SECOND
_OVERDUE_AFTER = 17 * SECOND
_LOOKED_AT = 200  # incidents
_KINDS = {"sms": "sms", "mail": "mail", "chat": "chat"}


class Stage:
    """console.backend.Demo. `read` and `contacts` are given once the service is there."""

    def __init__(self, inbox: Inbox, language: Language) -> None:
        self._inbox = inbox
        self._language = language
        self._started_at: Instant | None = None
        self._read: Callable[[], AbstractContextManager[Reader]] | None = None
        self._contacts: Contacts | None = None
        self._commands: Sequence[DemoCommand] = ()

    def begin(self, at: Instant) -> None:
        self._started_at = at

    def look_at(self, read: Callable[[], AbstractContextManager[Reader]], contacts: Contacts) -> None:
        self._read, self._contacts = read, contacts

    def offer(self, commands: Sequence[DemoCommand]) -> None:
        self._commands = commands

    def commands(self) -> Sequence[DemoCommand]:
        return self._commands

    def messages(self, limit: int = 50) -> Sequence[DemoMessage]:
        shown = [one for one in self._inbox.received() if one.medium in _KINDS]
        return [self._message(one) for one in reversed(shown[-limit:])]

    def _message(self, received: Received) -> DemoMessage:
        return DemoMessage(
            number=received.number,
            kind=_KINDS[received.medium],
            to=self._name(received),
            at=received.at,
            text=received.text,
            title=received.title,
            links=received.links,
            mentions=received.mentions,
        )

    def _name(self, received: Received) -> str:
        if received.medium == "chat":
            return "仓库群" if self._language == "zh" else "Warehouse group"
        people = {} if self._contacts is None else self._contacts.people
        for person in people.values():
            if received.to in person.contacts.values():
                return f"{person.name} · {received.to}"
        return received.to

    def steps(self) -> Sequence[DemoStep]:
        start = self._started_at
        incident, taken_at = self._look()
        told = next((one.at for one in self._inbox.received("sms") if FIRST_ORDER in one.text), None)
        opened_at = None if incident is None else incident.firing.opened_at
        paid_at = None if start is None else start + _PAID_AFTER
        return [
            _step("样例订单开始流入，每 4 秒一单", "Sample orders flow in, one every 4 seconds", start, start),
            _step(
                f"订单 {FIRST_ORDER} 已付款，应在 15 秒内发货，但没有发货",
                f"Order {FIRST_ORDER} is paid and should ship within 15 seconds. It does not",
                paid_at,
                None if opened_at is None else paid_at,
            ),
            _step(
                "期限到：出现一个异常，并给负责人发出短信",
                "The deadline passes: an incident opens, and the person responsible gets an SMS",
                None if start is None else start + _OVERDUE_AFTER,
                told,
            ),
            _step(
                "轮到您：点开短信里的链接并确认。不确认的话，20 秒后会通知仓库群和经理",
                "Your turn: open the link in the SMS and acknowledge. If nobody does, the group chat and the manager "
                "hear of it 20 seconds later",
                None,
                taken_at,
            ),
            _step(
                "升级链停止，之后不再通知任何人",
                "The chain stops: nobody else is told",
                None,
                taken_at,
            ),
        ]

    def _look(self) -> tuple[Incident | None, Instant | None]:
        """The incident of the first order, and when a visitor first acknowledged one, whichever it was."""
        if self._read is None:
            return None, None
        with self._read() as reader:
            found = reader.incidents_of_entity("order", FIRST_ORDER)
            page = reader.incident_page(IncidentFilter(states=tuple(State)), limit=_LOOKED_AT)
        taken = [line.incident.acknowledged_at for line in page.lines if line.incident.acknowledged_at is not None]
        return (found[-1] if found else None), min(taken, default=None)


def _step(zh: str, en: str, due_at: Instant | None, done_at: Instant | None) -> DemoStep:
    return DemoStep(text={"zh": zh, "en": en}, due_at=due_at, done_at=done_at)
