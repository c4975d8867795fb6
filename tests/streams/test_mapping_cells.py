"""mappings.md, Cells: what stands in a cell, and what it is read as."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from streams.errors import UnreadableSource
from tests.streams.mapped import Read, at, read_csv, read_frame

LONG = "{kind: order, format: long, key: id, type: {value: updated}, occurred_at: at, "


def cells(folder: Path, texts: list[str], fields: str, *, extra: str = "") -> Read:
    """One row for each text of the column `v`."""
    rows = "\n".join(['id,at,"v"', *(f'K{place},2026-03-02,"{text}"' for place, text in enumerate(texts))])
    return read_csv(folder, rows, f"{LONG} {extra} fields: {fields}}}")


def values(read: Read, field: str) -> list[Any]:
    return [event.data.get(field) for event in read.events]


def test_cells_are_trimmed_and_the_empty_one_is_no_value(tmp_path: Path):
    """Blanks around a cell are none of it; what is left empty sets nothing."""
    found = cells(tmp_path, [" web ", "   ", "\u3000店\u00a0"], "{channel: v}")
    assert [event.data for event in found.events] == [{"channel": "web"}, {}, {"channel": "店"}]


def test_texts_under_missing_are_no_value(tmp_path: Path):
    """A text under `missing` sets nothing, exactly as written, after trimming."""
    found = cells(tmp_path, [" NA ", "NULL", "na"], "{channel: v}", extra='missing: [NA, "NULL"],')
    assert values(found, "channel") == [None, None, "na"]


def test_csv_cells_are_text(tmp_path: Path):
    """02674 stays 02674 where the model has a string, also as a key."""
    found = cells(tmp_path, ["02674", "1e3"], "{channel: v}")
    assert values(found, "channel") == ["02674", "1e3"]
    key = read_csv(tmp_path, "id,at\n007,2026-03-02", LONG + "}")
    assert [event.key for event in key.events] == ["007"]


def test_text_is_nfc(tmp_path: Path):
    """Composed and decomposed texts are one, in cells, in keys and in columns' names."""
    found = read_csv(tmp_path, "cafe\u0301,at\ne\u0301,2026-03-02", LONG.replace("key: id", "key: café") + "}")
    assert [event.key for event in found.events] == ["é"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [("12", 12.0), ("-0012", -12.0), ("+1.50", 1.5), (".00", 0.0), ("1.", 1.0), ("1e3", 1000.0), ("0.1", 0.1),
     ("9007199254740992", 2.0**53), ("123456789.123456789123456789", 123456789.12345679)],
)  # fmt: skip
def test_numbers(tmp_path: Path, text: str, meant: float):
    """Decimals become the nearest double."""
    assert values(cells(tmp_path, [text], "{amount: v}"), "amount") == [meant]


@pytest.mark.parametrize(
    ("text", "code"),
    [("1,5", "wrong_type"), ("1 000", "wrong_type"), ("1_000", "wrong_type"), ("nan", "wrong_type"),
     ("inf", "wrong_type"), ("1e999", "not_finite"), ("9007199254740993", "integer_too_large"),
     ("1" * 5000, "integer_too_large"), ("１２", "wrong_type"), ("0x10", "wrong_type"), ("12 kg", "wrong_type")],
)  # fmt: skip
def test_no_numbers(tmp_path: Path, text: str, code: str):
    """What is no number is listed with file, row, column and text."""
    assert cells(tmp_path, ["1", text], "{amount: v}").listed() == [("t.csv row 2 column v", code, text)]


def test_decimal_sign(tmp_path: Path):
    """With decimal: "," the comma is the decimal sign, and a point none."""
    found = read_csv(
        tmp_path,
        "id;at;v\nA;2026-03-02;1,5\nB;2026-03-02;1.5",
        LONG + 'csv: {delimiter: ";", decimal: ","}, fields: {amount: v}}',
    )
    assert values(found, "amount") == [1.5]
    assert found.listed() == [("t.csv row 2 column v", "wrong_type", "1.5")]


def test_booleans(tmp_path: Path):
    """true and false in any case; anything else needs `values`."""
    found = cells(tmp_path, ["true", "FALSE", "1"], "{urgent: v}")
    assert values(found, "urgent") == [True, False]
    assert found.listed() == [("t.csv row 3 column v", "wrong_type", "1")]


def test_values(tmp_path: Path):
    """`values` says what a text means; a text that it lacks is listed."""
    found = cells(tmp_path, ["Y", " N ", "J"], "{urgent: {column: v, values: {Y: true, N: false}}}")
    assert values(found, "urgent") == [True, False]
    assert found.listed() == [("t.csv row 3 column v", "unlisted_value", "J")]


def test_values_for_any_other_text(tmp_path: Path):
    """With "*" no text is lacking; an empty cell stays no value, and an empty meaning is none."""
    found = cells(tmp_path, ["a", "z", "", "n"], '{amount: {column: v, values: {a: 1, n: , "*": 2.5}}}')
    assert values(found, "amount") == [1.0, 2.5, None, None]


def test_match(tmp_path: Path):
    """`match` takes the first group, else the match; without a match it is no value."""
    found = cells(tmp_path, ["SO_7", "_7"], '{channel: {column: v, match: "^[^_]+"}}')
    assert values(found, "channel") == ["SO", None]
    found = cells(tmp_path, ["qty 7 pcs", "seven"], '{amount: {column: v, match: "qty ([0-9]+)"}}')
    assert values(found, "amount") == [7.0, None]


def test_match_before_values(tmp_path: Path):
    """`match` comes before `values`."""
    found = cells(tmp_path, ["prio=Y"], '{urgent: {column: v, match: "=(.)", values: {Y: true}}}')
    assert values(found, "urgent") == [True]


@pytest.mark.parametrize(
    ("how", "text", "meant"),
    [
        ("v", "2026-03-02T09:00:00Z", "2026-03-02T17:00:00"),
        ("v", "2026-03-02 09:00:00", "2026-03-02T09:00:00"),
        ("v", "2026-03-02 09:00:00.1234567+01:00", "2026-03-02T16:00:00.123456"),
        ("v", "2026-03-02", "2026-03-02T00:00:00"),
        ("{column: v, as: date}", "2026-03-02T20:00:00Z", "2026-03-03"),
        ("{column: v, as: date}", "2026-03-02 09:00", "2026-03-02"),
        ("{column: v, as: end_of_day}", "2026-03-02 09:00", "2026-03-03"),
        ("{column: v, as: end_of_day}", "2026-03-02", "2026-03-03"),
        ("{column: v, as: unix_s}", "1772413200.5", "2026-03-02T09:00:00.5"),
        ("{column: v, as: unix_ms}", "1772413200500", "2026-03-02T09:00:00.5"),
        ("{column: v, as: unix_ms}", "-1", "1970-01-01T07:59:59.999"),
        ('{column: v, as: "%d/%m/%Y %H.%M"}', "02/03/2026 09.15", "2026-03-02T09:15:00"),
        ('{column: v, as: "%d/%m/%Y"}', "02/03/2026", "2026-03-02"),
        ('{column: v, as: ["%d/%m/%Y", end_of_day]}', "02/03/2026", "2026-03-03"),
        ('{column: v, as: ["%d/%m/%Y %H:%M", date]}', "02/03/2026 09:15", "2026-03-02"),
        ('{column: v, as: "%Y-%m-%d %H:%M %z"}', "2026-03-02 09:15 +0000", "2026-03-02T17:15:00"),
    ],
)
def test_instants(tmp_path: Path, how: str, text: str, meant: str):
    """Instants are read as `as` says; without an offset they are in the mapping's zone, here the model's."""
    found = cells(tmp_path, [text], f"{{promised_at: {how}}}")
    assert (values(found, "promised_at"), found.refusals) == ([at(meant)], [])


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("v", "02/03/2026"),
        ("v", "2026-02-30"),
        ("v", "1772413200"),
        ("{column: v, as: unix_s}", "1e300"),
        ("{column: v, as: unix_s}", "now"),
        ("{column: v, as: end_of_day}", "9999-12-31"),
        ('{column: v, as: "%d/%m/%Y"}', "2026-03-02"),
    ],
)
def test_no_instants(tmp_path: Path, how: str, text: str):
    """A date that does not parse is listed."""
    found = cells(tmp_path, [text], f"{{promised_at: {how}}}")
    assert found.listed() == [("t.csv row 1 column v", "no_instant", text)]


def test_zone_of_the_mapping(tmp_path: Path):
    """`zone` is that of instants without one, and of the days of `as: date`."""
    found = read_csv(
        tmp_path,
        "id,at,v\nA,2026-03-02 09:00,2026-03-02T02:00:00Z",
        LONG + "zone: America/New_York, fields: {promised_at: {column: v, as: date}}}",
    )
    assert found.events[0].occurred_at == at("2026-03-02T14:00:00Z")
    assert found.events[0].data["promised_at"] == at("2026-03-01T05:00:00Z")


def test_only(tmp_path: Path):
    """`only` sets a field in such rows alone; texts after trimming, "" is the empty cell, one missing is no text."""
    found = read_csv(
        tmp_path,
        """id,at,v,s,t
        A,2026-03-02,1, x ,
        B,2026-03-02,1,y,
        C,2026-03-02,1,,
        D,2026-03-02,1,x,t
        E,2026-03-02,bad,z,t""",
        LONG + 'fields: {amount: {column: v, only: {s: [x, ""], t: [""]}}}}',
    )
    assert values(found, "amount") == [1.0, None, 1.0, None, None]
    assert found.refusals == []


def test_constants(tmp_path: Path):
    """`{value: ...}` is the same in every row."""
    found = cells(tmp_path, ["1", "2"], "{channel: {value: web}, urgent: {value: true}}")
    assert [event.data for event in found.events] == [{"channel": "web", "urgent": True}] * 2


def test_lists(tmp_path: Path):
    """A list is a JSON list in text; a text that is none is listed."""
    found = cells(tmp_path, ['[""a"", ""b""]', "a"], "{tags: v}")
    assert values(found, "tags") == [("a", "b")]
    assert found.listed() == [("t.csv row 2 column v", "wrong_type", "a")]


def test_parquet_cells(tmp_path: Path):
    """Typed columns keep their meaning: digits of integers, doubles of decimals, days, lists, records; NaN is none."""
    found = read_frame(
        tmp_path,
        {
            "id": [7, 8],
            "at": [date(2026, 3, 2), date(2026, 3, 3)],
            "channel": [12, None],
            "amount": [Decimal("1.10"), None],
            "n": [1.5, float("nan")],
            "urgent": [True, None],
            "tags": [["a"], None],
            "lines": [[{"sku": "a", "qty": 1, "wanted_at": datetime(2026, 3, 2, 9)}], None],
            "p": [datetime(2026, 3, 2, 9, 0, 0, 5), None],
        },
        LONG + "fields: {channel: channel, amount: amount, 金额: n, urgent: urgent, tags: tags, lines: lines, "
        "promised_at: p}}",
    )
    assert found.refusals == []
    first, second = found.events
    assert (first.key, first.occurred_at) == ("7", at("2026-03-02"))
    assert first.data == {
        "channel": "12",
        "amount": 1.1,
        "金额": 1.5,
        "urgent": True,
        "tags": ("a",),
        "lines": ({"sku": "a", "qty": 1.0, "wanted_at": at("2026-03-02T09:00:00")},),
        "promised_at": at("2026-03-02T09:00:00.000005"),
    }
    assert second.data == {}


def test_parquet_timestamps(tmp_path: Path):
    """Those with a zone are taken as they are, those without in the mapping's; `as: date` takes the mapping's day."""
    aware = pl.Series([datetime(2026, 3, 2, 20, tzinfo=UTC)]).dt.convert_time_zone("Europe/Paris")
    found = read_frame(
        tmp_path,
        {"id": ["A"], "at": aware, "v": pl.Series([datetime(2026, 3, 2, 20, 0, 0, 1)]).dt.cast_time_unit("ns")},
        LONG + "fields: {promised_at: v}, due: {paid: {column: at, as: date}}}",
    )
    assert found.events[0].occurred_at == at("2026-03-02T20:00:00Z")
    assert found.events[0].data == {"promised_at": at("2026-03-02T20:00:00.000001"), "paid.due": at("2026-03-03")}


@pytest.mark.parametrize("reading", ["as: date", "as: end_of_day", 'as: "%Y-%m-%dT%H:%M:%S"', ""])
def test_no_cell_is_outside_the_years(tmp_path: Path, reading: str):
    """A local time of year 1 that is none in UTC is listed, however it is read, and later prints no broken result."""
    found = cells(tmp_path, ["0001-01-01T00:00:00"], f"{{promised_at: {{column: v, {reading}}}}}")
    if reading != "as: end_of_day":
        assert [refusal.code for refusal in found.refusals] == ["no_instant"]
    frame = pl.DataFrame({"id": ["a", "b"], "at": [datetime(1, 1, 1), datetime(1, 1, 1, 9)]})
    assert [refusal.code for refusal in read_frame(tmp_path, frame, LONG + "}").refusals] == ["no_instant"]


def test_parquet_bytes_are_text(tmp_path: Path):
    """A column of bytes is read as the UTF-8 text that it holds, as key too; other bytes are no value."""
    frame = pl.DataFrame({"id": [b"A", b"B"], "at": ["2026-03-02"] * 2, "v": ["店".encode(), b"\xff"]})
    found = read_frame(tmp_path, frame, LONG + "fields: {channel: v}}")
    assert [(event.key, event.data) for event in found.events] == [("A", {"channel": "店"}), ("B", {})]


def test_parquet_unix_times(tmp_path: Path):
    """Integers are instants only where `as` says what they count."""
    found = read_frame(
        tmp_path, {"id": ["A"], "at": [1772413200000]}, LONG.replace("at: at", "at: {column: at, as: unix_ms}") + "}"
    )
    assert found.events[0].occurred_at == at("2026-03-02T09:00:00")
    found = read_frame(tmp_path, {"id": ["A"], "at": [1772413200000]}, LONG + "}")
    assert found.listed() == [("t.parquet row 1 column at", "no_instant", "1772413200000")]


def test_float_keys_are_refused(tmp_path: Path):
    """A float column as key would make 1 and 1.0 two keys."""
    with pytest.raises(UnreadableSource, match="column of floats"):
        read_frame(tmp_path, {"id": [1.0], "at": ["2026-03-02"]}, LONG + "}")


def test_key_template(tmp_path: Path):
    """A template joins columns and texts; with a part that is no value the row has no key: counted, not listed."""
    found = read_csv(
        tmp_path,
        "id,line,at\nA,1,2026-03-02\nA,,2026-03-02\n,1,2026-03-02\nNA,1,2026-03-02",
        LONG.replace("key: id", 'key: "{id}-{line}@hall"') + "missing: [NA]}",
    )
    assert [event.key for event in found.events] == ["A-1@hall"]
    assert (found.report.rows, found.report.without_key, found.refusals) == (4, 3, [])


def test_key_split(tmp_path: Path):
    """Each match is a key, once, its first group where there is one; the row is an event of each."""
    split = LONG.replace("key: id", 'key: {column: id, split: "[A-Z][0-9]+"}') + "fields: {channel: id}}"
    found = read_csv(tmp_path, "id,at\nA1+B2+A1,2026-03-02\nnone,2026-03-02", split)
    assert [(event.key, event.id) for event in found.events] == [
        ("A1", "order/A1/000000001"),
        ("B2", "order/B2/000000001"),
    ]
    assert found.report.without_key == 1
    grouped = split.replace("[A-Z][0-9]+", "'([^']+)'")
    found = read_csv(tmp_path, "id,at\n\"['a', 'b']\",2026-03-02", grouped)
    assert [event.key for event in found.events] == ["a", "b"]
