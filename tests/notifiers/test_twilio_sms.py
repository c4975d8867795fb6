"""The real Twilio SDK against the fake of its API, and what comes back by callback."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifiers.config import Channel, TwilioSms
from notifiers.message import Accepted, CannotAsk, NotSent, Permanent, Progress, Temporary, Unknown
from notifiers.sms_replies import answer, parse_reply
from notifiers.templates import sms
from notifiers.twilio_sms import (
    PERMANENT_CODES,
    TEMPORARY_CODES,
    TwilioSmsNotifier,
    is_from_twilio,
    parse_status,
)
from service.demo.fake_twilio import SID, TOKEN, FakeTwilio
from service.demo.loopback import LoopbackServer, Reply, Request, json_reply
from streams.clock import ManualClock
from streams.instants import HOUR, MINUTE, SECOND
from streams.secret import EnvSecret
from tests.notifiers.samples import NOW, message


class Hook(LoopbackServer):
    """Where the callbacks go."""

    def answer(self, request: Request) -> Reply:
        return Reply(status=204)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def fake(clock: ManualClock) -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=clock) as server:
        yield server


@pytest.fixture
def notifier(fake: FakeTwilio, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioSmsNotifier]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    made = _notifier(fake.url, clock)
    yield made
    made.close()


def _notifier(base_url: str, clock: ManualClock, sender: str = "+15005550006") -> TwilioSmsNotifier:
    settings = TwilioSms(account_sid=SID, auth_token=EnvSecret(name="TWILIO_TOKEN"), from_=sender)
    return TwilioSmsNotifier(
        Channel(id="sms", settings=settings, base_url=base_url, timeout=2 * SECOND), settings, clock
    )


def test_one_request_with_the_right_fields(notifier: TwilioSmsNotifier, fake: FakeTwilio) -> None:
    """The SDK posts the form once, signed in, and the provider's id comes back."""
    sent = message(status_url="https://tocsin.example.com/callbacks/twilio/1042-3-0")
    outcome = notifier.send(sent)
    assert outcome == Accepted(provider_id=fake.messages[0].sid)
    assert len(fake.requests) == 1
    request = fake.requests[0]
    assert (request.method, request.path) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert request.form == {
        "To": "+8613800000001",
        "From": "+15005550006",
        "Body": sms(sent),
        "StatusCallback": "https://tocsin.example.com/callbacks/twilio/1042-3-0",
    }
    assert request.headers["user-agent"].startswith("twilio-python/")


def test_a_messaging_service_stands_in_for_the_sender(
    fake: FakeTwilio, clock: ManualClock, notifier: TwilioSmsNotifier
) -> None:
    """A sender MG... is a messaging service."""
    other = _notifier(fake.url, clock, sender="MG" + "1" * 32)
    assert isinstance(other.send(message()), Accepted)
    assert fake.requests[0].form["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in fake.requests[0].form


@pytest.mark.parametrize("code", sorted(PERMANENT_CODES))
def test_what_never_works_is_permanent(notifier: TwilioSmsNotifier, fake: FakeTwilio, code: int) -> None:
    """The person's next channel is due at once."""
    fake.refusals["+8613800000001"] = code
    outcome = notifier.send(message())
    assert isinstance(outcome, Permanent)
    assert outcome.code == str(code)


@pytest.mark.parametrize("code", sorted(TEMPORARY_CODES))
def test_what_may_work_later_is_temporary(notifier: TwilioSmsNotifier, fake: FakeTwilio, code: int) -> None:
    """Also where it comes with HTTP 400."""
    fake.refusals["+8613800000001"] = code
    outcome = notifier.send(message())
    assert isinstance(outcome, Temporary)
    assert outcome.code == str(code)


def test_too_many_requests_say_when_to_come_back(notifier: TwilioSmsNotifier, fake: FakeTwilio) -> None:
    """Retry-After is honoured, in seconds and as a date."""
    too_many = {"code": 20429, "message": "Too Many Requests", "status": 429}
    fake.script(json_reply(too_many, 429, {"Retry-After": "7"}))
    fake.script(json_reply(too_many, 429, {"Retry-After": "Wed, 04 Mar 2026 05:01:00 GMT"}))
    fake.script(Reply(status=503, body=b"<html>"))
    first, second, third = (notifier.send(message()) for _ in range(3))
    assert isinstance(first, Temporary) and (first.code, first.retry_after) == ("20429", 7 * SECOND)
    assert isinstance(second, Temporary) and second.retry_after == MINUTE
    assert isinstance(third, Temporary) and (third.code, third.retry_after) == ("503", None)


def test_a_wrong_token_is_permanent_and_not_shown(
    fake: FakeTwilio, notifier: TwilioSmsNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says "authenticate", never with what; a missing token is said by its name."""
    monkeypatch.setenv("TWILIO_TOKEN", "another-secret-token")
    fake.script(json_reply({"code": 20003, "message": "no such token another-secret-token", "status": 401}, 401))
    outcome = notifier.send(message())
    assert isinstance(outcome, Permanent) and outcome.code == "20003"
    assert "another-secret-token" not in outcome.error
    assert isinstance(notifier.send(message()), Permanent)
    monkeypatch.delenv("TWILIO_TOKEN")
    missing = notifier.send(message())
    assert isinstance(missing, Permanent) and "TWILIO_TOKEN" in missing.error


def test_nobody_there_is_temporary(clock: ManualClock, notifier: TwilioSmsNotifier, fake: FakeTwilio) -> None:
    """Without a connection nothing was sent."""
    fake.stop()
    outcome = notifier.send(message())
    assert isinstance(outcome, Temporary)
    assert isinstance(notifier.ask(message(), NOW), CannotAsk)


def test_an_answer_that_is_lost_is_unknown_and_can_be_asked_for(notifier: TwilioSmsNotifier, fake: FakeTwilio) -> None:
    """The message was taken although no answer came; asking finds it by our id."""
    fake.lose_next_answer()
    assert isinstance(notifier.send(message()), Unknown)
    found = notifier.ask(message(), NOW)
    assert isinstance(found, Accepted)
    assert found.provider_id == fake.messages[0].sid


def test_asking_does_not_mistake_another_message_for_ours(
    notifier: TwilioSmsNotifier, fake: FakeTwilio, clock: ManualClock
) -> None:
    """Another id, one that ours begins with, another number, or one from long before: not sent."""
    for other in ("1042-3-01", "1042-3-0-1", "11042-3-0", "1042-3-1"):
        notifier.send(message(delivery_id=other))
    notifier.send(message(address="+8613800000002"))
    assert notifier.ask(message(), NOW) == NotSent()
    notifier.send(message())
    assert isinstance(notifier.ask(message(), NOW), Accepted)
    assert notifier.ask(message(), NOW + HOUR) == NotSent()


def test_asking_reads_on_to_the_next_page(notifier: TwilioSmsNotifier, fake: FakeTwilio) -> None:
    """Ours is the oldest of more than a page."""
    notifier.send(message())
    with fake.lock:
        fake.messages.extend([replace(fake.messages[0], body="#1-1-1") for _ in range(150)])
    assert isinstance(notifier.ask(message(), NOW), Accepted)
    assert [request.method for request in fake.requests] == ["POST", "GET", "GET"]


def test_a_found_message_says_what_became_of_it(notifier: TwilioSmsNotifier, fake: FakeTwilio) -> None:
    """Callbacks that came while we were away are made good by asking."""
    fake.undelivered["+8613800000001"] = 30005
    notifier.send(message())
    fake.stop_callbacks()
    found = notifier.ask(message(), NOW)
    assert isinstance(found, Accepted) and found.receipt is not None
    assert found.receipt.progress is Progress.UNDELIVERED
    assert found.receipt.failure == Permanent(error="undelivered (30005)", code="30005")


def test_status_callbacks_are_signed_and_come_in_order(notifier: TwilioSmsNotifier, fake: FakeTwilio) -> None:
    """The fake calls back as Twilio does, and our check of the signature agrees with it."""
    with Hook() as hook:
        notifier.send(message(status_url=f"{hook.url}/callbacks/twilio/1042-3-0?x=1"))
        fake.stop_callbacks()
        receipts = [parse_status(request.form) for request in hook.requests]
        assert [one.progress for one in receipts if one is not None] == [Progress.SENT, Progress.DELIVERED]
        for request in hook.requests:
            signature = request.headers["x-twilio-signature"]
            path = "/callbacks/twilio/1042-3-0?x=1"
            assert is_from_twilio([TOKEN], hook.url, path, request.form, signature)
            assert not is_from_twilio([TOKEN], hook.url, path, {**request.form, "MessageStatus": "failed"}, signature)
            assert not is_from_twilio(["another"], hook.url, path, request.form, signature)
            assert is_from_twilio(["another", TOKEN], hook.url, path, request.form, signature)
            assert not is_from_twilio([TOKEN], hook.url, path, request.form, None)


@pytest.mark.parametrize(
    ("phones", "signature"),
    [
        (("+12349013030", "+12349013030"), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        (("+14158675309", "+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_the_signature_of_twilios_own_example(phones: tuple[str, str], signature: str) -> None:
    """The vectors of channels.md, with and without the port."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": phones[0],
        "Digits": "1234",
        "From": phones[1],
        "To": "+18005551212",
    }
    path = "/myapp.php?foo=1&bar=2"
    assert is_from_twilio(["12345"], "https://mycompany.com", path, form, signature)
    assert is_from_twilio(["12345"], "https://mycompany.com:443/", path, form, signature)
    assert not is_from_twilio(["12345"], "http://mycompany.com", path, form, signature)


@pytest.mark.parametrize(
    ("status", "code", "progress", "failure"),
    [
        ("queued", None, Progress.ACCEPTED, None),
        ("sent", None, Progress.SENT, None),
        ("delivered", None, Progress.DELIVERED, None),
        ("undelivered", "30003", Progress.UNDELIVERED, Temporary),
        ("undelivered", "30008", Progress.UNDELIVERED, Temporary),
        ("undelivered", "30007", Progress.UNDELIVERED, Permanent),
        ("failed", None, Progress.UNDELIVERED, Permanent),
        ("failed", "not a number", Progress.UNDELIVERED, Permanent),
    ],
)
def test_statuses(status: str, code: str | None, progress: Progress, failure: type | None) -> None:
    """`undelivered` is a failure; the code says of which class."""
    form = {"MessageSid": "SM1", "MessageStatus": status} | ({} if code is None else {"ErrorCode": code})
    receipt = parse_status(form)
    assert receipt is not None
    assert receipt.progress is progress
    assert (type(receipt.failure) if receipt.failure else None) is failure


def test_ranks_never_go_back() -> None:
    """A late `sent` does not undo `delivered`."""
    assert Progress.ACCEPTED.rank < Progress.SENT.rank < Progress.DELIVERED.rank == Progress.UNDELIVERED.rank


def test_forms_that_are_no_status_are_none() -> None:
    """Unknown words and missing ids are not guessed at."""
    assert parse_status({"MessageSid": "SM1", "MessageStatus": "dancing"}) is None
    assert parse_status({"MessageStatus": "sent"}) is None


@pytest.mark.parametrize(
    ("text", "wish", "code"),
    [
        ("1", "acknowledge", None),
        (" 1 1042 ", "acknowledge", "1042"),
        ("１　1042", "acknowledge", "1042"),
        ("2 #1042", "escalate", "1042"),
        ("3，1042。", "resolve", "1042"),
        ("1042", None, None),
        ("好的", None, None),
        ("10 minutes", None, None),
        ("", None, None),
    ],
)
def test_replies(text: str, wish: str | None, code: str | None) -> None:
    """1, 2 or 3, with a code or without, also as a Chinese keyboard writes it; anything else is no wish."""
    reply = parse_reply({"From": "+8613800000001", "MessageSid": "SM1", "Body": text})
    assert reply is not None
    assert (reply.wish, reply.code) == (wish, code)


def test_answers_to_replies_are_twiml() -> None:
    """The text is escaped; nothing to say is an empty response."""
    assert "<Message>已确认 &lt;1042&gt;</Message>" in answer("已确认 <1042>")
    assert "<Message>" not in answer("")
