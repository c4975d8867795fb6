"""A fake of Twilio's Messages API: what the real SDK sends is checked as Twilio checks it, and answered as it answers.

Sources: twilio.com/docs/messaging/api/message-resource, .../usage/security (signatures), .../api/errors.
"""

import base64
import queue
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from hmac import compare_digest
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx
from twilio.request_validator import RequestValidator

from service.demo.inbox import Inbox
from service.demo.loopback import LoopbackServer, Reply, Request, json_reply
from streams.clock import Clock, WallClock
from streams.instants import Instant, parse_instant, to_datetime

SID: Final = "AC" + "0" * 31 + "1"
TOKEN: Final = "demo-token-of-the-fake-twilio"
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
_LINK: Final = re.compile(r"https?://\S+")
_MESSAGES: Final = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages\.json")
_LONGEST_BODY: Final = 1600
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeSms:
    sid: str
    to: str
    sender: str
    body: str
    status_callback: str | None
    created_at: Instant
    status: str = "queued"
    sent_at: Instant | None = None
    error_code: int | None = None
    form: Mapping[str, str] = field(default_factory=dict, repr=False)


class FakeTwilio(LoopbackServer):
    """`refusals`: phone -> error code of the answer (21610, ...).

    `undelivered`: phone -> error code told by callback (30003, ...). Status callbacks go out in order from a thread of
    their own; with `callbacks=False` none does.
    """

    def __init__(
        self,
        inbox: Inbox | None = None,
        *,
        clock: Clock | None = None,
        account_sid: str = SID,
        auth_token: str = TOKEN,
        callbacks: bool = True,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.inbox = inbox or Inbox()
        self.account_sid, self.auth_token = account_sid, auth_token
        self.refusals: dict[str, int] = {}
        self.undelivered: dict[str, int] = {}
        self.messages: list[FakeSms] = []
        self.callback_answers: list[tuple[str, int]] = []  # status told, HTTP status of the answer (0: none)
        self._clock = clock or WallClock()
        self._numbers = count(1)
        self._lose_next = False
        self._callbacks: queue.SimpleQueue[FakeSms | None] = queue.SimpleQueue()
        self._caller = threading.Thread(target=self._call_back, name="FakeTwilio callbacks", daemon=True)
        self._with_callbacks = callbacks

    def start(self) -> None:
        super().start()
        self._caller.start()

    def stop(self) -> None:
        super().stop()
        self.stop_callbacks()

    def stop_callbacks(self) -> None:
        """Returns once the callbacks of everything received so far have gone out; none follows."""
        if self._caller.is_alive():
            self._callbacks.put(None)
            self._caller.join()

    def lose_next_answer(self) -> None:
        """The next message is taken as usual, but whoever sent it gets no answer."""
        self._lose_next = True

    def answer(self, request: Request) -> Reply:
        found = _MESSAGES.fullmatch(request.path)
        if found is None:
            return _error(404, 20404, f"The requested resource {request.path} was not found")
        if not self._is_ours(found[1], request.headers.get("authorization", "")):
            return _error(401, 20003, "Authenticate")
        return self._create(request.form) if request.method == "POST" else self._list(request)

    def send_reply(self, url: str, sender: str, text: str, to: str = "+15005550006") -> httpx.Response:
        """A person answers by SMS: what Twilio posts to the number's address for incoming messages."""
        form = {
            "MessageSid": f"SM{next(self._numbers):032x}",
            "AccountSid": self.account_sid,
            "From": sender,
            "To": to,
            "Body": text,
            "NumMedia": "0",
        }
        return self._post(url, form)

    def _is_ours(self, account: str, authorization: str) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return account == self.account_sid and compare_digest(authorization, f"Basic {expected}")

    def _create(self, form: Mapping[str, str]) -> Reply:
        to, body = form.get("To", ""), form.get("Body", "")
        sender = form.get("From") or form.get("MessagingServiceSid") or ""
        if not sender:
            return _error(400, 21603, "A 'From' phone number is required.")
        if not body:
            return _error(400, 21602, "Message body is required.")
        if len(body) > _LONGEST_BODY:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if not _PHONE.fullmatch(to):
            return _error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in self.refusals:
            code = self.refusals[to]
            return _error(429 if code == 20429 else 400, code, f"Message refused with code {code}.")
        message = FakeSms(
            sid=f"SM{next(self._numbers):032x}",
            to=to,
            sender=sender,
            body=body,
            status_callback=form.get("StatusCallback"),
            created_at=self._clock.now(),
            form=dict(form),
        )
        with self.lock:
            self.messages.append(message)
            lost, self._lose_next = self._lose_next, False
        links = tuple((link, link) for link in _LINK.findall(body))
        self.inbox.add("sms", to=to, sender=sender, at=message.created_at, text=body, links=links, raw=form)
        self._callbacks.put(message)
        return Reply(lost=True) if lost else json_reply(self._shown(message), 201)

    def _list(self, request: Request) -> Reply:
        query = request.query
        with self.lock:
            found = [message for message in reversed(self.messages) if _wanted(message, query)]
        size, page = min(int(query.get("PageSize", "50")), 1000), int(query.get("Page", "0"))
        shown = found[page * size : (page + 1) * size]
        more = None
        if len(found) > (page + 1) * size:
            more = f"{request.path}?{urlencode({**query, 'PageSize': size, 'Page': page + 1})}"
        return json_reply(
            {
                "messages": [self._shown(message) for message in shown],
                "page": page,
                "page_size": size,
                "next_page_uri": more,
                "uri": request.path,
            }
        )

    def _shown(self, message: FakeSms) -> dict[str, Any]:
        return {
            "sid": message.sid,
            "account_sid": self.account_sid,
            "to": message.to,
            "from": message.sender,
            "body": message.body,
            "status": message.status,
            "direction": "outbound-api",
            "num_segments": "1",
            "num_media": "0",
            "date_created": _rfc2822(message.created_at),
            "date_updated": _rfc2822(message.created_at),
            "date_sent": None if message.sent_at is None else _rfc2822(message.sent_at),
            "error_code": message.error_code,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}.json",
            "subresource_uris": {},
        }

    def _call_back(self) -> None:
        while (message := self._callbacks.get()) is not None:
            code = self.undelivered.get(message.to)
            last = "delivered" if code is None else "undelivered"
            for status, error_code in (("sent", None), (last, code)):
                self._tell(message, status, error_code)

    def _tell(self, message: FakeSms, status: str, error_code: int | None) -> None:
        with self.lock:
            place = next(place for place, known in enumerate(self.messages) if known.sid == message.sid)
            known = self.messages[place]
            sent_at = known.sent_at or self._clock.now()
            self.messages[place] = replace(known, status=status, sent_at=sent_at, error_code=error_code)
        if not self._with_callbacks or message.status_callback is None:
            return
        answered = self.call_status(message, status, error_code)
        with self.lock:
            self.callback_answers.append((status, answered))

    def call_status(self, message: FakeSms, status: str, error_code: int | None = None) -> int:
        """Post one status callback now (again, out of order, as a test wants it); the HTTP status, 0 without answer."""
        if message.status_callback is None:
            return 0
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "AccountSid": self.account_sid,
            "From": message.sender,
            "To": message.to,
            "MessageStatus": status,
            "SmsStatus": status,
            "ApiVersion": "2010-04-01",
        }
        if error_code is not None:
            form["ErrorCode"] = str(error_code)
        try:
            return self._post(message.status_callback, form).status_code
        except httpx.HTTPError:
            return 0

    def _post(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        signature = RequestValidator(self.auth_token).compute_signature(url, form)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        return httpx.post(url, data=dict(form), headers=headers, timeout=5, trust_env=False)


def _wanted(message: FakeSms, query: Mapping[str, str]) -> bool:
    if query.get("To", message.to) != message.to or query.get("From", message.sender) != message.sender:
        return False
    sent = message.sent_at
    after, before, day = query.get("DateSent>"), query.get("DateSent<"), query.get("DateSent")
    if (after or before or day) and sent is None:
        return False  # a queued message has no DateSent
    if sent is None:
        return True
    return (
        (not after or sent >= parse_instant(after, _UTC))
        and (not before or sent <= parse_instant(before, _UTC))
        and (not day or to_datetime(sent).date().isoformat() == day[:10])
    )


def _rfc2822(instant: Instant) -> str:
    """Whole seconds, as Twilio writes them."""
    return format_datetime(to_datetime(instant))


def _error(status: int, code: int, message: str) -> Reply:
    return json_reply(
        {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status},
        status,
    )
