"""Rules in core form, and the sentences that say the same: what `tocsin rules show` shows."""

import pytest

from rules.files.document import as_data
from rules.files.writing import to_yaml
from rules.showing import Shown, shown
from rules.workspace import read_workspace
from tests.rules.sentences.shop import CALENDARS, MODEL
from tests.rules.workspace_texts import entry


def show(body: str) -> Shown:
    """The rule that the lines of a body make."""
    return shown(read_workspace(MODEL, entry(body), CALENDARS))["r"]


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        (
            "overdue: shipped\nafter: paid\nwithin: 48小时",
            "付款 后 48小时 内 未 发货",
            "not shipped within 48h after payment",
        ),
        (
            "where: urgent\noverdue: shipped\nafter: paid\nwithin: 1d 4h cn-workdays\nbefore: 1h",
            "付款 后 1天4小时(cn-workdays) 内 未 发货",
            "not shipped within 1d 4h (cn-workdays) after payment",
        ),
        ("overdue: shipped", "发货 未 按 承诺 完成", "shipped is overdue"),
        (
            "overdue: shipped\nstages: [{at: +4h, severity: critical}]",
            "超过 承诺 4小时 未 发货",
            "shipped is overdue by 4h",
        ),
        ("on: supply\noverdue: delivered\nbefore: 2d", "承诺 前 2天 未 到货", "not delivered 2d before promised"),
        (
            "on: stock\nwhen: reorder_level > on_hand\nfor: 2h",
            "补货点 超过 库存 持续 2小时",
            "reorder level exceeds on hand for 2h",
        ),
        (
            "on: stock\nwhen: on_hand + on_order < demand",
            "库存 加 在途 低于 demand",
            "on hand plus on order below demand",
        ),
        (
            "when: stocked.done and event.type == 'change_requested'\nexpires: 3d",
            "备货 后 变更申请",
            "change requested after stocked",
        ),
        ("when: changed(amount) and paid.done", "付款 后 金额 变更", "order value changed after payment"),
        (
            "when: event.type == 'change_requested'\ncount: {at_least: 3, within: 1w, per: [channel]}",
            "同一 channel 1周 内 3 次 变更申请",
            "3 change requested within 1w per channel",
        ),
        (
            "on: supply\noverdue: delivered\ncount: {at_least: 3, within: 30d}",
            "30天 内 3 次 到货 逾期",
            "delivered overdue 3 times within 30d",
        ),
    ],
)
def test_a_core_rule_that_a_template_says_has_its_sentence(body, zh, en):
    """In both languages, with the labels of the model, and the same rule when it is read."""
    found = show(body).sentence
    assert found is not None
    assert found.sentences == {"zh": zh, "en": en}


@pytest.mark.parametrize(
    "body",
    [
        "when: urgent",
        "when: urgent\nby: promised_at",
        "when: paid.done and urgent and stocked.done and shipped.done",
        "on: stock\nwhen: on_hand < reorder_level * 2",
        "when: event.type == 'change_requested'\ncount: {at_least: 3, within: 7d, distinct: channel}",
        "when: event.type == 'change_requested'\ncount: {at_least: 3, within: 7d, per: [channel, key]}",
    ],
)
def test_what_no_template_says_has_no_sentence(body):
    """Rather none than one that says something else."""
    assert show(body).sentence is None


def test_stages_stay_beside_the_sentence():
    """It stands in place of the keys that it says, and of no other."""
    found = show("overdue: shipped\nafter: paid\nwithin: 2d\nstages: [{at: 0h, severity: minor}]").sentence
    assert found is not None and found.keys == ("overdue", "after", "within")
    late = show("overdue: shipped\nstages: [{at: -4h, severity: minor}]").sentence
    assert late is not None and late.keys == ("overdue",)


def test_a_sentence_is_expanded_where_it_stood():
    """The other keys stay as they were written, and the kind is named where the words decided it."""
    found = show("name: Low\nsentence: 库存低于补货点持续2小时\nseverity: critical\ntests: []")
    assert found.written == "库存低于补货点持续2小时"
    assert as_data(found.core) == {
        **{"id": "r", "name": "Low", "on": "stock", "when": "on_hand < reorder_level", "for": "2h"},
        **{"severity": "critical", "tests": ()},
    }
    assert list(found.core) == ["id", "name", "on", "when", "for", "severity", "tests"]


def test_what_is_printed_can_be_pasted_back():
    """Quotes, flow maps, long texts, decision tables and tests keep what they mean."""
    body = """
        name: {zh: 付款, en: "Paid: not shipped"}
        sentence: not shipped within 48h after paid
        decide:
          - {if: amount > 10000, severity: critical, owner: "team:a"}
          - {severity: minor}
        mode: off
        runbook: 'a # b'
        summary: |
          {{ key }}
            waits
        labels: {x: "1", y: 1, z: true}
        tests:
          - name: yes
            timeline:
              - {at: 2026-03-02 09:00, event: placed, data: {channel: "12", amount: 12, urgent: null}}
              - {at: +49h, expect: open}
        """
    first = read_workspace(MODEL, entry(body), CALENDARS)
    printed = to_yaml("rules", [shown(first)["r"].core])
    again = read_workspace(MODEL, printed, CALENDARS)
    one, other = first.rules[0], again.rules[0]
    assert other.version == one.version
    assert (other.name, other.mode, other.runbook, other.summary, other.labels) == (
        *(one.name, one.mode, one.runbook, one.summary),
        one.labels,
    )
    assert as_data(again.tests["r"]) == as_data(first.tests["r"])
    assert to_yaml("rules", [shown(again)["r"].core]) == printed
