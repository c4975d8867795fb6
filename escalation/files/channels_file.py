"""Reads channels.yaml."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

from escalation.files import keys
from escalation.files.reading import Declared, not_yet, read_plain_duration
from notifiers.config import (
    DEFAULT_TIMEOUT,
    Channel,
    DingtalkRobot,
    OnUnknown,
    Security,
    Setting,
    Settings,
    Smtp,
    TwilioSms,
    Webhook,
)
from rules.files.document import Leaf, Map, wrong
from streams.instants import Micros

_ON_UNKNOWN: Final = ("resend", "mark")
_PORTS: Final[Mapping[str, int]] = {"none": 25, "starttls": 587, "tls": 465}
_MAIL_ADDRESS: Final = re.compile(r"(?:[^<>]*<)?[^@\s<>]+@[^@\s<>]+>?")
# A number, a short code, a sender's name of up to eleven characters, or a messaging service.
_SMS_SENDER: Final = re.compile(r"\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11}|MG[0-9a-fA-F]{32}")


def read_channels(found: Mapping[str, Declared], folder: Path) -> dict[str, Channel]:
    """The channels that are right; `folder` is where relative `file:` secrets start."""
    channels = (_channel(one.name, one.body, folder) for one in found.values() if one.body is not None)
    return {channel.id: channel for channel in channels if channel is not None}


def _channel(name: str, body: Map, folder: Path) -> Channel | None:
    kind = body.leaf("kind", required=True)
    if kind is None:
        return None
    if kind.raw not in READERS:  # all are listed: the nearest word is a poor guess for a provider that is not there yet
        body.problems.error(
            kind.place,
            "unknown_kind",
            zh=f"没有类型为 {kind.raw} 的通道；可用：{'、'.join(READERS)}",
            en=f"there are no channels of kind {kind.raw}; known: {', '.join(READERS)}",
        )
        return None
    if "limit" in body:
        not_yet(body.problems, body.key_place("limit"), "limit")
    settings = READERS[kind.raw](body, folder)
    base_url = _url(body.leaf("base_url"), "smtp" if kind.raw == "smtp" else "http")
    on_unknown = body.one_of("on_unknown", _ON_UNKNOWN) or "resend"
    timeout = _timeout(body)
    if settings is None:
        return None
    return Channel(
        id=name,
        settings=settings,
        base_url=base_url,
        on_unknown=cast(OnUnknown, on_unknown),
        timeout=timeout,
    )


def _twilio_sms(body: Map, folder: Path) -> Settings | None:
    body.only(*keys.CHANNEL["twilio-sms"])
    account_sid = _setting(body, "account_sid", folder, required=True)
    auth_token = body.secret("auth_token", folder, required=True)
    from_ = _setting(body, "from", folder, required=True)
    leaf = body.entries["from"].node if "from" in body else None
    if isinstance(leaf, Leaf) and isinstance(from_, str) and _SMS_SENDER.fullmatch(from_) is None:
        wrong(leaf, zh="发送号码（+国家码号码，加引号）", en='a sender: a number such as "+15005550006", in quotes')
        return None
    if account_sid is None or auth_token is None or from_ is None:
        return None
    return TwilioSms(account_sid=account_sid, auth_token=auth_token, from_=from_)


def _smtp(body: Map, folder: Path) -> Settings | None:
    body.only(*keys.CHANNEL["smtp"])
    host = body.string("host", required=True)
    security = body.one_of("security", _PORTS) or "starttls"
    port = body.integer("port")
    if port is not None and not 0 < port < 65536:
        wrong(body.entries["port"].node, zh="1 到 65535 的端口", en="a port from 1 to 65535")
    user, password = _setting(body, "user", folder), body.secret("password", folder)
    if ("user" in body) != ("password" in body):
        present, absent = ("user", "password") if "user" in body else ("password", "user")
        body.problems.error(
            body.key_place(present), "missing_key", zh=f"有 {present} 还须有 {absent}", en=f"{present} needs {absent}"
        )
    from_ = body.leaf("from", required=True)
    if from_ is not None and _MAIL_ADDRESS.fullmatch(from_.raw) is None:
        wrong(from_, zh="电子邮件地址", en="a mail address")
        return None
    if host is None or from_ is None:
        return None
    return Smtp(
        host=host,
        port=_PORTS[security] if port is None else port,
        security=cast(Security, security),
        user=user,
        password=password,
        from_=from_.raw,
    )


def _dingtalk_robot(body: Map, folder: Path) -> Settings | None:
    body.only(*keys.CHANNEL["dingtalk-robot"])
    url, secret = body.secret("url", folder, required=True), body.secret("secret", folder)
    return None if url is None else DingtalkRobot(url=url, secret=secret)


def _webhook(body: Map, folder: Path) -> Settings | None:
    body.only(*keys.CHANNEL["webhook"])
    url, secret = _setting(body, "url", folder, required=True), body.secret("secret", folder)
    if isinstance(url, str):
        url = _url(body.leaf("url"), "http")
    return None if url is None else Webhook(url=url, secret=secret)


READERS: Final[Mapping[str, Callable[[Map, Path], Settings | None]]] = {
    "twilio-sms": _twilio_sms,
    "smtp": _smtp,
    "dingtalk-robot": _dingtalk_robot,
    "webhook": _webhook,
}


def _setting(body: Map, key: str, folder: Path, *, required: bool = False) -> Setting | None:
    """What may stand in the file, but need not."""
    leaf = body.leaf(key, required=required)
    if leaf is None:
        return None
    return body.secret(key, folder) if leaf.raw.startswith(("env:", "file:")) else leaf.raw


def _url(leaf: Leaf | None, scheme: str) -> str | None:
    """An address with one of the scheme's forms (http and https, smtp and smtps) and a host."""
    if leaf is None:
        return None
    try:
        parts = urlsplit(leaf.raw)
        right = parts.scheme in (scheme, scheme + "s") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if right and not any(character.isspace() for character in leaf.raw):
        return leaf.raw
    wrong(
        leaf,
        zh=f"以 {scheme}:// 或 {scheme}s:// 开头的地址",
        en=f"an address that begins with {scheme}:// or {scheme}s://",
    )
    return None


def _timeout(body: Map) -> Micros:
    leaf = body.leaf("timeout")
    timeout = None if leaf is None else read_plain_duration(leaf)
    if leaf is not None and timeout == 0:
        wrong(leaf, zh="大于零的时长", en="a duration above zero")
    return timeout or DEFAULT_TIMEOUT
