"""The key decide: how rows and cells are read, and what is wrong with them."""

import json

import pytest

from rules.decisions import chain_of, first_hit, owner_of
from rules.files.definition import definition_of, read_definition
from rules.rule import Decision
from streams.firing import Severity
from tests.rules.workspace_texts import entry, load, problems, rule

TABLE = """
when: urgent
severity: info
owner: sales_rep
decide:
  - {if: {channel: web, amount: ">= 10000"}, severity: critical, owner: team:key-accounts, chain: vip}
  - {if: {channel: [web, app], tags: contains urgent}, severity: major}
  - {severity: minor}
"""


def table(*rows: str, before: str = "when: paid.done") -> str:
    return "\n".join([before, "decide:", *(f"  - {row}" for row in rows)])


def cell(column: str, text: str) -> str:
    """The condition of a table with this one cell, in canonical form."""
    (row,) = rule(table(f"{{if: {{{column}: {text}}}, severity: minor}}")).decisions
    assert row.condition is not None
    return row.condition.canonical


def meaning(condition: str) -> str:
    return rule(f"when: {condition}").condition.canonical


def test_rows_keep_their_order_and_what_they_decide():
    """A row is a condition of all its cells and what it names; a row without if has no condition."""
    rows = rule(TABLE).decisions
    assert [row.severity for row in rows] == [Severity.CRITICAL, Severity.MAJOR, Severity.MINOR]
    assert [row.owner for row in rows] == ["team:key-accounts", None, None]
    assert [row.chain for row in rows] == ["vip", None, None]
    assert rows[0].condition is not None and rows[0].condition.text == 'channel == "web" and amount >= 10000'
    assert rows[2].condition is None
    assert [row.where for row in rows] == [f"rules/rules.yaml:{line}:9" for line in (7, 8, 9)]


@pytest.mark.parametrize(
    ("column", "text", "condition"),
    [
        ("channel", "web", 'channel == "web"'),
        ("channel", "[web, app]", 'channel in ["web", "app"]'),
        ("channel", "[web, missing]", 'channel == "web" or channel is None'),
        ("channel", '"missing"', "channel is None"),
        ("channel", '""', 'channel == ""'),
        ("channel", "00123", 'channel == "00123"'),
        ("channel", "present", "channel is not None"),
        ("channel", "contains we", 'contains(channel, "we")'),
        ("channel", "7", 'channel == "7"'),
        ("渠道", "电商", '渠道 == "电商"'),
        ("渠道", "缺失", "渠道 is None"),
        ("渠道", "有值", "渠道 is not None"),
        ("amount", "10", "amount == 10"),
        ("amount", "-1.5", "amount == -1.5"),
        ("amount", "+007", "amount == 7"),
        ("amount", "[1, 2]", "amount in [1, 2]"),
        ("amount", '">= 10000"', "amount >= 10000"),
        ("amount", '"<10"', "amount < 10"),
        ("amount", '"≥ 10"', "amount >= 10"),
        ("amount", '"＞ 10"', "amount > 10"),
        ("amount", "10..20", "amount >= 10 and amount < 20"),
        ("amount", '"-1 .. 0.5"', "amount >= -1 and amount < 0.5"),
        ("amount", "10..", "amount >= 10"),
        ("amount", "..10", "amount < 10"),
        ("amount", '[5, "> 10", 7, missing]', "amount in [5, 7] or amount > 10 or amount is None"),
        ("amount", '"missing"', "amount is None"),
        ("urgent", "true", "urgent"),
        ("urgent", "false", "not urgent"),
        ("urgent", '"true"', "urgent"),
        ("urgent", "[否, 缺失]", "not urgent or urgent is None"),
        ("paid.done", "false", "not paid.done"),
        ("closed", "false", "not closed"),
        ("paid.at", "missing", "paid.at is None"),
        ("promised_at", "present", "promised_at is not None"),
        ("tags", "contains urgent", 'contains(tags, "urgent")'),
        ("tags", "'contains \"a b\"'", 'contains(tags, "a b")'),
        ("tags", "[含 加急, 含 VIP]", 'contains(tags, "加急") or contains(tags, "VIP")'),
        ("key", "[A-1, A-2]", 'key in ["A-1", "A-2"]'),
    ],
)
def test_cells(column, text, condition):
    """What may stand beside a field of each type, and the condition that it means."""
    assert cell(column, text) == meaning(condition)


def test_an_if_may_be_a_condition():
    """Plain text is a condition of the language."""
    (row,) = rule(table("{if: amount > 10000 and urgent, severity: minor}")).decisions
    assert row.condition is not None and row.condition.canonical == meaning("urgent and amount > 10000")


@pytest.mark.parametrize(
    ("row", "code", "column", "said"),
    [
        ("{if: {chanel: web}, severity: minor}", "unknown_name", 15, "did you mean channel?"),
        ("{if: {lines: web}, severity: minor}", "records", 15, "totals and impact"),
        ("{if: {paid: true}, severity: minor}", "node_alone", 15, "paid.done"),
        ("{if: {event.type: x}, severity: minor}", "pulse_not_here", 15, "rows of decide"),
        ("{if: {amount / 2: 4}, severity: minor}", "no_column", 15, "write the if as a condition"),
        ("{if: {amount: much}, severity: minor}", "wrong_cell", 23, "as amount is a number"),
        ("{if: {amount: 20..10}, severity: minor}", "wrong_cell", 23, "20..10"),
        ("{if: {amount: 20..20}, severity: minor}", "wrong_cell", 23, "20..20"),
        ("{if: {amount: ..}, severity: minor}", "wrong_cell", 23, ".."),
        ("{if: {amount: }, severity: minor}", "wrong_cell", 23, "as amount is a number"),
        ("{if: {amount: []}, severity: minor}", "wrong_cell", 23, "found a list"),
        ("{if: {amount: [1, x]}, severity: minor}", "wrong_cell", 27, "as amount is a number"),
        ("{if: {amount: 1e999}, severity: minor}", "number_too_large", 23, "too large"),
        ('{if: {channel: "> 5"}, severity: minor}', "wrong_cell", 24, "as channel is a string"),
        ("{if: {urgent: 3}, severity: minor}", "wrong_cell", 23, "true, false"),
        ("{if: {tags: a}, severity: minor}", "wrong_cell", 21, "contains VALUE"),
        ("{if: {promised_at: 2026-01-01}, severity: minor}", "wrong_cell", 28, "if: promised_at < paid.at"),
        ("{if: {paid.done: missing}, severity: minor}", "never_missing", 26, "never missing"),
        ("{if: {key: missing}, severity: minor}", "never_missing", 20, "never missing"),
        ("{if: , severity: minor}", "empty_if", 10, "leave if out"),
        ("{if: {}, severity: minor}", "empty_if", 10, "leave if out"),
        ("{if: [urgent], severity: minor}", "wrong_value", 14, "FIELD: VALUE"),
        ("{if: amuont > 3, severity: minor}", "unknown_name", 14, "did you mean amount?"),
        ("{if: urgent and changed(amount), severity: minor}", "pulse_not_here", 25, "changed"),
        ("{if: {urgent: true}}", "decides_nothing", 9, "an owner or a chain"),
        ("{}", "decides_nothing", 9, "an owner or a chain"),
        ("{severity: mayor}", "unknown_word", 20, "did you mean major?"),
        ("{severty: major, owner: x}", "unknown_key", 10, "did you mean severity?"),
    ],
)
def test_what_is_wrong_with_a_row(row, code, column, said):
    """Every mistake is reported where it stands, in both languages."""
    (problem,) = problems(table(row, "{severity: info}"))
    assert (problem.code, problem.place.line, problem.place.column) == (code, 5, column)
    assert said in problem.message.en
    assert any("一" <= char <= "鿿" for char in problem.message.zh)


def test_all_mistakes_of_a_table_are_found_at_once():
    """A wrong cell keeps no other from being read."""
    found = problems(table("{if: {amount: a, urgent: b}, severity: bad}", "{if: {chanel: x}, owner: me}"))
    assert [problem.code for problem in found] == ["wrong_cell", "wrong_cell", "unknown_word", "unknown_name"]


@pytest.mark.parametrize(
    "deadline", ["overdue: shipped\nbefore: 4h", "overdue: shipped\nstages: [{at: 0h, severity: info}]"]
)
def test_severities_are_said_once(deadline):
    """stages and before say the severity already; owners and chains may stand beside them."""
    (problem,) = problems(table("{if: {urgent: true}, owner: a}", "{severity: info, chain: b}", before=deadline))
    assert (problem.code, problem.place.column) == ("two_severities", 10)
    assert len(rule(table("{owner: a, chain: b}", before=deadline)).decisions) == 1


def test_counts_have_no_table():
    """An incident of a group is of no single entity, so nothing of it can be decided by one."""
    found = problems(table("{owner: a}", before="when: urgent\ncount: {at_least: 3, within: 7d}"))
    assert [problem.code for problem in found] == ["not_for_counts"]


def test_an_empty_table_is_a_mistake():
    """decide needs a list with a row at least."""
    assert [problem.code for problem in problems("when: urgent\ndecide: []")] == ["empty_table"]
    assert [problem.code for problem in problems("when: urgent\ndecide: {severity: major}")] == ["wrong_value"]
    assert [problem.code for problem in problems("when: urgent\ndecide:")] == ["empty_value"]


def test_a_table_is_read_where_the_condition_is_wrong():
    """The mistakes of a rule are all reported, whatever is wrong first."""
    found = problems(table("{if: {amount: x}, severity: minor}", before="when: ugrent"))
    assert [problem.code for problem in found] == ["unknown_name", "wrong_cell"]


@pytest.mark.parametrize(
    ("values", "row", "owner", "chain"),
    [
        ({"channel": "web", "amount": 10000.0}, 0, "team:key-accounts", "vip"),
        ({"channel": "web", "amount": 10000.0, "tags": ("urgent",)}, 0, "team:key-accounts", "vip"),
        ({"channel": "app", "tags": ("urgent",)}, 1, "sales_rep", None),
        ({"channel": "app", "tags": ()}, 2, "sales_rep", None),
        ({}, 2, "sales_rep", None),
    ],
)
def test_the_first_row_that_hits_decides_alone(values, row, owner, chain):
    """What that row leaves out is the rule's own, also where a later row would hit and name it."""
    found = rule(TABLE)
    assert (first_hit(found.decisions, values), owner_of(found, values), chain_of(found, values)) == (row, owner, chain)


def test_no_row_hits():
    """Then everything is the rule's own."""
    found = rule(table("{if: {amount: 5}, owner: a, chain: b}", before="when: urgent\nowner: me\nchain: mine"))
    assert (first_hit(found.decisions, {}), owner_of(found, {}), chain_of(found, {})) == (None, "me", "mine")


def version(*rows: str) -> str:
    return rule(table(*rows)).version


def test_severities_are_part_of_the_version():
    """Their rows' conditions and order too, but not how they are written."""
    first, second = "{if: {amount: 10..20}, severity: info}", "{if: {urgent: true}, severity: critical}"
    assert version(first, second) != version(second, first)
    assert version(first, second) != version(first)
    assert version(first) == version("{if: amount < 20 and 10 <= amount, severity: info}")
    assert version(first) != version("{if: {amount: 10..20}, severity: minor}")
    assert version(first) != rule("when: paid.done").version


def test_a_kept_definition_has_the_same_rows():
    """A version is kept as text and read again: what a cell says must not change by that."""
    rows = ["{if: {channel: [00123, missing, 1.50], urgent: true, tags: 含 加急}, severity: info, owner: a}",
            "{if: {amount: [0.50, 10..20]}, severity: major}", "{if: amount > 3, chain: b}"]  # fmt: skip
    workspace = load(entry(table(*rows)))
    again = read_definition(definition_of(workspace.written["r"]), workspace.model, workspace.calendars)
    assert again is not None and again.version == workspace.rules[0].version
    assert [meaning_of(row) for row in again.decisions] == [meaning_of(row) for row in workspace.rules[0].decisions]


def meaning_of(row: Decision) -> tuple[object, ...]:
    return row.condition and row.condition.canonical, row.severity, row.owner, row.chain


def test_owners_and_chains_are_texts_and_no_part_of_the_version():
    """They can be edited without touching what is open, also in a table that decides severities."""
    assert version("{if: {amount: 5}, owner: a}") == rule("when: paid.done").version
    with_severity = "{{if: {{amount: 5}}, severity: info, owner: {}, chain: {}}}"
    assert version(with_severity.format("a", "b")) == version(with_severity.format("c", "d"))


def test_quotes_and_line_breaks_in_values_stay_what_they_are():
    """A text of an author never becomes syntax of the language."""
    odd = 'a" or True or "\\\n{}'
    (row,) = rule(table(f"{{if: {{channel: {json.dumps(odd)}}}, severity: info}}")).decisions
    assert first_hit([row], {"channel": odd}) == 0 and first_hit([row], {"channel": "a"}) is None
