"""Both replays against a brute-force reading of the semantics page, on random models, rules and histories."""

import pytest
from hypothesis import event, given

from rules.matching.matcher import MatcherName
from tests.semantics.covering import CONSTRUCTS, TOTAL_NAMES, constructs
from tests.semantics.drawing import HALF_HOUR, Drawn, a_world
from tests.semantics.running import SEEDS, assert_same, assert_same_firings, few, many, replayed
from tests.semantics.shrinking import check_world

LATER = (0, 0, HALF_HOUR, 6 * HALF_HOUR, 200 * HALF_HOUR, -2 * HALF_HOUR, -7 * HALF_HOUR)


def compare(drawn: Drawn, matcher: MatcherName) -> set[str]:
    """Replays by occurred_at and by recorded_at are what the page says; the names of what happened in them."""
    until = drawn.end + LATER[drawn.seed % len(LATER)]
    true, lived = drawn.reference.replayed(drawn.events, until), drawn.reference.lived(drawn.events, until)
    assert_same(replayed(drawn, "occurred_at", until, matcher), true)
    live = replayed(drawn, "recorded_at", until, matcher)
    assert_same(live, lived)
    if until >= drawn.end:
        assert_same_firings(live, true)
    decided = {rule["id"] for rule in drawn.rules if "decide" in rule}
    found = {f"reason {row.reason}" for row in lived}
    found |= {"found late" for row in lived if row.found_late}
    found |= {"several stages" for row in lived if len(row.stages) > 1}
    found |= {"severity decided anew" for row in lived if len(row.stages) > 1 and row.rule in decided}
    found |= {"several pulses" for row in lived if row.pulses > 1}
    found |= {"detected late" for row in lived if row.detected_at > row.opened_at}
    kinds = {rule["id"]: "count" for rule in drawn.rules if "count" in rule}
    kinds |= {rule["id"]: "total" for rule in drawn.rules if any(name in str(rule) for name in TOTAL_NAMES)}
    found |= {f"{kinds[row.rule]} {row.reason}" for row in lived if row.rule in kinds}
    found |= {"amended" for row in lived if row.detected_at < row.opened_at}
    return found


OUTCOMES = {
    *(f"reason {one}" for one in ("condition", "deadline_moved", "cleared", "until", "expired", "late_data", "None")),
    *("count window", "count late_data", "count None"),
    *("total condition", "total deadline_moved", "total cleared", "total until", "total late_data", "total None"),
    *("severity decided anew", "found late", "several stages", "several pulses", "detected late", "amended"),
}


@few(90)
@given(SEEDS)
def test_replays_are_what_the_page_says(seed: int) -> None:
    """Both replays give exactly the incidents of the brute-force reading, and agree when everything has arrived."""
    for name in check_world(seed, lambda drawn: compare(drawn, "compiled")):
        event(name)


@few(8)
@given(SEEDS)
def test_replays_are_what_the_page_says_with_durable_rules(seed: int) -> None:
    """The same, the conditions matched by durable-rules."""
    check_world(seed, lambda drawn: compare(drawn, "durable"))


@pytest.mark.soak
def test_replays_are_what_the_page_says_for_long() -> None:
    """Thousands of cases, in which every construct is drawn and everything that can happen has happened."""
    seen: set[str] = set()

    @many(6_000)
    @given(SEEDS)
    def run(seed: int) -> None:
        seen.update(check_world(seed, lambda drawn: constructs(drawn) | compare(drawn, "compiled")))

    run()
    assert (CONSTRUCTS | OUTCOMES) - seen == set()


@pytest.mark.soak
@many(300)
@given(SEEDS)
def test_replays_with_durable_rules_for_long(seed: int) -> None:
    """Hundreds of cases, the conditions matched by durable-rules."""
    check_world(seed, lambda drawn: compare(drawn, "durable"))


def test_every_construct_is_drawn() -> None:
    """Nothing of the language is left out of the worlds that all these tests draw."""
    seen: set[str] = set()
    for seed in range(1_500):
        seen |= constructs(a_world(seed))
        if seed % 100 == 0 and seen >= CONSTRUCTS:
            break
    assert CONSTRUCTS - seen == set()
