"""Mail through a real SMTP server."""

import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from notifiers.config import Channel, Security, Smtp
from notifiers.message import Accepted, CannotAsk, Message, Permanent, Purpose, Temporary, Unknown
from notifiers.smtp import SmtpNotifier, mail_of
from service.demo.fake_mailbox import FakeMailbox
from streams.clock import ManualClock
from streams.instants import HOUR, SECOND
from streams.secret import EnvSecret
from tests.notifiers.samples import NOW, message

CERTIFICATE = Path(__file__).with_name("localhost.pem")


def mail(**changes: object) -> Message:
    return message(**{"address": "li.wei@example.com", **changes})  # type: ignore[arg-type]


def notifier(
    port: int, security: Security = "none", *, tls: ssl.SSLContext | None = None, signed_in: bool = False
) -> SmtpNotifier:
    settings = Smtp(
        host="127.0.0.1",
        port=port,
        security=security,
        user="tocsin" if signed_in else None,
        password=EnvSecret(name="SMTP_PASSWORD") if signed_in else None,
        from_="Tocsin <tocsin@example.com>",
    )
    return SmtpNotifier(Channel(id="email", settings=settings, timeout=2 * SECOND), settings, ManualClock(NOW), tls)


@pytest.fixture
def mailbox() -> Iterator[FakeMailbox]:
    with FakeMailbox(clock=ManualClock(NOW)) as server:
        yield server


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_a_mail_arrives_as_text_and_html(mailbox: FakeMailbox) -> None:
    """Subject, both bodies, and the headers that say what kind of mail it is."""
    outcome = notifier(mailbox.port).send(mail())
    received = mailbox.inbox.received("mail")
    assert len(received) == 1
    assert (received[0].to, received[0].sender) == ("li.wei@example.com", "tocsin@example.com")
    assert received[0].title == "[紧急] 订单 A-1042 已付款 52 小时，仍未发货（应在 48 小时内）"
    assert "确认（之后不再通知下一位）：" in received[0].text
    assert '<html lang="zh-CN">' in str(received[0].raw["html"])
    sent = received[0].raw["mail"]
    assert isinstance(sent, EmailMessage)
    assert outcome == Accepted(provider_id=sent["Message-ID"])
    assert sent["From"] == "Tocsin <tocsin@example.com>"
    assert sent["Date"] == "Wed, 04 Mar 2026 05:00:00 +0000"
    assert (sent["Auto-Submitted"], sent["Importance"]) == ("auto-generated", "high")


def test_ids_are_stable_and_make_a_thread() -> None:
    """A retry has the Message-ID of the first try; the notice that it is resolved joins the thread."""
    first, again = mail_of(mail(), "t@example.com", NOW), mail_of(mail(), "t@example.com", NOW + HOUR)
    other = mail_of(mail(delivery_id="1042-5-0", purpose=Purpose.RESOLVED), "t@example.com", NOW + HOUR)
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["References"] == other["References"]
    assert first["Message-ID"].startswith("<1042-3-0.") and first["Message-ID"].endswith("@example.com>")


def test_the_mail_is_seven_bit() -> None:
    """Any server can carry it, whatever it offers."""
    assert mail_of(mail(), "t@example.com", NOW).as_bytes().isascii()


@pytest.mark.parametrize(
    ("line", "kind", "code"),
    [
        ("550 no such user", Permanent, "550"),
        ("553 not allowed", Permanent, "553"),
        ("450 mailbox busy", Temporary, "450"),
        ("452 too many", Temporary, "452"),
    ],
)
def test_refused_recipients(mailbox: FakeMailbox, line: str, kind: type, code: str) -> None:
    """4xx may work later, 5xx never will."""
    mailbox.refusals["li.wei@example.com"] = line
    outcome = notifier(mailbox.port).send(mail())
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Temporary | Permanent) and (outcome.code, outcome.error) == (code, line)


def test_a_refused_text_is_not_sent(mailbox: FakeMailbox) -> None:
    """The answer after the text decides."""
    mailbox.data_answers += ["451 try later", "554 looks like spam"]
    smtp = notifier(mailbox.port)
    assert isinstance(smtp.send(mail()), Temporary)
    assert isinstance(smtp.send(mail()), Permanent)
    assert isinstance(smtp.send(mail()), Accepted)
    assert len(mailbox.inbox.received()) == 1


def test_starttls_with_sign_in(server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encrypted before the password is said; a wrong password is permanent and not shown."""
    trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
    with FakeMailbox(tls=server_tls, users={"tocsin": "hunter2-mail"}) as mailbox:
        monkeypatch.setenv("SMTP_PASSWORD", "hunter2-mail")
        assert isinstance(notifier(mailbox.port, "starttls", tls=trusted, signed_in=True).send(mail()), Accepted)
        monkeypatch.setenv("SMTP_PASSWORD", "wrong-password")
        outcome = notifier(mailbox.port, "starttls", tls=trusted, signed_in=True).send(mail())
        assert isinstance(outcome, Permanent) and outcome.code == "535"
        assert "wrong-password" not in outcome.error


def test_a_certificate_that_nobody_vouches_for_is_refused(server_tls: ssl.SSLContext) -> None:
    """Nothing is sent to a server that may be another."""
    with FakeMailbox(tls=server_tls) as mailbox:
        outcome = notifier(mailbox.port, "starttls").send(mail())
        assert isinstance(outcome, Permanent) and outcome.code == "tls"
        assert mailbox.inbox.received() == []


def test_starttls_that_is_not_offered_is_not_done_without(mailbox: FakeMailbox) -> None:
    """A server without TLS gets no mail of a channel that asks for it."""
    outcome = notifier(mailbox.port, "starttls").send(mail())
    assert isinstance(outcome, Permanent) and outcome.code == "not_supported"
    assert mailbox.inbox.received() == []


def test_a_missing_password_is_said_by_its_name(mailbox: FakeMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting, never a value."""
    monkeypatch.delenv("SMTP_PASSWORD", raising=False)
    outcome = notifier(mailbox.port, signed_in=True).send(mail())
    assert isinstance(outcome, Permanent) and "SMTP_PASSWORD" in outcome.error


def test_nobody_there_is_temporary(mailbox: FakeMailbox) -> None:
    """And nobody can be asked either."""
    smtp = notifier(mailbox.port)
    mailbox.stop()
    assert isinstance(smtp.send(mail()), Temporary)
    assert isinstance(smtp.ask(mail(), NOW), CannotAsk)


@pytest.mark.parametrize(("gone_after", "kind"), [("MAIL", Temporary), ("DATA", Temporary), (".", Unknown)])
def test_a_server_that_goes_away(gone_after: str, kind: type) -> None:
    """Before the text was handed over nothing was sent; after it nobody knows."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=_serve_until, args=(listening, gone_after), daemon=True)
        server.start()
        assert isinstance(notifier(listening.getsockname()[1]).send(mail()), kind)
        server.join(5)


def _serve_until(listening: socket.socket, last: str) -> None:
    """A mail server that closes the connection when it has read `last`."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rwb") as stream:
        stream.write(b"220 here\r\n")
        stream.flush()
        in_text = False
        for raw in stream:
            line = raw.decode().strip().upper()
            if line.startswith(last) and (last != "." or line == "."):
                return
            if in_text:
                continue
            in_text = line == "DATA"
            stream.write(b"354 go on\r\n" if in_text else b"250 ok\r\n")
            stream.flush()


@pytest.mark.parametrize("address", ["", "a@b\r\nBcc: c@d", "李伟", "李@example.com"])
def test_an_address_that_is_none_is_permanent(mailbox: FakeMailbox, address: str) -> None:
    """No way to smuggle a header in, no exception."""
    assert isinstance(notifier(mailbox.port).send(mail(address=address)), Permanent)
    assert mailbox.inbox.received() == []
