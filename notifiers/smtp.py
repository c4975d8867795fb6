"""Mail through SMTP: one connection a message; what is refused before the text was handed over has not been sent."""

import smtplib
import ssl
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from email.utils import format_datetime, parseaddr
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from notifiers.config import Channel, Security, Smtp, reveal
from notifiers.exchange import mask
from notifiers.hang_up import HangUp
from notifiers.message import Accepted, CannotAsk, Message, Outcome, Permanent, Temporary, Unknown
from notifiers.templates import mail_html, mail_subject, mail_text
from streams.clock import Clock
from streams.instants import SECOND, Instant, to_datetime
from streams.secret import SettingMissing

_SCHEMES: Final[dict[str, Security]] = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
_LONGEST_ERROR: Final = 300
_STEPS: Final = 2  # the timeout is of each answer of the server; all of them together may take so many


class SmtpNotifier:
    """`base_url`, where given, is smtp://HOST:PORT (no TLS), smtp+starttls://HOST:PORT or smtps://HOST:PORT."""

    def __init__(self, channel: Channel, settings: Smtp, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._seconds = channel.timeout / SECOND
        self._host, self._port, self._security = settings.host, settings.port, settings.security
        if channel.base_url is not None:
            base = urlsplit(channel.base_url)
            self._host, self._port = base.hostname or settings.host, base.port or settings.port
            self._security = _SCHEMES.get(base.scheme, settings.security)
        self._tls = tls if tls is not None or self._security == "none" else ssl.create_default_context()

    def send(self, message: Message) -> Outcome:
        try:
            user = None if self._settings.user is None else reveal(self._settings.user)
            password = None if self._settings.password is None else reveal(self._settings.password)
        except SettingMissing as error:
            return Permanent(error=str(error), code="setting_missing")
        try:
            mail = mail_of(message, self._settings.from_, self._clock.now())
            receiver = parseaddr(message.address)[1]
            content = mail.as_bytes()
            if not receiver:
                raise ValueError
        except (ValueError, IndexError, MessageError):
            return Permanent(error="the address cannot be written into a mail", code="bad_address")
        outcome = self._deliver(user, password, receiver, content)
        if isinstance(outcome, Accepted):
            return Accepted(provider_id=str(mail["Message-ID"]))
        return _masked(outcome, password or "")

    def ask(self, message: Message, sent_at: Instant) -> CannotAsk:
        return CannotAsk(reason="a mail server cannot be asked what it received")

    def close(self) -> None:
        """Nothing is kept open."""

    def _deliver(self, user: str | None, password: str | None, receiver: str, content: bytes) -> Outcome:
        with HangUp(self._seconds * _STEPS) as hang_up:
            return self._converse(hang_up, user, password, receiver, content)

    def _converse(
        self, hang_up: HangUp, user: str | None, password: str | None, receiver: str, content: bytes
    ) -> Outcome:
        """The conversation. Until the text is handed over every failure means "not sent", then no answer "unknown"."""
        connection: smtplib.SMTP | None = None
        handed_over = False
        try:
            connection = self._connected()
            hang_up.watch(connection.sock)
            if user is not None and password is not None:
                connection.login(user, password)
            _expect(connection.mail(parseaddr(self._settings.from_)[1]))
            _expect(connection.rcpt(receiver))
            answer = connection.docmd("DATA")
            if answer[0] != 354:
                raise smtplib.SMTPResponseException(*answer)
            handed_over = True
            connection.send(smtplib.quotedata(content.decode("ascii")).encode("ascii") + b".\r\n")
            _expect(connection.getreply())
            return Accepted()
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Permanent(error=f"the mail server does not offer what is configured: {error}", code="not_supported")
        except ssl.SSLCertVerificationError as error:
            return Permanent(error=f"the mail server's certificate is not trusted: {error.verify_message}", code="tls")
        except (OSError, smtplib.SMTPException) as error:
            detail = str(error) or type(error).__name__
            if handed_over:
                return Unknown(error=f"no answer of the mail server: {detail}"[:_LONGEST_ERROR])
            return Temporary(error=f"no connection to the mail server: {detail}"[:_LONGEST_ERROR])
        except UnicodeEncodeError:
            return Permanent(error="the address has characters that mail addresses do not have", code="bad_address")
        finally:
            if connection is not None:
                _leave(connection)

    def _connected(self) -> smtplib.SMTP:
        if self._security == "tls":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._seconds, context=self._tls)
        connection = smtplib.SMTP(self._host, self._port, timeout=self._seconds)
        try:
            if self._security == "starttls":
                connection.starttls(context=self._tls)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection


def mail_of(message: Message, sender: str, now: Instant) -> EmailMessage:
    """Text with a simple HTML alternative. Retries have the same Message-ID, messages of an incident one thread."""
    mail = EmailMessage(policy=MAIL_POLICY.clone(cte_type="7bit"))
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    # Ids count from 1 in every installation; the digest keeps those of two of them apart.
    facts = message.payload
    origin = f"{facts.get('rule')} {facts.get('key')} {facts.get('opened_at')}"
    digest = blake2b(origin.encode(), digest_size=5).hexdigest()
    mail["Subject"] = mail_subject(message)
    mail["From"] = sender
    mail["To"] = message.address
    mail["Date"] = format_datetime(to_datetime(now))
    mail["Message-ID"] = f"<{message.delivery_id}.{digest}@{domain}>"
    if not message.listed:
        mail["References"] = f"<{message.incident_id}.{digest}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Tocsin-Delivery"] = message.delivery_id
    if message.important:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(mail_text(message))
    mail.add_alternative(mail_html(message), subtype="html")
    return mail


def _expect(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise smtplib.SMTPResponseException(*answer)


def _refused(code: int, text: bytes | str) -> Temporary | Permanent:
    said = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
    error = f"{code} {' '.join(said.split())}"[:_LONGEST_ERROR]
    # A code below 400 here is an answer out of turn, such as 250 to DATA.
    return Permanent(error=error, code=str(code)) if code >= 500 else Temporary(error=error, code=str(code))


def _masked(outcome: Outcome, password: str) -> Outcome:
    match outcome:
        case Temporary(error=error, code=code):
            return Temporary(error=mask(error, (password,)), code=code)
        case Permanent(error=error, code=code):
            return Permanent(error=mask(error, (password,)), code=code)
        case Unknown(error=error):
            return Unknown(error=mask(error, (password,)))
        case Accepted():
            return outcome


def _leave(connection: smtplib.SMTP) -> None:
    """Say goodbye where somebody listens; what has been accepted stays so."""
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()
