"""The generic webhook against a receiver that checks signatures by the specification."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from notifiers.config import Channel, Webhook
from notifiers.message import Accepted, Outcome, Permanent, Purpose, Temporary, Unknown
from notifiers.webhook import WebhookNotifier, is_signed, sign
from service.demo.fake_webhook import SECRET, FakeWebhook
from service.demo.loopback import LoopbackServer, Reply, Request
from streams.clock import ManualClock
from streams.instants import DAY, SECOND
from streams.secret import EnvSecret
from tests.notifiers.samples import NOW, message


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def fake(clock: ManualClock) -> Iterator[FakeWebhook]:
    with FakeWebhook(clock=clock) as server:
        yield server


@pytest.fixture
def notifier(fake: FakeWebhook, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookNotifier]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    made = _notifier(f"{fake.url}/hook?tenant=7", clock)
    yield made
    made.close()


def _notifier(url: str, clock: ManualClock, timeout: int = 2 * SECOND) -> WebhookNotifier:
    settings = Webhook(url=url, secret=EnvSecret(name="HOOK_SECRET"))
    return WebhookNotifier(Channel(id="erp-hook", settings=settings, timeout=timeout), settings, clock)


def test_an_answer_that_trickles_is_not_waited_for(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The timeout bounds the whole exchange: each byte in time does not keep a sender busy for ever."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    over = threading.Event()

    def trickle() -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        notifier = _notifier(f"http://127.0.0.1:{listening.getsockname()[1]}/hook", clock, timeout=SECOND // 4)
        found: list[Outcome] = []
        sending = threading.Thread(target=lambda: found.append(notifier.send(message())), daemon=True)
        sending.start()
        sending.join(10)
        over.set()
        notifier.close()
    assert [type(outcome) for outcome in found] == [Unknown]


def test_the_signature_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries."""
    given = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert given == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert is_signed("other", "id", 1, b"x", "v1,AAAA " + sign("other", "id", 1, b"x"))
    assert not is_signed("other", "id", 2, b"x", sign("other", "id", 1, b"x"))


def test_the_receiver_gets_the_incident_as_json(notifier: WebhookNotifier, fake: FakeWebhook) -> None:
    """Signed, with our id, and with nothing that lets the receiver acknowledge as a person."""
    assert notifier.send(message(purpose=Purpose.WEBHOOK, address="")) == Accepted()
    body = json.loads(fake.requests[0].body)
    assert fake.requests[0].query == {"tenant": "7"}
    assert (body["type"], body["delivery"], body["purpose"]) == ("incident.open", "1042-3-0", "webhook")
    assert body["incident"] == {
        "id": 1042,
        "rule": "paid-not-shipped",
        "kind": "order",
        "key": "A-1042",
        "severity": "critical",
        "state": "open",
        "opened_at": "2026-03-04T01:00:00.000000Z",
        "deadline": "2026-03-04T01:00:00.000000Z",
        "resolved_at": None,
        "reason": None,
        "nodes": {
            "paid": {"at": "2026-03-02T01:00:00.000000Z", "due": None},
            "shipped": {"at": None, "due": "2026-03-04T01:00:00.000000Z"},
        },
        "fields": {
            "amount": 12345.5,
            "channel": "web",
            "promised_at": "2026-03-04T01:00:00.000000Z",
            "urgent": True,
            "tags": ["a", "b"],
        },
    }
    assert b"/a/a." not in fake.requests[0].body


def test_a_retry_is_the_same_delivery(notifier: WebhookNotifier, fake: FakeWebhook, clock: ManualClock) -> None:
    """Same id, same body, a new signature of the new time."""
    fake.script(Reply(status=500))
    assert isinstance(notifier.send(message()), Temporary)
    clock.move_by(30 * SECOND)
    assert notifier.send(message()) == Accepted()
    first, second = fake.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "1042-3-0"
    assert first.body == second.body
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_wrong_secret_is_refused(
    notifier: WebhookNotifier, fake: FakeWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """401 is permanent, and does not show the secret."""
    monkeypatch.setenv("HOOK_SECRET", "a-secret-of-somebody-else")
    outcome = notifier.send(message())
    assert outcome == Permanent(error="HTTP 401 wrong signature", code="401")
    assert fake.inbox.received() == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Accepted),
        (204, Accepted),
        (299, Accepted),
        (301, Permanent),
        (302, Permanent),
        (400, Permanent),
        (404, Permanent),
        (408, Temporary),
        (410, Permanent),
        (425, Temporary),
        (429, Temporary),
        (500, Temporary),
        (503, Temporary),
    ],
)
def test_only_2xx_counts(notifier: WebhookNotifier, fake: FakeWebhook, status: int, kind: type[Outcome]) -> None:
    """Redirects are not followed."""
    fake.script(Reply(status=status, headers={"Location": f"{fake.url}/elsewhere"}))
    assert isinstance(notifier.send(message()), kind)
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120 * SECOND),
        ("Wed, 04 Mar 2026 05:00:30 GMT", 30 * SECOND),
        ("Wed, 04 Mar 2026 04:00:00 GMT", 0),
        ("9999999999999999", DAY),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after(notifier: WebhookNotifier, fake: FakeWebhook, header: str, wait: int | None) -> None:
    """Seconds or a date, at most a day; nonsense is as if it were not there."""
    fake.script(Reply(status=503, headers={"Retry-After": header}))
    outcome = notifier.send(message())
    assert isinstance(outcome, Temporary)
    assert outcome.retry_after == wait


def test_a_lost_answer_is_unknown(notifier: WebhookNotifier, fake: FakeWebhook) -> None:
    """The request has left: it may have arrived."""
    fake.script(Reply(lost=True))
    assert isinstance(notifier.send(message()), Unknown)


def test_an_answer_that_takes_too_long_is_unknown(notifier: WebhookNotifier, clock: ManualClock) -> None:
    """The channel's timeout ends it."""
    release = threading.Event()

    class Slow(LoopbackServer):
        def answer(self, request: Request) -> Reply:
            release.wait(5)
            return Reply()

    with Slow() as slow:
        try:
            assert isinstance(_notifier(slow.url, clock, timeout=SECOND // 5).send(message()), Unknown)
        finally:
            release.set()


def test_an_endless_answer_is_not_read(notifier: WebhookNotifier, fake: FakeWebhook) -> None:
    """Half a megabyte is no answer of a webhook."""
    fake.script(Reply(body=b"x" * 500_000))
    assert isinstance(notifier.send(message()), Unknown)


def test_where_nobody_listens_nothing_was_sent(notifier: WebhookNotifier, clock: ManualClock) -> None:
    """Temporary: somebody may listen again."""
    assert isinstance(_notifier("http://127.0.0.1:1/hook", clock).send(message()), Temporary)


@pytest.mark.parametrize("url", ["http://[", "mailto:x", "not a url", "http://a:b:c/", "http://\u0000/", ""])
def test_an_address_that_is_none_is_permanent(notifier: WebhookNotifier, clock: ManualClock, url: str) -> None:
    """It never raises, and does not repeat an address that may be a secret."""
    outcome = _notifier(url, clock).send(message())
    assert isinstance(outcome, Permanent) and outcome.code == "bad_url"
