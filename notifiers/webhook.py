"""Generic webhook: the incident as JSON, signed as the Standard Webhooks specification says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: headers webhook-id (stable
over retries), webhook-timestamp (seconds) and webhook-signature "v1,BASE64" with HMAC-SHA256 over "ID.TIMESTAMP.BODY".
A secret "whsec_BASE64" stands for the bytes it encodes, any other for its UTF-8 bytes.
"""

import base64
import binascii
import hmac
import json
from hashlib import sha256
from typing import Final

from notifiers.config import Channel, Webhook, reveal
from notifiers.exchange import Exchange, NotDelivered, rebase, refusal, secrets_of_url
from notifiers.message import Accepted, CannotAsk, Message, Outcome, Permanent, Purpose
from streams.clock import Clock
from streams.instants import SECOND, Instant
from streams.secret import SettingMissing

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
EVENTS: Final = {Purpose.RESOLVED: "incident.resolved", Purpose.DIGEST: "incidents.found"}


def sign(secret: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header. `timestamp` in seconds."""
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, sha256)).decode()


def is_signed(secret: str, delivery_id: str, timestamp: int, body: bytes, header: str) -> bool:
    """Whether one of the header's signatures (there may be several, separated by blanks) is ours."""
    expected = sign(secret, delivery_id, timestamp, body).encode()
    return any(hmac.compare_digest(expected, given.encode()) for given in header.split())


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass  # not of that form after all
    return secret.encode()


class WebhookNotifier:
    def __init__(self, channel: Channel, settings: Webhook, clock: Clock) -> None:
        self._channel = channel
        self._settings = settings
        self._clock = clock
        self._exchange = Exchange(channel.timeout)

    def send(self, message: Message) -> Outcome:
        try:
            url = rebase(reveal(self._settings.url), self._channel.base_url)
            secret = None if self._settings.secret is None else reveal(self._settings.secret)
        except SettingMissing as error:
            return Permanent(error=str(error), code="setting_missing")
        except NotDelivered as error:
            return error.outcome
        secrets = (*secrets_of_url(url), secret or "")
        body = body_of(message)
        now = self._clock.now()
        timestamp = now // SECOND
        headers = {"content-type": "application/json", ID_HEADER: message.delivery_id, TIMESTAMP_HEADER: str(timestamp)}
        if secret is not None:
            headers[SIGNATURE_HEADER] = sign(secret, message.delivery_id, timestamp, body)
        try:
            answer = self._exchange.call("POST", url, headers=headers, content=body, secrets=secrets)
        except NotDelivered as error:
            return error.outcome
        if 200 <= answer.status < 300:
            return Accepted()
        return refusal(answer, now, secrets)

    def ask(self, message: Message, sent_at: Instant) -> CannotAsk:
        return CannotAsk(reason="a webhook cannot be asked what it received")

    def close(self) -> None:
        self._exchange.close()


def body_of(message: Message) -> bytes:
    """The same bytes each time the same message is sent."""
    about: dict[str, object] = {"incident_url": message.incident_url, "incident": message.payload}
    if message.listed:
        about = {"incidents": [{**one.payload, "sentence": one.sentence, "url": one.url} for one in message.listed]}
    content = {
        "type": EVENTS.get(message.purpose, "incident.open"),
        "delivery": message.delivery_id,
        "purpose": message.purpose.value,
        "important": message.important,
        "to": message.address or None,
        "title": message.title,
        "sentence": message.sentence,
        "language": message.language,
        **about,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
