"""Versions of rules: changed keys, files, several at once; outcomes out of tables; the warm-up."""

from typing import Any

import pytest

from rules.errors import Problems
from rules.workspace import read_workspace
from simulator.backtest.censoring import period_of
from simulator.backtest.outcome_table import outcomes_of_column, read_outcome_column
from simulator.backtest.versions import changed_rule, rules_of_file
from simulator.evaluation import evaluate, evaluate_versions
from streams.errors import UnreadableSource
from streams.event import Event
from streams.firing import Severity
from streams.instants import DAY, HOUR
from tests.simulator.backtest.incident_tables import hours
from tests.simulator.in_columns import in_columns, snapshots_in_columns

WORLD = read_workspace(
    """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}, cancelled: {off_path: true}}
    closed_by: [cancelled]
    fields: {amount: number, channel: string}
""",
    """
rules:
  - id: slow
    overdue: shipped
    after: paid
    within: 48h
    stages: [{at: -4h, severity: minor}, {at: 0h, severity: major}]
  - {id: large, when: amount > 100}
  - {id: many, when: amount > 100, count: {at_least: 3, within: 7d, per: channel}}
  - {id: said, sentence: not shipped within 2d after paid}
""",
)
SLOW = WORLD.rules[0]


def changed(id_: str, text: str) -> tuple[Any, Problems]:
    problems = Problems()
    rule = next(rule for rule in WORLD.rules if rule.id == id_)
    return changed_rule(rule, text, WORLD, problems), problems


def test_keys_are_changed_as_in_the_rule_file() -> None:
    """A duration, two keys, a list in one line, a place within a list, a number, a condition, a key taken away."""
    assert changed("slow", "within=24h")[0].deadline.within.span == DAY
    rule, _ = changed("slow", "within = 1d ; stages=")
    assert (rule.deadline.within.span, [stage.severity for stage in rule.stages]) == (DAY, [Severity.MAJOR])
    rule, _ = changed("slow", "stages=[{at: 0h, severity: info}, {at: 1d, severity: critical}]")
    assert [stage.severity for stage in rule.stages] == [Severity.INFO, Severity.CRITICAL]
    assert changed("slow", "stages.0.at=-8h")[0].stages[0].offset.span == 8 * HOUR
    assert changed("many", "count.at_least=5")[0].count.at_least == 5
    assert changed("large", 'when=amount >= 100 and channel == "a;b=c"')[0].condition.text.startswith("amount >= 100")


def test_a_rule_written_as_a_sentence_has_the_keys_of_its_core_form() -> None:
    """The sentence gives way to what it says."""
    rule, problems = changed("said", "within=1d")
    assert not problems.found
    assert rule.deadline.within.span == DAY


@pytest.mark.parametrize(
    "text", ["", "within", "withn=2d", "within=soon", "id=other", "stages.7.at=1h", "when=amuont > 1"]
)
def test_what_is_no_change_is_said(text):
    """No rule, and at least one problem."""
    rule, problems = changed("slow", text)
    assert rule is None and problems.has_errors


def test_the_rules_of_a_file_are_read_with_the_workspace(tmp_path) -> None:
    """Its model and calendars; what is wrong is located in the file."""
    path = tmp_path / "next.yaml"
    path.write_text("rules: [{id: slow, overdue: shipped, after: paid, within: 72h}]", encoding="utf-8")
    problems = Problems()
    (rule,) = rules_of_file(path, WORLD, problems)
    assert rule.id == "slow" and rule.version != SLOW.version
    path.write_text("rules: [{id: slow, overdue: shiped}]", encoding="utf-8")
    assert rules_of_file(path, WORLD, problems) == ()
    assert str(problems.found[0].place).startswith("next.yaml:1:")


def told(key: str, at: float, type_: str, **data: Any) -> Event:
    return Event(
        source="s",
        id=f"{key}{at}{type_}",
        kind="order",
        key=key,
        type=type_,
        occurred_at=hours(at),
        recorded_at=hours(at),
        data=data,
    )


EVENTS = [
    *(told(key, 0, "placed", amount=200.0, channel="web") for key in "ABC"),
    *(told(key, 1, "paid") for key in "AB"),
    told("A", 30, "shipped"),
    told("C", 2, "cancelled"),
    told("B", 90, "updated"),
]


def test_versions_are_judged_in_one_pass_as_each_alone() -> None:
    """The same incidents under the same ids, groups included, whatever else is judged beside them."""
    faster, _ = changed("slow", "within=24h")
    versions = [WORLD.rules, (faster, *WORLD.rules[1:]), WORLD.rules[:1]]
    history = in_columns(EVENTS, WORLD.model)
    together = evaluate_versions(WORLD.model, versions, history)
    for rules, found in zip(versions, together, strict=True):
        assert found.equals(evaluate(WORLD.model, rules, history))
    assert [found.filter(rule="slow").height for found in together] == [1, 2, 1]


def test_the_warm_up_is_the_longest_wait_but_a_quarter_at_most() -> None:
    """Two days for `slow`, seven for the group; of four days only one is left out; --from says it otherwise."""
    kinds = WORLD.model.kinds
    long = period_of(0, 100 * DAY, WORLD.rules, kinds)
    assert (long.begin, long.capped) == (7 * DAY, False)
    short = period_of(0, 4 * DAY, WORLD.rules, kinds)
    assert (short.begin, short.capped, short.wait) == (DAY, True, 7 * DAY)
    assert period_of(0, 4 * DAY, WORLD.rules[:2], kinds, begin=3 * DAY).begin == 3 * DAY
    assert period_of(0, 4 * DAY, WORLD.rules[1:2], kinds).warm_up == 0


def test_outcomes_of_a_table(tmp_path) -> None:
    """Instants: an empty cell is no for what is closed, and nothing known for what is open; so is what comes after the
    end. Yes and no: what is not listed is not known."""
    snapshots = snapshots_in_columns(WORLD.model, "order", EVENTS, hours(100))
    zone = WORLD.model.zone
    path = tmp_path / "complaints.csv"
    path.write_text("order,on\nA,2026-01-02\nB,\nC,\nD,2026-01-09\n", encoding="utf-8")
    dated = outcomes_of_column(read_outcome_column(f"{path}:on", zone), snapshots, hours(100))
    assert dated.select("key", "outcome").rows() == [("A", True), ("B", None), ("C", False)]
    assert dated["outcome_at"].to_physical().to_list() == [hours(24), None, None]
    late = outcomes_of_column(read_outcome_column(f"{path}:order:on", zone), snapshots, hours(20))
    assert late["outcome"].to_list() == [None, None, False]
    path.write_text("note,order,bad\n,A,是\n,C,no\n", encoding="utf-8")
    flags = outcomes_of_column(read_outcome_column(f"{path}:order:bad", zone), snapshots, hours(100))
    assert flags.select("outcome", "outcome_at").rows() == [(True, None), (None, None), (False, None)]


@pytest.mark.parametrize("text", ["order,bad\nA,perhaps\n", "order,bad\nA,yes\nB,2026-01-01\n", "order,other\nA,1\n"])
def test_a_table_that_says_neither_is_refused(text, tmp_path):
    """With the column and what was expected."""
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableSource, match="bad"):
        read_outcome_column(f"{path}:bad", WORLD.model.zone)
