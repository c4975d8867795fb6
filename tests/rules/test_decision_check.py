"""Rows of decision tables that are never hit, and cases that no row covers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import Problem
from tests.rules.workspace_texts import entry, load

Values = Mapping[str, Any]


def warnings(*rows: str, before: str = "when: paid.done") -> list[Problem]:
    body = "\n".join([before, "decide:", *(f"  - {row}" for row in rows)])
    return list(load(entry(body)).warnings)


def gap(*rows: str, before: str = "when: paid.done") -> str:
    """What is said about cases that no row covers; empty where all is covered and nothing else is wrong."""
    found = [problem for problem in warnings(*rows, before=before) if problem.code == "not_exhaustive"]
    return found[0].message.en if found else ""


def dead(*rows: str, before: str = "when: paid.done") -> list[tuple[str, int]]:
    """Code and number of the rows that are never hit."""
    found = [problem for problem in warnings(*rows, before=before) if problem.code != "not_exhaustive"]
    return [(problem.code, problem.place.line - 4) for problem in found]


@pytest.mark.parametrize(
    "rows",
    [
        ["{if: {amount: 10}, severity: info}", "{severity: minor}"],
        ['{if: {amount: "< 10"}, severity: info}', '{if: {amount: [">= 10", missing]}, severity: minor}'],
        [
            "{if: {amount: ..10}, severity: info}",
            "{if: {amount: 10..20}, severity: minor}",
            "{if: {amount: 20..}, severity: minor}",
            "{if: {amount: missing}, severity: minor}",
        ],
        ["{if: {urgent: true}, severity: info}", "{if: {urgent: [false, missing]}, severity: minor}"],
        ["{if: {shipped.done: true}, severity: info}", "{if: {shipped.done: false}, severity: minor}"],
        ["{if: {channel: present}, severity: info}", "{if: {channel: missing}, severity: minor}"],
        ["{if: {tags: present}, severity: info}", "{if: {tags: missing}, severity: minor}"],
        ["{if: {closed: false}, severity: info}", "{if: {closed: true}, severity: minor}"],
        ["{if: channel != 'web', severity: info}", "{if: {channel: [web, missing]}, severity: minor}"],
        [
            "{if: {urgent: true}, severity: info}",
            "{if: {amount: present}, severity: info}",
            "{if: 'amount is None and (not urgent or urgent is None)', severity: info}",
        ],
    ],
)
def test_tables_that_cover_everything(rows):
    """Nothing is said about a table whose rows meet and leave nothing out."""
    assert warnings(*rows) == []


@pytest.mark.parametrize(
    ("rows", "case"),
    [
        (['{if: {amount: "< 10"}, severity: info}', '{if: {amount: "> 10"}, severity: info}'], "where amount = 10,"),
        (['{if: {amount: "< 10"}, severity: info}', '{if: {amount: ">= 10"}, severity: info}'], "amount is missing,"),
        (
            ["{if: {amount: ..10}, severity: info}", "{if: {amount: [20.., missing]}, severity: info}"],
            "where amount = 10,",
        ),
        (
            ["{if: {amount: ..10}, severity: info}", "{if: {amount: [10, 20.., missing]}, severity: info}"],
            "where 10 < amount < 20,",
        ),
        (["{if: {channel: [web, app]}, severity: info}"], 'where channel is another value (not "app" or "web"),'),
        (["{if: {urgent: true}, severity: info}", "{if: {urgent: false}, severity: info}"], "where urgent is missing,"),
        (["{if: {shipped.done: true}, severity: info}"], "where shipped.done = false,"),
        (["{if: {tags: [contains a, contains b]}, severity: info}"], 'where tags does not contain "a", "b",'),
        (
            ["{if: {channel: web, amount: 5..}, severity: info}", "{if: {channel: app}, severity: info}"],
            'where channel = "web" and amount < 5,',
        ),
        (
            ["{if: amount > 1 or urgent, severity: info}"],
            'where "amount > 1 or urgent" does not hold (conditions on several',
        ),
    ],
)
def test_a_case_that_no_row_covers_is_named(rows, case):
    """With as few values as it takes."""
    assert case in gap(*rows)


def test_a_table_of_thousands_of_values_is_checked_at_once_and_names_a_few():
    """A price list is a table too: its check does not take the square of its rows, nor its answer all of its values."""
    example = gap(*(f"{{if: {{amount: {number}}}, severity: info}}" for number in range(1_500)))
    assert "amount is another value (not 0 or 1 or 2" in example and "..." in example
    assert len(example) < 500


def test_what_counts_where_no_row_hits_is_named():
    """The rule's own of what the table decides, at the key decide, in both languages."""
    (problem,) = warnings("{if: {urgent: true}, severity: info, chain: vip}", before="when: paid.done\nchain: a")
    assert (problem.code, problem.severity, problem.place.line) == ("not_exhaustive", "warning", 5)
    assert "so the rule's own severity and chain count there; a last row without if" in problem.message.en
    assert "urgent = false" in problem.message.zh and "不写 if" in problem.message.zh


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["{severity: info}", "{if: {urgent: true}, severity: minor}"], [("shadowed_row", 2)]),
        (["{severity: info}", "{severity: minor}"], [("shadowed_row", 2)]),
        (["{if: {amount: 10..20}, severity: info}", "{if: {amount: 15}, severity: info}"], [("shadowed_row", 2)]),
        (["{if: {amount: 10..20}, severity: info}", "{if: {amount: 20}, severity: info}"], []),
        (
            [
                "{if: {urgent: true}, severity: info}",
                "{if: {urgent: [false, missing]}, severity: info}",
                "{if: {amount: 3}, severity: info}",
            ],
            [("shadowed_row", 3)],
        ),
        (["{if: {channel: web}, severity: info}", "{if: {channel: [web, app], urgent: true}, severity: info}"], []),
        (
            ["{if: {channel: web}, severity: info}", "{if: channel == 'web' and amount > 3, severity: info}"],
            [("shadowed_row", 2)],
        ),
        (
            ["{if: amount > 1 or urgent, severity: info}", "{if: urgent or amount > 1, severity: info}"],
            [("shadowed_row", 2)],
        ),
        (
            ["{if: {amount: 5}, severity: info}", "{if: amount > 7 and amount < 6, severity: info}"],
            [("row_never_hit", 2)],
        ),
    ],
)
def test_rows_that_are_never_hit(rows, expected):
    """Shadowed by the rows before them, or holding in no case at all."""
    assert dead(*rows) == expected


def test_the_rows_that_shadow_are_named():
    """With their numbers and lines; rows that take nothing from it are not."""
    found = warnings(
        "{if: {channel: app}, severity: info}",
        "{if: {urgent: true}, severity: info}",
        "{if: {urgent: [false, missing]}, severity: minor}",
        "{if: {channel: web, urgent: present}, severity: info}",
    )
    (problem,) = found
    assert problem.code == "shadowed_row"
    assert problem.message.en.startswith("row 4 is never hit: wherever it holds row 2 (line 6) and row 3 (line 7) hits")
    assert "第 2 行（文件第 6 行）、第 3 行（文件第 7 行）" in problem.message.zh


def test_the_rule_s_own_condition_narrows_what_can_come():
    """What the rule never fires on needs no row, and a row for it is never hit."""
    rows = ["{if: {channel: web}, severity: info}", "{if: {channel: app}, severity: info}"]
    assert gap(*rows, before='where: channel in ["web", "app"]') == ""
    assert dead(*rows, before='where: channel == "web"') == [("row_never_hit", 2)]
    assert gap("{if: {shipped.done: false}, severity: info}", before="overdue: shipped") == ""


def test_a_table_of_too_many_combinations_is_not_checked_and_says_so():
    """Loading stays quick whatever is written."""
    rows = [f"{{if: {{tags: [{', '.join(f'contains t{i}' for i in range(9))}]}}, severity: info}}"]
    assert [problem.code for problem in warnings(*rows)] == ["table_too_large"]
    many = [f"{{if: 'amount > {i} or urgent', severity: info}}" for i in range(16)]
    assert [problem.code for problem in warnings(*many)] == ["table_too_large"]


# --- against every case, one by one --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """How it is written, and by hand what it means."""

    column: str
    text: str
    holds: Callable[[Any], bool]


CELLS = [
    Cell("channel", "web", lambda value: value == "web"),
    Cell("channel", "[web, app]", lambda value: value in ("web", "app")),
    Cell("channel", "[app, missing]", lambda value: value in ("app", None)),
    Cell("channel", "present", lambda value: value is not None),
    Cell("amount", "10", lambda value: value == 10),
    Cell("amount", "..10", lambda value: value is not None and value < 10),
    Cell("amount", "10..20", lambda value: value is not None and 10 <= value < 20),
    Cell("amount", '"> 10"', lambda value: value is not None and value > 10),
    Cell("amount", "[20.., missing]", lambda value: value is None or value >= 20),
    Cell("urgent", "true", lambda value: value is True),
    Cell("urgent", "[false, missing]", lambda value: value is not True),
    Cell("tags", "contains a", lambda value: value is not None and "a" in value),
    Cell("tags", "[contains b, missing]", lambda value: value is None or "b" in value),
    Cell("shipped.done", "true", lambda value: value is True),
    Cell("shipped.done", "false", lambda value: value is False),
]
CASES: list[Values] = [
    dict(zip(("channel", "amount", "urgent", "tags", "shipped.done"), values, strict=True))
    for values in product(
        (None, "web", "app", "store"),
        (None, 9.0, 10.0, 15.0, 20.0, 25.0),
        (None, True, False),
        (None, (), ("a",), ("b",), ("a", "b")),
        (True, False),
    )
]
OWN: dict[str, Callable[[Values], bool]] = {
    "paid.done": lambda case: True,
    'channel == "web"': lambda case: case["channel"] == "web",
    "amount >= 10 and paid.done": lambda case: case["amount"] is not None and case["amount"] >= 10,
    "not shipped.done": lambda case: not case["shipped.done"],
}


def by_column(cells: list[Cell]) -> dict[str, Cell]:
    return {cell.column: cell for cell in cells}


def hits(row: Mapping[str, Cell], case: Values) -> bool:
    return all(cell.holds(case[name]) for name, cell in row.items())


def is_case(words: str, case: Values) -> bool:
    """Whether a case is one of those that words such as `amount < 10 and tags contains "a"` describe."""
    return all(_is_so(part, case) for part in words.split(" and "))


def _is_so(part: str, case: Values) -> bool:
    name = next(name for name in part.split() if name in case)
    value = case[name]
    match part.replace(name, "x", 1).split(maxsplit=2):
        case ["x", "is", "missing"] | ["x", "is", "present"] as said:
            return (value is None) == (said[2] == "missing")
        case ["x", "is", other]:
            listed = other.removeprefix("another value (not ").removesuffix(")").split(" or ")
            return value is not None and value not in map(json.loads, listed)
        case ["x", "contains", listed]:
            return value is not None and set(json.loads(f"[{listed}]")) <= set(value)
        case ["x", "does", listed]:
            return value is not None and not set(json.loads(f"[{listed.removeprefix('not contain ')}]")) & set(value)
        case ["x", "=", literal]:
            return bool(value == json.loads(literal))
        case ["x", sign, literal]:
            return value is not None and (value < float(literal) if sign == "<" else value > float(literal))
        case [low, "<", rest]:
            return value is not None and float(low) < value < float(rest.removeprefix("x < "))
    raise AssertionError(part)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(CELLS), max_size=3).map(by_column), min_size=1, max_size=5),
    st.sampled_from(sorted(OWN)),
)
def test_the_checks_agree_with_trying_every_case(rows: list[dict[str, Cell]], own: str) -> None:
    """A row is called dead exactly where no case hits it first, and by the rows that do; a gap where there is one."""
    first: dict[int, set[int]] = {place: set() for place in range(len(rows))}  # row -> who hits where it holds
    uncovered = False
    for case in (one for one in CASES if OWN[own](one)):
        found_hits = [place for place, row in enumerate(rows) if hits(row, case)]
        uncovered |= not found_hits
        for place in found_hits:
            first[place].add(found_hits[0])
    expected = {
        ("row_never_hit" if not earlier else "shadowed_row", place)
        for place, earlier in first.items()
        if place not in earlier
    }
    written = []
    for row in rows:
        cells = ", ".join(f"{name}: {one.text}" for name, one in row.items())
        written.append(f"{{if: {{{cells}}}, severity: info}}" if row else "{severity: info}")
    found = warnings(*written, before=f"when: {own}")
    examples = [one.message.en for one in found if one.code == "not_exhaustive"]
    assert bool(examples) == uncovered
    for example in examples:
        words = example.partition(" hits where ")[2].partition(", so the rule's own")[0]
        described = [case for case in CASES if OWN[own](case) and is_case(words, case)]
        assert described and not any(hits(row, case) for case in described for row in rows)
    dead_rows = {(one.code, one.place.line - 5): one for one in found if one.code != "not_exhaustive"}
    assert set(dead_rows) == expected
    for (code, place), problem in dead_rows.items():
        named = {one for one in range(len(rows)) if f"row {one + 1} (line" in problem.message.en}
        assert code == "row_never_hit" or named == first[place]
