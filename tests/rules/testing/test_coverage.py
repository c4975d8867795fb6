"""Coverage, counted by hand."""

from zoneinfo import ZoneInfo

from rules.testing.showing import Reader, show_coverage
from rules.testing.suite import RuleReport
from tests.rules.testing.worlds import report, whole

EN = Reader(language="en", zone=ZoneInfo("Asia/Shanghai"))


def missed(found: RuleReport) -> list[str]:
    return [branch.what.en for branch in found.branches if not branch.reached]


def test_each_leaf_counts_twice_and_each_severity_once():
    """Two leaves true and false, two severities: six branches; this test misses three of them."""
    stages = "stages: [{at: 0h, severity: minor}, {at: 1h, severity: major}]"
    body = f'where: channel == "web"\nwhen: paid.done\nfor: 2h\n{stages}'
    found = report(body, "{at: 2026-03-02 09:30, event: paid, data: {channel: web}}\n{at: +2h, expect: open minor}")
    assert len(found.branches) == 6
    assert missed(found) == ['channel == "web": false', "paid.done: false", "severity major"]


def test_a_leaf_is_seen_also_where_the_whole_does_not_hold():
    """Branches are those of the leaves, each by itself."""
    found = report('when: amount > 5 or channel == "web"', "{at: 2026-03-02 09:30, event: updated, data: {amount: 9}}")
    assert missed(found) == ["amount > 5: false", 'channel == "web": true']


def test_endings_count():
    """clear, until and expires are reached where a test shows them end an incident."""
    body = 'when: event.type == "change_requested"\nuntil: closed\nexpires: 3d'
    opened = "{at: 2026-03-02 09:30, event: change_requested}\n{at: +0h, expect: open}\n"
    asked = ['event.type == "change_requested": false']
    assert missed(report(body, opened)) == [*asked, "ended by until", "ended by expires"]
    assert missed(report(body, opened + "{at: +72h, expect: resolved expired}")) == [*asked, "ended by until"]
    cancelled = "{at: +1h, event: cancelled}\n{at: +1h, expect: resolved until}"
    assert missed(report(body, opened + cancelled)) == ["ended by expires"]


def test_rows_of_a_decision_table_count():
    """Those that decided when an incident opened, and when its severity changed."""
    cells = ((1, "info"), (2, "minor"), (3, "major"))
    rows = "\n".join(f"  - {{if: {{amount: {amount}}}, severity: {word}}}" for amount, word in cells)
    opened = "{at: 2026-03-02 09:30, event: updated, data: {amount: 1}}\n{at: +0h, expect: open info}\n"
    risen = "{at: +1h, event: updated, data: {amount: 2}}\n{at: +1h, expect: minor}"
    found = report(f"when: amount > 0\ndecide:\n{rows}", opened + risen)
    assert missed(found) == ["amount > 0: false", "decision row 3 (amount == 3)"]


def test_generated_cases_cover_nothing():
    """Only what authors wrote counts: boundary cases reach nearly everything by themselves."""
    found = report("overdue: shipped\nafter: paid\nwithin: 48h", boundaries=True)
    assert len(found.results) > 0
    assert not any(branch.reached for branch in found.branches)


def test_the_report_names_what_is_not_reached_and_sums_up():
    """Percent of each rule, the least first, its missing branches below it, and the total."""
    body = 'when: channel == "web"'
    shown = show_coverage(whole(body, "{at: 2026-03-02 09:30, event: placed}"), EN).splitlines()
    assert shown == [
        "coverage (written tests only):",
        "   33.3%  r",
        '          channel == "web": true',
        "          severity major",
        "   33.3%  in all: 1 of 3 reached",
    ]
