"""Mapping files: what they say becomes a mapping; everything wrong is found at once, where it stands."""

import re
from pathlib import Path

import pytest

from rules.errors import Problems
from rules.files.document import read_text
from simulator.mapping_file import read_mapping, read_mapping_file
from streams.sources.mapping import Cell, Column, CsvOptions, NodeTime, Setting, TimeFormat, Wide
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


@pytest.mark.parametrize("name", ["tables", "maps", "file", "sheet", "object_type"])
def test_what_comes_later_is_refused_by_name(name: str):
    """Parts of the page that this version does not read are refused by name, not as unknown."""
    assert ("m.yaml:5:1", "not_yet") in problems(WIDE + f"{name}: {{}}\n")


def test_take_comes_later():
    """`take` goes with tables."""
    assert problems(WIDE + "due: {shipped: {column: lines.promise, take: max}}") == [("m.yaml:5:40", "not_yet")]


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
        (WIDE + "fields: {amount: {column: x, at: middle}}", "5:34", "unknown_word"),
        (WIDE + "fields: {amount: {column: x, match: '['}}", "5:37", "wrong_value"),
        (WIDE + "fields: {amount: {column: x, colour: 1}}", "5:30", "unknown_key"),
        (WIDE + "fields: {amount: {column: x, values: {a: much}}}", "5:42", "wrong_value"),
        (WIDE + "fields: {urgent: {column: x, values: {Y: yes}}}", "5:42", "wrong_value"),
        (WIDE + "fields: {tags: {column: x, values: {Y: a}}}", "5:40", "wrong_value"),
        (WIDE + "fields: {amount: {column: x, only: {s: [~]}}}", "5:41", "wrong_value"),
        (WIDE + "due: {paid: {column: x, as: day}}", "5:29", "wrong_value"),
        (WIDE + "due: {paid: {column: x, as: '%Q'}}", "5:29", "wrong_value"),
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
