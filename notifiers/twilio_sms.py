"""SMS through Twilio's own SDK (twilio.com/docs/messaging/api/message-resource)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from notifiers.config import Channel, TwilioSms, reveal
from notifiers.exchange import Exchange, NotDelivered, mask, rebase, retry_after
from notifiers.message import (
    Accepted,
    CannotAsk,
    Finding,
    Message,
    NotSent,
    Outcome,
    Permanent,
    Progress,
    Receipt,
    Temporary,
    Unknown,
)
from notifiers.templates import sms
from streams.clock import Clock
from streams.instants import MINUTE, Instant, from_datetime
from streams.secret import SettingMissing

# 20429 too many requests, 30001 queue overflow, 30003 handset unreachable, 30008 unknown, 30500 internal.
TEMPORARY_CODES: Final = frozenset({20429, 30001, 30003, 30008, 30500})
# 20003 authentication, 21211 no phone number, 21606 and 21608 sender or trial, 21610 opted out, 21612 no route,
# 21614 not mobile, 30004 blocked, 30005 unknown handset, 30006 landline, 30007 filtered.
PERMANENT_CODES: Final = frozenset({20003, 21211, 21606, 21608, 21610, 21612, 21614, 30004, 30005, 30006, 30007})

_PROGRESS: Final[Mapping[str, Progress]] = {
    "accepted": Progress.ACCEPTED,
    "scheduled": Progress.ACCEPTED,
    "queued": Progress.ACCEPTED,
    "sending": Progress.ACCEPTED,
    "sent": Progress.SENT,
    "delivered": Progress.DELIVERED,
    "read": Progress.DELIVERED,
    "undelivered": Progress.UNDELIVERED,
    "failed": Progress.UNDELIVERED,
    "canceled": Progress.UNDELIVERED,
}
_CLOCKS_APART: Final = 2 * MINUTE  # how far Twilio's clock may be behind ours
_MOST_LISTED: Final = 500


class _Http(HttpClient):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's way to the network for one call: our timeout, our idea of what was sent, another base URL, no logs."""

    def __init__(self, exchange: Exchange, base_url: str | None, secrets: Sequence[str]) -> None:
        self.is_async = False
        self.timeout = None
        self.last_headers: Mapping[str, str] = {}
        self._exchange = exchange
        self._base_url = base_url
        self._secrets = secrets

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, str | int | float | bool | None] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        answer = self._exchange.call(
            method,
            rebase(uri, self._base_url),
            params=params or None,  # an empty one would remove the query of a next page
            data=data,
            headers=headers,
            auth=auth,
            secrets=self._secrets,
        )
        self.last_headers = answer.headers
        return Response(answer.status, answer.text, answer.headers)


class TwilioSmsNotifier:
    def __init__(self, channel: Channel, settings: TwilioSms, clock: Clock) -> None:
        self._channel = channel
        self._settings = settings
        self._clock = clock
        self._exchange = Exchange(channel.timeout)

    def send(self, message: Message) -> Outcome:
        try:
            client, http, token = self._client()
            sender = reveal(self._settings.from_)
        except SettingMissing as error:
            return Permanent(error=str(error), code="setting_missing")
        request = {"to": message.address, "body": sms(message)}
        request["messaging_service_sid" if sender.startswith("MG") else "from_"] = sender
        if message.status_url is not None:
            request["status_callback"] = message.status_url
        try:
            created = client.messages.create(**request)
        except NotDelivered as error:
            return error.outcome
        except TwilioException as error:
            return _failed(error, http.last_headers, self._clock.now(), token)
        except (ValueError, TypeError, KeyError):  # 2xx with a body that the SDK cannot read
            return Unknown(error="Twilio's answer could not be read")
        if not created.sid:
            return Unknown(error="Twilio's answer has no message id")
        return Accepted(provider_id=created.sid)

    def ask(self, message: Message, sent_at: Instant) -> Finding:
        """List the newest messages to this number, back to when it was sent, and look for our id in the text.

        Not by DateSent: a message that is still queued has none.
        """
        try:
            client, http, token = self._client()
        except SettingMissing as error:
            return CannotAsk(reason=str(error))
        ours = re.compile(rf"#{re.escape(message.short_id)}(?![\w-])")
        try:
            for found in client.messages.stream(to=message.address, page_size=100, limit=_MOST_LISTED):
                if found.date_created is not None and from_datetime(found.date_created) < sent_at - _CLOCKS_APART:
                    break
                if ours.search(found.body or ""):
                    return Accepted(
                        provider_id=found.sid, receipt=_receipt(found.sid, str(found.status), found.error_code)
                    )
        except NotDelivered as error:
            return CannotAsk(reason=error.outcome.error, temporary=True)
        except TwilioException as error:
            failure = _failed(error, http.last_headers, self._clock.now(), token)
            return CannotAsk(reason=failure.error, temporary=isinstance(failure, Temporary))
        except (ValueError, TypeError, KeyError):
            return CannotAsk(reason="Twilio's answer could not be read", temporary=True)
        return NotSent()

    def close(self) -> None:
        self._exchange.close()

    def _client(self) -> tuple[Client, _Http, str]:
        """A client of its own for each call, as it remembers the answer's headers. Raises SettingMissing."""
        sid, token = reveal(self._settings.account_sid), reveal(self._settings.auth_token)
        http = _Http(self._exchange, self._channel.base_url, (token,))
        return Client(sid, token, http_client=http), http, token


def _failed(error: TwilioException, headers: Mapping[str, str], now: Instant, token: str) -> Temporary | Permanent:
    if isinstance(error, TwilioRestException):
        status, code, text = error.status, error.code, str(error.msg)
    elif isinstance(error, TwilioServiceException):
        status, code, text = error.status, error.code, error.detail or error.title
    else:
        return Permanent(error=mask(str(error), (token,))[:300])
    text = mask(text, (token,))[:300]
    if status == 429 or status >= 500 or code in TEMPORARY_CODES:
        return Temporary(error=text, code=str(code), retry_after=retry_after(headers, now))
    return Permanent(error=text, code=str(code))


def _receipt(provider_id: str, status: str, error_code: object) -> Receipt | None:
    progress = _PROGRESS.get(status)
    if progress is None:
        return None
    if progress is not Progress.UNDELIVERED:
        return Receipt(provider_id=provider_id, progress=progress)
    code = str(error_code) if error_code else None
    text = f"{status}{f' ({code})' if code else ''}"
    temporary = code is not None and code.isdigit() and int(code) in TEMPORARY_CODES
    failure = Temporary(error=text, code=code) if temporary else Permanent(error=text, code=code)
    return Receipt(provider_id=provider_id, progress=progress, failure=failure)


def parse_status(form: Mapping[str, str]) -> Receipt | None:
    """A status callback's form. None: it says nothing that we understand."""
    provider_id = form.get("MessageSid") or form.get("SmsSid")
    status = form.get("MessageStatus") or form.get("SmsStatus")
    if not provider_id or not status:
        return None
    return _receipt(provider_id, status, form.get("ErrorCode"))


def is_from_twilio(
    auth_tokens: Sequence[str], public_url: str, path_and_query: str, form: Mapping[str, object], signature: str | None
) -> bool:
    """Whether X-Twilio-Signature is right for the address under which Twilio knows us, with and without its port.

    `auth_tokens`: the primary and, while it is being exchanged, the alternate one. `form`: also one with getlist().
    """
    if not signature:
        return False
    url = public_url.rstrip("/") + path_and_query
    return any(RequestValidator(token).validate(url, form, signature) for token in auth_tokens)
