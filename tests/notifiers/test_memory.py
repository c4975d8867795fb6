"""The in-memory twin, and the registry that builds the real ones."""

from notifiers.config import KINDS, Channel, DingtalkRobot, Settings, Smtp, TwilioSms, Webhook
from notifiers.dingtalk import DingtalkRobotNotifier
from notifiers.memory import MemoryNotifier
from notifiers.message import Accepted, Notifier, NotSent, Permanent, Temporary, Unknown
from notifiers.registry import NOTIFIERS, build
from notifiers.smtp import SmtpNotifier
from notifiers.twilio_sms import TwilioSmsNotifier
from notifiers.webhook import WebhookNotifier
from streams.secret import EnvSecret
from tests.notifiers.samples import NOW, message

SECRET = EnvSecret(name="NOT_SET_ANYWHERE")
SETTINGS: dict[type[object], Settings] = {
    TwilioSmsNotifier: TwilioSms(account_sid="AC1", auth_token=SECRET, from_="+15005550006"),
    SmtpNotifier: Smtp(host="127.0.0.1", port=1, security="none", user="u", password=SECRET, from_="t@example.com"),
    DingtalkRobotNotifier: DingtalkRobot(url=SECRET, secret=None),
    WebhookNotifier: Webhook(url="http://127.0.0.1:1/", secret=SECRET),
}


def test_every_kind_of_channel_has_its_notifier() -> None:
    """A kind that can be written in channels.yaml can be sent on."""
    assert set(NOTIFIERS) == set(KINDS.values())
    for expected, settings in SETTINGS.items():
        notifier = build(Channel(id="c", settings=settings))
        assert type(notifier) is expected
        notifier.close()


def test_without_its_secret_a_channel_fails_for_good_and_says_which() -> None:
    """So that the person's next channel is tried at once; nothing is raised."""
    for settings in SETTINGS.values():
        notifier = build(Channel(id="c", settings=settings))
        outcome = notifier.send(message(address="li.wei@example.com"))
        assert isinstance(outcome, Permanent)
        assert (outcome.code, "NOT_SET_ANYWHERE" in outcome.error) == ("setting_missing", True)
        notifier.close()


def test_the_twin_answers_as_scripted_and_then_accepts() -> None:
    """What failed was not received; what is unknown was, and can be asked for."""
    twin = MemoryNotifier([Temporary(error="busy"), Unknown(error="no answer")])
    notifier: Notifier = twin
    one, two = message(), message(delivery_id="1042-4-0")
    assert notifier.send(one) == Temporary(error="busy")
    assert notifier.ask(one, NOW) == NotSent()
    assert notifier.send(one) == Unknown(error="no answer")
    assert isinstance(notifier.ask(one, NOW), Accepted)
    assert notifier.ask(two, NOW) == NotSent()
    assert isinstance(notifier.send(two), Accepted)
    assert [sent.delivery_id for sent in twin.sent] == ["1042-3-0", "1042-4-0"]
    assert len(twin.attempts) == 3
    twin.script(Permanent(error="no"))
    assert isinstance(twin.send(one), Permanent)
    notifier.close()
    assert twin.closed
