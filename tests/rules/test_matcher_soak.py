"""durable-rules and the compiled matcher side by side for a million facts, and through hundreds of reloads."""

import resource
from random import Random
from zoneinfo import ZoneInfo

import pytest

from rules.matching.compiled import compile_conditions
from rules.matching.durable import DurableMatcher
from tests.rules.condition_drawing import SPOKEN, ZONE, draw_conditions, draw_event, draw_snapshot
from tests.rules.evaluator import World

KILOBYTES_OF_A_MILLION_FACTS = 4_000  # a fact that stays behind would be some hundred bytes, a million times
KILOBYTES_OF_A_RELOAD = 200  # measured: about 20 with 60 rules; durable-rules alone, without our care, 800
_WARM = 50_000
_SECOND_OPINION = 1_000  # one fact in so many


def resident() -> int:
    """The greatest resident memory so far, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def compare(seed: int, facts: int, rules: int, remembered: int) -> int:
    """Ask both matchers, now and then a second opinion from the text alone; by how much memory grew once warm.

    Most rules must hold for some of the facts and for some not, or its agreement would mean little.
    """
    dice = Random(seed)
    texts, found = draw_conditions(dice, rules)
    guarded, compiled = DurableMatcher(found, remembered=remembered), compile_conditions(found)
    assert guarded.fallback_shards == 0
    held = missed = settled = 0
    before = draw_snapshot(dice)
    for number in range(facts):
        if number == _WARM:
            settled = resident()
        values, event = draw_snapshot(dice), draw_event(dice)
        mask = compiled(values, before, event)
        answer = guarded.match(values, before, event)
        assert answer == mask, told(texts, answer ^ mask, (seed, number, values, before, event))
        if number % _SECOND_OPINION == 0:
            world = World(values, before, event, ZoneInfo(ZONE))
            second = sum(world.holds(text) << bit for bit, text in enumerate(texts))
            assert mask == second, told(texts, mask ^ second, (seed, number, values, before, event))
        held |= mask
        missed |= ~mask
        before = values
    assert guarded.fallback_shards == 0
    guarded.close()
    assert (held & missed & ((1 << rules) - 1)).bit_count() > rules // 2
    assert [word for word in SPOKEN if not any(word in text for text in texts)] == []
    return resident() - settled


def told(texts: list[str], differing: int, situation: object) -> tuple[list[str], object]:
    return [text for bit, text in enumerate(texts) if differing >> bit & 1], situation


def test_a_few_facts_are_matched_alike() -> None:
    """What the soak does for a million facts, for a few hundred."""
    compare(seed=4, facts=400, rules=200, remembered=0)


@pytest.mark.soak
def test_a_million_facts_are_matched_alike() -> None:
    """No difference in a million facts with 200 rules, all really asked of the library, and memory stays flat."""
    assert compare(seed=1, facts=1_000_000, rules=200, remembered=0) < KILOBYTES_OF_A_MILLION_FACTS


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
def test_facts_are_matched_alike_with_the_memory_of_equal_ones(seed: int) -> None:
    """The same with other rules, many answers coming from memory, as the service asks."""
    compare(seed=seed, facts=50_000, rules=200, remembered=4096)


@pytest.mark.soak
def test_hundreds_of_reloads_stay_within_their_bound() -> None:
    """A matcher made, asked and closed 300 times leaves hardly anything of each behind."""
    dice = Random(7)
    _, found = draw_conditions(dice, 60)
    settled = 0
    for number in range(303):
        if number == 3:
            settled = resident()
        guarded = DurableMatcher(found)
        for _ in range(20):
            guarded.match(draw_snapshot(dice), draw_snapshot(dice), draw_event(dice))
        guarded.close()
    assert (resident() - settled) / 300 < KILOBYTES_OF_A_RELOAD
