"""The demo's workspace: accepted as it is, in both languages, and led to the demo's own providers."""

import json
import stat
from zoneinfo import ZoneInfo

import pytest

from escalation.files.workspace_files import load_contacts
from notifiers.config import DingtalkRobot, TwilioSms, reveal
from rules.judging.judge import Judge
from rules.workspace import load_workspace
from service.checks.checking import check_workspace
from service.config import load_settings
from service.demo.fake_dingtalk import SECRET
from service.demo.orders import OrderFlow
from service.demo.providers import Providers
from service.demo.workspace_files import write_demo_workspace
from simulator.replay import replay
from streams.decoding import Decoded, Decoder
from streams.engine import Engine
from streams.event import Event
from streams.instants import MINUTE, SECOND, parse_instant
from streams.model import Model

NOW = parse_instant("2026-03-02T08:00:00Z", ZoneInfo("UTC"))


@pytest.fixture(scope="module")
def providers():
    with Providers() as running:
        yield running


def events_of(flow: OrderFlow, model: Model, orders: int) -> list[Event]:
    decoder = Decoder(model)
    found = []
    for _, planned in zip(range(orders), flow.orders(), strict=False):
        for one in planned:
            decoded = decoder.decode(json.dumps(one.event), now=None, position="demo")
            assert isinstance(decoded, Decoded), decoded
            assert decoded.left_out == ()
            found.append(decoded.event)
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_demo_s_files_have_no_findings(tmp_path, providers, language):
    """Rules, people, chains, channels and settings of the demo are accepted without an error or a warning."""
    write_demo_workspace(tmp_path, language, providers, port=8400)
    assert check_workspace(tmp_path, NOW).problems == ()
    settings = load_settings(tmp_path)
    assert (settings.language, settings.url) == (language, "http://127.0.0.1:8400")
    assert len(settings.api_keys["demo"].reveal({})) >= 20


def test_the_channels_lead_to_the_demo_s_providers_and_nowhere_else(tmp_path, providers):
    """Addresses and secrets are those of the servers in this process."""
    write_demo_workspace(tmp_path, "en", providers)
    channels = load_contacts(tmp_path, load_workspace(tmp_path)).channels
    assert channels["sms"].base_url == providers.twilio.url
    assert channels["mail"].base_url == providers.mailbox.url
    sms, chat = channels["sms"].settings, channels["ops-chat"].settings
    assert isinstance(sms, TwilioSms) and isinstance(chat, DingtalkRobot)
    assert reveal(sms.auth_token) == providers.twilio.auth_token
    assert reveal(chat.url) == providers.dingtalk.robot_url
    assert chat.secret is not None and reveal(chat.secret) == SECRET
    assert stat.S_IMODE((tmp_path / "secrets" / "robot-url").stat().st_mode) == 0o600


def test_it_can_be_written_again(tmp_path, providers):
    """A second start writes over what the first one left."""
    write_demo_workspace(tmp_path, "en", providers)
    write_demo_workspace(tmp_path, "zh", providers)
    assert load_settings(tmp_path).language == "zh"


def test_the_first_order_is_overdue_within_twenty_seconds(tmp_path, providers):
    """The sample orders, put through the demo's rules, show the point at once, and every rule in five minutes."""
    write_demo_workspace(tmp_path, "en", providers)
    workspace = load_workspace(tmp_path)
    events = events_of(OrderFlow(NOW, seed=7), workspace.model, orders=75)
    engine = Engine(workspace.model, Judge(workspace.rules, "compiled"))
    firings = replay(engine, events, until=NOW + 5 * MINUTE).firings
    first = next(firing for firing in firings if firing.rule == "paid-not-shipped")
    assert first.opened_at <= NOW + 20 * SECOND
    assert first.resolved_at is None
    assert {firing.rule for firing in firings} == {rule.id for rule in workspace.rules}
    overdue = [firing for firing in firings if firing.rule == "paid-not-shipped"]
    assert 8 <= len(overdue) <= 30  # something always goes wrong, and most goes well
