"""DingTalk group robot (open.dingtalk.com, "custom robot").

POST oapi.dingtalk.com/robot/send?access_token=...&timestamp=MS&sign=..., where sign = base64(HMAC-SHA256(key=secret,
"MS\\nSECRET")). The answer is HTTP 200 whatever happens: `errcode` decides.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from notifiers.config import Channel, DingtalkRobot, reveal
from notifiers.exchange import Answer, Exchange, NotDelivered, mask, rebase, refusal, secrets_of_url
from notifiers.message import Accepted, CannotAsk, Mention, Message, Outcome, Permanent, Temporary
from notifiers.templates import chat, escape_markdown
from notifiers.words import LABELS
from streams.clock import Clock
from streams.instants import MINUTE, Instant
from streams.secret import SettingMissing

BLOCKED_FOR: Final = 10 * MINUTE  # over 20 messages a minute the robot is blocked so long
_THROTTLED: Final = frozenset({130101, 410100})
_BUSY: Final = -1
_LONGEST_TEXT: Final = 5_000  # characters; the whole body may have 20,000 bytes


def sign(secret: str, timestamp: int) -> str:
    """The parameter `sign` before it is encoded into the URL. `timestamp` in milliseconds."""
    digest = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), sha256)
    return base64.b64encode(digest).decode()


class DingtalkRobotNotifier:
    def __init__(self, channel: Channel, settings: DingtalkRobot, clock: Clock) -> None:
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
        secrets = [*secrets_of_url(url), secret or ""]
        now = self._clock.now()
        params = {}
        if secret is not None:
            params = {"timestamp": str(now // 1000), "sign": sign(secret, now // 1000)}
            secrets.append(params["sign"])
        body = json.dumps(body_of(message), ensure_ascii=False).encode()
        headers = {"content-type": "application/json; charset=utf-8"}
        try:
            answer = self._exchange.call("POST", _joined(url, params), headers=headers, content=body, secrets=secrets)
        except NotDelivered as error:
            return error.outcome
        return outcome_of(answer, now, secrets)

    def ask(self, message: Message, sent_at: Instant) -> CannotAsk:
        return CannotAsk(reason="a robot cannot be asked what it received")

    def close(self) -> None:
        self._exchange.close()


def outcome_of(answer: Answer, now: Instant, secrets: Sequence[str]) -> Outcome:
    """A success is HTTP 2xx and errcode 0, nothing else."""
    if not 200 <= answer.status < 300:
        return refusal(answer, now, secrets)
    try:
        body = json.loads(answer.text)
        code = int(body["errcode"])
    except (ValueError, TypeError, KeyError):
        return Temporary(error=mask(f"no answer of DingTalk: {answer.text.strip()[:200]}", secrets), code="no_errcode")
    if code == 0:
        return Accepted()
    error = mask(f"errcode {code}: {body.get('errmsg', '')}", secrets)[:300]
    if code in _THROTTLED:
        return Temporary(error=error, code=str(code), retry_after=BLOCKED_FOR)
    if code == _BUSY:
        return Temporary(error=error, code=str(code))
    return Permanent(error=error, code=str(code))


def body_of(message: Message) -> dict[str, object]:
    """An actionCard, whose buttons open our pages, or plain markdown where there is nothing to open.

    A mention needs both: the id in `at`, which tells whom to notify, and "@id" in the text, which is drawn as the name.
    """
    tokens = tuple(_token(mention) for mention in message.mentions)
    text = chat(message, tokens)[:_LONGEST_TEXT]
    buttons = [
        {"title": LABELS[label].say(message.language), "actionURL": url}
        for label, url in ((message.acknowledge_label, message.acknowledge_url), ("show", message.incident_url))
        if url is not None
    ]
    at = {
        "atMobiles": [mobile for mention in message.mentions if (mobile := _mobile(mention)) is not None],
        "atUserIds": [mention.id for mention in message.mentions if mention.id and _mobile(mention) is None],
        "isAtAll": False,
    }
    if not buttons:
        return {"msgtype": "markdown", "markdown": {"title": message.title, "text": text}, "at": at}
    card = {"title": message.title, "text": text, "btnOrientation": "0", "btns": buttons}
    return {"msgtype": "actionCard", "actionCard": card, "at": at}


def _mobile(mention: Mention) -> str | None:
    """A contact written as a phone number, +86 left out: that is how DingTalk knows Chinese ones."""
    if mention.id is None or not mention.id.startswith("+"):
        return None
    return mention.id.removeprefix("+86").removeprefix("+")


def _token(mention: Mention) -> str:
    return f"@{_mobile(mention) or mention.id or escape_markdown(mention.name)}"


def _joined(url: str, params: dict[str, str]) -> str:
    """The URL has a query already, with the token."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url
