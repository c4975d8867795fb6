"""A fake of DingTalk's group robot: HTTP 200 whatever happens, `errcode` says what.

It takes 20 messages a minute; one more, and it takes none for ten minutes.
"""

import base64
import hmac
import json
from collections import deque
from hashlib import sha256
from typing import Any, Final

from service.demo.inbox import Inbox
from service.demo.loopback import LoopbackServer, Reply, Request, json_reply
from streams.clock import Clock, WallClock
from streams.instants import HOUR, MINUTE, Instant

TOKEN: Final = "demo-robot"
SECRET: Final = "SECdemo-robot-of-the-fake-dingtalk"
_PER_MINUTE: Final = 20
_LARGEST_BODY: Final = 20_000


class FakeDingtalk(LoopbackServer):
    def __init__(
        self,
        inbox: Inbox | None = None,
        *,
        clock: Clock | None = None,
        access_token: str = TOKEN,
        secret: str | None = SECRET,
        keyword: str | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.inbox = inbox or Inbox()
        self._clock = clock or WallClock()
        self._token, self._secret, self._keyword = access_token, secret, keyword
        self._times: deque[Instant] = deque()
        self._blocked_until: Instant | None = None
        self._codes: deque[tuple[int, str]] = deque()

    @property
    def robot_url(self) -> str:
        return f"{self.url}/robot/send?access_token={self._token}"

    def fail_next(self, errcode: int, errmsg: str = "scripted") -> None:
        with self.lock:
            self._codes.append((errcode, errmsg))

    def answer(self, request: Request) -> Reply:
        code, text = self._judge(request)
        return json_reply({"errcode": code, "errmsg": text})

    def _judge(self, request: Request) -> tuple[int, str]:
        if request.path != "/robot/send" or request.query.get("access_token") != self._token:
            return 300001, "token is not exist"
        now = self._clock.now()
        refused = self._signature_problem(request, now)
        if refused is not None:
            return 310000, refused
        with self.lock:
            if self._codes:
                return self._codes.popleft()
            if self._is_over_limit(now):
                return 130101, "send too fast, exceed 20 times per minute"
        return self._take(request, now)

    def _signature_problem(self, request: Request, now: Instant) -> str | None:
        if self._secret is None:
            return None
        timestamp, sign = request.query.get("timestamp", ""), request.query.get("sign", "")
        if not timestamp.isdigit() or abs(int(timestamp) * 1000 - now) > HOUR:
            return "invalid timestamp"
        expected = hmac.digest(self._secret.encode(), f"{timestamp}\n{self._secret}".encode(), sha256)
        if not hmac.compare_digest(base64.b64encode(expected), sign.encode()):
            return "sign not match"
        return None

    def _is_over_limit(self, now: Instant) -> bool:
        if self._blocked_until is not None and now < self._blocked_until:
            return True
        self._blocked_until = None
        while self._times and self._times[0] <= now - MINUTE:
            self._times.popleft()
        if len(self._times) >= _PER_MINUTE:
            self._blocked_until = now + 10 * MINUTE
            self._times.clear()
            return True
        self._times.append(now)
        return False

    def _take(self, request: Request, now: Instant) -> tuple[int, str]:
        if len(request.body) > _LARGEST_BODY:
            return 460101, "message too long"
        try:
            body: dict[str, Any] = json.loads(request.body)
            content = body[body["msgtype"]]
            title, text = content.get("title"), content.get("text") or content["content"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return 40035, "不合法的参数"
        if self._keyword is not None and self._keyword not in f"{title}{text}":
            return 310000, "keywords not in content"
        at = body.get("at", {})
        self.inbox.add(
            "chat",
            to="",
            sender="Tocsin",
            at=now,
            title=title,
            text=text,
            links=tuple((button["title"], button["actionURL"]) for button in content.get("btns", [])),
            mentions=(*at.get("atUserIds", []), *at.get("atMobiles", [])),
            raw=body,
        )
        return 0, "ok"
