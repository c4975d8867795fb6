"""mappings.md, Rows: which events a row gives, and what is listed or counted instead."""

import gzip
from pathlib import Path

import pytest

from streams.errors import UnreadableSource
from tests.streams.mapped import at, local, read, read_csv, read_frame

WIDE = "{kind: order, format: wide, source: erp, key: id, nodes: {placed: o, paid: p, shipped: s}, "
LONG = "{kind: order, format: long, source: erp, key: id, type: what, occurred_at: at, "


def test_wide_rows(tmp_path: Path):
    """A wide row is an event for each node that has an instant; ids name kind, key, the node's place and the node."""
    found = read_csv(
        tmp_path,
        """id,o,p,s
        A,2026-03-02,2026-03-03,
        B,,,2026-03-05""",
        WIDE + "}",
    )
    assert [(event.source, event.id, event.type, local(event.occurred_at)) for event in found.events] == [
        ("erp", "order/A/01-placed", "placed", "2026-03-02"),
        ("erp", "order/A/02-paid", "paid", "2026-03-03"),
        ("erp", "order/B/03-shipped", "shipped", "2026-03-05"),
    ]
    assert all(event.recorded_at == event.occurred_at for event in found.events)


def test_the_source_is_the_files_name(tmp_path: Path):
    """Without `source` it is the file's name without folder."""
    found = read_csv(tmp_path, "id,o,p,s\nA,2026-03-02,,", WIDE.replace("source: erp, ", "") + "}")
    assert found.events[0].source == "t.csv"


def test_a_row_in_which_nothing_happened(tmp_path: Path):
    """A row without any instant is no event: counted, not listed."""
    found = read_csv(tmp_path, "id,o,p,s\nA,,,\n,2026-03-02,,", WIDE + "}")
    assert (found.events, found.refusals) == ([], [])
    assert (found.report.rows, found.report.without_event, found.report.without_key) == (2, 1, 1)


def test_fields_and_promises_travel_on_the_earliest_event(tmp_path: Path):
    """Of one instant on the first in the model's order; with `at: last` on the latest; the report names the former."""
    found = read_csv(
        tmp_path,
        """id,o,p,s,c,d,x
        A,2026-03-04,2026-03-03,2026-03-05,web,2026-03-09,7
        B,2026-03-03,2026-03-03,2026-03-03,b2b,,8""",
        WIDE + "fields: {channel: c, amount: {column: x, at: last}}, due: {received: d}}",
    )
    assert [event.data for event in found.events] == [
        {},
        {"channel": "web", "received.due": at("2026-03-09")},
        {"amount": 7.0},
        {"channel": "b2b"},
        {},
        {"amount": 8.0},
    ]
    assert found.report.known_from_start == ("channel", "received.due")


def test_first_and_last(tmp_path: Path):
    """@first and @last are the earliest and latest of the row's node columns, in nodes, fields and promises."""
    found = read_csv(
        tmp_path,
        """id,o,p,s,status
        A,2026-03-02 09:00,2026-03-04 10:00,2026-03-03,canceled
        B,2026-03-02,,,open
        C,,,,canceled""",
        "{kind: order, format: wide, key: id, nodes: {placed: o, paid: p, shipped: s, "
        'cancelled: {column: "@last", only: {status: [canceled, unavailable]}}}, '
        'fields: {promised_at: "@first"}, due: {received: {column: "@last", as: end_of_day}}}',
    )
    assert found.facts() == [
        ("A", "placed", "2026-03-02 09:00:00"),
        ("A", "paid", "2026-03-04 10:00:00"),
        ("A", "shipped", "2026-03-03"),
        ("A", "cancelled", "2026-03-04 10:00:00"),
        ("B", "placed", "2026-03-02"),
    ]
    assert found.events[0].data == {"promised_at": at("2026-03-02T09:00:00"), "received.due": at("2026-03-05")}
    assert found.report.without_event == 1


def test_a_second_row_of_a_key(tmp_path: Path):
    """It is listed and left out."""
    found = read_csv(tmp_path, "id,o,p,s\nA,2026-03-02,,\nA,2026-03-03,2026-03-03,\n", WIDE + "}")
    assert found.facts() == [("A", "placed", "2026-03-02")]
    assert found.listed() == [("t.csv row 2", "duplicate_key", "A")]


def test_recorded_at_of_a_wide_row(tmp_path: Path):
    """The events up to it have it, later ones their own time."""
    found = read_csv(
        tmp_path,
        """id,o,p,s,r
        A,2026-03-02,2026-03-04,2026-03-05,2026-03-04
        B,2026-03-02,,,""",
        WIDE + "recorded_at: r}",
    )
    assert [local(event.recorded_at) for event in found.events] == [
        "2026-03-04",
        "2026-03-04",
        "2026-03-05",
        "2026-03-02",
    ]


def test_backwards_rows_are_taken_and_counted(tmp_path: Path):
    """A node before its predecessor is taken as written; the report counts the rows for each pair of nodes."""
    found = read_csv(
        tmp_path,
        """id,o,p,s
        A,2026-03-02,2026-03-01,2026-03-03
        B,2026-03-02,,2026-03-01
        C,2026-03-02,2026-03-01,
        D,2026-03-02,2026-03-02,2026-03-02""",
        WIDE + "}",
    )
    assert len(found.events) == 10
    assert found.report.backwards == {("paid", "placed"): 2, ("shipped", "placed"): 1}
    assert found.refusals == []


def test_off_path_nodes_go_nowhere_backwards(tmp_path: Path):
    """A cancellation has no predecessor."""
    found = read_csv(
        tmp_path,
        "id,o,p,s,x\nA,2026-03-02,,,2026-03-01",
        WIDE.replace("shipped: s", "shipped: s, cancelled: x") + "}",
    )
    assert (len(found.events), dict(found.report.backwards)) == (2, {})


def test_an_unreadable_node_leaves_the_row_its_other_events(tmp_path: Path):
    """The date that does not parse is listed with file, row, column and text; fields go with the other events."""
    found = read_csv(
        tmp_path,
        "id,o,p,s,c\nA,soon,2026-03-03,31.3.,web",
        WIDE + "fields: {channel: c}}",
    )
    assert [(event.type, event.data) for event in found.events] == [("paid", {"channel": "web"})]
    assert found.listed() == [
        ("t.csv row 1 column o", "no_instant", "soon"),
        ("t.csv row 1 column s", "no_instant", "31.3."),
    ]
    assert [(refusal.field, refusal.id) for refusal in found.refusals] == [
        ("placed", "order/A/01-placed"),
        ("shipped", "order/A/03-shipped"),
    ]


def test_an_unreadable_field_refuses_its_event_alone(tmp_path: Path):
    """An event is taken whole or refused whole: the one that carries the value; every such cell is listed."""
    found = read_csv(
        tmp_path,
        "id,o,p,s,x,d\nA,2026-03-02,2026-03-03,,dear,later",
        WIDE + "fields: {amount: x}, due: {shipped: d}}",
    )
    assert found.facts() == [("A", "paid", "2026-03-03")]
    assert found.listed() == [
        ("t.csv row 1 column x", "wrong_type", "dear"),
        ("t.csv row 1 column d", "no_instant", "later"),
    ]


def test_an_unreadable_recorded_at_refuses_all_that_need_it(tmp_path: Path):
    """Nobody can say when these were known."""
    found = read_csv(tmp_path, "id,o,p,s,r\nA,2026-03-02,,,x\nB,2026-03-02,,,", WIDE + "recorded_at: r}")
    assert [event.key for event in found.events] == ["B"]
    assert found.listed() == [("t.csv row 1 column r", "no_instant", "x")]


def test_long_rows(tmp_path: Path):
    """A row is an event with its own fields and promises; ids have the row in nine digits, counted from 1."""
    found = read_csv(
        tmp_path,
        """id,what,at,c,d
        A,placed,2026-03-02,web,2026-03-09
        A,order.dispatched,2026-03-02,,""",
        LONG + "fields: {channel: c}, due: {shipped: d}}",
    )
    assert [(event.source, event.id, event.type, dict(event.data)) for event in found.events] == [
        ("erp", "order/A/000000001", "placed", {"channel": "web", "shipped.due": at("2026-03-09")}),
        ("erp", "order/A/000000002", "order.dispatched", {}),
    ]


def test_types(tmp_path: Path):
    """`types` says what a text means; others are types of the model, or listed once with their count."""
    found = read_csv(
        tmp_path,
        """id,what,at
        A,Create Order,2026-03-02
        A,paid,2026-03-03
        A,Lunch,2026-03-03
        A,Vendor calls,2026-03-03
        A,Lunch,2026-03-04
        A,Check,2026-03-05
        A,,2026-03-05""",
        LONG + 'types: {"Create Order": placed, Check: ignore}}',
    )
    assert [event.type for event in found.events] == ["placed", "paid"]
    assert found.report.unknown_types == {"Lunch": 2, "Vendor calls": 1}
    assert found.listed() == [("t.csv row 3", "unknown_type", "Lunch"), ("t.csv row 4", "unknown_type", "Vendor calls")]
    assert "2 rows" in found.refusals[0].reason
    assert (found.report.ignored, found.report.without_event) == (1, 1)


@pytest.mark.parametrize(
    ("word", "types", "ignored"), [("ignore", ["placed"], 1), ("updated", ["placed", "updated"], 0)]
)
def test_any_other_type(tmp_path: Path, word: str, types: list[str], ignored: int):
    """With "*" other types are ignored, or only set fields; those that the model knows stay what they are."""
    found = read_csv(
        tmp_path, "id,what,at\nA,placed,2026-03-02\nA,Lunch,2026-03-02", LONG + f'types: {{"*": {word}}}}}'
    )
    assert [event.type for event in found.events] == types
    assert (found.report.ignored, found.refusals) == (ignored, [])


def test_type_for_all_rows(tmp_path: Path):
    """`type: {value: ...}` is the type of every row; a row without instant is no event."""
    found = read_csv(
        tmp_path, "id,at\nA,2026-03-02\nB,", LONG.replace("type: what", "type: {value: order.placed}") + "}"
    )
    assert found.facts() == [("A", "placed", "2026-03-02")]
    assert found.report.without_event == 1


def test_recorded_at_of_a_long_row(tmp_path: Path):
    """Each row has its own, or else when it happened; dated more than the skew ahead of it is refused."""
    found = read_csv(
        tmp_path,
        """id,what,at,r
        A,placed,2026-03-02,2026-03-05
        A,paid,2026-03-03,
        A,shipped,2026-03-03 00:10,2026-03-03
        A,received,2026-03-03 00:11,2026-03-03
        A,paid,2026-03-04,x""",
        LONG + "recorded_at: r}",
    )
    assert [local(event.recorded_at) for event in found.events] == ["2026-03-05", "2026-03-03", "2026-03-03"]
    assert [(refusal.position, refusal.code) for refusal in found.refusals] == [
        ("t.csv row 4", "ahead_of_time"),
        ("t.csv row 5 column r", "no_instant"),
    ]


def test_backwards_entities_of_a_long_table(tmp_path: Path):
    """In a long table the entities are counted, by the first time that each node was reached."""
    found = read_csv(
        tmp_path,
        """id,what,at
        A,placed,2026-03-02
        A,paid,2026-03-01
        B,shipped,2026-03-01
        B,placed,2026-03-02
        B,placed,2026-02-01""",
        LONG + "}",
    )
    assert len(found.events) == 5
    assert found.report.backwards == {("paid", "placed"): 1}


def test_rows_of_another_width(tmp_path: Path):
    """Cells that a row lacks are empty, cells beyond the header listed unless empty too; blank lines are no rows."""
    found = read_csv(
        tmp_path,
        """id,o,p,s
        A,2026-03-02

        B,2026-03-02,,,
        C,2026-03-02,,,x""",
        WIDE + "}",
    )
    assert [event.key for event in found.events] == ["A", "B"]
    assert found.listed() == [("t.csv row 3", "wrong_row", "C,2026-03-02,,,x")]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "T.CSV"])
def test_gzipped_tables(tmp_path: Path, name: str):
    """Tables are read by their names, gzipped ones too."""
    found = read_csv(tmp_path, "id,o,p,s\nA,2026-03-02,,", WIDE + "}", name=name)
    assert found.facts() == [("A", "placed", "2026-03-02")]


def test_tsv(tmp_path: Path):
    """A .tsv has tabs."""
    found = read_csv(tmp_path, "id\to\tp\ts\nA,1\t2026-03-02\t\t", WIDE + "}", name="t.tsv")
    assert found.facts() == [("A,1", "placed", "2026-03-02")]


def test_gzipped_parquet(tmp_path: Path):
    """Parquet, gzipped as a whole."""
    columns = {"id": ["A"], "o": ["2026-03-02"], "p": [None], "s": [None]}
    assert read_frame(tmp_path, columns, WIDE + "}").facts() == [("A", "placed", "2026-03-02")]
    packed = tmp_path / "t.parquet.gz"
    packed.write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    assert read(packed, WIDE + "}").facts() == [("A", "placed", "2026-03-02")]


def test_encoding(tmp_path: Path):
    """`csv: {encoding: ...}` says how the file is written; a byte-order mark is none of it."""
    found = read_csv(tmp_path, "id,o,p,s\n订单,2026-03-02,,", WIDE + "csv: {encoding: gb18030}}", encoding="gb18030")
    assert [event.key for event in found.events] == ["订单"]
    found = read_csv(tmp_path, "id,o,p,s\n订单,2026-03-02,,", WIDE + "}", encoding="utf-8-sig")
    assert [event.key for event in found.events] == ["订单"]
    with pytest.raises(UnreadableSource, match="not utf-8"):
        read_csv(tmp_path, "id,o,p,s\n订单,2026-03-02,,", WIDE + "}", encoding="gb18030")


def test_absent_columns_are_named_together(tmp_path: Path):
    """Every column that is not there is named, with the nearest that is; so are columns that are there twice."""
    with pytest.raises(UnreadableSource) as error:
        read_csv(tmp_path, "id,o,shop,id\n", WIDE + "fields: {channel: shpo}}")
    said = str(error.value)
    assert "no column p;" in said
    assert "no column shpo (did you mean shop?)" in said
    assert "2 columns are named id" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("t.xlsx", "no Excel workbook"),
        ("t.xes", "no valid XML at line 1"),
        ("t.xes.gz", "t.xes.gz: cannot be read: Not a gzipped file"),
        ("t.sqlite", "no OCEL 2.0 log"),
        ("t.json", "no OCEL 2.0 log as JSON"),
        ("t.dat", "expected .csv"),
        ("none.csv", "cannot be read"),
        ("none.parquet", "cannot be read"),
    ],
)
def test_other_files(tmp_path: Path, name: str, said: str):
    """What is not what its name says, or of no kind that is read, or not there, is said by name."""
    if not name.startswith("none"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UnreadableSource, match=said):
        read(tmp_path / name, WIDE + "}")


@pytest.mark.parametrize(("name", "content"), [("t.csv", b""), ("t.csv.gz", b"x"), ("t.parquet", b"x")])
def test_broken_files(tmp_path: Path, name: str, content: bytes):
    """An empty or broken file is said to be one."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableSource, match=name):
        read(tmp_path / name, WIDE + "}")
