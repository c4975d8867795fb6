"""Timelines in rule files: what passes, what fails, and what is wrong with them as they are written."""

import pytest

from tests.rules.testing.worlds import PAID_LATE, codes, report

STAGES = PAID_LATE + "stages: [{at: -4h, severity: minor}, {at: 0h, severity: major}]\n"
FIRES = """
{at: 2026-03-02 09:00, event: placed, data: {channel: web}}
{at: 2026-03-02 09:30, event: paid}
{at: 2026-03-04 05:30, expect: open minor}
{at: 2026-03-04 09:30, expect: major}
{at: 2026-03-04 11:00, event: shipped}
{at: 2026-03-04 11:00, expect: resolved}
"""


def passed(body: str, timeline: str) -> bool:
    found = report(body, timeline)
    assert found.problems == ()
    (result,) = found.results
    return result.passed


def test_a_timeline_passes_where_exactly_its_changes_happen():
    """Opening, severity and resolution, each at its instant, in the zone of the model."""
    assert passed(STAGES, FIRES)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("05:30, expect: open minor", "05:31, expect: open minor"),
        ("expect: open minor", "expect: open major"),
        ("{at: 2026-03-04 09:30, expect: major}\n", ""),
        ("expect: resolved", "expect: resolved deadline_moved"),
        ("event: shipped", "event: updated"),
        ("{at: 2026-03-04 11:00, expect: resolved}", "{at: 2026-03-04 11:00, expect: resolved, key: T-2}"),
    ],
)
def test_a_timeline_fails_where_anything_else_happens(old, new):
    """Another instant, severity, reason or key; a change that is not listed; one that does not come."""
    assert FIRES.count(old) == 1
    assert not passed(STAGES, FIRES.replace(old, new))


def test_what_comes_after_the_last_entry_is_not_looked_at():
    """The test ends with its last entry: the opening a microsecond later is none of its business."""
    paid = "{at: 2026-03-02 09:30, event: paid}\n"
    assert passed(PAID_LATE, paid + "{at: 2026-03-04 09:29:59.999999, event: updated}")
    assert not passed(PAID_LATE, paid + "{at: 2026-03-04 09:30, event: updated}")


def test_time_can_be_counted_from_the_first_entry():
    """`+48h` is 48 hours after the first entry, also behind other entries, and in Chinese units."""
    assert passed(
        PAID_LATE, "{at: 2026-03-02 09:30, event: paid}\n{at: +1h, event: updated}\n{at: +48小时, expect: open}"
    )


def test_several_orders_and_kinds_live_in_one_timeline():
    """Each key is an entity of its own; a change of one is no change of another."""
    timeline = """
    {at: 2026-03-02 09:30, event: paid}
    {at: +1h, event: paid, key: T-2}
    {at: +2h, event: updated, kind: stock, key: S4, data: {on_hand: 1}}
    {at: +48h, expect: open}
    {at: +49h, expect: open major, key: T-2}
    """
    assert passed(PAID_LATE, timeline)


def test_late_news_withdraws_what_had_opened():
    """`known` says when the service learned of it: shipped in time, known at +60h, opened at +48h all the same."""
    timeline = """
    {at: 2026-03-02 09:30, event: paid}
    {at: +47h, event: shipped, known: +60h}
    {at: +48h, expect: open}
    {at: +60h, expect: withdrawn}
    """
    assert passed(PAID_LATE, timeline)
    assert passed(PAID_LATE, timeline.replace("withdrawn", "resolved late_data"))
    assert not passed(PAID_LATE, timeline.replace(", known: +60h", ""))


def test_late_news_ends_it_at_its_own_time_and_is_known_later():
    """A resolution stands at the incident's own time; `known` beside it checks when the service learned of it."""
    timeline = """
    {at: 2026-03-02 09:30, event: paid}
    {at: +48h, expect: open}
    {at: +50h, event: shipped, known: +60h}
    {at: +50h, expect: resolved condition, known: +60h}
    """
    assert passed(PAID_LATE, timeline)
    assert not passed(PAID_LATE, timeline.replace("condition, known: +60h", "condition, known: +50h"))


def test_late_news_that_moves_an_opening_amends_it():
    """Paid two hours earlier than was known: the open incident goes on, with other times."""
    timeline = """
    {at: 2026-03-02 09:30, event: placed}
    {at: +1h, event: paid, known: +60h}
    {at: +3h, event: paid}
    {at: +51h, expect: open}
    {at: +60h, expect: amended}
    """
    assert passed(PAID_LATE, timeline)


def test_an_event_can_be_taken_back():
    """`retracts` names the id of another entry; the incident that came of it never was."""
    timeline = """
    {at: 2026-03-02 09:30, event: paid, id: slip}
    {at: +48h, expect: open}
    {at: +50h, event: updated, retracts: slip}
    {at: +50h, expect: withdrawn}
    """
    assert passed(PAID_LATE, timeline)


def test_a_person_can_close_the_incident_of_a_pulse():
    """`close: person` ends it at that instant; a new pulse opens a new one."""
    body = 'when: event.type == "change_requested"\n'
    timeline = """
    {at: 2026-03-02 09:30, event: change_requested}
    {at: +0h, expect: open}
    {at: +1h, close: person}
    {at: +1h, expect: resolved person}
    {at: +2h, event: change_requested}
    {at: +2h, expect: open}
    """
    assert passed(body, timeline)


def test_events_of_one_instant_happen_in_the_order_in_which_they_are_written():
    """A pulse that looks at the snapshot before it sees what stands above it."""
    body = 'when: event.type == "change_requested" and paid.done'
    paid, asked = "{at: 2026-03-02 09:30, event: paid}\n", "{at: 2026-03-02 09:30, event: change_requested}\n"
    opens = "{at: 2026-03-02 09:30, expect: open}"
    assert passed(body, paid + asked + opens)
    assert not passed(body, asked + paid + opens)


def test_a_rule_that_is_switched_off_can_be_tested():
    """mode: off keeps a rule from watching orders, not from being tested."""
    assert passed(PAID_LATE + "mode: off", "{at: 2026-03-02 09:30, event: paid}\n{at: +48h, expect: open}")


def test_a_rule_needs_a_firing_and_a_silent_test():
    """What is lacking is a warning at the rule."""
    silent = "{at: 2026-03-02 09:30, event: paid}"
    fires = "{at: 2026-03-02 09:30, event: paid}\n{at: +48h, expect: open}"

    def lacks(*tests: str) -> list[str]:
        return [problem.code for problem in report(PAID_LATE, *tests).lacks]

    assert lacks() == ["no_firing_test", "no_silent_test"]
    assert lacks(silent) == ["no_firing_test"]
    assert lacks(fires) == ["no_silent_test"]
    assert lacks(fires, silent) == []


PAID = "{at: 2026-03-02 09:30, event: paid}\n"


@pytest.mark.parametrize(
    ("timeline", "code", "column"),
    [
        (PAID + "{at: +1h, evnt: shipped}", "what_happens", 13),
        (PAID + "{at: +1h, event: shipped, expect: open}", "what_happens", 13),
        (PAID + "{at: +1h, event: shipped, dta: {}}", "unknown_key", 39),
        (PAID + "{at: +1h, expect: open, data: {}}", "unknown_key", 37),
        (PAID + "{event: shipped}", "missing_key", 13),
        (PAID + "{at: +1x, event: shipped}", "duration", 19),
        (PAID + "{at: tomorrow, event: shipped}", "wrong_value", 18),
        ("{at: +1h, event: shipped}", "no_start", 18),
        (PAID + "{at: -1h, event: shipped}", "no_start", 18),
        (PAID + "{at: +1h, event: shiped}", "unknown_type", 30),
        (PAID + "{at: +1h, event: shipped, kind: ordr}", "unknown_kind", 45),
        (PAID + "{at: +1h, event: updated, data: {amont: 1}}", "unknown_field", 46),
        (PAID + "{at: +1h, event: updated, data: {amount: many}}", "wrong_type", 54),
        (PAID + "{at: +1h, event: updated, data: {channel: 5}}", "wrong_type", 55),
        (PAID + "{at: +1h, event: updated, data: {lines: [{sku: a, size: 1}]}}", "unknown_field", 53),
        (PAID + "{at: +1h, event: updated, data: {shipped.due: soon}}", "wrong_type", 59),
        (PAID + "{at: +2h, event: updated, known: +1h}", "ahead_of_time", 46),
        (PAID + "{at: +2h, event: updated, retracts: x}", "unknown_id", 49),
        (PAID + "{at: +1h, expect: opened}", "unknown_change", 31),
        (PAID + "{at: +1h, expect: open bad}", "unknown_change", 31),
        (PAID + "{at: +1h, expect: minor major}", "unknown_change", 31),
        (PAID + "{at: +1h, close: person}", "only_for_pulses", 23),
        (PAID + "{at: +3h, expect: open}\n{at: +2h, expect: resolved}", "out_of_order", 18),
    ],
)
def test_what_is_wrong_with_a_test_is_said_where_it_stands(timeline, code, column):
    """The last line is wrong: file, line and column, in both languages; the test is not run."""
    found = report(PAID_LATE, timeline)
    assert codes(found)[0] == code
    problem = found.problems[0]
    assert (problem.place.file, problem.place.column) == ("rules/rules.yaml", column)
    assert problem.place.line == 8 + len(timeline.strip().splitlines())
    assert problem.message.zh != problem.message.en
    assert found.results == ()


def test_unknown_words_come_with_the_nearest_known_one():
    """Types, kinds, fields and changes."""
    timeline = (
        PAID + "{at: +1h, event: shiped}\n{at: +2h, event: updated, data: {amont: 1}}\n{at: +3h, expect: criticl}"
    )
    said = [problem.message.en for problem in report(PAID_LATE, timeline).problems]
    assert [text.rpartition("; ")[2] for text in said] == [
        "did you mean shipped?",
        "did you mean amount?",
        "did you mean critical?",
    ]


def test_a_wrong_test_leaves_the_others_standing():
    """What can be read is run."""
    found = report(PAID_LATE, PAID + "{at: +1h, event: shiped}", PAID + "{at: +48h, expect: open}")
    assert codes(found) == ["unknown_type"]
    assert [result.passed for result in found.results] == [True]


def test_the_expectation_of_a_count_names_its_group():
    """Three orders of one channel; without `key:` it is asked for; a count without `per` has one group."""
    body = 'when: event.type == "change_requested"\ncount: {at_least: 2, within: 1d, per: channel}'
    asked = """
    {at: 2026-03-02 09:30, event: change_requested, data: {channel: web}}
    {at: +1h, event: change_requested, key: T-2, data: {channel: web}}
    """
    assert passed(
        body, asked + "{at: +1h, expect: open major, key: web}\n{at: +24h, expect: resolved window, key: web}"
    )
    assert passed(body.replace(", per: channel", ""), asked + "{at: +1h, expect: open}")
    assert codes(report(body, asked + "{at: +1h, expect: open}")) == ["no_group"]


def test_totals_follow_the_other_kinds_of_a_timeline():
    """Stock is short as soon as orders ask for more than there is, and again in order when one is shipped."""
    body = "on: stock\nwhen: demand > on_hand"
    timeline = """
    {at: 2026-03-02 09:30, event: updated, key: tea@north, data: {on_hand: 5}}
    {at: +1h, event: placed, kind: order, data: {lines: [{sku: tea, site: north, qty: 3}]}}
    {at: +2h, event: placed, kind: order, key: T-2, data: {lines: [{sku: tea, site: north, qty: 4}]}}
    {at: +2h, expect: open major, key: tea@north}
    {at: +3h, event: shipped, kind: order}
    {at: +3h, expect: resolved, key: tea@north}
    """
    assert passed(body, timeline)
