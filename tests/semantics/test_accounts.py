"""`tocsin rules explain` tells what a live service would hold, and foretells what it would do next."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from rules.account import account
from rules.rule import Rule
from simulator.history import deduplicate
from simulator.replay import replay
from streams.engine import Engine
from streams.event import Event
from streams.firing import Firing
from streams.instants import Instant, format_instant, parse_instant
from tests.semantics.drawing import Drawn
from tests.semantics.running import SEEDS, engine_of, few, many
from tests.semantics.shrinking import check_world

UTC = ZoneInfo("UTC")


def firings_of(engine: Engine, events: list[Event], rule: str, key: str, until: Instant) -> list[Firing]:
    known = replay(engine, events, by="recorded_at", until=until)
    return [firing for firing in known.firings if (firing.rule, firing.key) == (rule, key)]


def check_accounts(drawn: Drawn) -> None:
    engine, events = engine_of(drawn), list(deduplicate(drawn.events))
    for rule in drawn.read_rules:
        if rule.count is None and rule.mode != "off":
            for key in sorted({event.key for event in events if event.kind == rule.on})[:3]:
                check_account(drawn, engine, events, rule, key)


def check_account(drawn: Drawn, engine: Engine, events: list[Event], rule: Rule, key: str) -> None:
    told = account(drawn.read_model, rule, key, events, drawn.end)
    if told is None:
        return
    firings = firings_of(engine, events, rule.id, key, drawn.end)
    assert told["fires"] == any(firing.open for firing in firings)
    assert sorted((one["opened_at"], one["reason"] or "") for one in told["firings"]) == sorted(
        (format_instant(firing.opened_at), "" if firing.reason is None else firing.reason.value) for firing in firings
    )
    following = told["next"]
    if following is not None and following["change"] == "opened":
        at = max(drawn.end + 1, parse_instant(following["at"], UTC))
        before = firings_of(engine, events, rule.id, key, at - 1)
        after = firings_of(engine, events, rule.id, key, at)
        assert (len(before), len(after)) == (len(firings), len(firings) + 1)


@few(15)
@given(SEEDS)
def test_accounts_are_what_a_live_service_holds(seed: int) -> None:
    """The firings of a rule and an entity at the end of a history; and the next opening comes when it is foretold."""
    check_world(seed, check_accounts)


@pytest.mark.soak
@many(1_000)
@given(SEEDS)
def test_accounts_are_what_a_live_service_holds_for_long(seed: int) -> None:
    """The same, many times."""
    check_world(seed, check_accounts)
