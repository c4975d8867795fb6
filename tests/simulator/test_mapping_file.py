"""Mapping files: what they say becomes a mapping; everything wrong is found at once, where it stands."""

import re
from pathlib import Path

import pytest

from rules.errors import Problems
from rules.files.document import read_text
from simulator.mapping_file import read_mapping, read_mapping_file
from streams.sources.mapping import (
    Cell,
    Column,
    CsvOptions,
    Joined,
    JoinedTable,
    Long,
    Mappings,
    NodeTime,
    Setting,
    TimeFormat,
    Wide,
    key_template,
)
from tests.streams.mapped import MODEL, mapping

WIDE = "kind: order\nformat: wide\nkey: id\nnodes: {placed: o}\n"
LONG = "kind: order\nformat: long\nkey: id\ntype: t\noccurred_at: at\n"


def problems(text: str) -> list[tuple[str, str]]:
    """Place and code of what is wrong; the mapping is refused whole."""
    found = Problems()
    root = read_text(text, "m.yaml", found)
    assert root is not None
    assert read_mapping(root, MODEL) is None
    return [(str(problem.place), problem.code) for problem in found.in_order()]


def test_the_pages_example():
    """The parts of the page's example that this version reads."""
    found = mapping(
        """
        kind: order
        format: wide
        source: erp
        key: "{OrderID}-{LineNo}"
        zone: America/New_York
        nodes:
          placed: OrderDate
          shipped: {column: ShippedDate, as: date}
          cancelled: {column: "@last", only: {Status: [canceled, unavailable, ""]}}
        due:
          shipped: {column: RequiredDate, as: "%d/%m/%Y"}
        fields:
          channel: CustomerID
          urgent: {column: Prio, values: {Y: true, N: false}}
          金额: {column: lines.total, at: last}
          tags: {column: Item, match: "^[^_]+"}
        missing: [NA, "NULL"]
        csv: {delimiter: ";", encoding: gb18030, decimal: ","}
        recorded_at: LoadedAt
        """
    )
    assert isinstance(found.rows, Wide)
    assert found.rows.nodes["cancelled"] == Cell(
        origin=NodeTime(last=True), only={"Status": frozenset({"canceled", "unavailable", ""})}
    )
    assert found.rows.nodes["shipped"].as_ == "date"
    assert found.due["shipped"].cell.as_ == TimeFormat(format="%d/%m/%Y")
    assert found.fields["urgent"].cell.values == {"Y": True, "N": False}
    assert found.fields["金额"] == Setting(cell=Cell(origin=Column(name="lines.total")), at_last=True)
    assert found.fields["tags"].cell.match == re.compile("^[^_]+")
    assert (found.missing, found.csv) == (
        frozenset({"NA", "NULL"}),
        CsvOptions(delimiter=";", encoding="gb18030", decimal=","),
    )
    assert found.key_columns() == ("OrderID", "LineNo")
    assert set(found.columns()) == {
        "OrderID", "LineNo", "OrderDate", "ShippedDate", "Status", "RequiredDate", "CustomerID", "Prio", "lines.total",
        "Item", "LoadedAt",
    }  # fmt: skip


TABLES = "tables: {lines: {file: l.csv, key: no, fields: {sku: s}}}\n"


def test_joined_tables():
    """`tables` with file, key, by and fields; TABLE.COLUMN is a column of one, other prefixes belong to the column."""
    found = mapping(
        """
        {kind: order, format: wide, key: id, nodes: {placed: o}, due: {received: {column: lines.promise, take: max}},
        fields: {channel: heads.shop, amount: other.total},
        tables: {lines: {file: l.csv, key: no, fields: {sku: {column: item, match: "[a-z]+"}}},
        heads: {file: h.xlsx, sheet: Heads, key: "{a}-{b}", by: head}}}
        """,
        folder=Path("data"),
    )
    assert found.due["received"].cell.origin == Joined(table="lines", column="promise", take="max")
    assert found.fields["channel"].cell.origin == Joined(table="heads", column="shop")
    assert found.fields["amount"].cell.origin == Column(name="other.total")
    assert found.tables["lines"].by is None
    assert found.tables["heads"] == JoinedTable(
        file="h.xlsx", sheet="Heads", key=key_template("{a}-{b}"), by=key_template("head")
    )
    assert set(found.columns()) == {"id", "o", "other.total", "head"}
    assert set(found.joined_columns("lines")) == {"no", "promise", "item"}
    assert found.folder == Path("data")


def test_several_maps(tmp_path: Path):
    """`maps` holds mappings, each with its own file, and nothing stands beside it."""
    one = "{file: a.csv, kind: order, format: wide, key: id, nodes: {placed: o}}"
    (tmp_path / "m.yaml").write_text(f"maps: [{one}, {one.replace('a.csv', 'b.csv')}]")
    found = read_mapping_file(tmp_path / "m.yaml", MODEL, Problems())
    assert isinstance(found, Mappings)
    assert [each.file for each in found.maps] == ["a.csv", "b.csv"]
    for text, place, code in [
        (f"maps: [{one.replace('file: a.csv, ', '')}]", "1:8", "missing_key"),
        (f"maps: [{one.replace('kind: order', 'kind: x')}]", "1:28", "unknown_name"),
        (f"maps: [{one}]\nkind: order", "2:1", "beside_maps"),
        (f"maps: [{one}]\nkid: order", "2:1", "unknown_key"),
        ("maps: []", "1:7", "wrong_value"),
        ("maps: x", "1:7", "wrong_value"),
        ("maps: [x]", "1:8", "wrong_value"),
    ]:
        (tmp_path / "m.yaml").write_text(text)
        wrong = Problems()
        assert read_mapping_file(tmp_path / "m.yaml", MODEL, wrong) is None
        assert [(str(problem.place), problem.code) for problem in wrong.found] == [(f"m.yaml:{place}", code)]


def test_fields_of_a_table_that_the_model_does_not_have():
    """Without a list-of-records field of the table's name its `fields` say nothing, which is a warning."""
    found = Problems()
    root = read_text(WIDE + TABLES.replace("lines:", "line:"), "m.yaml", found)
    assert root is not None
    assert read_mapping(root, MODEL) is not None
    assert [(problem.code, problem.severity) for problem in found.found] == [("unused_fields", "warning")]


def test_the_type_may_be_a_template():
    """`type: "{A}+{B}"` joins columns."""
    rows = mapping(LONG.replace("type: t", 'type: "{activity}+{step}"')).rows
    assert isinstance(rows, Long)
    assert rows.type == Cell(origin=key_template("{activity}+{step}"))


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        (WIDE.replace("kind: order", "kind: ordr"), "1:7", "unknown_name"),
        (WIDE.replace("kind: order\n", ""), "1:1", "missing_key"),
        (WIDE.replace("wide", "broad"), "2:9", "unknown_word"),
        (WIDE.replace("key: id\n", ""), "1:1", "missing_key"),
        (WIDE.replace("key: id", "key: '@last'"), "3:6", "wrong_value"),
        (WIDE.replace("key: id", "key: {column: id, split: '('}"), "3:26", "wrong_value"),
        (WIDE.replace("key: id", "key: {column: id}"), "3:6", "missing_key"),
        (WIDE.replace("key: id", "key: [id]"), "3:6", "wrong_value"),
        (WIDE.replace("placed: o", "plaecd: o"), "4:9", "unknown_name"),
        (WIDE.replace("placed: o", "placed: '@first'"), "4:8", "wrong_value"),
        (WIDE.replace("{placed: o}", "{}"), "4:8", "wrong_value"),
        (WIDE.replace("placed: o", "placed: "), "4:17", "wrong_value"),
        (WIDE.replace("nodes: {placed: o}\n", ""), "1:1", "missing_key"),
        (WIDE + "typ: x", "5:1", "unknown_key"),
        (WIDE + "types: {}", "5:1", "wrong_format"),
        (WIDE + "zone: Mars/Base", "5:7", "unknown_zone"),
        (WIDE + "due: {promised: x}", "5:7", "unknown_name"),
        (WIDE + "fields: {colour: x}", "5:10", "unknown_name"),
        (WIDE + "fields: {amount: [x]}", "5:18", "wrong_value"),
        (WIDE + "fields: {amount: {value: 1, column: x}}", "5:26", "wrong_value"),
        (WIDE + "fields: {amount: {as: date, column: x}}", "5:23", "wrong_value"),
        (WIDE + "fields: {amount: '@first'}", "5:18", "wrong_value"),
        (WIDE + "due: {paid: {column: '@last', as: '%d/%m/%Y'}}", "5:13", "wrong_value"),
        (WIDE + "fields: {amount: {column: x, at: middle}}", "5:34", "unknown_word"),
        (WIDE + "fields: {amount: {column: x, match: '['}}", "5:37", "wrong_value"),
        (WIDE + "fields: {amount: {column: x, colour: 1}}", "5:30", "unknown_key"),
        (WIDE + "fields: {amount: {column: x, values: {a: much}}}", "5:42", "wrong_value"),
        (WIDE + "fields: {urgent: {column: x, values: {Y: yes}}}", "5:42", "wrong_value"),
        (WIDE + "fields: {tags: {column: x, values: {Y: a}}}", "5:40", "wrong_value"),
        (WIDE + "fields: {amount: {column: x, only: {s: [~]}}}", "5:41", "wrong_value"),
        (WIDE + "due: {paid: {column: x, as: day}}", "5:29", "wrong_value"),
        (WIDE + "due: {paid: {column: x, as: '%Q'}}", "5:29", "wrong_value"),
        (WIDE + "due: {paid: {column: x, as: ['%Q', date]}}", "5:29", "wrong_value"),
        (WIDE + "due: {paid: {column: x, as: ['%d', day]}}", "5:29", "wrong_value"),
        (WIDE + "due: {paid: {column: x, as: [date]}}", "5:29", "wrong_value"),
        (WIDE + "object_type: order", "5:1", "wrong_format"),
        (WIDE + "tables: {lines: {key: no}}", "5:17", "missing_key"),
        (WIDE + "tables: {lines: {file: l.csv}}", "5:17", "missing_key"),
        (WIDE + "tables: {lines: {file: l.csv, key: '@last'}}", "5:36", "wrong_value"),
        (WIDE + "tables: {lines: {file: l.csv, key: no, by: [x]}}", "5:44", "wrong_value"),
        (WIDE + "tables: {lines: {file: l.csv, key: no, colour: x}}", "5:40", "unknown_key"),
        (WIDE + TABLES.replace("sku:", "sk:"), "5:49", "unknown_name"),
        (WIDE + TABLES + "fields: {lines: x}", "5:1", "duplicate_key"),
        (WIDE + TABLES + "fields: {amount: {column: x, take: sum}}", "6:36", "wrong_value"),
        (WIDE + TABLES + "fields: {amount: {column: lines.x, take: most}}", "6:42", "unknown_word"),
        (WIDE + TABLES + "fields: {channel: {column: lines.x, take: sum}}", "6:43", "wrong_value"),
        (WIDE + TABLES + "fields: {channel: {column: lines.x, take: count}}", "6:43", "wrong_value"),
        (WIDE + "missing: [NA, NULL]", "5:15", "unquoted_null"),
        (WIDE + "missing: [~]", "5:11", "unquoted_null"),
        (WIDE + "csv: {delimiter: '||'}", "5:18", "wrong_value"),
        (WIDE + "csv: {encoding: klingon}", "5:17", "wrong_value"),
        (WIDE + "csv: {encoding: base64}", "5:17", "wrong_value"),
        (WIDE + "csv: {decimal: x}", "5:16", "unknown_word"),
        (LONG + "nodes: {placed: o}", "6:1", "wrong_format"),
        (LONG + "fields: {promised_at: '@last'}", "6:23", "wrong_format"),
        (LONG + "fields: {amount: {column: x, at: last}}", "6:30", "wrong_format"),
        (LONG + "types: {Order: plaecd}", "6:16", "unknown_name"),
        (LONG + "types: {'*': placed}", "6:14", "wrong_value"),
        (LONG.replace("type: t", "type: {value: plaecd}"), "4:15", "unknown_name"),
        (LONG.replace("type: t\n", ""), "1:1", "missing_key"),
        (LONG.replace("occurred_at: at\n", ""), "1:1", "missing_key"),
    ],
)
def test_what_is_wrong(text: str, place: str, code: str):
    """Every mistake is located, and is the only thing that is said."""
    assert problems(text) == [(f"m.yaml:{place}", code)]


def test_all_mistakes_are_found_at_once():
    """One reading finds them all."""
    found = problems(
        WIDE + "due: {promised: x}\nfields: {colour: x, amount: {column: x, as: date}}\nmissing: [null]\nx: 1"
    )
    assert [code for _, code in found] == [
        "unknown_name",
        "unknown_name",
        "wrong_value",
        "unquoted_null",
        "unknown_key",
    ]


def test_the_nearest_name_is_offered():
    """An unknown name comes with the one that was probably meant."""
    found = Problems()
    root = read_text(WIDE + "fields: {amuont: x}", "m.yaml", found)
    assert root is not None
    read_mapping(root, MODEL)
    assert "did you mean amount" in found.found[0].message.en


def test_reading_a_file(tmp_path: Path):
    """A file that is there, and one that is not."""
    (tmp_path / "m.yaml").write_text(WIDE)
    found = Problems()
    assert read_mapping_file(tmp_path / "m.yaml", MODEL, found) is not None
    assert read_mapping_file(tmp_path / "n.yaml", MODEL, found) is None
    assert [problem.code for problem in found.found] == ["no_file"]
