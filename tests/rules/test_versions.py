"""What a new reading of the files changes about the rules in force."""

from collections.abc import Sequence

from rules.versions import RuleChanges, RuleVersion, compare_rules
from rules.workspace import Workspace, read_workspace

MODEL = """
kinds:
  order: {fields: {amount: number, sku: string}}
  stock: {fields: {on_hand: number}}
totals:
  stock.demand: {of: order, sum: amount, key: sku}
"""


def files(*rules: str, model: str = MODEL) -> Workspace:
    return read_workspace(model, "rules:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules) if rules else "rules: []")


def begin(*rules: str) -> Sequence[RuleVersion]:
    return compare_rules((), files(*rules), 1).versions


def compare(kept: Sequence[RuleVersion], *rules: str, now: int = 2) -> RuleChanges:
    return compare_rules(kept, files(*rules), now)


def test_the_same_meaning_is_no_change() -> None:
    """Names and comments are none; the written entry is kept as it is now."""
    changes = compare(begin("id: a, when: amount > 5"), "id: a, when: (amount>5), name: A")
    assert not changes.any
    assert "(amount>5)" in changes.versions[0].definition
    assert changes.versions[0].added_at == 1


def test_a_new_rule_is_judged_from_the_beginning() -> None:
    """Whatever its on_change says: that speaks of new versions."""
    changes = compare((), "id: a, when: amount > 5, on_change: fresh", "id: b, when: amount > 5, mode: off")
    assert (changes.new, changes.since, changes.sweeps) == (["a"], {}, True)


def test_back_to_an_earlier_meaning_is_a_third_version() -> None:
    """Each with its own stretch of time."""
    one, other = "id: a, when: amount > 5, on_change: fresh", "id: a, when: amount > 6, on_change: fresh"
    kept = compare(begin(one), other, now=2).versions
    changes = compare(kept, one, now=3)
    assert [(rule.since, rule.retired_at) for rule in changes.judged(files(one).rules)] == [
        (None, 2),
        (2, 3),
        (3, None),
    ]
    assert not changes.sweeps


def test_off_and_on_again_with_fresh_judges_from_then_on() -> None:
    """What was open when it was switched off ends under the version of then."""
    off = compare(begin("id: a, when: amount > 5"), "id: a, when: amount > 5, mode: off, on_change: fresh").versions
    changes = compare(off, "id: a, when: amount > 5, on_change: fresh", now=3)
    judged = list(changes.judged(files("id: a, when: amount > 5").rules))
    assert [(rule.mode, rule.since, rule.retired_at) for rule in judged] == [("live", None, 2), ("live", 3, None)]


def test_a_count_knows_no_fresh() -> None:
    """Its group has one state."""
    text = "id: a, when: changed(amount), on_change: fresh, count: {at_least: %d, within: 7d}"
    changes = compare(begin(text % 2), text % 3)
    assert (changes.recomputed, changes.scope.counting) == (["a"], frozenset("a"))


def test_kinds_that_are_concerned_are_those_of_before_and_after_and_what_feeds_them() -> None:
    """A rule that moves from stock to order concerns both, and what feeds a total of stock."""
    kept = begin("id: a, on: stock, when: on_hand < 5", "id: b, when: amount > 5")
    assert compare(kept, "id: a, when: amount > 1", "id: b, when: amount > 5").scope.kinds == {"stock", "order"}
    assert compare(kept, "id: a, on: stock, when: on_hand < 5").scope.kinds == {"order"}
    assert compare(kept, "id: b, when: amount > 5").scope.kinds == {"stock", "order"}
