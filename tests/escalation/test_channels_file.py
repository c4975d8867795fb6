"""channels.yaml: what is read, and every error with its place. Secrets stay references."""

from pathlib import Path

import pytest

from escalation.files.channels_file import READERS
from notifiers.config import KINDS, DingtalkRobot, Smtp, TwilioSms, Webhook
from streams.instants import SECOND
from streams.secret import EnvSecret, FileSecret
from tests.escalation.workspaces import (
    SMS,
    load,
    marked,
    problems,
    said,
)


def test_channels_of_every_kind(tmp_path: Path) -> None:
    """Required and optional settings, their defaults, and secrets as references."""
    channels = """
channels:
  sms: {kind: twilio-sms, account_sid: AC1, auth_token: file:secrets/twilio, from: env:SENDER, base_url: "http://127.0.0.1:9"}
  mail: {kind: smtp, host: h, port: 2525, security: none, user: u, password: env:P, from: Tocsin <t@example.com>}
  tls: {kind: smtp, host: h, security: tls, from: t@example.com, timeout: 3s, on_unknown: mark}
  robot: {kind: dingtalk-robot, url: env:U}
  hook: {kind: webhook, url: env:H}
"""
    found = load(tmp_path, channels=channels).channels
    assert found["sms"].settings == TwilioSms(
        account_sid="AC1", auth_token=FileSecret(path=tmp_path / "secrets/twilio"), from_=EnvSecret(name="SENDER")
    )
    assert found["mail"].settings == Smtp(
        host="h",
        port=2525,
        security="none",
        user="u",
        password=EnvSecret(name="P"),
        from_="Tocsin <t@example.com>",
    )
    assert found["tls"].settings == Smtp(
        host="h", port=465, security="tls", user=None, password=None, from_="t@example.com"
    )
    assert found["robot"].settings == DingtalkRobot(url=EnvSecret(name="U"), secret=None)
    assert found["hook"].settings == Webhook(url=EnvSecret(name="H"), secret=None)
    assert (found["sms"].base_url, found["sms"].on_unknown, found["sms"].timeout) == (
        "http://127.0.0.1:9",
        "resend",
        10 * SECOND,
    )
    assert (found["tls"].on_unknown, found["tls"].timeout) == ("mark", 3 * SECOND)
    assert [channel.kind for channel in found.values()] == [
        "twilio-sms",
        "smtp",
        "smtp",
        "dingtalk-robot",
        "webhook",
    ]


def test_a_secret_knows_the_line_that_asks_for_it(tmp_path: Path) -> None:
    """So that a missing variable is reported with its place."""
    settings = load(tmp_path, channels=SMS % "").channels["sms"].settings
    assert isinstance(settings, TwilioSms) and isinstance(settings.auth_token, EnvSecret)
    assert settings.auth_token.place == f"channels.yaml:1:{SMS.index('env:T') + 1}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{kind: §sms}", "there are no channels of kind sms; known: twilio-sms, smtp, dingtalk-robot, webhook"),
        ("§{url: x}", "the key kind is missing"),
        (
            "{kind: §wecom-robot}",
            "there are no channels of kind wecom-robot; known: twilio-sms, smtp, dingtalk-robot, webhook",
        ),
        ("§{kind: webhook}", "the key url is missing"),
        ("{kind: webhook, url: §'erp.example.com'}", "expected an address that begins with http://"),
        ("{kind: webhook, url: 'http://h', §secrt: env:X}", "unknown key secrt; did you mean secret?"),
        ("{kind: webhook, url: 'http://h', §limit: {per_minute: 20}}", "limit is not supported by this version"),
        ("{kind: webhook, url: 'http://h', on_unknown: §ask}", "unknown value ask; known: resend, mark"),
        ("{kind: webhook, url: 'http://h', timeout: §0s}", "expected a duration above zero"),
        ("{kind: webhook, url: 'http://h', base_url: §'ftp://h'}", "expected an address that begins with http"),
        ("§{kind: twilio-sms, account_sid: A, auth_token: env:T}", "the key from is missing"),
        ("{kind: twilio-sms, account_sid: A, auth_token: env:T, from: §'#!'}", "expected a sender"),
        ("§{kind: smtp, host: h}", "the key from is missing"),
        ("{kind: smtp, host: h, from: §tocsin}", 'expected a mail address, found "tocsin"'),
        ("{kind: smtp, host: h, from: a@b, port: §99999}", 'expected a port from 1 to 65535, found "99999"'),
        ("{kind: smtp, host: h, from: a@b, security: §ssl}", "unknown value ssl"),
        ("{kind: smtp, host: h, from: a@b, §user: u}", "user needs password"),
        ("{kind: smtp, host: h, from: a@b, §password: env:P}", "password needs user"),
        ("§{kind: dingtalk-robot, secret: env:S}", "the key url is missing"),
    ],
)
def test_errors_in_channels(tmp_path: Path, body: str, expected: str) -> None:
    """Every kind has its required and optional settings; the known kinds are listed."""
    place, channels = marked(f"channels: {{c: {body}}}")
    found = said(tmp_path, people="", chains="", channels=channels)
    assert any(line.startswith(f"channels.yaml:{place}: error: {expected}") for line in found), "\n".join(found)


@pytest.mark.parametrize(
    "body",
    [
        "{kind: twilio-sms, account_sid: A, auth_token: s3cret, from: '+15005550006'}",
        "{kind: smtp, host: h, from: a@b, user: u, password: s3cret}",
        "{kind: dingtalk-robot, url: 'https://oapi.dingtalk.com/robot/send?access_token=s3cret'}",
        "{kind: dingtalk-robot, url: env:U, secret: s3cret}",
        "{kind: webhook, url: 'https://h', secret: s3cret}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path, body: str) -> None:
    """Secrets are env:NAME or file:PATH; the message does not repeat what was written."""
    (problem,) = problems(tmp_path, people="", chains="", channels=f"channels: {{c: {body}}}")
    assert problem.code == "secret_in_file"
    assert "s3cret" not in problem.message.en + problem.message.zh


def test_every_kind_of_channel_can_be_read() -> None:
    """The list of readers and the list of kinds are the same list."""
    assert list(READERS) == list(KINDS)
