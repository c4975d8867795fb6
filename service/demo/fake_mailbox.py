"""A mail server that keeps what it is sent: aiosmtpd on the loopback interface."""

import asyncio
import re
import ssl
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from service.demo.inbox import Inbox
from streams.clock import Clock, WallClock

_LINK: Final = re.compile(r"https?://\S+")


class FakeMailbox:
    """`refusals`: address -> the line that answers RCPT, such as "550 no such user". `users`: name -> password."""

    def __init__(
        self,
        inbox: Inbox | None = None,
        *,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
        users: dict[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self.inbox = inbox or Inbox()
        self.refusals: dict[str, str] = {}
        self.data_answers: list[str] = []  # used up, one a mail, in place of "250 OK"
        self._clock = clock or WallClock()
        self._runs = False
        self._controller = _AnyPort(
            self,
            hostname="127.0.0.1",
            port=port,
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=None if users is None else _authenticator(users),
            auth_required=users is not None,
            auth_require_tls=tls is not None,
        )

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def start(self) -> None:
        self._controller.start()
        self._runs = True

    def stop(self) -> None:
        if self._runs:
            self._runs = False
            self._controller.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def handle_RCPT(
        self, server: object, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self.refusals.get(address)
        if refused is not None:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        answer = self.data_answers.pop(0) if self.data_answers else "250 OK"
        if not answer.startswith("2"):
            return answer
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(mail, EmailMessage)
        text = _part(mail, "plain")
        for receiver in envelope.rcpt_tos:
            self.inbox.add(
                "mail",
                to=receiver,
                sender=str(envelope.mail_from),
                at=self._clock.now(),
                title=str(mail["Subject"]),
                text=text,
                links=tuple((link, link) for link in _LINK.findall(text)),
                raw={"mail": mail, "html": _part(mail, "html")},
            )
        return answer


def _part(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body(preferencelist=(subtype,))
    return "" if part is None else str(part.get_content())


class _AnyPort(Controller):
    """aiosmtpd cannot pick a free port by itself: after binding it asks at port 0 whether it runs."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _authenticator(users: dict[str, str]) -> Callable[..., Any]:
    def check(server: object, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        good = users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=good, handled=False)

    return check
