"""Every key of a rule: what it becomes, and with what it does not go together."""

import pytest

from rules.rule import By, Clear, For, KeepOpen, NoDeadline, OverdueAfter, OverduePromise, Plain, Pulse, StageRule
from rules.worktime.durations import Duration, parse_duration
from streams.firing import Severity
from streams.instants import DAY, HOUR
from streams.text import Text
from tests.rules.workspace_texts import load, problems, refused, rule

AT_DEADLINE = Duration()


def test_a_rule_needs_an_id_and_a_condition_only():
    """Everything else has its default: kind order, major, live, recompute, its id as the name."""
    found = rule("when: amount > 10000 and 渠道 == '电商'")
    assert (found.id, found.name, found.on) == ("r", Text.plain("r"), "order")
    assert found.deadline == NoDeadline()
    assert found.stages == (StageRule(severity=Severity.MAJOR, offset=AT_DEADLINE),)
    assert found.ending == Plain()
    assert (found.mode, found.on_change, found.owner, found.chain) == ("live", "recompute", None, None)
    assert found.where == "rules/rules.yaml:2:5"


def test_where_and_when_are_one_condition():
    """Both must hold; the order in which they are written makes no difference."""
    both = rule("where: channel == 'web'\nwhen: amount > 1")
    assert both.condition.canonical == rule("when: amount > 1 and channel == 'web'").condition.canonical


def test_deadlines():
    """for, by, overdue with and without after: what each adds to the condition."""
    assert rule("when: urgent\nfor: 48h").deadline == For(duration=Duration(span=48 * HOUR))
    by = rule("when: urgent\nby: promised_at - hours(24)").deadline
    assert isinstance(by, By) and by.expression.fields == {"promised_at"}
    after = rule("overdue: shipped\nafter: paid\nwithin: 2d")
    assert after.deadline == OverdueAfter(node="shipped", after="paid", within=Duration(span=2 * DAY))
    written = rule("when: paid.done and not shipped.done and not closed")
    assert after.condition.canonical == written.condition.canonical
    promise = rule("overdue: shipped\nwhen: urgent")
    assert promise.deadline == OverduePromise(node="shipped")
    written = rule("when: urgent and not shipped.done and not closed")
    assert promise.condition.canonical == written.condition.canonical


def test_stages_and_before():
    """Stages replace severity; before is a minor stage ahead of the rule's own."""
    staged = rule(
        """
        overdue: shipped
        stages:
          - {at: -4h, severity: minor}
          - {at: 0h, severity: major}
          - {at: +1d cn-workdays, severity: critical}
        """
    )
    assert [(stage.severity.word, str(stage.offset), stage.early) for stage in staged.stages] == [
        ("minor", "4h", True),
        ("major", "0h", False),
        ("critical", "1d cn-workdays", False),
    ]
    ahead = rule("overdue: shipped\nbefore: 4h\nseverity: critical")
    assert ahead.stages == (
        StageRule(severity=Severity.MINOR, offset=Duration(span=4 * HOUR), early=True),
        StageRule(severity=Severity.CRITICAL, offset=AT_DEADLINE),
    )


def test_endings():
    """clear, keep_open_for, and what pulses have instead."""
    clear = rule("when: amount > 10\nclear: amount < 5").ending
    assert isinstance(clear, Clear) and clear.expression.text == "amount < 5"
    assert rule("when: urgent\nkeep_open_for: 2h").ending == KeepOpen(duration=2 * HOUR)
    pulse = rule("when: changed(promised_at)\nuntil: shipped.done\nexpires: 3d").ending
    assert isinstance(pulse, Pulse) and pulse.until is not None and pulse.expires == 3 * DAY
    assert rule("when: event.type == 'change_requested'").ending == Pulse(until=None, expires=None)


def test_what_stands_around_the_meaning():
    """Texts, owner, chain, runbook, summary, labels and modes are kept as written."""
    found = rule(
        """
        name: {zh: 付款后未发货, en: "Paid, not shipped"}
        on: order
        overdue: shipped
        mode: off
        on_change: fresh
        owner: sales_rep
        chain: warehouse
        runbook: docs/runbooks/shipping.md
        summary: {zh: "订单 {{ key }} 未发货", en: "{{ key }} not shipped"}
        labels: {department: logistics, level: 2}
        """
    )
    assert found.name == Text(zh="付款后未发货", en="Paid, not shipped")
    assert (found.mode, found.on_change, found.owner, found.chain) == ("off", "fresh", "sales_rep", "warehouse")
    assert found.runbook == "docs/runbooks/shipping.md"
    assert found.summary == Text(zh="订单 {{ key }} 未发货", en="{{ key }} not shipped")
    assert found.labels == {"department": "logistics", "level": "2"}


def test_tests_are_kept_for_later():
    """The tests of a rule are kept as written, for rules/testing to read."""
    workspace = load(
        "rules:\n  - id: r\n    overdue: shipped\n    tests:\n      - name: fires\n        timeline:\n"
        "          - {at: 2026-03-02 09:00, event: placed, data: {channel: web}}\n"
        "          - {at: +49h, expect: open}\n"
    )
    assert len(workspace.tests["r"].nodes) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("mode: live", "no_condition"),
        ("for: 2h", "no_condition"),
        ("when: urgent\nfor: 2h\nby: promised_at", "two_deadlines"),
        ("overdue: shipped\nfor: 2h", "two_deadlines"),
        ("overdue: shipped\nafter: paid", "goes_with"),
        ("overdue: shipped\nwithin: 2h", "goes_with"),
        ("when: urgent\nafter: paid\nwithin: 2h", "goes_with"),
        ("overdue: shiped", "unknown_node"),
        ("overdue: shipped\nafter: payed\nwithin: 2h", "unknown_node"),
        ("overdue: shipped\nafter: shipped\nwithin: 2h", "wrong_value"),
        ("when: urgent\nstages: [{at: 1h, severity: minor}]", "no_deadline"),
        ("when: urgent\nbefore: 1h", "no_deadline"),
        ("overdue: shipped\nbefore: 1h\nseverity: minor", "before_severity"),
        ("overdue: shipped\nbefore: 1h\nseverity: info", "before_severity"),
        ("overdue: shipped\nseverity: minor\nstages: [{at: 1h, severity: minor}]", "instead"),
        ("overdue: shipped\nbefore: 1h\nstages: [{at: 1h, severity: minor}]", "instead"),
        ("overdue: shipped\nstages: []", "no_stages"),
        ("overdue: shipped\nstages: [{at: 1h}]", "missing_key"),
        ("overdue: shipped\nstages: [{at: 1h, severity: mayor}]", "unknown_word"),
        ("when: urgent\nfor: 2h\nbefore: 3h", "longer_than_for"),
        ("when: urgent\nfor: 2d cn-workdays\nbefore: 4h cn-workdays", "longer_than_for"),
        ("when: urgent\nfor: 2d cn-workdays\nstages: [{at: -1d, severity: minor}]", "longer_than_for"),
        ("when: urgent\nfor: 16h cn-workdays\nstages: [{at: -1h other, severity: minor}]", "longer_than_for"),
        ("when: urgent\nclear: not urgent\nkeep_open_for: 1h", "clear_or_keep"),
        ("when: urgent\nkeep_open_for: 1h cn-workdays", "duration"),
        ("when: urgent\nuntil: shipped.done", "only_for_pulses"),
        ("when: urgent\nexpires: 3d", "only_for_pulses"),
        ("when: changed(amount)\nclear: urgent", "not_for_pulses"),
        ("when: changed(amount)\nkeep_open_for: 1h", "not_for_pulses"),
        ("when: changed(amount)\nfor: 1h", "not_for_pulses"),
        ("when: changed(amount)\nfor: 1h\nbefore: 1h", "not_for_pulses"),
        ("when: changed(amount)\noverdue: shipped", "not_for_pulses"),
        ("when: changed(amount)\nexpires: 0h", "wrong_value"),
        ("when: changed(amount)\nexpires: 3d cn-workdays", "duration"),
        ("when: changed(amount)\nuntil: changed(urgent)", "pulse_not_here"),
        ("when: urgent\nclear: changed(amount)", "pulse_not_here"),
        ("when: urgent\nby: event.at", "pulse_not_here"),
        ("when: urgent\non: orders", "unknown_kind"),
        ("when: urgent\nmode: on", "unknown_word"),
        ("when: urgent\nseverity: mayor", "unknown_word"),
        ("when: urgent\nsummary: '{{ key '", "template"),
        ("when: urgent\nowner:", "empty_value"),
        ("when: urgent\nfor: 48", "duration"),
        ("when: urgent\nimpact: {order: lines.sku == sku}", "unknown_field"),
        ("sentence: 付款 后 2天 内 未 发货", "sentence"),
        ("on: order\nwhen: paid.at + lead('paid', 'shipped', 0.9) < promised_at", "no_lead_times"),
    ],
)
def test_what_does_not_go_together_is_refused(body: str, code: str):
    """Each slip has its own error within the rule, in both languages."""
    found = problems(body)
    assert code in [problem.code for problem in found], found
    assert all(problem.place.line >= 2 and problem.message.zh and problem.message.en for problem in found)


def test_an_id_is_given_once_in_the_workspace():
    """The second rule of an id is refused, naming the place of the first; an id is a-z 0-9 and -."""
    found = refused("rules: [{id: a, when: urgent}, {id: a, when: urgent}, {id: A_b, when: urgent}, {when: urgent}]")
    assert [problem.code for problem in found] == ["duplicate_id", "wrong_value", "missing_key"]
    assert "rules/rules.yaml:1:14" in found[0].message.en


def test_a_rule_of_a_model_without_orders_says_which_kind_it_is_on():
    """`on` has a default only where the model has that kind."""
    model = "kinds: {stock: {fields: {on_hand: number}}}"
    assert [problem.code for problem in problems("when: on_hand < 1", model=model, calendars="")] == ["no_kind"]
    assert rule("on: stock\nwhen: on_hand < 1", model=model, calendars="").on == "stock"


def test_an_error_in_an_expression_is_found_in_the_file():
    """Through quotes, folding and indentation, the place is that of the wrong name."""
    found = problems("when: >-\n  urgent and\n  amout > 1\nby: 'promised_att'")
    assert [(problem.place.line, problem.place.column) for problem in found] == [(5, 7), (6, 10)]


def test_negative_offsets_within_a_for_are_in_its_calendar_and_unit():
    """What is no longer than the for is taken."""
    found = rule("when: urgent\nfor: 2d cn-workdays\nbefore: 1d cn-workdays")
    assert found.stages[0].early and found.stages[0].offset.days == 1
    assert rule("when: urgent\nfor: 2h\nbefore: 120m").stages[0].offset == parse_duration("2h", {})


def test_a_text_with_a_comma_in_braces_is_read_as_its_author_means_it() -> None:
    """`{zh: ..., en: Paid, not shipped}` is one text with a comma, though YAML sees a key behind it."""
    found = rule("when: urgent\nname: {zh: 未发货, en: Paid, not shipped}")
    assert found.name == Text(zh="未发货", en="Paid, not shipped")
