"""What authors write in each template, in both languages, and the core form that it stands for."""

import pytest

from rules.rule import Count, OverduePromise
from streams.instants import DAY
from tests.rules.sentences.shop import ONE_CALENDAR, core, read

DEADLINE = ("overdue: shipped", "after: paid", "within: 48h")
IN_CALENDAR = ("overdue: shipped", "after: paid", "within: 2d cn-workdays")
PROMISE = ("overdue: shipped",)
LATE = ("overdue: shipped", "stages: [{at: 4h, severity: major}]")
AHEAD = ("on: supply", "overdue: delivered", "before: 2d")
DELIVERY = ("on: supply", "overdue: delivered")
SHORT = ("on: stock", "when: on_hand < reorder_level")
CHANGE = ('when: event.type == "change_requested" and stocked.done',)
FIELD_CHANGE = ("when: changed(amount) and paid.done",)
REPEATED = ('when: event.type == "change_requested"', "count: {at_least: 3, within: 7d, per: channel}")
REPEATED_DELAY = ("on: supply", "overdue: delivered", "count: {at_least: 3, within: 30d, per: supplier}")

SENTENCES = [
    (DEADLINE, "付款 后 48小时 内 未 发货"),
    (DEADLINE, "付款后48小时内未发货"),
    (DEADLINE, "付款之后，48 小时以内，尚未发货。"),
    (DEADLINE, "“付款” 后 48h 内 未 “发货”"),
    (DEADLINE, "已付款48小时仍未发货"),
    (DEADLINE, "付款后超过2天还没有发货"),
    (DEADLINE, "付款后 48个小时内 shipped 未完成"),
    (DEADLINE, "发货未在付款后48小时内完成"),
    (DEADLINE, "未在付款后 2日 内发货"),
    (DEADLINE, "not shipped within 48h after paid"),
    (DEADLINE, "Not Shipped Within 48 Hours After Payment"),
    (DEADLINE, "still not shipped 1d 24h after paid"),
    (DEADLINE, "no shipped more than 48h after payment"),
    (DEADLINE, "shipped not within 2 days of paid"),
    (DEADLINE, "paid but not shipped within 48h"),
    (DEADLINE, "48h after paid and still not shipped"),
    (DEADLINE, "订单付款后48小时内未发货"),
    (DEADLINE, "orders not shipped within 48 hours of payment"),
    (DEADLINE, "ｎｏｔ　ｓｈｉｐｐｅｄ　ｗｉｔｈｉｎ　４８ｈ　ａｆｔｅｒ　ｐａｉｄ"),
    (IN_CALENDAR, "付款 后 2天(cn-workdays) 内 未 发货"),
    (IN_CALENDAR, "付款后2天（CN-Workdays）内未发货"),
    (IN_CALENDAR, "付款后 2天 cn-workdays 内未发货"),
    (IN_CALENDAR, "not shipped within 2d (cn-workdays) after paid"),
    (IN_CALENDAR, "not shipped within 2d cn-workdays after paid"),
    (PROMISE, "发货 未 按 承诺 完成"),
    (PROMISE, "未按承诺日期发货"),
    (PROMISE, "逾期未发货"),
    (PROMISE, "发货逾期"),
    (PROMISE, "未按时发货"),
    (PROMISE, "shipped is overdue"),
    (PROMISE, "not shipped by the promised date"),
    (PROMISE, "not shipped as promised"),
    (PROMISE, "not shipped on time"),
    (LATE, "超过 承诺 4小时 未 发货"),
    (LATE, "发货逾期超过4小时"),
    (LATE, "供应商延迟发货超过4小时"),
    (LATE, "承诺时间后4小时仍未发货"),
    (LATE, "shipped is overdue by 4h"),
    (LATE, "not shipped 4h after promised"),
    (AHEAD, "供应商 未 在 承诺 前 2天 到货"),
    (AHEAD, "供应商承诺交期前2天仍未到货"),
    (AHEAD, "距承诺日期不足2天未到货"),
    (AHEAD, "not delivered 2d before promised"),
    (AHEAD, "the supplier has not delivered 2 days before the promised date"),
    (DELIVERY, "供应商未按承诺到货"),
    (DELIVERY, "供应商延迟到货"),
    (DELIVERY, "the supplier has not delivered on time"),
    (SHORT, "库存 低于 补货点"),
    (SHORT, "库存少于补货点"),
    (SHORT, "on_hand below reorder_level"),
    (("on: stock", "when: on_hand < 10"), "库存低于10件"),
    (("on: stock", "when: on_hand < 10"), "stock on hand is below 10 units"),
    (SHORT, "On hand is less than reorder level"),
    (SHORT, "on_hand < reorder_level"),
    (("on: stock", "when: on_hand < reorder_level", "for: 2h"), "库存低于补货点，持续2小时"),
    (("on: stock", "when: on_hand < reorder_level", "for: 2h"), "on hand below reorder level for 2h"),
    (("on: stock", "when: demand > on_hand"), "demand exceeds on_hand"),
    (("on: stock", "when: on_hand <= 0.5"), "库存不高于 0.5"),
    (("on: stock", "when: on_hand <= 10"), "库存小于等于10件"),
    (("on: stock", "when: on_hand + on_order < demand"), "库存加在途不够 demand"),
    (("on: stock", "when: on_hand + on_order < demand"), "on hand plus on order is short of demand"),
    (CHANGE, "备货 后 变更申请"),
    (CHANGE, "备货后变更"),
    (CHANGE, "备货之后又收到变更申请"),
    (CHANGE, "change_requested after stocked"),
    (CHANGE, "change requested after stocked"),
    (FIELD_CHANGE, "付款后金额变更"),
    (FIELD_CHANGE, "付款后又修改金额"),
    (FIELD_CHANGE, "amount changed after paid"),
    (FIELD_CHANGE, "order value changes after payment"),
    (('when: event.type in ["order.dispatched", "shipped"] and cancelled.done',), "取消后发货"),
    (REPEATED, "同一 channel 7天 内 3次 变更"),
    (REPEATED, "同一channel一周内三次变更申请"),
    (REPEATED, "7天内同一channel发生3次以上变更申请"),
    (REPEATED, "3 change_requested within 7d per channel"),
    (REPEATED, "at least 3 change requested per channel within 1 week"),
    (REPEATED, "change requested 3 times within 7d for the same channel"),
    (("when: changed(promised_at)", "count: {at_least: 2, within: 7d, per: key}"), "每个 key 7天内2次变更 promised_at"),
    (("when: changed(promised_at)", "count: {at_least: 2, within: 7d}"), "promised_at changed 2 times within 7d"),
    (REPEATED_DELAY, "同一供应商30天内3次到货逾期"),
    (REPEATED_DELAY, "delivered overdue 3 times within 30d per supplier"),
]


@pytest.mark.parametrize(("lines", "sentence"), SENTENCES, ids=[sentence for _, sentence in SENTENCES])
def test_a_sentence_means_its_core_form(lines, sentence):
    """It is the same rule, by version, in the kind whose words it uses."""
    found = read(sentence)
    expected = core(*lines)
    assert (found.version, found.on) == (expected.version, expected.on)


def test_working_days_mean_the_one_calendar():
    """2个工作日, 2 working days: where there is one calendar only, its name can be left out."""
    expected = read("付款后2天(cn-workdays)内未发货", calendars=ONE_CALENDAR).version
    assert read("付款后2个工作日内未发货", calendars=ONE_CALENDAR).version == expected
    assert read("not shipped within 2 working days after paid", calendars=ONE_CALENDAR).version == expected
    assert read("付款后2个工作日(cn-workdays)内未发货").version == expected


def test_a_repeated_problem_is_a_count():
    """How many, within how long, of whom."""
    found = read("同一供应商30天内3次到货逾期")
    assert found.count == Count(at_least=3, within=30 * DAY, per=("supplier",))
    assert found.deadline == OverduePromise(node="delivered")


def test_a_calendar_is_found_whatever_its_case():
    """Names of calendars are compared like all words, and keep their own spelling in the rule."""
    assert (
        read("not shipped within 8h (nights) after paid").version
        == core("overdue: shipped", "after: paid", "within: 8h Nights").version
    )
