"""The sentence of an incident: one golden text a cause, in both languages."""

from zoneinfo import ZoneInfo

import pytest

from notifiers.facts import (
    Cause,
    Facts,
    Holds,
    HoldsBy,
    HoldsFor,
    Limit,
    NodeFacts,
    OverdueAfter,
    OverduePromise,
    Pulsed,
)
from notifiers.sentence import LONGEST, sentence
from notifiers.summary import summary_problems, unknown_names
from streams.firing import Reason
from streams.instants import HOUR, MINUTE, SECOND, Instant
from streams.text import Text
from tests.notifiers.samples import DUE, FACTS, NOW, PAID, SHANGHAI, facts

PROMISE = OverduePromise(node="shipped")
AFTER = OverdueAfter(node="shipped", after="paid", within=Limit(time=48 * HOUR))


def both(of: Facts, now: Instant = NOW) -> tuple[str, str]:
    return sentence(of, "zh", SHANGHAI, now), sentence(of, "en", SHANGHAI, now)


def test_the_sentences_of_the_design() -> None:
    """An overdue node after another reads word for word as console.md has it."""
    assert both(FACTS) == (
        "订单 A-1042 已付款 52 小时，仍未发货（应在 48 小时内）",
        "Order A-1042 was paid 52 h ago and has not shipped (due within 48 h)",
    )


@pytest.mark.parametrize(
    ("cause", "deadline", "now", "zh", "en"),
    [
        (
            AFTER,
            DUE,
            DUE - 4 * HOUR,
            "订单 A-1042 已付款 44 小时，尚未发货（应在 48 小时内，还剩 4 小时）",
            "Order A-1042 was paid 44 h ago and has not shipped yet (due within 48 h, 4 h left)",
        ),
        (
            OverdueAfter(node="shipped", after="paid", within=Limit(days=2, calendar="cn-workdays")),
            DUE,
            NOW,
            "订单 A-1042 已付款 52 小时，仍未发货（应在 2 个工作日内，即 3月4日 09:00 前）",
            "Order A-1042 was paid 52 h ago and has not shipped (due within 2 working days, by Mar 4, 09:00)",
        ),
        (
            OverdueAfter(node="shipped", after="paid", within=Limit(days=1, time=HOUR, calendar="cn-workdays")),
            None,
            NOW,
            "订单 A-1042 已付款 52 小时，仍未发货（应在 1 个工作日 1 个工作小时内）",
            "Order A-1042 was paid 52 h ago and has not shipped (due within 1 working day 1 working hour)",
        ),
        (
            PROMISE,
            DUE,
            NOW,
            "订单 A-1042 仍未发货（应在 3月4日 09:00 前，已超 4 小时）",
            "Order A-1042 has not shipped (due Mar 4, 09:00, 4 h ago)",
        ),
        (
            PROMISE,
            DUE,
            DUE,
            "订单 A-1042 仍未发货（应在 3月4日 09:00 前）",
            "Order A-1042 has not shipped (due Mar 4, 09:00)",
        ),
        (
            PROMISE,
            DUE,
            DUE - 90 * MINUTE,
            "订单 A-1042 尚未发货（应在 3月4日 09:00 前，还剩 1 小时 30 分钟）",
            "Order A-1042 has not shipped yet (due Mar 4, 09:00, 1 h 30 min left)",
        ),
        (PROMISE, None, NOW, "订单 A-1042 仍未发货", "Order A-1042 has not shipped"),
        (
            HoldsFor(since=PAID, limit=Limit(time=30 * MINUTE)),
            None,
            PAID + 35 * MINUTE + 59 * SECOND,
            "订单 A-1042：付款后未发货，已持续 35 分钟（限 30 分钟）",
            "Order A-1042: Paid, not shipped, for 35 min (limit 30 min)",
        ),
        (
            HoldsFor(since=PAID, limit=Limit(time=90 * MINUTE, calendar="cn-workdays")),
            None,
            PAID + 3 * HOUR,
            "订单 A-1042：付款后未发货，已持续 3 小时（限 1 小时 30 分钟工作时间）",
            "Order A-1042: Paid, not shipped, for 3 h (limit 1 h 30 min of working time)",
        ),
        (
            HoldsBy(),
            DUE,
            NOW,
            "订单 A-1042：付款后未发货，已过期限 4 小时（3月4日 09:00）",
            "Order A-1042: Paid, not shipped, 4 h past the deadline (Mar 4, 09:00)",
        ),
        (
            HoldsBy(),
            DUE,
            DUE,
            "订单 A-1042：付款后未发货，已到期限（3月4日 09:00）",
            "Order A-1042: Paid, not shipped, at the deadline (Mar 4, 09:00)",
        ),
        (
            HoldsBy(),
            DUE,
            DUE - HOUR,
            "订单 A-1042：付款后未发货，距期限还剩 1 小时（3月4日 09:00）",
            "Order A-1042: Paid, not shipped, 1 h before the deadline (Mar 4, 09:00)",
        ),
        (
            Pulsed(count=3),
            None,
            NOW,
            "订单 A-1042：付款后未发货（3月4日 09:00，共 3 次）",
            "Order A-1042: Paid, not shipped (Mar 4, 09:00, 3 times)",
        ),
        (
            Holds(),
            None,
            DUE + 100 * HOUR,
            "订单 A-1042：付款后未发货，已持续 4 天 4 小时",
            "Order A-1042: Paid, not shipped, for 4 d 4 h",
        ),
        (Holds(), None, DUE, "订单 A-1042：付款后未发货", "Order A-1042: Paid, not shipped"),
    ],
)
def test_each_cause(cause: Cause, deadline: Instant | None, now: Instant, zh: str, en: str) -> None:
    """Every kind of deadline has its own default sentence, before, at and after it."""
    assert both(facts(cause=cause, deadline=deadline), now) == (zh, en)


@pytest.mark.parametrize(
    ("labels", "zh", "en"),
    [
        (
            ("已付款", "Received", "已收货"),
            "已付款 52 小时，仍未收货",
            "was received 52 h ago and has not been received",
        ),
        (("到港", "Arrived", "出港"), "已到港 52 小时，仍未出港", "arrived 52 h ago and has not arrived"),
        (
            ("过账", "Goods issue", "goods_issue"),
            "已过账 52 小时，仍未到 goods_issue",
            "passed Goods issue 52 h ago and has not reached Goods issue",
        ),
    ],
)
def test_labels_of_any_form(labels: tuple[str, str, str], zh: str, en: str) -> None:
    """Participles are conjugated, names of stations are named."""
    after, english, node = labels
    said = both(
        facts(
            nodes=(
                NodeFacts(name="paid", label=Text(zh=after, en=english), at=PAID),
                NodeFacts(name="shipped", label=Text(zh=node, en=english)),
            )
        )
    )
    assert zh in said[0]
    assert en in said[1]


def test_a_node_that_nobody_described_is_called_by_its_name() -> None:
    """Facts without nodes still make a sentence."""
    assert both(facts(nodes=(), cause=OverduePromise(node="goods_issue"), deadline=None))[1] == (
        "Order A-1042 has not reached goods issue"
    )


def test_what_is_over_says_how_it_ended() -> None:
    """Resolved by the event itself: how late it was; by anything else: why and after how long."""
    shipped = (FACTS.nodes[0], NodeFacts(name="shipped", label=Text(zh="发货", en="Shipped"), at=DUE + 5 * HOUR))
    late = facts(nodes=shipped, resolved_at=DUE + 5 * HOUR, reason=Reason.CONDITION)
    assert both(late) == ("订单 A-1042 已发货，比期限晚 5 小时", "Order A-1042 has shipped, 5 h late")
    person = facts(resolved_at=DUE + 5 * HOUR, reason=None, resolved_by="李伟")
    assert both(person) == (
        "订单 A-1042：付款后未发货，已解决，历时 5 小时（由李伟解决）",
        "Order A-1042: Paid, not shipped, resolved after 5 h (by 李伟)",
    )
    moved = facts(resolved_at=DUE + 5 * HOUR, reason=Reason.DEADLINE_MOVED)
    assert both(moved)[1] == "Order A-1042: Paid, not shipped, resolved after 5 h (the deadline has moved)"


def test_times_are_in_the_readers_zone_with_the_year_where_it_is_another() -> None:
    """One instant, read elsewhere and a year later."""
    promise = facts(cause=PROMISE)
    assert "Mar 3, 20:00" in sentence(promise, "en", ZoneInfo("America/New_York"), NOW)
    assert "2026年3月4日 09:00" in sentence(promise, "zh", SHANGHAI, NOW + 365 * 24 * HOUR)


def test_the_rules_own_summary_wins() -> None:
    """Key, since, fields and nodes are there, and are written as the reader writes them."""
    text = (
        "{{ key }}|{{ since }}|{{ fields.amount }}|{{ fields.promised_at }}|{{ nodes.paid.at }}|{{ nodes.paid.label }}"
    )
    assert both(facts(summary=Text.plain(text))) == (
        "A-1042|52 小时|12,345.5|3月4日 09:00|3月2日 09:00|付款",
        "A-1042|52 h|12,345.5|Mar 4, 09:00|Mar 2, 09:00|Paid",
    )


def test_a_summary_may_ask_for_a_field_that_is_not_there() -> None:
    """`if` and `default` work on missing fields."""
    text = "{{ key }}{% if fields.carrier %} with {{ fields.carrier }}{% endif %} {{ fields.carrier | default('-') }}"
    assert both(facts(summary=Text.plain(text)))[1] == "A-1042 -"


@pytest.mark.parametrize(
    "broken",
    [
        "{{ '%0999999999d'|format(1) }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ 'x'|center(999999999) }}",
        "{{ key",
        "{{ fields.carrier }}",
        "{{ key.__class__.__mro__ }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% for i in range(1000000) %}x{% endfor %}",
        "{{ 1 / 0 }}",
        "  ",
    ],
)
def test_a_broken_summary_never_keeps_anybody_from_being_told(broken: str) -> None:
    """Whatever is wrong with it, the default sentence stands in."""
    assert both(facts(summary=Text.plain(broken))) == both(FACTS)


def test_problems_of_summaries_are_found_when_the_files_are_read() -> None:
    """`rules check` can say which language's template cannot be read."""
    assert list(summary_problems(Text(zh="{{ key }}", en="{{ key"))) == ["en"]


def test_what_comes_from_outside_cannot_break_the_line() -> None:
    """A key with line ends and reading-direction marks stays in one line; endless ones are cut."""
    said = both(facts(key="A\n1\u202e2\x00" + "z" * 1000))[1]
    assert said.startswith("Order A 1 2 zzz")
    assert both(facts(summary=Text.plain("x" * 1000)))[1] == "x" * (LONGEST - 1) + "…"


def test_what_it_touches_ends_the_sentence() -> None:
    """How many open entities of each kind, in words of the language; kinds of which none is touched are left out."""
    order, entry = Text(zh="订单", en="Order"), Text(zh="采购明细", en="Entry")
    of = facts(cause=Holds(), touched=((order, 12), (entry, 1), (order, 0)))
    zh, en = both(of)
    assert zh.endswith("，涉及 12 个未结订单、1 个未结采购明细")
    assert en.endswith("; touches 12 open orders and 1 open entry")
    assert both(facts(cause=Holds(), touched=((entry, 2),)))[1].endswith("; touches 2 open entries")
    assert both(facts(cause=Holds(), touched=((order, 0),))) == both(facts(cause=Holds()))


def test_names_that_no_incident_has_are_found():
    """Variables, fields, nodes and filters; loops and names set inside, and all that there is, are right."""
    loop = "{% for node in nodes.values() %}{{ node.at }}{% endfor %}"
    right = "{{ key }} {{ fields.amount | round }} {{ fields['amount'] }} " + loop
    assert unknown_names(right, ["amount"], ["paid"]) == []
    wrong = "{{ kye }} {{ fields.amout }} {{ nodes['piad'].at }} {% set x = 1 %}{{ x }}"
    assert [name for name, _ in unknown_names(wrong, ["amount"], ["paid"])] == ["kye", "amout", "piad"]
    assert [name for name, _ in unknown_names("{{ key | center }}", [], [])] == ["center"]
