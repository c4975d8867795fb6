"""Doubts about rules that are valid: what is found, where, and that nothing is found that is not so."""

import ast
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.check import doubts
from rules.errors import Place, Problem, Problems
from rules.language.evaluation import Situation, holds
from rules.language.expression import Expression, Scope, Type, parse
from rules.lints.horizon import lint_windows
from rules.lints.logic import holds_always, holds_when_known, refutation
from rules.workspace import Workspace, read_workspace
from service.checks.lints import LINTS
from streams.instants import DAY
from streams.model import Value
from tests.rules.calendar_texts import at
from tests.rules.workspace_texts import CALENDARS, MODEL

ROOT = Path(__file__).parents[2]
AROUND = "    owner: sales_rep\n    runbook: https://example.com\n"


def workspace(body: str, calendars: str = CALENDARS) -> Workspace:
    lines = "".join(f"    {line.strip()}\n" for line in body.strip().splitlines())
    return read_workspace(MODEL, f"rules:\n  - id: r\n{AROUND}{lines}", calendars)


def found(body: str) -> list[tuple[str, str]]:
    """Codes, and the text that each points at."""
    return [(one.code, str(one.place)) for one in doubts(workspace(body))]


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        ("when: amount > 10 and amount < 5", "never_holds", "5:11"),
        ("when: amount > 5 and amount <= 5", "never_holds", "5:11"),
        ("when: amount >= 5 and amount <= 5 and amount != 5", "never_holds", "5:11"),
        ("when: channel == 'a' and channel == 'b'", "never_holds", "5:11"),
        ("when: channel in ['a', 'b'] and channel not in ['a', 'b', 'c']", "never_holds", "5:11"),
        ("when: channel == 'web' and not startswith(channel, 'w')", "never_holds", "5:11"),
        ("when: contains(tags, 'x') and not contains(tags, 'x')", "never_holds", "5:11"),
        ("when: urgent and not urgent", "never_holds", "5:11"),
        ("when: amount is None and amount > 3", "never_holds", "5:11"),
        ("when: amount * 2 > 4 and amount is None", "never_holds", "5:11"),
        ("when: paid.done and paid.at is None", "never_holds", "5:11"),
        ("when: not closed and settled.done", "never_holds", "5:11"),
        ("when: paid.at < shipped.at and paid.at >= shipped.at", "never_holds", "5:11"),
        ("where: settled.done\noverdue: shipped", "never_holds", "5:12"),
        ("where: channel == 'a'\nwhen: channel == 'b'", "never_holds", "6:11"),
        ("when: urgent or amount > 10 and amount < 5", "never_holds", "5:11"),
        ("when: changed(amount) and not changed(amount)", "never_holds", "5:11"),
        ("when: urgent\nclear: amount > 3 and amount < 2", "never_holds", "6:12"),
        ("when: closed or not closed", "always_holds", "5:11"),
        ("when: urgent and (paid.done or not paid.done)", "always_holds", "5:11"),
        ("when: amount is None or amount > 3 or amount <= 3", "always_holds", "5:11"),
        ("when: urgent\nclear: paid.done or not paid.done", "always_holds", "6:12"),
        ("when: amount > 3 or amount <= 3", "holds_when_known", "5:11"),
        ("when: urgent or not urgent", "holds_when_known", "5:11"),
        ("when: promised_at is None\nby: promised_at", "deadline_never", "6:9"),
        ("when: shipped.due is None\noverdue: shipped", "deadline_never", "6:14"),
        ("overdue: paid\nafter: shipped\nwithin: 2d", "node_order", "5:14"),
        (
            "overdue: shipped\nstages: [{at: 0h, severity: major}, {at: 2h, severity: minor}]",
            "stage_unreachable",
            "6:46",
        ),
        (
            "overdue: shipped\nstages: [{at: -2h, severity: major}, {at: -4h, severity: major}]",
            "stage_unreachable",
            "6:19",
        ),
        ("when: changed(amount)\ncount: {at_least: 3, within: 7d}", "count_without_per", "6:5"),
        (
            "when: changed(amount)\ncount: {at_least: 3, within: 7d, per: key}\non_change: fresh",
            "count_not_fresh",
            "7:5",
        ),
    ],
)
def test_what_is_doubted(body, code, place):
    """Each doubt stands alone, at the value that causes it."""
    assert found(body) == [(code, f"rules/rules.yaml:{place}")]


@pytest.mark.parametrize(
    "body",
    [
        "when: amount > 10 or amount < 5",
        "when: amount >= 5 and amount <= 5",
        "when: amount is None or amount > 3",
        "when: promised_at is not None",
        "when: channel in ['a', 'b'] and channel != 'a'",
        "when: before.amount > 10 and amount < 5",
        "when: event.amount is None and amount > 5",
        "when: before.closed and not closed",
        "when: contains(tags, 'x') and not contains(tags, 'y')",
        "when: startswith(channel, 'a') and contains(channel, 'b')",
        "when: paid.at < shipped.at or paid.at > shipped.at",
        "when: amount / 2 > 3 and amount < 100",
        "when: paid.done and shipped.done or not paid.done",
        "overdue: shipped\nafter: paid\nwithin: 2d\nwhere: urgent",
        "overdue: shipped\nstages: [{at: 0h, severity: minor}, {at: 2h, severity: major}]",
        "overdue: shipped\nstages: [{at: -4h cn-workdays, severity: major}, {at: -2h, severity: minor}]",
        "overdue: shipped\nbefore: 4h",
        "when: changed(amount)\ncount: {at_least: 3, within: 7d, per: channel}",
    ],
)
def test_what_can_be_is_not_doubted(body):
    """No false alarm on conditions, stages and counts that make sense."""
    assert found(body) == []


def test_whom_a_rule_names():
    """Without owner a warning, without runbook a note; a rule that is off is left alone, and so is one on trial."""
    rules = "rules: [{id: a, when: urgent}, {id: b, when: closed, mode: off}, {id: c, when: paid.done, mode: shadow}]"
    problems = doubts(read_workspace(MODEL, rules, CALENDARS))
    assert [(one.severity, one.code) for one in problems] == [("warning", "no_owner"), ("note", "no_runbook")]


def test_two_rules_of_one_meaning():
    """The second is doubted, and says which is the first; another severity is another meaning."""
    rules = (
        "rules:\n"
        "  - {id: a, when: urgent and closed, mode: shadow}\n"
        "  - {id: b, when: closed and urgent, mode: shadow}\n"
        "  - {id: c, when: closed and urgent, mode: shadow, severity: minor}\n"
    )
    (one,) = doubts(read_workspace(MODEL, rules, CALENDARS))
    assert (one.code, one.place.line) == ("duplicate_rule", 3)
    assert "rules/rules.yaml:2:" in one.message.en


def windows(body: str, days: int) -> list[Problem]:
    problems = Problems()
    lint_windows(workspace(body), days * DAY, problems)
    return problems.found


def test_windows_longer_than_events_are_kept():
    """Counts, runs and late stages that need older events than there will be; what just fits is right."""
    count = "when: changed(amount)\ncount: {at_least: 3, within: 30d, per: channel}"
    (one,) = windows(count, 29)
    assert (one.code, one.place.line) == ("window_longer_than_retention", 6)
    assert windows(count, 30) == []
    late = "when: urgent\nfor: 10d\nstages: [{at: 0h, severity: minor}, {at: 20d, severity: major}]"
    assert [one.code for one in windows(late, 29)] == ["window_longer_than_retention"]
    assert windows(late, 30) == []


HOLIDAYS = CALENDARS.replace("cut_off", "holidays: CN, cut_off")


def test_holidays_that_are_needed_today_are_an_error():
    """A warning two months ahead, an error once the days are there: at the calendar's own line."""
    space = workspace("overdue: shipped", HOLIDAYS)
    last = space.calendars["cn-workdays"].holidays.years[1]
    severities = [
        [one.severity for one in doubts(space, at(day)) if one.code == "holidays_unknown"]
        for day in (f"{last}-06-01", f"{last}-12-01", f"{last + 1}-01-02")
    ]
    assert severities == [[], ["warning"], ["error"]]


def test_holidays_are_wanted_no_farther_than_working_time_leads():
    """What is more than 800 days away is missing, however long the wait is written."""
    space = workspace("overdue: shipped\nafter: paid\nwithin: 99999999999999999999h cn-workdays", HOLIDAYS)
    last = space.calendars["cn-workdays"].holidays.years[1]
    codes = [[one.code for one in doubts(space, at(f"{year}-06-01"))] for year in (last - 3, last - 1)]
    assert ["holidays_unknown" in found for found in codes] == [False, True]


def test_dates_of_years_without_holidays_are_an_error_where_they_stand():
    """A fixed deadline and a test in a year that nobody knows; near dates are right."""
    fixed = 'when: urgent\nby: date("2060-05-04")\nstages: [{at: 1d cn-workdays, severity: major}]'
    (one,) = doubts(workspace(fixed, HOLIDAYS))
    assert (one.severity, one.code, one.place.line) == ("error", "holidays_unknown", 6)
    assert doubts(workspace(fixed.replace("2060", "2025"), HOLIDAYS)) == ()


# --- that a doubt is always true -----------------------------------------------------------------------------------

SCOPE = Scope.of(read_workspace(MODEL, "", CALENDARS).model, "order", pulse=False)
LEAVES = (
    "amount > 1",
    "amount >= 2",
    "amount < 2",
    "amount == 1",
    "amount in [1, 2]",
    "amount is None",
    "amount + 1 > 2",
    "channel == 'a'",
    "channel != 'b'",
    "startswith(channel, 'a')",
    "channel is not None",
    "urgent",
    "paid.done",
    "paid.at is None",
    "closed",
    "settled.done",
    "cancelled.done",
)
SNAPSHOTS: list[dict[str, Value]] = []
for amount, channel, urgent, paid, settled, cancelled in itertools.product(
    (None, 0.0, 1.0, 1.5, 2.0, 3.0), (None, "a", "ab", "b"), (None, True, False), (None, 1), (None, 1), (None, 1)
):
    _values: dict[str, Value | None] = {
        "amount": amount,
        "channel": channel,
        "urgent": urgent,
        "paid.at": paid,
        "settled.at": settled,
        "cancelled.at": cancelled,
        "closed": settled is not None or cancelled is not None,
    }
    SNAPSHOTS.append({name: value for name, value in _values.items() if value is not None})

CONDITIONS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} and {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} or {two[1]})"),
        inner.map(lambda one: f"not ({one})"),
    ),
    max_leaves=6,
)


def read(text: str) -> Expression:
    expression, problems = parse(text, SCOPE, Type.BOOL, Place(file="x", line=1, column=1))
    assert expression is not None, problems
    return expression


@given(CONDITIONS)
def test_what_is_said_of_a_condition_is_so(text):
    """What is said to hold never, always or for all known values does so on every snapshot of a small world."""
    condition = read(text).condition
    held = [holds(condition, Situation(values=values)) for values in SNAPSHOTS]
    if refutation(condition, SCOPE.kind) is not None:
        assert not any(held)
    if holds_always(condition, SCOPE.kind):
        assert all(held)
    if holds_when_known(condition, SCOPE.kind):
        known = [
            one for one, values in zip(held, SNAPSHOTS, strict=True) if {"amount", "channel", "urgent"} <= values.keys()
        ]
        assert all(known)


# --- the catalogue -------------------------------------------------------------------------------------------------


def test_every_doubt_is_in_the_catalogue_with_its_severity():
    """So that each can be ignored by its code, and the documentation lists all; of mappings it says none."""
    said: dict[str, set[str]] = {}
    for folder in ("rules", "escalation", "service"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and len(call.args) == 2:
                    code = call.args[1]
                    if call.func.attr in ("warning", "note") and isinstance(code, ast.Constant):
                        said.setdefault(str(code.value), set()).add(call.func.attr)
    assert {code: {lint.severity} for code, lint in LINTS.items()} == said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_doubt_is_documented(language):
    """The page for authors lists each code."""
    page = (ROOT / "docs" / language / "authoring-rules.md").read_text(encoding="utf-8")
    assert [code for code in LINTS if f"`{code}`" not in page] == []
