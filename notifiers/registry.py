"""Every kind of channel there is, and the notifier that serves it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from notifiers.config import Channel, DingtalkRobot, Settings, Smtp, TwilioSms, Webhook
from notifiers.dingtalk import DingtalkRobotNotifier
from notifiers.message import Notifier
from notifiers.smtp import SmtpNotifier
from notifiers.twilio_sms import TwilioSmsNotifier
from notifiers.webhook import WebhookNotifier
from streams.clock import Clock, WallClock

# Each takes the channel, its settings (of the type it is listed under) and the clock.
NOTIFIERS: Final[Mapping[type[Settings], Callable[[Channel, Any, Clock], Notifier]]] = {
    TwilioSms: TwilioSmsNotifier,
    Smtp: SmtpNotifier,
    DingtalkRobot: DingtalkRobotNotifier,
    Webhook: WebhookNotifier,
}


def build(channel: Channel, clock: Clock | None = None) -> Notifier:
    """The notifier of a configured channel. Secrets are read when it sends, not here."""
    return NOTIFIERS[type(channel.settings)](channel, channel.settings, clock or WallClock())
