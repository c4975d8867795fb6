"""Boundary cases: which are made, that days off are stepped over, and that they catch a wrong engine."""

from zoneinfo import ZoneInfo

import pytest

from rules.testing.comparing import Result
from rules.testing.moments import written_instant
from rules.testing.suite import RuleReport
from tests.rules.testing.worlds import PAID_LATE, names, report

ZONE = ZoneInfo("Asia/Shanghai")
CHINA = 'calendars: {cn: {hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}, holidays: CN}}'


def made(body: str, *tests: str, calendars: str = CHINA) -> RuleReport:
    found = report(body, *tests, calendars=calendars, model=PLAIN, boundaries=True)
    assert found.problems == ()
    assert [result.case.name.en for result in found.failed] == []
    return found


PLAIN = """
zone: Asia/Shanghai
kinds:
  order:
    nodes: {placed: , paid: , shipped: {due: {after: paid, within: 2d cn}}, received: , cancelled: }
    closed_by: [cancelled]
    fields: {amount: number, channel: string, urgent: bool, promised_at: timestamp, limit: number}
    events: {shipment_cancelled: {resets: [shipped]}, change_requested: {}}
"""


def case(found: RuleReport, name: str) -> Result:
    (result,) = [result for result in found.results if result.case.name.en == name]
    return result


def changes(found: RuleReport, name: str) -> list[str]:
    """What a case expects, as authors would write it."""
    expected = case(found, name).case.expected
    return [f"{written_instant(one.at, ZONE)} {one}" for one in expected]


def test_before_at_and_after_a_deadline():
    """Silent a microsecond before, on time exactly at it, open at it, and over a microsecond later."""
    found = made(PAID_LATE)
    assert names(found.results) == [
        "1 µs before the deadline",
        "exactly at the deadline",
        "in order again exactly at the deadline",
        "in order again 1 µs after the deadline",
        "in order again in time, and known too late",
    ]
    assert changes(found, "1 µs before the deadline") == []
    assert changes(found, "exactly at the deadline") == ["2026-03-04 10:00 open major"]
    assert changes(found, "in order again exactly at the deadline") == []
    assert changes(found, "in order again 1 µs after the deadline") == [
        "2026-03-04 10:00 open major",
        "2026-03-04 10:00:00.000001 resolved condition",
    ]
    assert changes(found, "in order again in time, and known too late") == [
        "2026-03-04 10:00 open major",
        "2026-03-04 11:00 withdrawn",
    ]


def test_each_stage_begins_exactly_at_its_time():
    """Three stages: each has its moment before, its start, and an end just then."""
    found = made(
        PAID_LATE + "stages: [{at: -4h, severity: minor}, {at: 0h, severity: major}, {at: 1d, severity: critical}]"
    )
    assert changes(found, "exactly at the stage critical") == [
        "2026-03-04 06:00 open minor",
        "2026-03-04 10:00 major",
        "2026-03-05 10:00 critical",
    ]
    assert changes(found, "in order again exactly at the stage major") == [
        "2026-03-04 06:00 open minor",
        "2026-03-04 10:00 resolved condition",
    ]


def test_over_a_weekend_and_a_holiday():
    """Begun half an hour before a working day ends, eight working hours end at 17:30 on the next one."""
    found = made("overdue: shipped\nafter: paid\nwithin: 8h cn")
    # The nearest weekend is a Sunday alone: Saturday, February 28, 2026 is worked in exchange for the Spring Festival.
    assert changes(found, "begun before a weekend") == ["2026-03-02 17:30 open major"]
    # The festival is from February 15 to 23.
    assert changes(found, "begun before a holiday") == ["2026-02-24 17:30 open major"]


def test_days_of_a_lead_time_step_over_days_off_too():
    """overdue: NODE counts from the node that the model's lead time is counted from: here two working days."""
    found = made("overdue: shipped")
    assert changes(found, "begun before a weekend") == ["2026-03-03 17:30 open major"]
    assert changes(found, "begun before a holiday") == ["2026-02-25 17:30 open major"]


@pytest.mark.parametrize(
    "body",
    [
        "when: urgent and amount > 5\nfor: 4h cn",
        'where: channel in ["web", "shop"]\nwhen: amount != 3\nby: promised_at - hours(2)\nbefore: 1h',
        "when: amount >= 10\nfor: 2h\nclear: amount < 5",
        "overdue: shipped\nafter: paid\nwithin: 2d cn\nkeep_open_for: 2h",
        "when: amount >= 10\nkeep_open_for: 2h",
        'when: event.type == "change_requested" and paid.done\nuntil: shipped.done\nexpires: 2d',
    ],
)
def test_cases_are_made_from_the_constants_of_simple_conditions(body):
    """Without a test in which the rule fires; all of them pass."""
    assert len(made(body).results) >= 2


def test_a_rule_that_is_not_simple_needs_a_firing_test():
    """It is said why there are none; with such a test they are made from its events."""
    body = "when: amount > limit\nfor: 2h"
    without = made(body)
    assert without.results == ()
    assert without.no_boundaries is not None and "write a test in which it fires" in without.no_boundaries.en
    test = """
    {at: 2026-03-02 09:30, event: placed, data: {limit: 10}}
    {at: +1h, event: updated, data: {amount: 12}}
    {at: +3h, expect: open}
    {at: +4h, event: updated, data: {amount: 3}}
    {at: +4h, expect: resolved}
    """
    found = made(body, test)
    assert changes(found, "exactly at the deadline") == ["2026-03-02 12:30 open major"]
    assert "in order again exactly at the deadline" in names(found.results)


def test_a_firing_test_that_opens_by_an_event_is_no_start():
    """The deadline had passed already when the condition came to hold: constants are taken instead."""
    body = "when: amount > 10\nby: promised_at"
    test = """
    {at: 2026-03-02 09:30, event: placed, data: {promised_at: 2026-03-01 10:00, amount: 12}}
    {at: +0h, expect: open}
    """
    assert changes(made(body, test), "exactly at the deadline") == ["2026-03-05 10:00 open major"]


def test_firing_tests_that_lead_nowhere_are_told_from_lacking_ones():
    """Where a test fires by an event alone and the condition is not simple, it is said what kind of test is wanted."""
    body = "when: amount > limit\nby: promised_at"
    test = """
    {at: 2026-03-02 09:30, event: placed, data: {promised_at: 2026-03-01 10:00, amount: 12, limit: 3}}
    {at: +0h, expect: open}
    """
    found = made(body, test)
    assert found.no_boundaries is not None
    assert found.no_boundaries.en.startswith("none can be made from the tests in which it fires")


def test_keep_open_for_joins_what_is_closer_than_it():
    """Gone for a microsecond less it is one incident, gone for exactly as long it is two."""
    found = made("when: amount >= 10\nkeep_open_for: 2h")
    assert changes(found, "gone 1 µs less than keep_open_for") == ["2026-03-02 10:00 open major"]
    assert changes(found, "gone exactly as long as keep_open_for") == [
        "2026-03-02 10:00 open major",
        "2026-03-02 12:00:00.000001 resolved condition",
        "2026-03-02 12:00:00.000001 open major",
    ]


def test_pulses_expire_exactly():
    """At its expiry an incident is over, and a pulse just then opens another; one a moment earlier prolongs it."""
    found = made('when: event.type == "change_requested"\nexpires: 2d')
    assert changes(found, "1 µs before it expires") == ["2026-03-02 10:00 open"]
    assert changes(found, "again exactly when it expires: two incidents") == [
        "2026-03-02 10:00 open",
        "2026-03-04 10:00 resolved expired",
        "2026-03-04 10:00 open",
        "2026-03-06 10:00 resolved expired",
    ]


def test_a_rule_on_which_time_decides_nothing_has_none():
    """And nothing is missing either."""
    found = made("when: amount > 5")
    assert (found.results, found.no_boundaries) == ((), None)


def test_what_is_expected_does_not_come_from_the_engine(monkeypatch):
    """An engine that opens a microsecond late fails the cases."""
    monkeypatch.setattr("rules.judging.program._itself", lambda basis: basis + 1)
    found = report("when: amount > 10\nby: promised_at", model=PLAIN, calendars=CHINA, boundaries=True)
    assert "exactly at the deadline" in names(found.failed)


SUPPLY = """
zone: Asia/Shanghai
kinds:
  supply: {nodes: {ordered: , delivered: , received: }, fields: {supplier: string, sku: string, qty: number}}
"""
LATE_DELIVERIES = """
on: supply
overdue: delivered
after: ordered
within: 5d
"""


def counted(body: str, *tests: str) -> RuleReport:
    found = report(body, *tests, model=SUPPLY, calendars=CHINA, boundaries=True)
    assert (found.problems, [result.case.name.en for result in found.failed]) == ((), [])
    return found


def test_counts_have_their_number_and_their_window():
    """Three late deliveries in seven days: two are silent, three open, and the window is open at its beginning."""
    found = counted(LATE_DELIVERIES + "count: {at_least: 3, within: 7d, per: supplier, distinct: key}")
    assert changes(found, "one member too few: 2") == []
    assert changes(found, "exactly enough members: 3") == ["2026-03-07 10:00:02 open"]
    assert changes(found, "the last member exactly when the window is over") == []
    assert changes(found, "the last member 1 µs before the window is over") == [
        "2026-03-14 09:59:59.999999 open",
        "2026-03-14 10:00 resolved window",
    ]


@pytest.mark.parametrize(
    "body",
    [
        LATE_DELIVERIES + "count: {at_least: 2, within: 7d, per: [supplier, sku], distinct: key}\nkeep_open_for: 1h",
        LATE_DELIVERIES + "count: {at_least: 1, within: 7d}",
        LATE_DELIVERIES.replace("5d", "2d cn") + "count: {at_least: 2, within: 7d, per: supplier}",
        'on: supply\nwhen: event.type == "received"\ncount: {at_least: 4, within: 1h, per: key}',
        'on: supply\nwhen: event.type == "received"\ncount: {at_least: 2, within: 1h, per: supplier, distinct: sku}',
    ],
)
def test_counts_of_all_shapes_have_cases_and_pass_them(body):
    """Pulses and firings, with and without groups, distinct fields, and working time."""
    assert len(counted(body).results) >= 1


def test_the_members_of_a_count_come_from_its_firing_test():
    """Where the condition is not simple: the first member in the test is repeated."""
    body = "on: supply\nwhen: changed(qty) and qty < before.qty * 2\ncount: {at_least: 3, within: 1d, per: supplier}"
    test = """
    {at: 2026-03-02 09:00, event: updated, key: A, data: {supplier: S4, qty: 4}}
    {at: +1h, event: updated, key: A, data: {qty: 5}}
    {at: +2h, event: updated, key: A, data: {qty: 6}}
    {at: +3h, event: updated, key: A, data: {qty: 7}}
    {at: +3h, expect: open, key: S4}
    """
    found = counted(body, test)
    assert changes(found, "exactly enough members: 3") == ["2026-03-02 10:00:02 open"]
    assert case(found, "exactly enough members: 3").case.expected[0].key == "S4"


SHORTAGE = """
zone: Asia/Shanghai
kinds:
  order: {nodes: {placed: , shipped: }, fields: {sku: string, qty: number}}
  stock: {fields: {on_hand: number}}
totals:
  stock.demand: {of: order, sum: qty, key: sku, where: not shipped.done}
"""


def test_totals_are_summed_up_without_the_engine():
    """A shortage of two hours: the orders of the firing test belong to its scene; shipped ones no longer count."""
    test = """
    {at: 2026-03-02 09:00, event: updated, key: tea, data: {on_hand: 5}}
    {at: +0h, event: placed, kind: order, key: A, data: {sku: tea, qty: 4}}
    {at: +1h, event: placed, kind: order, key: B, data: {sku: tea, qty: 4}}
    {at: +2h, event: shipped, kind: order, key: A}
    {at: +3h, event: updated, kind: order, key: B, data: {qty: 6.5}}
    {at: +5h, expect: open major, key: tea}
    """
    found = report("on: stock\nwhen: demand > on_hand\nfor: 2h", test, model=SHORTAGE, calendars=CHINA, boundaries=True)
    assert ([*found.problems], [result.case.name.en for result in found.failed]) == ([], [])
    assert changes(found, "1 µs before the deadline") == []
    assert changes(found, "exactly at the deadline") == ["2026-03-02 14:00 open major"]
    assert "in order again exactly at the deadline" in names(found.results)


def test_counts_and_pulses_on_totals_have_no_cases_and_say_so():
    """Their members would have to be repeated with everybody who contributes."""
    found = report(
        "on: stock\nwhen: demand > on_hand\ncount: {at_least: 2, within: 7d}",
        model=SHORTAGE,
        calendars=CHINA,
        boundaries=True,
    )
    assert found.no_boundaries is not None and "reads a total" in found.no_boundaries.en
