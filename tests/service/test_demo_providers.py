"""The fake providers refuse what the real ones refuse, and keep what they are sent."""

import base64
import threading

import httpx

from service.demo.fake_dingtalk import FakeDingtalk
from service.demo.fake_twilio import SID, TOKEN, FakeTwilio
from service.demo.fake_webhook import FakeWebhook
from service.demo.inbox import Inbox, Received
from service.demo.loopback import Reply, Request
from service.demo.providers import Providers
from streams.clock import ManualClock
from streams.instants import DAY, parse_instant
from tests.notifiers.samples import SHANGHAI

NOW = parse_instant("2026-03-04T13:00:00", SHANGHAI)
GOOD = {"To": "+8613800000001", "From": "+15005550006", "Body": "hello"}


def _post(fake: FakeTwilio, form: dict[str, str], auth: tuple[str, str] = (SID, TOKEN)) -> httpx.Response:
    url = f"{fake.url}/2010-04-01/Accounts/{SID}/Messages.json"
    return httpx.post(url, data=form, auth=auth, trust_env=False)


def test_twilio_wants_sign_in_and_whole_forms() -> None:
    """Each refusal with Twilio's own code."""
    with FakeTwilio(clock=ManualClock(NOW)) as fake:
        assert _post(fake, GOOD, (SID, "wrong")).json()["code"] == 20003
        assert _post(fake, {**GOOD, "To": "13800000001"}).json()["code"] == 21211
        assert _post(fake, {**GOOD, "Body": ""}).json()["code"] == 21602
        assert _post(fake, {**GOOD, "From": ""}).json()["code"] == 21603
        assert _post(fake, {**GOOD, "Body": "x" * 1601}).json()["code"] == 21617
        assert httpx.get(f"{fake.url}/elsewhere", trust_env=False).status_code == 404
        assert fake.inbox.received() == []
        answer = _post(fake, GOOD)
        assert (answer.status_code, answer.json()["status"]) == (201, "queued")
        assert [one.text for one in fake.inbox.received()] == ["hello"]


def test_twilio_lists_by_number_and_day() -> None:
    """Newest first; a message that is still queued has no day yet."""
    clock = ManualClock(NOW)
    with FakeTwilio(clock=clock, callbacks=False) as fake:
        _post(fake, {**GOOD, "Body": "first"})
        fake.stop_callbacks()  # from here on nothing goes beyond "queued"
        clock.move_by(DAY)
        _post(fake, {**GOOD, "Body": "second"})
        _post(fake, {**GOOD, "To": "+8613800000002"})

        def bodies(**query: str) -> list[str]:
            url = f"{fake.url}/2010-04-01/Accounts/{SID}/Messages.json"
            answer = httpx.get(url, params={"To": GOOD["To"], **query}, auth=(SID, TOKEN), trust_env=False)
            return [one["body"] for one in answer.json()["messages"]]

        assert bodies() == ["second", "first"]
        assert bodies(PageSize="1", Page="1") == ["first"]
        assert bodies(**{"DateSent": "2026-03-04"}) == ["first"]
        assert bodies(**{"DateSent>": "2026-03-05"}) == []


def test_a_person_answers_by_sms() -> None:
    """What Twilio posts for an incoming message, signed."""

    class Service(FakeWebhook):
        def answer(self, request: Request) -> Reply:
            return Reply(body=b"<Response/>")

    with FakeTwilio() as fake, Service() as service:
        assert fake.send_reply(f"{service.url}/callbacks/sms", "+8613800000001", "1 1042").status_code == 200
        assert service.requests[0].form["Body"] == "1 1042"
        assert service.requests[0].headers["x-twilio-signature"]


def test_dingtalk_wants_token_signature_and_keyword() -> None:
    """Always HTTP 200, and nothing is shown in the chat."""
    with FakeDingtalk(clock=ManualClock(NOW), secret=None, keyword="Tocsin") as fake:

        def code(url: str, text: str) -> int:
            body = {"msgtype": "text", "text": {"content": text}}
            answer = httpx.post(url, json=body, trust_env=False)
            assert answer.status_code == 200
            return int(answer.json()["errcode"])

        assert code(f"{fake.url}/robot/send?access_token=another", "Tocsin") == 300001
        assert code(fake.robot_url, "hello") == 310000
        assert code(fake.robot_url, "Tocsin: hello") == 0
        assert [one.text for one in fake.inbox.received()] == ["Tocsin: hello"]
    with FakeDingtalk(clock=ManualClock(NOW)) as fake:
        assert httpx.post(fake.robot_url, json={}, trust_env=False).json()["errcode"] == 310000


def test_the_webhook_sink_believes_only_what_is_signed_and_new() -> None:
    """Without headers, with a signature of another, or of yesterday: 401."""
    with FakeWebhook(clock=ManualClock(NOW)) as fake:
        signature = "v1," + base64.b64encode(b"0" * 32).decode()
        seconds = NOW // 1_000_000
        for headers in (
            {},
            {"webhook-id": "1", "webhook-timestamp": str(seconds), "webhook-signature": signature},
            {"webhook-id": "1", "webhook-timestamp": str(seconds - 86_400), "webhook-signature": signature},
        ):
            assert httpx.post(fake.url, content=b"{}", headers=headers, trust_env=False).status_code == 401
        assert fake.inbox.received() == []


def test_all_providers_share_one_inbox() -> None:
    """The demo starts them together and stops them together, twice if need be."""
    providers = Providers()
    with providers:
        assert _post(providers.twilio, GOOD).status_code == 201
        assert len(providers.inbox.wait_for(1, "sms")) == 1
        assert providers.mailbox.url.startswith("smtp://127.0.0.1:")
    providers.stop()


def test_the_inbox_tells_who_listens_until_they_stop() -> None:
    """Numbers count up over threads; waiting ends with the message or with the time."""
    inbox, heard = Inbox(), list[Received]()
    stop = inbox.subscribe(heard.append)
    threads = [
        threading.Thread(target=inbox.add, args=("sms",), kwargs={"to": "", "sender": "", "at": 0, "text": str(n)})
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    assert len(inbox.wait_for(8, "sms")) == 8
    for thread in threads:
        thread.join()
    stop()
    stop()
    inbox.add("mail", to="", sender="", at=0, text="unheard")
    assert sorted(one.number for one in heard) == list(range(1, 9))
    assert inbox.wait_for(3, "mail", timeout=0.01)[0].number == 9
