"""The matchers against each other and against a second opinion, and what durable-rules' guards do when it fails."""

import gc
import logging
import random
import resource
from typing import Any
from zoneinfo import ZoneInfo

import durable_rules_engine
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.evaluation import Situation, holds
from rules.language.expression import Expression
from rules.matching import durable
from rules.matching.compiled import CompiledMatcher, compile_conditions
from rules.matching.durable import MOST_RULES, DurableMatcher
from rules.matching.matcher import make_matcher
from streams.event import Event
from streams.model import Value
from tests.rules.evaluator import World
from tests.rules.language import HOUR, NOON, event, read

NUMBERS = ["0", "1", "3.5", "9", "-2", "1e22", "0.1"]
TEXTS = ["", "9", "web", "True", 'a\\"b', "é电商"]
NUMBER_VALUES = [0.0, 1.0, 3.5, 3.4999999999999996, 9.0, -2.0, 1e22, 0.1, 1e308]
TEXT_VALUES = ["", "9", "web", "web2", "True", 'a"b', "é电商", "3.5"]
MOMENTS = [NOON, NOON + 1, NOON - HOUR, NOON + 24 * HOUR, 0]
LISTS = [(), ("web",), ("9", ""), ("", "9")]

Text = st.SearchStrategy[str]
ZONE = ZoneInfo("Asia/Shanghai")


def quoted(text: str) -> str:
    return f'"{text}"'


numbers: Text = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["amount", "limit", "金额", "before.amount", "event.amount"]),
        st.sampled_from(NUMBERS),
        st.builds("({} {} {})".format, numbers, st.sampled_from("+-*/"), numbers),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), numbers, numbers),
        st.builds("abs({})".format, numbers),
        st.builds("(-{})".format, numbers),
    )
)
moments: Text = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["placed.at", "paid.at", "shipped.due", "promised_at", "before.promised_at", "event.at"]),
        st.builds("({} {} {})".format, moments, st.sampled_from("+-"), durations),
        st.builds("{}({})".format, st.sampled_from(["start_of_day", "end_of_day"]), moments),
        st.just('date("2026-03-02")'),
    )
)
durations: Text = st.deferred(
    lambda: st.one_of(
        st.builds("hours({})".format, numbers),
        st.builds("days({})".format, st.sampled_from(NUMBERS)),
        st.builds("({} - {})".format, moments, moments),
        st.builds("({} * {})".format, durations, numbers),
        st.builds("({} / {})".format, durations, numbers),
        st.builds("abs({})".format, durations),
    )
)
texts = st.one_of(
    st.sampled_from(["channel", "渠道", "event.type", "before.channel"]), st.sampled_from(TEXTS).map(quoted)
)
names = st.sampled_from(["channel", "渠道", "before.channel", "event.channel"])
signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
leaves = st.one_of(
    st.builds("{} {} {}".format, numbers, signs, st.sampled_from(NUMBERS)),
    st.builds("{} {} {}".format, st.sampled_from(["amount", "limit"]), signs, st.sampled_from(NUMBERS)),
    st.builds("{} {} {}".format, numbers, signs, numbers),
    st.builds("{} {} {} {} {}".format, numbers, signs, numbers, signs, numbers),
    st.builds("{} {} {}".format, moments, signs, moments),
    st.builds("{} {} {}".format, durations, signs, durations),
    st.builds("{} {} {}".format, texts, signs, st.sampled_from(TEXTS).map(quoted)),
    st.builds("{} {} {}".format, names, signs, texts),
    st.builds(
        "{} {} [{}]".format,
        names,
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(TEXTS).map(quoted), min_size=1, max_size=4).map(", ".join),
    ),
    st.builds(
        "{} {} [{}]".format,
        numbers,
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=12).map(", ".join),
    ),
    st.sampled_from(
        [
            "urgent",
            "closed",
            "placed.done",
            "shipped.done",
            "before.paid.done",
            "urgent == False",
            "urgent == closed",
            "placed.done != before.placed.done",
            "amount is None",
            "shipped.at is None",
            "channel is not None",
            "amount / 0 is None",
            "paid.at - placed.at is None",
            "changed(amount)",
            "changed(tags)",
            "changed(paid.at)",
            "tags == before.tags",
        ]
    ),
    st.builds(
        "{}({}, {})".format, st.sampled_from(["startswith", "contains"]), names, st.sampled_from(TEXTS).map(quoted)
    ),
    st.builds("contains(tags, {})".format, st.sampled_from(TEXTS).map(quoted)),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=6,
)
POOLS: dict[str, list[Any]] = {
    "amount": NUMBER_VALUES,
    "limit": NUMBER_VALUES,
    "金额": NUMBER_VALUES,
    "channel": TEXT_VALUES,
    "渠道": TEXT_VALUES,
    "urgent": [True, False],
    "closed": [True, False],
    "promised_at": MOMENTS,
    "placed.at": MOMENTS,
    "paid.at": MOMENTS,
    "shipped.at": MOMENTS,
    "shipped.due": MOMENTS,
    "tags": LISTS,
}


def snapshot(chance: random.Random) -> dict[str, Value]:
    found: dict[str, Value] = {name: chance.choice(pool) for name, pool in POOLS.items() if chance.random() < 0.7}
    return {**found, "closed": chance.random() < 0.3, "key": "O-1"}


def told(chance: random.Random) -> Event:
    data = {name: chance.choice([*POOLS[name], None]) for name in ("amount", "channel") if chance.random() < 0.7}
    return event(chance.choice(["change", "refund", "web"]), chance.choice(MOMENTS), data)


def expressions(written: list[str]) -> list[Expression | None]:
    """Those that the language accepts; literals alone with `is None` are refused, and so on."""
    found: list[Expression | None] = []
    for text in written:
        try:
            found.append(read(text, zone=ZONE.key))
        except AssertionError:
            found.append(None)
    return found


@settings(max_examples=30, deadline=None)  # for long: test_matcher_soak.py
@given(st.lists(conditions, min_size=1, max_size=12), st.integers(0, 2**32))
def test_all_evaluators_agree(written: list[str], seed: int) -> None:
    """durable == compiled == walked tree == a second opinion from the text alone, on random conditions and facts."""
    chance = random.Random(seed)
    found = expressions(written)
    compiled = compile_conditions(found)
    guarded = DurableMatcher(found)
    assert guarded.fallback_shards == 0
    for _ in range(12):
        values, before, event_ = snapshot(chance), snapshot(chance), told(chance)
        world = World(values, before, event_, ZONE)
        situation = Situation(values=values, before=before, event=event_)
        second = walked = 0
        for bit, (text, expression) in enumerate(zip(written, found, strict=True)):
            if expression is not None:
                second |= world.holds(text) << bit
                walked |= holds(expression.condition, situation) << bit
        assert bin(walked) == bin(second), (written, values, before, event_)
        assert bin(compiled(values, before, event_)) == bin(second), (written, values, before, event_)
        assert bin(guarded.match(values, before, event_)) == bin(second), (written, values, before, event_)
        assert bin(guarded.match(values, before, event_)) == bin(second), "answered from memory"
    guarded.close()


def many(count: int) -> list[Expression | None]:
    shapes = (
        'amount > {0} and channel == "c{1}"',
        "paid.done and not shipped.done and not closed and amount <= {0}",
        'channel in ["c1", "c{1}"] and (urgent or limit < {0})',
        "promised_at - placed.at > hours({0}) and not closed",
        "amount > limit + {0} and tags is not None",
    )
    return [read(shapes[index % 5].format(index, index % 9)) for index in range(count)]


def test_many_rules_in_small_rulesets() -> None:
    """Rules are spread over rulesets that stay below the library's limits, and still agree."""
    found = many(400)
    guarded = DurableMatcher(found, remembered=0)
    assert guarded.shards > 400 // MOST_RULES
    assert guarded.fallback_shards == 0
    compiled = compile_conditions(found)
    chance = random.Random(1)
    held = 0
    for _ in range(150):
        values = snapshot(chance)
        mask = compiled(values)
        held |= mask
        assert guarded.match(values) == mask
    assert held.bit_count() > 200
    guarded.close()


def test_one_condition_too_big_for_any_ruleset() -> None:
    """Hundreds of tests in one condition are worked out before, not given to the library."""
    written = [
        " and ".join(f"amount != {number}" for number in range(600)),
        " or ".join(f"amount == {number}" for number in range(600)),
        f"amount in [{', '.join(map(str, range(600)))}]",
        f"amount not in [{', '.join(map(str, range(600)))}]",
    ]
    found = expressions(written)
    guarded = DurableMatcher(found)
    assert guarded.fallback_shards == 0
    assert guarded.match({"amount": 599.0}) == 0b0110
    assert guarded.match({"amount": 600.0}) == 0b1001
    assert guarded.match({}) == 0
    guarded.close()


def test_equal_conditions_share_their_work() -> None:
    """Rules that mean the same are matched once, whatever their number; None holds never."""
    found = [read("amount > 1"), None, read("1 < amount"), read("urgent")]
    for matcher in (DurableMatcher(found), CompiledMatcher(found)):
        assert matcher.match({"amount": 2.0}) == 0b0101
        assert matcher.match({"amount": 2.0, "urgent": True}) == 0b1101
        matcher.close()


def test_no_conditions() -> None:
    """A kind without rules is matched too."""
    for name in ("durable", "compiled"):
        matcher = make_matcher("durable" if name == "durable" else "compiled", [None, None])
        assert matcher.match({"amount": 2.0}) == 0
        assert matcher.shards == matcher.fallback_shards == 0
        matcher.close()


def test_memory_of_facts_is_bounded() -> None:
    """Equal facts are answered from memory, of which there is never more than was allowed."""
    found = many(20)
    guarded, compiled = DurableMatcher(found, remembered=8), compile_conditions(found)
    chance = random.Random(2)
    for _ in range(100):
        values = snapshot(chance)
        assert guarded.match(values) == compiled(values)
        assert len(guarded._memory) <= 8
    guarded.close()


def test_text_that_has_no_utf8_is_matched_by_the_reference() -> None:
    """Half a surrogate pair cannot be told to the library; the answer is still right, and the shard still trusted."""
    guarded = DurableMatcher([read('channel != "a"'), read("urgent")])
    assert guarded.match({"channel": "\ud800", "urgent": True}) == 0b11
    assert guarded.match({"channel": "b"}) == 0b01
    assert guarded.fallback_shards == 0
    guarded.close()


def test_a_shard_that_differs_is_matched_by_the_reference(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the library answered wrongly at a boundary, loading finds out, warns, and the answers stay right."""
    monkeypatch.setitem(durable._SIGNS, ">", "$gte")
    with caplog.at_level(logging.WARNING):
        guarded = DurableMatcher([read("amount > 3"), read("urgent")])
    assert (guarded.shards, guarded.fallback_shards) == (1, 1)
    assert "differs from the reference" in caplog.text
    assert guarded.match({"amount": 3.0, "urgent": True}) == 0b10
    assert guarded.match({"amount": 4.0}) == 0b01
    guarded.close()


def test_only_the_shard_that_differs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other rulesets go on being matched by the library."""
    monkeypatch.setattr(durable, "MOST_RULES", 1)
    monkeypatch.setitem(durable._SIGNS, ">", "$gte")
    found = [read("amount > 3"), read("amount < 3"), read("amount == 3")]
    guarded, compiled = DurableMatcher(found), compile_conditions(found)
    assert (guarded.shards, guarded.fallback_shards) == (3, 1)
    for amount in (2.0, 3.0, 4.0, 2.0, 3.0, 4.0):
        assert guarded.match({"amount": amount}) == compiled({"amount": amount})
    guarded.close()


def test_a_shard_that_fails_later_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of the library while matching loses no answer; its shard is not asked again."""
    guarded = DurableMatcher([read("amount > 3")])

    def broken(handle: int, text: str) -> Any:
        raise RuntimeError("error 303")

    monkeypatch.setattr(durable_rules_engine, "assert_fact", broken)
    with caplog.at_level(logging.WARNING):
        assert guarded.match({"amount": 4.0}) == 1
    monkeypatch.undo()
    assert guarded.fallback_shards == 1
    assert "error 303" in caplog.text
    assert guarded.match({"amount": 4.0}) == 1
    assert guarded.match({"amount": 3.0}) == 0
    guarded.close()


def test_close_deletes_the_rulesets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ruleset is deleted exactly once, by close or else when the matcher is forgotten."""
    deleted: list[int] = []

    def delete(handle: int) -> None:
        deleted.append(handle)
        durable_rules_engine.delete_ruleset(handle)

    class Spy:
        delete_ruleset = staticmethod(delete)
        delete_state = staticmethod(durable_rules_engine.delete_state)
        create_ruleset = staticmethod(durable_rules_engine.create_ruleset)
        assert_fact = staticmethod(durable_rules_engine.assert_fact)
        retract_fact = staticmethod(durable_rules_engine.retract_fact)
        start_action_for_state = staticmethod(durable_rules_engine.start_action_for_state)
        complete_and_start_action = staticmethod(durable_rules_engine.complete_and_start_action)

    monkeypatch.setattr(durable, "engine", Spy)
    guarded = DurableMatcher(many(100))
    shards = guarded.shards
    guarded.close()
    guarded.close()
    assert len(deleted) == len(set(deleted)) == shards
    with pytest.raises(RuntimeError, match="closed"):
        guarded.match({"amount": 1.0})
    forgotten = DurableMatcher(many(10))
    del forgotten
    gc.collect()
    assert len(deleted) == shards + 1


def test_memory_does_not_grow_with_facts() -> None:
    """Facts asserted, answered and retracted leave nothing behind."""
    guarded = DurableMatcher(many(40), remembered=0)
    chance = random.Random(3)
    facts = [snapshot(chance) for _ in range(50)]

    def rounds(count: int) -> int:
        for _ in range(count):
            for values in facts:
                guarded.match(values)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    settled = rounds(20)
    assert rounds(100) - settled < 2_000  # kilobytes; a fact kept would be some hundred bytes, 5,000 times
    guarded.close()


def test_closing_gives_the_memory_back() -> None:
    """Rulesets made, asked and deleted leave next to nothing behind, so that rules can be reloaded for years."""
    found = many(60)

    def reload(times: int) -> int:
        for _ in range(times):
            guarded = DurableMatcher(found)
            guarded.match({"amount": 100.0, "channel": "c1"})
            guarded.close()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    settled = reload(3)
    assert reload(10) - settled < 2_000  # kilobytes; the state alone would be 0.7 MB of a ruleset, each time


def test_rulesets_that_never_matched_are_closed_too() -> None:
    """The library must not be asked to delete what it only sets when a rule first holds: that was a crash."""
    for _ in range(20):
        guarded = DurableMatcher([read('channel == "a" and channel == "b"')] * 3)
        assert guarded.match({"channel": "a"}) == 0
        guarded.close()
