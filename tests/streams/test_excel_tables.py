"""mappings.md, Other formats: sheets of Excel workbooks."""

import gzip
import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from streams.errors import UnreadableSource
from tests.streams.mapped import Read, at, read

LONG = "{kind: order, format: long, key: id, type: {value: updated}, occurred_at: at, "
HEAD = ["id", "at", "v"]
DAY = date(2026, 3, 2)


def workbook(**sheets: list[list[Any]]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for column, cell in enumerate(row):
                    is_day = isinstance(cell, date) and not isinstance(cell, datetime)
                    sheet.write(place, column, cell, *([day] if is_day else []))
            if name.startswith("hidden"):
                sheet.hide()
            else:
                sheet.activate()
    return data.getvalue()


def table(folder: Path, rows: list[list[Any]], text: str, name: str = "t.xlsx") -> Read:
    return book(folder, workbook(Orders=rows), text, name)


def book(folder: Path, data: bytes, text: str, name: str = "t.xlsx") -> Read:
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return read(path, text)


@pytest.mark.parametrize("name", ["t.xlsx", "T.XLSX", "t.xlsx.gz"])
def test_cells_keep_their_type(tmp_path: Path, name: str):
    """Whole numbers give their digits, days and instants are such, text stays text, TRUE is true."""
    found = table(
        tmp_path,
        [
            ["id", "at", "channel", "amount", "urgent", "p", "name"],
            [10248, DAY, "007", 1.5, True, datetime(2026, 3, 2, 9, 30), 42],
            ["A1", "2026-03-03", " web ", "2.50", "false", "2026-03-03 08:00", time(9, 30)],
        ],
        LONG + "fields: {channel: channel, amount: amount, urgent: urgent, promised_at: p, café: name}}",
        name,
    )
    assert found.refusals == []
    assert [(event.key, event.occurred_at, event.data) for event in found.events] == [
        (
            "10248",
            at("2026-03-02"),
            {
                "channel": "007",
                "amount": 1.5,
                "urgent": True,
                "promised_at": at("2026-03-02T09:30:00"),
                "café": "42",
            },
        ),
        (
            "A1",
            at("2026-03-03"),
            {
                "channel": "web",
                "amount": 2.5,
                "urgent": False,
                "promised_at": at("2026-03-03T08:00:00"),
                "café": "09:30:00",
            },
        ),
    ]


def test_empty_rows_are_no_rows(tmp_path: Path):
    """Above the header, between rows and at the end; a cell of blanks is empty."""
    found = table(tmp_path, [[], [None, "", "  "], HEAD, ["A", DAY, 1], [" "], [], ["B", DAY], []], LONG + "}")
    assert [(event.key, event.id) for event in found.events] == [
        ("A", "order/A/000000001"),
        ("B", "order/B/000000002"),
    ]
    assert found.report.rows == 2


def test_the_first_sheet_or_the_named_one(tmp_path: Path):
    """Without `sheet` the first that people see; an unknown one names those that there are."""
    data = workbook(hidden=[HEAD, ["H", DAY]], Orders=[HEAD, ["A", DAY]], 退货=[HEAD, ["B", DAY]])
    assert [event.key for event in book(tmp_path, data, LONG + "}").events] == ["A"]
    assert [event.key for event in book(tmp_path, data, LONG + "sheet: 退货}").events] == ["B"]
    with pytest.raises(UnreadableSource) as error:
        book(tmp_path, data, LONG + "sheet: Order}")
    assert error.value.say("en") == "t.xlsx: there is no sheet Order; the sheets are hidden, Orders, 退货"
    assert error.value.say("zh") == "t.xlsx：没有工作表 Order；现有：hidden、Orders、退货"


def test_numbers_that_are_no_keys(tmp_path: Path):
    """A fraction, or more digits than Excel keeps, is listed as key: two orders could become one."""
    found = table(tmp_path, [HEAD, [1.5, DAY], [123456789012345678, DAY], [123456789012345, DAY]], LONG + "}")
    assert [event.key for event in found.events] == ["123456789012345"]
    assert [(refusal.position, refusal.code) for refusal in found.refusals] == [
        ("t.xlsx row 1 column id", "wrong_key"),
        ("t.xlsx row 2 column id", "wrong_key"),
    ]


def test_the_decimal_sign_of_numbers_as_text(tmp_path: Path):
    """`csv: {decimal: ","}` holds for texts in sheets too; numbers are numbers."""
    found = table(
        tmp_path, [HEAD, ["A", DAY, "1,5"], ["B", DAY, 2.5]], LONG + 'csv: {decimal: ","}, fields: {amount: v}}'
    )
    assert [event.data for event in found.events] == [{"amount": 1.5}, {"amount": 2.5}]


def test_a_joined_sheet_of_the_same_workbook(tmp_path: Path):
    """`tables` may name another sheet."""
    data = workbook(Orders=[HEAD, [7, DAY]], Lines=[["no", "sku"], [7, "a"], [8, "b"], [7, "c"]])
    found = book(tmp_path, data, LONG + "tables: {lines: {file: t.xlsx, sheet: Lines, key: no, fields: {sku: sku}}}}")
    assert [event.data for event in found.events] == [{"lines": ({"sku": "a"}, {"sku": "c"})}]


def test_workbooks_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Broken, empty, without the column, or growing beyond bounds when unpacked: said before anything is read."""
    whole = workbook(Orders=[HEAD, ["A", DAY]])
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("x.txt", "x")
    directory = whole.rindex(b"PK\x01\x02")
    damaged = whole[:directory] + b"PK\x09\x09" + whole[directory + 4 :]
    for data in (b"", b"id,at", whole[:500], other.getvalue(), damaged):
        with pytest.raises(UnreadableSource, match=r"t\.xlsx: no Excel workbook"):
            book(tmp_path, data, LONG + "}")
    with pytest.raises(UnreadableSource, match="the sheet is empty"):
        table(tmp_path, [], LONG + "}")
    with pytest.raises(UnreadableSource, match="no column at"):
        table(tmp_path, [["id"]], LONG + "}")
    monkeypatch.setattr("streams.sources.table._MOST_BYTES", len(whole))
    with pytest.raises(UnreadableSource, match="unpacked it is larger"):
        book(tmp_path, whole, LONG + "}")
