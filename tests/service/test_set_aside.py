"""What cannot be judged or is no longer in the files does not stop everything else."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from console.backend import Taken
from rules.judging.judge import Judge
from service.intake import Events
from store.queries import IncidentFilter
from streams.clock import ManualClock
from streams.entity import Entity
from streams.firing import Reason
from streams.instants import SECOND
from tests.service.running import CHAINS, MODEL, PEOPLE, RULES, event
from tests.service.whole import Provider, Whole, micros

CHANNELS = """
channels:
  sms: {kind: twilio-sms, account_sid: AC1, auth_token: "env:TOKEN", from: "+15005550006"}
  mail: {kind: smtp, host: localhost, security: none, from: tocsin@example.com}
  chat: {kind: dingtalk-robot, url: "env:ROBOT_URL"}
"""
BEGIN = 1_772_442_000 * SECOND
FILES = {"model": MODEL, "chains": CHAINS, "people": PEOPLE, "channels": CHANNELS, "rules/rules": RULES}
OTHER_KIND = {
    "model": MODEL.replace("order:", "thing:"),
    "rules/rules": RULES.replace("owner: li-wei", "owner: li-wei, on: thing"),
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGIN)


@pytest.fixture
def providers(clock: ManualClock) -> Mapping[str, Provider]:
    return {name: Provider(name, clock) for name in ("sms", "mail", "chat")}


def write(folder: Path, **files: str) -> Path:
    (folder / "rules").mkdir(exist_ok=True)
    for name, text in (FILES | files).items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def paid(whole: Whole, *keys: str) -> Taken:
    at = f"2026-03-02T09:00:{(whole.clock.now() - BEGIN) // SECOND:02}Z"
    raw = [json.dumps(event(key, "paid", at)) for key in keys]
    items = [whole.decoder.decode(one, now=whole.clock.now(), position="1") for one in raw]
    taken: Taken = whole.batch([Events(items=items)])[0]
    return taken


def opened(whole: Whole) -> list[str]:
    with whole.store.read() as reader:
        page = reader.incident_page(IncidentFilter(), order="newest", after=None, limit=100)
    return sorted(line.incident.firing.key for line in page.lines)


@pytest.mark.parametrize("when", ["step", "advance"])
def test_an_entity_that_cannot_be_judged_is_set_aside(tmp_path, clock, providers, monkeypatch, when):
    """Its events are taken and all others are judged; it is tried again each minute, and nothing of it is lost."""
    broken, judged = True, getattr(Judge, when)

    def judge(self: Judge, entity: Entity, *args: object) -> None:
        if broken and entity.key == "BAD":
            raise ZeroDivisionError("a bug of ours")
        judged(self, entity, *args)

    monkeypatch.setattr(Judge, when, judge)
    whole = Whole(write(tmp_path), clock, providers)
    assert paid(whole, "A", "BAD", "B").answers == [None, None, None]
    whole.run_to(BEGIN + micros("150s"))
    assert opened(whole) == ["A", "B"]
    broken = False
    whole.run_to(BEGIN + micros("240s"))
    assert opened(whole) == ["A", "B", "BAD"]
    whole.close()


@pytest.mark.parametrize("files", [{"rules/rules": "rules: []\n"}, OTHER_KIND], ids=["no rules", "no such kind"])
def test_what_the_files_no_longer_have_stops_nothing(tmp_path, clock, providers, files):
    """An open incident of rules and a kind that are gone ends; with it and a due entity the loop does not spin."""
    whole = Whole(write(tmp_path), clock, providers)
    paid(whole, "A")
    whole.run_to(BEGIN + micros("2s"))
    paid(whole, "B")
    whole.close()
    whole = Whole(write(tmp_path, **files), clock, providers)
    whole.run_to(BEGIN + micros("2h"))
    assert opened(whole) == []
    with whole.store.read() as reader:
        (incident,) = reader.incidents_of_entity("order", "A")
    assert incident.firing.reason is Reason.RULE_CHANGED
    assert whole.next_due is None or whole.next_due > clock.now()
    whole.close()
