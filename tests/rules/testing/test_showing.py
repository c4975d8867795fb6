"""What people and CI servers read about tests: differences as a timeline, totals, JUnit XML."""

from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from rules.testing.junit import junit_xml
from rules.testing.showing import Reader, show_report
from rules.testing.suite import Report
from tests.rules.testing.worlds import PAID_LATE, whole

EN = Reader(language="en", zone=ZoneInfo("Asia/Shanghai"))
ZH = Reader(language="zh", zone=ZoneInfo("Asia/Shanghai"))
RIGHT = """
{at: 2026-03-02 09:30, event: paid}
{at: +48h, expect: open}
"""
WRONG = """
{at: 2026-03-02 09:30, event: paid, data: {channel: "a: b", amount: 12}}
{at: +49h, expect: open critical}
{at: +50h, event: shipped, known: +60h}
{at: +50h, expect: resolved}
"""


def test_a_difference_is_shown_as_a_timeline_with_the_expected_beside_the_found():
    """Events between, instants in the zone with their weekday, a mark where it differs, and one line of totals."""
    shown = show_report(whole(PAID_LATE, RIGHT, WRONG), EN).splitlines()
    assert shown == [
        "✗ r: test 2 (rules/rules.yaml:11:9)",
        " " * 64 + "expected       found",
        '    Mon 2026-03-02 09:30  paid {channel: "a: b", amount: 12}',
        "  ✗ Wed 2026-03-04 09:30" + " " * 40 + "(nothing)      open major",
        "  ✗ Wed 2026-03-04 10:30" + " " * 40 + "open critical  (nothing)",
        "    Wed 2026-03-04 11:30  shipped (known Wed 2026-03-04 21:30)",
        "    Wed 2026-03-04 11:30" + " " * 40 + "resolved       resolved condition (known Wed 2026-03-04 21:30)",
        "1 rule: 2 tests, 1 failed; 0 boundary cases, 0 failed",
    ]


def columns(line: str, text: str) -> int:
    """Where a text begins on a terminal, on which a Chinese character is two columns wide."""
    return sum(2 if ord(char) > 0x2E80 else 1 for char in line[: line.index(text)])


def test_in_chinese_too_with_columns_that_stand_below_each_other():
    """A Chinese character is two columns wide."""
    shown = show_report(whole(PAID_LATE, WRONG.replace(", known: +60h", "")), ZH).splitlines()
    assert shown[1].split() == ["期望", "实际"]
    assert shown[2].startswith("    周一 2026-03-02 09:30  paid")
    assert shown[3].split() == ["✗", "周三", "2026-03-04", "09:30", "（无）", "open", "major"]
    assert shown[-1] == "1 条规则：1 个测试，1 个失败；0 个边界用例，0 个失败"
    assert columns(shown[1], "期望") == columns(shown[3], "（无）") == columns(shown[4], "open critical")


def test_with_several_orders_it_says_which():
    """Keys stand beside events and changes only where there is more than one."""
    timeline = "{at: 2026-03-02 09:30, event: paid}\n{at: +1h, event: paid, key: T-2}\n{at: +49h, event: updated}"
    shown = show_report(whole(PAID_LATE, timeline), EN)
    assert "paid T-2" in shown
    assert [line.split()[4] for line in shown.splitlines() if line.startswith("  ✗")] == ["T-1", "T-2"]


def test_what_passes_is_listed_only_on_demand():
    """Without -v the totals alone; with it every test by name."""
    report = whole(PAID_LATE, RIGHT)
    assert show_report(report, EN) == "1 rule: 1 test, 0 failed; 0 boundary cases, 0 failed"
    assert show_report(report, EN, everything=True).splitlines()[:2] == ["r", "  ✓ test 1"]


def xml(report: Report, *, strict: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(junit_xml(report, EN, strict=strict))


def test_junit_has_a_suite_for_each_rule_and_counts_that_add_up():
    """Elements and attributes of the common schema; a failure holds the timeline."""
    root = xml(whole(PAID_LATE, RIGHT, WRONG))
    assert (root.tag, root.attrib) == (
        "testsuites",
        {"name": "tocsin rules test", "tests": "2", "failures": "1", "errors": "0"},
    )
    (suite,) = root
    assert (suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("r", "2", "1", "0")
    assert [(case.get("classname"), case.get("name")) for case in suite] == [
        ("rules/rules.yaml:r", "test 1"),
        ("rules/rules.yaml:r", "test 2"),
    ]
    failure = suite[1][0]
    assert (failure.tag, failure.get("type")) == ("failure", "difference")
    assert failure.text is not None and "open critical" in failure.text


def test_junit_tells_of_tests_that_cannot_be_read_and_strictly_of_lacking_ones():
    """An error for a test that cannot be read; a failure for a lacking silent test, with `strict` alone."""
    broken = whole(PAID_LATE, RIGHT, "{at: 2026-03-02 09:30, event: payd}")
    (suite,) = xml(broken)
    assert (suite.get("tests"), suite.get("errors")) == ("2", "1")
    assert suite[1][0].get("type") == "unknown_type"
    lacking = whole(PAID_LATE, RIGHT)
    assert xml(lacking).get("failures") == "0"
    assert xml(lacking, strict=True).get("failures") == "1"


def test_junit_holds_texts_that_xml_cannot():
    """Control characters and lone halves of characters become a question mark; markup is escaped."""
    report = whole(
        PAID_LATE, RIGHT.replace("event: paid", 'event: paid, data: {channel: "<a&b>\\x01"}').replace("48", "47")
    )
    (suite,) = xml(report)
    assert "<a&b>" in str(suite[0][0].text)
