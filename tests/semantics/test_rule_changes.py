"""Rules change in the middle of a history (semantics.md, section 5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given

from rules.judging.judge import Judge
from rules.rule import Rule
from streams.engine import Engine
from streams.event import Event
from streams.firing import Firing, Reason
from streams.learning import learn
from streams.memory import MemoryLedger
from streams.sweeping import sweep
from tests.semantics.drawing import CALENDARS, HOUR, LEADS, Drawn, rules_again
from tests.semantics.firings import Row
from tests.semantics.reference import Reference
from tests.semantics.running import SEEDS, assert_same, by_knowledge, few, many, row_of, rows_of
from tests.semantics.shrinking import check_world

GONE = (Reason.LATE_DATA, Reason.RULE_CHANGED)


class Service:
    """The engine over a ledger in memory, whose rules can be exchanged."""

    def __init__(self, drawn: Drawn, rules: Iterable[Rule]) -> None:
        self._drawn = drawn
        self._generation = 0
        self.ledger = MemoryLedger()
        self.take_up(rules)

    def take_up(self, rules: Iterable[Rule], *, recount: Iterable[str] = (), again: bool = False) -> None:
        """Judge by these rules from now on; `again`: entities are to be swept, groups of `recount` made anew."""
        self._generation += again
        judge = Judge(rules, "compiled")
        self._engine = Engine(self._drawn.read_model, judge, generation=self._generation, incomplete=recount)

    def learn(self, batches: Sequence[tuple[int, Sequence[Event]]], upto: int) -> None:
        """Steps of knowledge, and what falls due between and after them."""
        for now, events in batches:
            self._pass_time(now - 1)
            self._step(events, now)
        self._pass_time(upto)

    def sweep(self, now: int, limit: int) -> int:
        """One batch; how many entities are left."""
        swept = sweep(self._engine, self.ledger, now, limit)
        self.ledger.record(swept.learned.transitions)
        return swept.left

    def _pass_time(self, upto: int) -> None:
        while (due := self.ledger.next_due()) is not None and due <= upto:
            self._step((), due)

    def _step(self, events: Sequence[Event], now: int) -> None:
        self.ledger.record(learn(self._engine, self.ledger, events, now).transitions)


@dataclass(frozen=True)
class Change:
    """A drawn world and what becomes of its rules at an instant."""

    old: Drawn
    new: Drawn
    at: int  # after what became known then
    w: int

    @property
    def before(self) -> list[tuple[int, list[Event]]]:
        return [step for step in by_knowledge(self.old.events) if step[0] <= self.at]

    @property
    def after(self) -> list[tuple[int, list[Event]]]:
        return [step for step in by_knowledge(self.old.events) if step[0] > self.at]

    @property
    def unchanged(self) -> list[dict[str, Any]]:
        return [rule for rule in self.new.rules if rule in self.old.rules]

    @property
    def turned(self) -> set[str]:
        """Rules that count now and did not, or the other way round."""
        counted = {rule["id"]: "count" in rule for rule in self.old.rules}
        return {rule["id"] for rule in self.new.rules if counted.get(rule["id"]) not in (None, "count" in rule)}


def a_change(drawn: Drawn, dice: Random) -> Change:
    """In it nothing is ever closed: what is closed is left out of a sweep."""
    kinds = {name: {**kind, "closed_by": []} for name, kind in drawn.model["kinds"].items()}
    old = replace(drawn, model={**drawn.model, "kinds": kinds})
    at = dice.choice([event.recorded_at for event in old.events]) + dice.choice([0, 0, HOUR])
    w = max(old.end, at) + dice.choice([0, HOUR, 9 * HOUR])
    return Change(old, replace(old, rules=rules_again(old, dice)), at, w)


def check_recompute(drawn: Drawn) -> None:
    """After a whole sweep it is as if the new rules had always been there; those that did not change see none of it."""
    dice = Random(drawn.seed)
    change = a_change(drawn, dice)
    service = Service(change.old, change.old.read_rules)
    service.learn(change.before, change.at)
    was_open = {identity(one) for one in service.ledger.firings() if one.open}
    counting = {rule["id"] for rule in change.new.rules if "count" in rule and rule not in change.unchanged}
    service.take_up(change.new.read_rules, recount=counting, again=True)
    now, waiting = change.at, change.after
    while service.sweep(now, dice.randint(1, 3)):
        if waiting and dice.random() < 0.5:
            now = waiting[0][0]
            service.learn(waiting[:1], now)
            waiting = waiting[1:]
    service.learn(waiting, change.w)
    firings = service.ledger.firings()
    events = change.old.events
    versions = {rule.id: rule.version for rule in change.new.read_rules}
    turned = change.turned  # of what is over an entity's incidents stay with the entity, a group's with the group
    standing = [one for one in firings if one.reason not in GONE and one.rule in versions]
    standing = [one for one in standing if one.open or one.rule not in turned]
    wanted = change.new.reference.true_by(change.w, events)
    wanted = [row for row in wanted if row.resolved_at is None or row.rule not in turned]
    assert_same(bare(rows_of(standing)), bare(wanted))
    kept = {rule["id"] for rule in change.unchanged}
    alone = replace(change.old, rules=tuple(change.unchanged)).reference
    assert_same([row_of(one) for one in firings if one.rule in kept], alone.lived(events, change.w))
    assert [one for one in standing if one.version != versions[one.rule]] == []
    ended = [one for one in firings if one.rule not in versions and identity(one) in was_open]
    assert [one for one in ended if one.reason not in GONE or one.resolved_at is None] == []


def check_fresh(drawn: Drawn) -> None:
    """What opened under the old version ends under it; the new one judges the steps after the change alone."""
    dice = Random(drawn.seed)
    change = a_change(drawn, dice)
    before = {rule["id"]: rule for rule in change.old.rules}
    changed = [
        rule for rule in change.new.rules if rule["id"] in before and "count" not in rule | before[rule["id"]]
    ]  # a rule that counts is always recomputed
    changed = [rule for rule in changed if rule["on"] == before[rule["id"]]["on"] and rule != before[rule["id"]]]
    if not changed:
        return
    ids = {rule["id"] for rule in changed}
    old = replace(change.old, rules=tuple(before[rule["id"]] for rule in changed))
    new = replace(change.old, rules=tuple(changed))
    service = Service(old, old.read_rules)
    service.learn(change.before, change.at)
    retired = [replace(rule, retired_at=change.at) for rule in old.read_rules]
    service.take_up([*retired, *(replace(rule, since=change.at) for rule in new.read_rules)])
    service.learn(change.after, change.w)
    versions = {rule.id: rule.version for rule in old.read_rules}
    standing = [one for one in service.ledger.firings() if one.reason not in GONE and one.rule in ids]
    ends = [one for one in standing if one.opened_at <= change.at]
    begins = [one for one in standing if one.opened_at > change.at]
    wanted = [row for row in old.reference.true_by(change.w, drawn.events) if row.opened_at <= change.at]
    assert_same(bare(rows_of(ends)), bare(wanted))
    assert {(one.rule, one.version) for one in ends} <= versions.items()
    busy = {(row.rule, row.kind, row.key) for row in wanted if row.resolved_at is None or row.resolved_at > change.at}
    judged = Reference(new.model, [{**rule, "since": change.at} for rule in changed], CALENDARS, LEADS)
    anew = bare(judged.true_by(change.w, drawn.events))
    assert_same(
        [row for row in bare(rows_of(begins)) if (row.rule, row.kind, row.key) not in busy],
        [row for row in anew if (row.rule, row.kind, row.key) not in busy],
    )


def identity(firing: Firing) -> tuple[str, str, str, int]:
    return firing.rule, firing.kind, firing.key, firing.number


def bare(rows: Iterable[Row]) -> list[Row]:
    """Without what depends on when the service learned of it."""
    return [replace(row, detected_at=0, closed_at=None, found_late=False) for row in rows]


@few(25)
@given(SEEDS)
def test_a_sweep_brings_everything_to_the_new_rules(seed: int) -> None:
    """Recompute: exactly I(w) of the new rules, whatever came in between; unchanged rules are untouched."""
    check_world(seed, check_recompute)


@few(25)
@given(SEEDS)
def test_fresh_judges_only_what_comes_after(seed: int) -> None:
    """Fresh: the old version ends what it opened, the new one judges only steps from then on."""
    check_world(seed, check_fresh)


@pytest.mark.soak
@many(3_000)
@given(SEEDS)
def test_changes_of_rules_for_long(seed: int) -> None:
    """The same, thousands of times."""
    check_world(seed, check_recompute)
    check_world(seed, check_fresh)
