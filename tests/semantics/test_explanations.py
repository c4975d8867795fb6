"""Every opening and every resolution has its explanation (semantics.md, section 6, number 6)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given

from rules.explain import explain
from streams.firing import Change, Reason, Transition
from streams.instants import format_instant
from streams.learning import learn
from streams.memory import MemoryLedger
from tests.semantics.drawing import Drawn
from tests.semantics.running import SEEDS, by_knowledge, engine_of, few, many
from tests.semantics.shrinking import check_world

Record = Mapping[str, Any]


def transitions_of(drawn: Drawn) -> list[Transition]:
    """What a live service tells, step by step."""
    engine, ledger = engine_of(drawn), MemoryLedger()
    found: list[Transition] = []

    def step(events: Any, now: int) -> None:
        transitions = learn(engine, ledger, events, now).transitions
        ledger.record(transitions)
        found.extend(transitions)

    def pass_time(upto: int) -> None:
        while (due := ledger.next_due()) is not None and due <= upto:
            step((), due)

    for now, events in by_knowledge(drawn.events):
        pass_time(now - 1)
        step(events, now)
    pass_time(drawn.end)
    return found


def check_explanations(drawn: Drawn) -> None:
    rules = {rule.id: rule for rule in drawn.read_rules}
    written = {rule["id"]: rule for rule in drawn.rules}
    for transition in transitions_of(drawn):
        firing = transition.firing
        record = explain(rules[firing.rule], drawn.read_model.kinds[firing.kind], transition)
        if transition.change is Change.WITHDRAWN:  # its reason is what came late
            continue
        assert record is not None, transition
        assert record["version"] == rules[firing.rule].version
        if "count" in written[firing.rule]:
            check_count(written[firing.rule], transition, record)
            continue
        if transition.change is Change.OPENED:
            assert record["truth"]["holds"], transition
            check_deadline(drawn, written[firing.rule], transition, record)
        if firing.resolved_at is None:
            assert record["ended"] is None
        else:
            check_end(written[firing.rule], transition, record["ended"])


def check_count(rule: Record, transition: Transition, record: Record) -> None:
    """Of a group: so many members as it needs."""
    assert record["truth"] is None and record["deadline"] is None
    if transition.change is Change.OPENED:
        assert record["count"]["found"] >= rule["count"]["at_least"], transition


def check_deadline(drawn: Drawn, rule: Record, transition: Transition, record: Record) -> None:
    """Of an opening: the deadline is the one that the page gives."""
    if not {"for", "by", "overdue"} & set(rule):
        assert record["deadline"] is None
        return
    firing = transition.firing
    known = [event for event in drawn.events if event.recorded_at <= firing.detected_at]
    b = drawn.reference.deadline_at(rule, (firing.kind, firing.key), known, firing.opened_at)
    assert record["deadline"]["at"] == (None if b is None else format_instant(b)), transition


def check_end(rule: Record, transition: Transition, record: Record | None) -> None:
    reason, resolved_at = transition.firing.reason, transition.firing.resolved_at
    assert record is not None and reason is not None and resolved_at is not None
    assert (record["reason"], record["at"]) == (reason.value, format_instant(resolved_at))
    if "keep_open_for" not in rule and reason in (Reason.CONDITION, Reason.DEADLINE_MOVED):
        assert record["truth"]["holds"] == (reason is Reason.DEADLINE_MOVED), transition
    if reason in (Reason.CLEARED, Reason.UNTIL):
        assert record["ending"]["holds"], transition
    else:
        assert record["ending"] is None


@few(40)
@given(SEEDS)
def test_every_opening_and_resolution_is_explained(seed: int) -> None:
    """With the condition's truth, the deadline and the rule's version."""
    check_world(seed, check_explanations)


@pytest.mark.soak
@many(5_000)
@given(SEEDS)
def test_every_opening_and_resolution_is_explained_for_long(seed: int) -> None:
    """The same, thousands of times."""
    check_world(seed, check_explanations)
