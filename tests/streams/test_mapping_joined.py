"""mappings.md: `tables`, the rows of other files that belong to a row."""

from pathlib import Path
from typing import Any

import pytest

from streams.errors import UnreadableSource
from tests.streams.mapped import Read, at, read_csv

WIDE = "{kind: order, format: wide, source: erp, key: id, nodes: {placed: o, paid: p}, "
LINES = """no,sku,qty,wanted,state
A,x,2,2026-03-09,open
B,y,1,2026-03-08,open
A,z,,2026-03-12,gone
A,x,5,2026-03-10,open
,q,9,2026-03-10,open"""
TABLES = "tables: {lines: {file: l.csv, key: no"


def joined(
    folder: Path, rest: str, *, rows: str = "id,o,p\nA,2026-03-02,2026-03-03\nC,2026-03-02,", lines: str = LINES
):
    (folder / "l.csv").write_text(lines, encoding="utf-8")
    return read_csv(folder, rows, WIDE + rest + "}")


def first(found: Read) -> list[Any]:
    return [dict(event.data) for event in found.events if event.type == "placed"]


def test_rows_become_a_list_of_records(tmp_path: Path):
    """The rows whose key is the entity's, in file order, with the model's types; without rows the field is missing."""
    found = joined(tmp_path, TABLES + ", fields: {sku: sku, qty: qty, wanted_at: wanted}}}")
    assert first(found) == [
        {
            "lines": (
                {"sku": "x", "qty": 2.0, "wanted_at": at("2026-03-09")},
                {"sku": "z", "wanted_at": at("2026-03-12")},
                {"sku": "x", "qty": 5.0, "wanted_at": at("2026-03-10")},
            )
        },
        {},
    ]
    assert found.report.known_from_start == ("lines",)
    assert found.refusals == []


def test_rows_joined_by_another_column(tmp_path: Path):
    """`by` names the column of the row, or a template; an empty one has no rows."""
    rows = "id,o,p,head,n\nA,2026-03-02,,B,\nC,2026-03-02,,,\nD,2026-03-02,,A,1"
    found = joined(tmp_path, TABLES + ", by: head, fields: {sku: sku}}}", rows=rows)
    assert first(found) == [
        {"lines": ({"sku": "y"},)}, {}, {"lines": ({"sku": "x"}, {"sku": "z"}, {"sku": "x"})}
    ]  # fmt: skip
    found = joined(
        tmp_path,
        'tables: {lines: {file: l.csv, key: "{no}/{sku}", by: "{head}/{n}", fields: {sku: sku}}}',
        rows=rows.replace("A,1", "A,z"),
    )
    assert first(found) == [{}, {}, {"lines": ({"sku": "z"},)}]


@pytest.mark.parametrize(
    ("take", "some", "none"),
    [("", 2.0, None), (", take: first", 2.0, None), (", take: last", 5.0, None), (", take: min", 2.0, None),
     (", take: max", 5.0, None), (", take: sum", 7.0, None), (", take: count", 2.0, 0.0)],
)  # fmt: skip
def test_take(tmp_path: Path, take: str, some: float, none: float | None):
    """Of the values as read; empty cells do not count; over no rows count is 0 and the others are missing."""
    found = joined(tmp_path, f"fields: {{amount: {{column: lines.qty{take}}}}}, {TABLES}}}}}")
    assert [data.get("amount") for data in first(found)] == [some, none]


def test_values_are_taken_as_read(tmp_path: Path):
    """Days written day-first compare as days, and `match` and `values` come before."""
    lines = "no,due,prio\nA,02/04/2026,p1\nA,31/03/2026,p2"
    found = joined(
        tmp_path,
        'due: {received: {column: lines.due, as: "%d/%m/%Y", take: max}}, fields: {amount: '
        '{column: lines.prio, match: "p(.)", values: {1: 10, 2: 20}, take: sum}}, ' + TABLES + "}}",
        lines=lines,
    )
    assert first(found)[0] == {"received.due": at("2026-04-02"), "amount": 30.0}


def test_nodes_and_known_times_of_joined_rows(tmp_path: Path):
    """Whatever is read of a row may come from a joined one: nodes, recorded_at, and what `only` asks."""
    found = joined(
        tmp_path,
        "recorded_at: lines.wanted, " + TABLES + "}}",
    )
    assert [event.recorded_at for event in found.events if event.key == "A"] == [at("2026-03-09")] * 2
    (tmp_path / "l.csv").write_text(LINES, encoding="utf-8")
    found = read_csv(
        tmp_path,
        "id,o\nA,2026-03-02\nB,2026-03-02",
        "{kind: order, format: wide, key: id, nodes: {placed: o, received: {column: lines.wanted, take: max}, "
        "cancelled: {column: '@last', only: {lines.sku: [y]}}}, " + TABLES + "}}}",
    )
    assert found.facts() == [
        ("A", "placed", "2026-03-02"),
        ("A", "received", "2026-03-12"),
        ("B", "placed", "2026-03-02"),
        ("B", "received", "2026-03-08"),
        ("B", "cancelled", "2026-03-08"),
    ]


def test_only_chooses_among_the_joined_rows(tmp_path: Path):
    """`only` with a column of the cell's own table keeps these rows; with one of the row, it is about the row."""
    found = joined(
        tmp_path, "due: {received: {column: lines.wanted, take: max, only: {lines.state: [open]}}}, " + TABLES + "}}"
    )
    assert first(found)[0] == {"received.due": at("2026-03-10")}
    found = joined(tmp_path, "due: {received: {column: lines.wanted, only: {id: [B]}}}, " + TABLES + "}}")
    assert first(found) == [{}, {}]


def test_several_keys_of_a_row_have_their_own_rows(tmp_path: Path):
    """A row that names several entities is joined to each by its own key."""
    (tmp_path / "l.csv").write_text(LINES, encoding="utf-8")
    found = read_csv(
        tmp_path,
        "ids,at\nA+B,2026-03-02",
        "{kind: order, format: long, key: {column: ids, split: '[A-Z]'}, type: {value: placed}, occurred_at: at, "
        "fields: {amount: {column: lines.sku, take: count}}, " + TABLES + "}}}",
    )
    assert [(event.key, event.data) for event in found.events] == [("A", {"amount": 3.0}), ("B", {"amount": 1.0})]


def test_what_cannot_be_read_is_listed_where_it_stands(tmp_path: Path):
    """With the joined file, its row, the column and the text; a row too wide is listed as of any table."""
    found = joined(
        tmp_path,
        "due: {received: lines.wanted}, " + TABLES + ", fields: {qty: qty}}}",
        lines="no,qty,wanted\nA,2,soon\nC,two,\nC,1,2026-03-09,x",
    )
    assert found.listed() == [
        ("l.csv row 3", "wrong_row", "C,1,2026-03-09,x"),
        ("l.csv row 1 column wanted", "no_instant", "soon"),
        ("l.csv row 2 column qty", "wrong_type", "two"),
    ]
    assert [(refusal.field, refusal.id) for refusal in found.refusals[1:]] == [
        ("received.due", "order/A/01-placed"),
        ("lines.qty", "order/C/01-placed"),
    ]


def test_missing_texts_hold_for_joined_files_too(tmp_path: Path):
    """A text under `missing` is no value there either, also as key."""
    found = joined(
        tmp_path,
        "missing: [NA], fields: {amount: {column: lines.qty, take: count}}, " + TABLES + "}}",
        rows="id,o,p\nA,2026-03-02,",
        lines="no,qty\nA,NA\nNA,1\nA,3",
    )
    assert first(found) == [{"amount": 1.0}]


def test_a_joined_file_that_is_not_there(tmp_path: Path):
    """The file, or the column in it, is named before anything is read."""
    with pytest.raises(UnreadableSource, match=r"gone\.csv"):
        joined(tmp_path, "tables: {lines: {file: gone.csv, key: no}}")
    with pytest.raises(UnreadableSource, match=r"l\.csv: there is no column noo \(did you mean no\?\)"):
        joined(tmp_path, "tables: {lines: {file: l.csv, key: noo}}")
