"""What channels.yaml says about each channel: one dataclass per kind. Secrets stay references until they are used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from streams.instants import SECOND, Micros
from streams.secret import Secret

OnUnknown = Literal["resend", "mark"]
Security = Literal["none", "starttls", "tls"]

DEFAULT_TIMEOUT: Final = 10 * SECOND

Setting = str | Secret  # what may stand in the file, but need not


def reveal(setting: Setting, environment: Mapping[str, str] | None = None) -> str:
    """The value of a setting that may be a reference. Raises SettingMissing."""
    return setting if isinstance(setting, str) else setting.reveal(environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSms:
    account_sid: Setting
    auth_token: Secret
    from_: Setting  # +E.164, a short code, a sender's name, or the sid of a messaging service (MG...)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    host: str
    port: int
    security: Security
    user: Setting | None
    password: Secret | None  # with `user`, or neither
    from_: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DingtalkRobot:
    url: Secret  # contains the access token
    secret: Secret | None  # None: the robot is guarded by keywords or addresses instead of a signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    url: Setting
    secret: Secret | None  # signs the body


Settings = TwilioSms | Smtp | DingtalkRobot | Webhook

KINDS: Final[Mapping[str, type[Settings]]] = {
    "twilio-sms": TwilioSms,
    "smtp": Smtp,
    "dingtalk-robot": DingtalkRobot,
    "webhook": Webhook,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    id: str
    settings: Settings
    base_url: str | None = None  # of a fake or gateway, in place of the provider's own
    on_unknown: OnUnknown = "resend"
    timeout: Micros = DEFAULT_TIMEOUT

    @property
    def kind(self) -> str:
        return next(kind for kind, settings in KINDS.items() if isinstance(self.settings, settings))

    @property
    def contact(self) -> str | None:
        """The contact without which a person has no address here.

        None: a DingTalk robot mentions by the contact `dingtalk`, else writes the name; a webhook gets the person's id.
        """
        match self.settings:
            case TwilioSms():
                return "phone"
            case Smtp():
                return "email"
            case DingtalkRobot() | Webhook():
                return None

    @property
    def is_group(self) -> bool:
        """One message there is seen by a group; people are mentioned in it."""
        return isinstance(self.settings, DingtalkRobot)
