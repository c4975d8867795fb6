"""A shop that does everything a service can meet, so that every metric has something to say."""

import itertools
from collections import Counter
from typing import Any

from service.demo.providers import Providers
from streams.clock import WallClock
from streams.instants import HOUR, MINUTE, SECOND, Instant, format_instant
from tests.service.running import RunningService, event

RULES = """
rules:
  - {id: paid-not-shipped, overdue: shipped, after: paid, within: 1s, owner: li-wei}
  - {id: unreachable, overdue: shipped, after: placed, within: 1s, where: customer == "FAR", owner: wang-fang}
  - {id: watched, when: placed.done and not closed, mode: shadow}
  - {id: switched-off, when: placed.done, mode: off}
"""
CHAINS = """
chains:
  shipping:
    steps: [{notify: [owner, "channel:chat"]}, {wait: 1h}]
default: shipping
"""
UNREACHABLE = "+8613800000003"


class Activity:
    """`round()` posts a few orders and acknowledges what it finds; what it did is counted."""

    def __init__(self, service: RunningService, providers: Providers) -> None:
        self._service = service
        self._providers = providers
        self._numbers = itertools.count(1)
        self._acknowledged: set[int] = set()
        self.posted: Counter[str] = Counter()
        self.acknowledged = 0
        self.orders = 0
        providers.twilio.refusals[UNREACHABLE] = 21610

    def round(self) -> None:
        number = next(self._numbers)
        now = WallClock().now()
        stuck, fine, far = (f"{name}-{number:04}" for name in ("stuck", "fine", "far"))
        first = event(stuck, "placed", _ago(now, 2 * SECOND), colour="red")  # undeclared: left out and counted
        self._post(
            "taken", first, event(stuck, "paid", _ago(now, SECOND)), event(far, "placed", _ago(now, 0), customer="FAR")
        )
        self._post("taken", event(fine, "placed", _ago(now, 0)), event(fine, "paid", _ago(now, 0)))
        self._post("taken", event(fine, "updated", _ago(now, MINUTE), customer="ACME"))  # late: folded again
        self._post("duplicate", first)
        self._post("refused", event(stuck, "plased", _ago(now, 0)))
        self._post("refused", event(stuck, "shipped", _ago(now, -HOUR)))  # ahead of time
        self._post("refused", {**first, "data": {"customer": "other"}})  # the same id with other content
        if number > 2:
            self._post("taken", event(f"stuck-{number - 2:04}", "shipped", _ago(now, 0)))
        self.orders += 3
        self._acknowledge()

    def _post(self, result: str, *events: dict[str, Any]) -> None:
        answer = self._service.post_events(*events)
        assert len(answer.json()["refused"]) == (len(events) if result == "refused" else 0), answer.text
        self.posted[result] += len(events)

    def _acknowledge(self) -> None:
        listed = self._service.client.get("/api/incidents").json()["incidents"]
        waiting = [one["id"] for one in listed if one["state"] == "open" and one["mode"] == "live"]
        for incident in waiting[:1]:
            answer = self._service.client.post(f"/api/incidents/{incident}/acknowledge", json={"person": "li-wei"})
            self.acknowledged += answer.is_success


def _ago(now: Instant, micros: int) -> str:
    return format_instant(now - micros)
