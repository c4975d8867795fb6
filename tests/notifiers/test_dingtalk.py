"""The DingTalk robot against a fake that checks signatures and counts messages."""

from collections.abc import Iterator

import pytest

from notifiers.config import Channel, DingtalkRobot
from notifiers.dingtalk import BLOCKED_FOR, DingtalkRobotNotifier, sign
from notifiers.message import Accepted, CannotAsk, Mention, Permanent, Purpose, Temporary, Unknown
from service.demo.fake_dingtalk import SECRET, FakeDingtalk
from service.demo.loopback import Reply
from streams.clock import ManualClock
from streams.instants import HOUR, MINUTE, SECOND
from streams.secret import EnvSecret
from tests.notifiers.samples import NOW, message

LI_WEI = Mention(id="manager4220", name="李伟")
ZHANG_MIN = Mention(id="+8613800000002", name="张敏")
WANG_FANG = Mention(id=None, name="王芳")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def fake(clock: ManualClock) -> Iterator[FakeDingtalk]:
    with FakeDingtalk(clock=clock) as server:
        yield server


@pytest.fixture
def notifier(
    fake: FakeDingtalk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DingtalkRobotNotifier]:
    monkeypatch.setenv("DINGTALK_URL", fake.robot_url)
    monkeypatch.setenv("DINGTALK_SECRET", SECRET)
    made = _notifier(clock)
    yield made
    made.close()


def _notifier(clock: ManualClock, base_url: str | None = None) -> DingtalkRobotNotifier:
    settings = DingtalkRobot(url=EnvSecret(name="DINGTALK_URL"), secret=EnvSecret(name="DINGTALK_SECRET"))
    channel = Channel(id="ops-robot", settings=settings, timeout=2 * SECOND, base_url=base_url)
    return DingtalkRobotNotifier(channel, settings, clock)


def test_the_signature_of_the_test_vector(
    notifier: DingtalkRobotNotifier, monkeypatch: pytest.MonkeyPatch, fake: FakeDingtalk
) -> None:
    """The vector of channels.md, and it is encoded once on the wire, not twice."""
    assert sign("SECtest", 1700000000000) == "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="
    monkeypatch.setenv("DINGTALK_SECRET", "SECtest")
    settings = DingtalkRobot(url=EnvSecret(name="DINGTALK_URL"), secret=EnvSecret(name="DINGTALK_SECRET"))
    at = ManualClock(1_700_000_000_000 * 1000)
    DingtalkRobotNotifier(Channel(id="r", settings=settings), settings, at).send(message())
    assert fake.requests[0].query["sign"] == "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="
    assert fake.requests[0].query["timestamp"] == "1700000000000"
    assert fake.requests[0].query["access_token"] == "demo-robot"


def test_a_card_with_buttons_and_mentions(notifier: DingtalkRobotNotifier, fake: FakeDingtalk) -> None:
    """One message for all: ids in `at` and in the text, a name where there is no id."""
    sent = message(mentions=(LI_WEI, ZHANG_MIN, WANG_FANG), address="")
    assert notifier.send(sent) == Accepted()
    received = fake.inbox.received("chat")[0]
    assert received.raw["msgtype"] == "actionCard"
    assert received.title == "紧急：订单 A-1042"
    assert received.links == (("确认", sent.acknowledge_url), ("查看", sent.incident_url))
    assert received.raw["at"] == {"atUserIds": ["manager4220"], "atMobiles": ["13800000002"], "isAtAll": False}
    assert "@manager4220 @13800000002 @王芳" in received.text
    assert "已付款 52 小时，仍未发货" in received.text


def test_without_links_it_is_plain_markdown(notifier: DingtalkRobotNotifier, fake: FakeDingtalk) -> None:
    """A card without a button would be refused."""
    assert notifier.send(message(acknowledge_url=None, incident_url=None)) == Accepted()
    assert fake.inbox.received("chat")[0].raw["msgtype"] == "markdown"


def test_what_is_resolved_has_no_button_to_acknowledge(notifier: DingtalkRobotNotifier, fake: FakeDingtalk) -> None:
    """Only the page is left to open."""
    notifier.send(message(purpose=Purpose.RESOLVED))
    assert [title for title, _ in fake.inbox.received("chat")[0].links] == ["查看"]


@pytest.mark.parametrize(
    ("errcode", "kind", "wait"),
    [
        (130101, Temporary, BLOCKED_FOR),
        (410100, Temporary, BLOCKED_FOR),
        (-1, Temporary, None),
        (310000, Permanent, None),
        (300001, Permanent, None),
        (40035, Permanent, None),
    ],
)
def test_http_200_is_not_success(
    notifier: DingtalkRobotNotifier, fake: FakeDingtalk, errcode: int, kind: type, wait: int | None
) -> None:
    """The error code in the answer decides, and throttling waits for ten minutes."""
    fake.fail_next(errcode)
    outcome = notifier.send(message())
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Temporary | Permanent) and outcome.code == str(errcode)
    assert getattr(outcome, "retry_after", None) == wait
    assert fake.inbox.received() == []


def test_a_wrong_secret_is_refused(
    notifier: DingtalkRobotNotifier, monkeypatch: pytest.MonkeyPatch, fake: FakeDingtalk
) -> None:
    """The fake checks the signature with its own secret."""
    monkeypatch.setenv("DINGTALK_SECRET", "SECwrong")
    outcome = notifier.send(message())
    assert isinstance(outcome, Permanent)
    assert outcome.error == "errcode 310000: sign not match"


def test_a_clock_that_is_off_is_refused(
    clock: ManualClock, fake: FakeDingtalk, notifier: DingtalkRobotNotifier
) -> None:
    """More than an hour apart the timestamp is no longer believed."""
    outcome = _notifier(ManualClock(NOW + 2 * HOUR)).send(message())
    assert isinstance(outcome, Permanent)
    assert "invalid timestamp" in outcome.error


def test_the_twenty_first_message_in_a_minute_blocks_for_ten(
    notifier: DingtalkRobotNotifier, clock: ManualClock, fake: FakeDingtalk
) -> None:
    """And after the time that the outcome says, it works again."""
    assert [notifier.send(message()) for _ in range(20)] == [Accepted()] * 20
    blocked = notifier.send(message())
    assert isinstance(blocked, Temporary) and blocked.code == "130101" and blocked.retry_after == BLOCKED_FOR
    clock.move_by(2 * MINUTE)
    assert isinstance(notifier.send(message()), Temporary)
    clock.move_by(8 * MINUTE)
    assert notifier.send(message()) == Accepted()


@pytest.mark.parametrize("body", [b"", b"<html>sign in to the network</html>", b"[]", b'{"errcode": null}', b"{}"])
def test_an_answer_that_is_not_dingtalks_is_temporary(
    notifier: DingtalkRobotNotifier, fake: FakeDingtalk, body: bytes
) -> None:
    """A portal that answers 200 in the provider's place has delivered nothing."""
    fake.script(Reply(body=body))
    assert isinstance(notifier.send(message()), Temporary)


def test_a_lost_answer_is_unknown_and_cannot_be_asked_for(notifier: DingtalkRobotNotifier, fake: FakeDingtalk) -> None:
    """What a robot received nobody can say; the channel's setting decides."""
    fake.script(Reply(lost=True))
    assert isinstance(notifier.send(message()), Unknown)
    finding = notifier.ask(message(), NOW)
    assert isinstance(finding, CannotAsk) and not finding.temporary


def test_the_token_never_shows(
    notifier: DingtalkRobotNotifier,
    fake: FakeDingtalk,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not in errors, not in what the HTTP library logs, not when the server repeats it."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("DINGTALK_URL", fake.robot_url.replace("demo-robot", "secret-token-77"))
    shown = [notifier.send(message())]
    fake.script(Reply(status=400, body=b"bad request for access_token=secret-token-77"))
    shown.append(notifier.send(message()))
    fake.stop()
    shown.append(notifier.send(message()))
    monkeypatch.setenv("DINGTALK_URL", "nothing://secret-token-77")
    shown.append(notifier.send(message()))
    assert "secret-token-77" not in repr(shown) + caplog.text
    assert SECRET not in repr(shown) + caplog.text


def test_a_gateway_takes_the_place_of_the_provider(
    clock: ManualClock, fake: FakeDingtalk, notifier: DingtalkRobotNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """base_url keeps path and token of the robot's URL."""
    monkeypatch.setenv("DINGTALK_URL", "https://oapi.dingtalk.com/robot/send?access_token=demo-robot")
    assert _notifier(clock, base_url=fake.url).send(message()) == Accepted()
