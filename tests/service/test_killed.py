"""`kill -9` at random moments: no event is lost, no incident doubled, every notification leaves once."""

import random
import re
import threading
import time
from collections import Counter
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from escalation.outbox import DeliveryState
from service.demo.inbox import Received
from service.demo.providers import Providers
from store.database import Store
from store.queries import IncidentFilter
from streams.clock import WallClock
from streams.instants import format_instant
from tests.service.running import RunningService, event

_CHAINS = """
chains:
  shipping: {steps: [{notify: [owner]}, {wait: 1h}]}
default: shipping
"""
_EVERY = 0.03  # seconds between two orders
_SETTLED_WITHIN = 90.0


class Shop(threading.Thread):
    """Posts orders until told to stop; what is not answered with 200 is posted again, as a real source does."""

    def __init__(self, service: RunningService) -> None:
        super().__init__(daemon=True)
        self._client = httpx.Client(base_url=service.url, headers=service.client.headers, timeout=5)
        self._stopping = threading.Event()
        self.stuck: list[str] = []
        self.fine: list[str] = []

    def run(self) -> None:
        number = 0
        while not self._stopping.wait(_EVERY):
            number += 1
            key = f"K-{number:04}"
            is_fine = number % 4 == 0
            now = format_instant(WallClock().now())
            types = ("placed", "paid", "shipped") if is_fine else ("placed", "paid")
            self._post([event(key, type_, now) for type_ in types])
            (self.fine if is_fine else self.stuck).append(key)

    def _post(self, events: list[dict[str, Any]]) -> None:
        while True:
            try:
                if self._client.post("/api/events", json=events).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)

    def finish(self) -> None:
        self._stopping.set()
        self.join(timeout=60)
        assert not self.is_alive()
        self._client.close()


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path: Path, kills: int) -> None:
    """After any number of kills every accepted event, one incident an order, and every message are there, once."""
    chance = random.Random(kills)
    with Providers() as providers:
        service = RunningService(tmp_path, providers, chains=_CHAINS)
        service.start()
        shop = Shop(service)
        shop.start()
        try:
            for kill in range(kills):
                if kill % 5:  # every fifth time it is killed while it starts
                    service.wait_until_ready()
                time.sleep(chance.uniform(0.05, 3.0))  # the moment of the kill is the point
                service.kill()
                service.start(wait=False)
            service.wait_until_ready()
            shop.finish()
            _wait_until_told(service, len(shop.stuck))
        finally:
            service.stop()
            service.close()
        assert len(shop.stuck) > 2 * kills, "too little happened for the kills to hit anything"
        _check(tmp_path, shop, providers)


def _wait_until_told(service: RunningService, incidents: int) -> None:
    ends = time.monotonic() + _SETTLED_WITHIN
    while time.monotonic() < ends:
        metrics = service.client.get("/metrics").text
        opened = sum(map(float, re.findall(r"^tocsin_incidents_open\{.*\} (\S+)$", metrics, re.MULTILINE)))
        pending = sum(map(float, re.findall(r"^tocsin_deliveries_pending\{.*\} (\S+)$", metrics, re.MULTILINE)))
        if opened == incidents and pending == 0:
            return
        time.sleep(0.2)
    raise AssertionError(f"after {_SETTLED_WITHIN} s: {opened} of {incidents} incidents, {pending} messages pending")


def _message_id(received: Received) -> str:
    mail = received.raw["mail"]
    assert isinstance(mail, EmailMessage)
    return str(mail["Message-ID"])


def _check(folder: Path, shop: Shop, providers: Providers) -> None:
    store = Store(f"sqlite:///{folder / 'tocsin.db'}")
    with store.read() as reader:
        page = reader.incident_page(IncidentFilter(), limit=10_000)
        deliveries = reader.deliveries_of([line.incident.id for line in page.lines])
        for key in (*shop.stuck, *shop.fine):
            entity = reader.entity_detail("order", key)
            assert entity is not None, f"all events of {key} are lost"
            expected = ["paid", "placed", "shipped"] if key in shop.fine else ["paid", "placed"]
            assert sorted(received.event.type for received in entity.events) == expected
    store.close()

    keys = Counter(line.incident.firing.key for line in page.lines)
    assert keys == Counter(shop.stuck), "an incident is missing or doubled"

    told = Counter((one.incident, one.channel) for one in deliveries)
    assert set(told.values()) == {1} and len(told) == 2 * len(shop.stuck), "a person was to be told twice, or never"
    assert {one.state for one in deliveries} <= {DeliveryState.ACCEPTED, DeliveryState.DELIVERED}

    texts = Counter(re.search(r"#(\S+)", sms.body)[1] for sms in providers.twilio.messages)  # type: ignore[index]
    assert set(texts) == {one.id for one in deliveries if one.channel == "sms"}
    assert set(texts.values()) == {1}, "Twilio can be asked: no SMS leaves twice"

    mails = Counter(_message_id(mail) for mail in providers.inbox.received("mail"))
    doubled = [message for message, count in mails.items() if count > 1]
    marked = [one for one in deliveries if one.channel == "mail" and one.maybe_duplicate]
    assert len(mails) == len(shop.stuck)
    assert len(doubled) <= len(marked), "a mail left twice and is not marked"
