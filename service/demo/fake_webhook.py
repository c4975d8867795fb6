"""A system that receives webhooks and believes only what is signed (Standard Webhooks, see notifiers/webhook.py).

Checks the signature by the specification, not with the sender's own code.
"""

import base64
import hmac
import json
from hashlib import sha256
from typing import Final

from service.demo.inbox import Inbox
from service.demo.loopback import LoopbackServer, Reply, Request
from streams.clock import Clock, WallClock
from streams.instants import MINUTE, SECOND

SECRET: Final = "demo-secret-of-the-webhook-sink"
_TOLERANCE: Final = 5 * MINUTE


class FakeWebhook(LoopbackServer):
    def __init__(
        self, inbox: Inbox | None = None, *, clock: Clock | None = None, secret: str = SECRET, port: int = 0
    ) -> None:
        super().__init__(port)
        self.inbox = inbox or Inbox()
        self._clock = clock or WallClock()
        self._key = secret.encode()

    def answer(self, request: Request) -> Reply:
        problem = self._problem(request)
        if problem is not None:
            return Reply(status=401, body=problem.encode())
        body = json.loads(request.body)
        self.inbox.add(
            "webhook",
            to=str(body.get("to") or ""),
            sender=request.headers["webhook-id"],
            at=self._clock.now(),
            title=body.get("title"),
            text=body.get("sentence", ""),
            raw=body,
        )
        return Reply(status=204)

    def _problem(self, request: Request) -> str | None:
        delivery = request.headers.get("webhook-id", "")
        timestamp = request.headers.get("webhook-timestamp", "")
        if not delivery or not timestamp.isdigit():
            return "headers are missing"
        if abs(int(timestamp) * SECOND - self._clock.now()) > _TOLERANCE:
            return "too old"
        digest = hmac.digest(self._key, f"{delivery}.{timestamp}.".encode() + request.body, sha256)
        expected = f"v1,{base64.b64encode(digest).decode()}"
        given = request.headers.get("webhook-signature", "").split()
        return None if any(hmac.compare_digest(expected, one) for one in given) else "wrong signature"
