"""What SREs see of a running service: true figures, honest health, logs that machines read and that hold no secret."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.demo.fake_dingtalk import SECRET as ROBOT_SECRET
from service.demo.fake_dingtalk import TOKEN as ROBOT_TOKEN
from service.demo.fake_twilio import TOKEN as TWILIO_TOKEN
from service.demo.fake_webhook import SECRET as HOOK_SECRET
from service.demo.inbox import Inbox
from service.demo.providers import Providers
from streams.clock import WallClock
from streams.instants import format_instant
from tests.service.activity import CHAINS, RULES, Activity
from tests.service.running import API_KEY, PASSWORD, RunningService, event, running

_WITHIN = 30.0
_LINK = re.compile(r"/a/[A-Za-z0-9_\-.]{20}")
_WRONG_TWILIO = "wrong-twilio-token-5c1f"
_MAIL_PASSWORD = "mail-password-93ab"
_WRONG_ROBOT = "wrong-robot-secret-77d0"
_LOST_HOOK = "token-of-a-hook-that-is-gone-2b9e"
_CHANNELS = """
channels:
  sms: {{kind: twilio-sms, account_sid: {sid}, auth_token: "env:TWILIO_TOKEN", from: "+15005550006", base_url: "{twilio}", timeout: 2s}}
  mail: {{kind: smtp, host: 127.0.0.1, security: none, from: tocsin@example.com, base_url: "{mail}", timeout: 2s}}
  chat: {{kind: dingtalk-robot, url: "env:ROBOT_URL", secret: "env:ROBOT_SECRET", timeout: 2s}}
  hook: {{kind: webhook, url: "{hook}", secret: "env:HOOK_SECRET", timeout: 2s}}
  wrong-sms: {{kind: twilio-sms, account_sid: {sid}, auth_token: "env:WRONG_TWILIO", from: "+15005550006", base_url: "{twilio}", timeout: 2s}}
  wrong-mail: {{kind: smtp, host: 127.0.0.1, security: none, user: tocsin, password: "env:MAIL_PASSWORD", from: tocsin@example.com, base_url: "{mail}", timeout: 2s}}
  wrong-chat: {{kind: dingtalk-robot, url: "env:ROBOT_URL", secret: "env:WRONG_ROBOT", timeout: 2s}}
  lost-chat: {{kind: dingtalk-robot, url: "env:LOST_ROBOT", timeout: 2s}}
  lost-hook: {{kind: webhook, url: "env:LOST_HOOK", timeout: 2s}}
  no-secret: {{kind: webhook, url: "{hook}", secret: "env:NOT_SET_ANYWHERE", timeout: 2s}}
"""  # noqa: E501
_EVERYWHERE = """
chains:
  all:
    steps:
      - notify: [owner, "channel:chat", "channel:hook", "channel:wrong-chat", "channel:lost-chat", "channel:lost-hook"]
      - notify: ["channel:no-secret", zhao-min]
      - wait: 1h
default: all
"""
_PEOPLE = """
people:
  li-wei:
    name: Li Wei
    contacts: {phone: "+8613800000001", email: li.wei@example.com}
    normal: [{via: sms}, {via: mail}]
  zhao-min:
    name: Zhao Min
    contacts: {phone: "+8613800000004", email: zhao.min@example.com}
    normal: [{via: wrong-sms}, {via: wrong-mail}]
"""


def scrape(service: RunningService) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of /metrics by its name and its labels, as a parser reads it."""
    answer = service.client.get("/metrics", headers={"X-API-Key": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


class Scraped:
    """The figures of one moment; `total` adds up what fits the labels."""

    def __init__(self, service: RunningService) -> None:
        self.samples = scrape(service)

    def total(self, metric: str, **labels: str) -> float:
        wanted = set(labels.items())
        return sum(value for (name, found), value in self.samples.items() if name == metric and wanted <= set(found))


def wait_for(holds: Callable[[], bool], said: Callable[[], object]) -> None:
    ends = time.monotonic() + _WITHIN
    while not holds():
        assert time.monotonic() < ends, said()
        time.sleep(0.1)


# Figures


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningService, Providers, Activity]]:
    with running(tmp_path_factory.mktemp("shop"), rules=RULES, chains=CHAINS) as (service, providers):
        activity = Activity(service, providers)
        for _ in range(4):
            activity.round()
            time.sleep(0.3)
        # Each stuck and each far order has an incident; the shipped one's is over.
        wait_for(lambda: Scraped(service).total("tocsin_incidents_opened_total", rule="paid-not-shipped") >= 4, dict)
        wait_for(lambda: Scraped(service).total("tocsin_incidents_opened_total", rule="unreachable") >= 4, dict)
        wait_for(lambda: Scraped(service).total("tocsin_deliveries_pending") == 0, dict)
        yield service, providers, activity


def test_events_are_counted_by_what_became_of_them(shop):
    """Taken, duplicate and refused, each once, by source; refusals also by reason; what was left out."""
    service, _, activity = shop
    found = Scraped(service)
    for result, count in activity.posted.items():
        assert found.total("tocsin_events_total", source="shop", result=result) == count, result
    rounds = activity.orders / 3
    for code in ("unknown_type", "ahead_of_time", "copy_differs"):
        assert found.total("tocsin_events_refused_total", code=code) == rounds, code
    assert found.total("tocsin_events_refused_total") == activity.posted["refused"]
    assert found.total("tocsin_refused_events_waiting") == activity.posted["refused"]
    assert found.total("tocsin_event_age_seconds_count") == activity.posted["taken"]
    assert found.total("tocsin_entities_folded_again_total") >= rounds
    # The undeclared field came once with the event, once with its copy, once with the copy that differs.
    assert found.total("tocsin_event_fields_left_out_total") == rounds


def test_incidents_are_counted(shop):
    """Opened by rule, resolved by rule and reason, open by severity and state, and how long people took."""
    service, _, activity = shop
    found, rounds = Scraped(service), activity.orders / 3
    assert found.total("tocsin_incidents_opened_total", rule="unreachable", severity="major") == rounds
    assert found.total("tocsin_incidents_opened_total", rule="watched") == activity.orders  # a shadow rule: no one told
    assert found.total("tocsin_incidents_opened_total", rule="switched-off") == 0
    over = found.total("tocsin_incidents_resolved_total", rule="paid-not-shipped", reason="condition")
    opened = found.total("tocsin_incidents_opened_total", rule="paid-not-shipped")
    assert over >= 1
    assert found.total("tocsin_incidents_open") == opened - over + rounds
    assert found.total("tocsin_incidents_open", state="acknowledged") <= activity.acknowledged
    assert found.total("tocsin_acknowledge_seconds_count") == activity.acknowledged > 0
    assert found.total("tocsin_deadline_lateness_seconds_count") > 0


def test_deliveries_are_counted_by_what_the_provider_said(shop):
    """The provider's own books agree: what was accepted, and what was refused for good."""
    service, providers, _ = shop
    found = Scraped(service)
    for channel in ("sms", "mail", "chat"):
        received = len(providers.inbox.received(channel))
        assert found.total("tocsin_deliveries_total", channel=channel, outcome="accepted") == received > 0, channel
        assert found.total("tocsin_delivery_seconds_count", channel=channel) == received, channel
    refused = found.total("tocsin_deliveries_total", channel="sms", outcome="permanent")
    posts = [one for one in providers.twilio.requests if one.method == "POST"]
    assert refused == len(posts) - len(providers.twilio.messages) > 0


def test_a_person_s_resolution_is_counted(shop):
    """With the reason `person`, once."""
    service, _, _ = shop
    listed = service.client.get("/api/incidents").json()["incidents"]
    incident = next(one for one in listed if one["rule"] == "unreachable" and one["state"] == "open")
    before = Scraped(service).total("tocsin_incidents_open")
    for expected in (200, 409):
        answer = service.client.post(f"/api/incidents/{incident['id']}/resolve", json={"person": "li-wei"})
        assert answer.status_code == expected, answer.text
    after = Scraped(service)
    assert after.total("tocsin_incidents_resolved_total", rule="unreachable", reason="person") == 1
    assert after.total("tocsin_incidents_open") == before - 1


def test_the_loop_and_the_build_are_described(shop):
    """Version, batches, last progress, next due time, rules by mode, who matches; and what every process has."""
    service, _, _ = shop
    found = Scraped(service)
    assert found.total("tocsin_build_info") == 1
    assert found.total("tocsin_loop_batch_seconds_count") == found.total("tocsin_loop_batch_items_count") > 0
    assert found.total("tocsin_loop_errors_total") == 0
    assert abs(found.total("tocsin_loop_last_progress_timestamp_seconds") - time.time()) < 60
    assert 0 < found.total("tocsin_next_due_seconds") < 3600
    modes = {mode: found.total("tocsin_rules", mode=mode) for mode in ("live", "shadow", "off")}
    assert modes == {"live": 2, "shadow": 1, "off": 1}
    assert found.total("tocsin_matcher_shards", matcher="durable") > 0
    assert found.total("tocsin_matcher_shards", matcher="reference") == 0
    assert found.total("process_resident_memory_bytes") > 0


def test_no_label_holds_a_key_or_a_person(shop):
    """Labels of unbounded values would make Prometheus grow with every order."""
    service, _, _ = shop
    values = {
        value for name, labels in Scraped(service).samples for label, value in labels if name.startswith("tocsin_")
    }
    assert not [
        value for value in values if value.startswith(("stuck-", "far-", "fine-")) or value in ("li-wei", "ACME")
    ]


def test_a_sender_is_told_of_its_copies(shop):
    """The answer counts an event that was known already among the duplicates, also within one body."""
    service, _, _ = shop
    now = format_instant(WallClock().now())
    first, second = event("copy-1", "placed", now), event("copy-2", "placed", now)
    assert service.post_events(first, first).json()["duplicates"] == 1
    answer = service.post_events(first, second).json()
    assert (answer["duplicates"], answer["refused"]) == (1, [])


# Health


def test_health_needs_no_key(shop):
    """Load balancers and Prometheus hold none; everything else does."""
    service, _, _ = shop
    with httpx.Client(base_url=service.url, timeout=10) as stranger:
        assert (stranger.get("/healthz").status_code, stranger.get("/healthz").json()) == (200, {"status": "ok"})
        assert (stranger.get("/readyz").status_code, stranger.get("/readyz").json()) == (200, {"status": "ready"})
        assert stranger.get("/metrics").status_code == 200
        assert stranger.get("/api/incidents").status_code == 401


# Logs and errors


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningService, Inbox]]:
    """An incident told through every channel, each rightly and wrongly set up."""
    with pytest.MonkeyPatch.context() as patch, Providers() as providers:
        environment = {
            "HOOK_SECRET": HOOK_SECRET,
            "WRONG_TWILIO": _WRONG_TWILIO,
            "MAIL_PASSWORD": _MAIL_PASSWORD,
            "WRONG_ROBOT": _WRONG_ROBOT,
            "LOST_ROBOT": f"{providers.dingtalk.url}/robot/send?access_token={_LOST_HOOK}",
            "LOST_HOOK": f"http://127.0.0.1:9/{_LOST_HOOK}",  # nobody listens on the discard port
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        folder = tmp_path_factory.mktemp("told")
        service = RunningService(folder, providers, chains=_EVERYWHERE, people=_PEOPLE)
        channels = _CHANNELS.format(
            sid=providers.twilio.account_sid,
            twilio=providers.twilio.url,
            mail=providers.mailbox.url,
            hook=providers.webhook.url,
        )
        (folder / "channels.yaml").write_text(channels, encoding="utf-8")
        try:
            service.start("--log-level", "debug")  # whatever is said at all is said here
            now = format_instant(WallClock().now())
            assert service.post_events(event("S-1", "paid", now)).is_success
            wait_for(
                lambda: _answered(service) >= set(_CHANNELS_OF_ALL), lambda: f"{_answered(service)}\n{service.log}"
            )
            yield service, providers.inbox
        finally:
            service.close()


_CHANNELS_OF_ALL = (
    *("sms", "mail", "chat", "hook", "wrong-sms", "wrong-mail", "wrong-chat", "lost-chat", "lost-hook", "no-secret"),
)


def _answered(service: RunningService) -> set[str]:
    """Channels of which an attempt has come back."""
    deliveries = service.client.get("/api/incidents/1")
    if not deliveries.is_success:
        return set()
    done = ("accepted", "delivered", "failed")
    return {one["channel"] for one in deliveries.json()["deliveries"] if one["state"] in done or one["error"]}


def secrets_of(service: RunningService) -> list[str]:
    shown = [API_KEY, PASSWORD, TWILIO_TOKEN, ROBOT_TOKEN + "&", ROBOT_SECRET, HOOK_SECRET]
    return [*shown, f"access_token={ROBOT_TOKEN}", _WRONG_TWILIO, _MAIL_PASSWORD, _WRONG_ROBOT, _LOST_HOOK]


def assert_no_secret(text: str, service: RunningService) -> None:
    for secret in secrets_of(service):
        assert secret not in text, f"{secret} in {text[max(0, text.find(secret) - 300) :][:600]}"
    assert not _LINK.search(text), "a link that acknowledges"


def test_every_channel_was_tried_rightly_and_wrongly(told):
    """What the tests of secrets rest on: the right ones arrived, the wrong ones failed with a reason."""
    service, inbox = told
    assert all(_LINK.search(one.text) for one in inbox.received("sms"))
    assert {one.medium for one in inbox.received()} == {"sms", "mail", "chat", "webhook"}
    deliveries = service.client.get("/api/incidents/1").json()["deliveries"]
    failed = {one["channel"] for one in deliveries if one["error"]}
    assert failed == {name for name in _CHANNELS_OF_ALL if name.startswith(("wrong-", "lost-", "no-"))}


def test_the_log_is_json_lines(told):
    """Every line of the log is an object with event, level and time; a send has its delivery, channel and outcome."""
    service, _ = told
    lines = [json.loads(line) for line in service.log.splitlines()]
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    outcomes = {line["channel"]: line["outcome"] for line in lines if line["event"] in ("sent", "not sent")}
    assert set(outcomes) == set(_CHANNELS_OF_ALL)
    assert {channel for channel, outcome in outcomes.items() if outcome == "accepted"} == {
        "sms",
        "mail",
        "chat",
        "hook",
    }
    assert not any("\u001b" in text for line in lines for text in map(str, line.values())), "colours in a file"
    assert any(line["event"] == "incident" and line["key"] == "S-1" for line in lines)


def test_the_log_holds_no_secret(told):
    """Neither tokens, passwords, secrets of robots, URLs that are secrets, keys, nor links that acknowledge."""
    service, _ = told
    assert_no_secret(service.log, service)


def test_what_people_and_machines_are_shown_holds_no_secret(told):
    """The API, the metrics, the console's pages of the incident, and errors of every kind."""
    service, _ = told
    with httpx.Client(base_url=service.url, timeout=10, headers={"Origin": service.url}) as person:
        signed_in = person.post("/sign-in", data={"person": "li-wei", "password": PASSWORD}, follow_redirects=True)
        assert signed_in.status_code == 200
        pages = [person.get(path) for path in ("/", "/incidents/1", "/entities/order/S-1", "/events/refused")]
        assert {page.status_code for page in pages} == {200}
        for page in pages:
            assert_no_secret(page.text, service)
        assert_no_secret(person.get("/nowhere").text, service)
    with httpx.Client(base_url=service.url, timeout=10) as stranger:
        wrong = {"Origin": service.url}
        texts = [
            stranger.post("/sign-in", data={"person": "li-wei", "password": "guess"}, headers=wrong).text,
            stranger.post("/api/events", json=event("S-2", "paid", "never"), headers={"X-API-Key": "guess"}).text,
            stranger.get("/a/forged-token").text,
            service.client.post("/api/events", content=b"\xff{").text,
            service.client.post("/callbacks/twilio/nothing", data={"MessageStatus": "sent"}).text,
            service.client.get("/api/incidents/1").text,
            service.client.get("/metrics").text,
        ]
    for text in texts:
        assert_no_secret(text, service)


def test_the_database_holds_no_secret_of_the_workspace(told):
    """Secrets are read where they are used; a backup gives none of them away."""
    service, _ = told
    kept = b"".join(path.read_bytes() for path in Path(service.folder).glob("tocsin.db*"))
    for secret in secrets_of(service):
        assert secret.encode() not in kept, secret


# A service that cannot work


def test_a_service_that_stops_finishes_what_it_took(tmp_path):
    """SIGTERM: what is being sent is sent, the log ends with `stopped`, and nothing answers any more."""
    with running(tmp_path) as (service, providers):
        assert service.post_events(event("T-1", "paid", format_instant(WallClock().now()))).is_success
        assert len(providers.inbox.wait_for(1, "sms", 20)) == 1
        service.stop()
        events = [json.loads(line)["event"] for line in service.log.splitlines()]
        assert "stopped" in events
        with pytest.raises(httpx.TransportError), contextlib.closing(httpx.Client()) as client:
            client.get(f"{service.url}/healthz")
