"""Rules change while entities are in the middle of things: recompute by a sweep, or fresh (semantics.md, section 5)."""

from dataclasses import replace
from typing import Any

from rules.judging.judge import Judge
from rules.rule import Rule
from rules.workspace import read_workspace
from streams.engine import Engine
from streams.event import Event
from streams.firing import Firing
from streams.learning import learn
from streams.memory import MemoryLedger
from streams.sweeping import Swept, sweep
from tests.streams.judged import hour

MODEL = """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}, cancelled: {}}
    closed_by: [cancelled]
    fields: {amount: number, channel: string, qty: number, sku: string}
    events: {change: {}}
  stock: {fields: {on_hand: number}}
totals:
  stock.demand: {of: order, sum: qty, key: sku, where: not shipped.done and not closed}
"""


def rules_of(*texts: str, model: str = MODEL) -> tuple[Rule, ...]:
    listed = "".join(f"  - {{{text}}}\n" for text in texts)
    return read_workspace(model, f"rules:\n{listed}").rules


class Changing:
    """An engine whose rules change, over one ledger."""

    def __init__(self, *texts: str) -> None:
        self.ledger = MemoryLedger()
        self.generation = 0
        self.rules = rules_of(*texts)
        self._make(())

    def _make(self, incomplete: tuple[str, ...]) -> None:
        model = read_workspace(MODEL).model
        self.engine = Engine(model, Judge(self.rules, "compiled"), generation=self.generation, incomplete=incomplete)

    def learn(self, at: float, *events: Event) -> None:
        self.ledger.record(learn(self.engine, self.ledger, events, hour(at)).transitions)

    def change(self, *texts: str) -> None:
        self.rules = rules_of(*texts)
        self.generation += 1
        self._make(tuple(rule.id for rule in self.rules if rule.count is not None))

    def sweep(self, at: float, limit: int = 100) -> Swept:
        swept = sweep(self.engine, self.ledger, hour(at), limit)
        self.ledger.record(swept.learned.transitions)
        return swept

    def turn_fresh(self, at: float, text: str) -> None:
        """The rule is judged by its new version from now on, and what is open goes on by the old one."""
        (old,) = self.rules
        (new,) = rules_of(text)
        self.rules = (replace(old, retired_at=hour(at)), replace(new, since=hour(at)))
        self._make(())

    def firings(self) -> list[tuple[Any, ...]]:
        """(rule, key, opened at, resolved at, reason), in hours."""

        def row(firing: Firing) -> tuple[Any, ...]:
            ended = None if firing.resolved_at is None else (firing.resolved_at - hour(0)) / 3.6e9
            return firing.rule, firing.key, (firing.opened_at - hour(0)) / 3.6e9, ended, firing.reason

        return sorted(map(row, self.ledger.firings()))


def order(id: str, type: str, at: float, key: str = "A", kind: str = "order", **data: Any) -> Event:
    return Event(
        source="erp", id=id, kind=kind, key=key, type=type, occurred_at=hour(at), recorded_at=hour(at), data=data
    )


def test_a_sweep_holds_what_the_new_rule_says():
    """What no longer fires is withdrawn as rule_changed, what fires goes on with its times, the rest is baseline."""
    shop = Changing("id: big, when: amount > 100")
    shop.learn(1, order("1", "placed", 1, "A", amount=150.0), order("2", "placed", 1, "B", amount=300.0))
    shop.learn(1, order("3", "placed", 1, "C", amount=50.0))
    shop.change("id: big, when: amount > 200", "id: small, when: amount < 100")
    swept = shop.sweep(5)
    assert swept.left == 0
    assert shop.firings() == [
        ("big", "A", 1.0, 5.0, "rule_changed"),
        ("big", "B", 1.0, None, None),
        ("small", "C", 1.0, None, None),
    ]
    assert all(change.baseline for change in swept.learned.transitions)
    assert {firing.version for firing in shop.ledger.firings() if firing.key == "B"} == {shop.rules[0].version}


def test_a_sweep_goes_in_batches_and_events_do_not_wait_for_it():
    """Each batch says how many are left; an entity that an event touches is swept there and then, before the event."""
    shop = Changing("id: big, when: amount > 100")
    shop.learn(1, *(order(key, "placed", 1, key, amount=150.0) for key in "ABCDE"))
    shop.change("id: big, when: amount > 200", "id: late, overdue: paid, after: placed, within: 2h")
    assert shop.sweep(5, limit=2).left == 3
    shop.learn(6, order("6", "change", 6, "E", amount=250.0))
    e = [row for row in shop.firings() if row[1] == "E"]
    assert e == [("big", "E", 1.0, 6.0, "rule_changed"), ("big", "E", 6.0, None, None), ("late", "E", 3.0, None, None)]
    assert shop.sweep(7, limit=2).left == 0
    assert sum(row[0] == "late" for row in shop.firings()) == 5


def test_what_is_closed_is_left_out():
    """A closed order for which nothing is open is not swept; an event on it is judged by the new rules all the same."""
    shop = Changing("id: late, overdue: paid, after: placed, within: 2h")
    shop.learn(2, order("1", "placed", 1), order("2", "cancelled", 1.5))
    shop.change("id: touched, when: amount > 1")
    assert shop.sweep(5).learned.folded_again == 0
    shop.learn(6, order("3", "change", 6, amount=2.0))
    assert shop.firings() == [("touched", "A", 6.0, None, None)]


def test_a_removed_rule_leaves_nothing_open():
    """Its incidents end with rule_changed, those of a group too."""
    shop = Changing("id: big, when: amount > 100", "id: many, when: amount > 100, count: {at_least: 2, within: 1d}")
    shop.learn(1, order("1", "placed", 1, "A", amount=150.0), order("2", "placed", 1, "B", amount=150.0))
    assert [row[1] for row in shop.firings()] == ["A", "B", ""]
    shop.change("id: other, when: amount > 1000")
    shop.sweep(5)
    assert {row[3:] for row in shop.firings()} == {(5.0, "rule_changed")}


def test_a_changed_count_is_counted_when_all_members_are_known():
    """Groups wait for the end of the sweep: none is withdrawn because only some of its members have been found."""
    shop = Changing("id: many, when: amount > 100, count: {at_least: 2, within: 1d}")
    shop.learn(1, *(order(key, "placed", 1, key, amount=150.0) for key in "ABCD"))
    shop.change("id: many, when: amount > 120, count: {at_least: 3, within: 2d}")
    shop.sweep(5, limit=2)
    assert shop.firings() == [("many", "", 1.0, None, None)]
    assert shop.sweep(6, limit=2).left == 0
    assert shop.firings() == [("many", "", 1.0, None, None)]
    assert [firing.version for firing in shop.ledger.firings()] == [shop.rules[0].version]
    shop.learn(60, order("z", "change", 60, "A"))
    assert shop.firings() == [("many", "", 1.0, 49.0, "window")]


def test_fresh_lets_open_incidents_end_under_the_old_version():
    """The new version judges only steps from then on, and opens nothing beside what is open by the old one."""
    shop = Changing("id: big, when: amount > 100, keep_open_for: 1h")
    shop.learn(1, order("1", "placed", 1, "A", amount=150.0), order("2", "placed", 1, "B", amount=50.0))
    old = shop.rules[0].version
    shop.turn_fresh(2, "id: big, when: amount > 40, keep_open_for: 1h")
    shop.learn(3, order("3", "change", 3, "A"))
    assert shop.firings() == [("big", "A", 1.0, None, None)]  # B has had no step since
    shop.learn(4, order("4", "change", 4, "B"))
    shop.learn(5, order("5", "change", 5, "A", amount=60.0))
    shop.learn(7, order("6", "change", 7, "A"))
    assert shop.firings() == [
        ("big", "A", 1.0, 6.0, "condition"),
        ("big", "A", 7.0, None, None),
        ("big", "B", 4.0, None, None),
    ]
    versions = {(firing.key, firing.number): firing.version for firing in shop.ledger.firings()}
    assert versions == {("A", 1): old, ("A", 2): shop.rules[1].version, ("B", 1): shop.rules[1].version}


def test_fresh_keeps_the_stages_that_time_brings():
    """An open incident of the old version becomes worse at the instant that version says."""
    stages = "stages: [{at: 0h, severity: minor}, {at: 10h, severity: critical}]"
    shop = Changing(f"id: late, overdue: paid, after: placed, within: 2h, {stages}")
    shop.learn(1, order("1", "placed", 1))
    shop.learn(3)
    shop.turn_fresh(4, "id: late, overdue: paid, after: placed, within: 8h")
    shop.learn(13)
    (firing,) = shop.ledger.firings()
    assert [(stage.severity.word, stage.at) for stage in firing.stages] == [("minor", hour(3)), ("critical", hour(13))]


def test_late_data_moves_what_the_old_version_opened():
    """A late event makes the entity fold again, the time before the change by the old version, then by the new one."""
    shop = Changing("id: big, when: amount > 100")
    shop.learn(1, order("1", "placed", 1, amount=150.0))
    shop.turn_fresh(2, "id: big, when: amount > 1000")
    shop.learn(3, order("2", "change", 0.5))
    assert shop.firings() == [("big", "A", 1.0, None, None)]
    shop.learn(4, order("3", "change", 1.5, amount=10.0))
    assert shop.firings() == [("big", "A", 1.0, 1.5, "condition")]
    shop.learn(5, order("4", "change", 5, amount=2000.0))
    assert shop.firings()[-1] == ("big", "A", 5.0, None, None)


def test_groups_that_fall_due_before_the_end_of_a_sweep_wait_for_it():
    """What time brings to a group of a rule that is gone or changed is told by the sweep, and holds up nothing."""
    count = "id: many, when: 'event.type == \"change\"', count: {at_least: 1, within: 1h}"
    for after in ("id: other, when: amount > 1", f"{count[:-1]}, per: channel}}"):
        shop = Changing(count)
        shop.learn(1, order("1", "change", 1, "A"), order("2", "placed", 1, "B"))
        shop.change(after)
        assert shop.sweep(5, limit=1).left == 1
        shop.learn(6)
        assert shop.sweep(7, limit=2).left == 0
        assert shop.firings() == [("many", "", 1.0, 7.0, "rule_changed")]


def test_what_a_rule_had_open_before_it_counted_ends():
    """Its new version fires for groups; what was open for an entity is gone, and is told so."""
    shop = Changing("id: big, when: amount > 100")
    shop.learn(1, order("1", "placed", 1, "A", amount=150.0))
    shop.change("id: big, when: amount > 100, count: {at_least: 2, within: 1h}")
    shop.sweep(5)
    assert shop.firings() == [("big", "A", 1.0, 5.0, "rule_changed")]
