"""What is proposed for tables: format, key, nodes, promises, fields, and what somebody has to decide."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulator.mapping_proposal.tables import Wanted, propose_mapping
from streams.errors import UnreadableSource
from streams.instants import format_instant
from streams.model import Kind, Model
from streams.sources.mapping import Cell, Column, CsvOptions, Joined, Long, NodeTime, TimeFormat, Wide, key_template
from streams.text import Text
from tests.conftest import shared_data
from tests.simulator.mapping_proposal.proposed import MODEL, csv_file, proposed, proposed_csv, refused_csv
from tests.streams.models import fields, model, nodes
from tests.streams.test_excel_tables import workbook

UTC = model("UTC").zone
NORTHWIND = Model(
    zone=UTC,
    kinds={
        "order": Kind(
            name="order",
            label=Text(zh="订单", en="Order"),
            nodes=nodes("placed", "shipped"),
            fields=fields(customer="string", freight="number"),
        ),
        "stock": Kind(
            name="stock",
            label=Text(zh="库存", en="Stock"),
            fields=fields(name="string", on_hand="number", on_order="number", reorder_level="number"),
        ),
    },
)
PURCHASES = Model(
    zone=UTC,
    kinds={
        "purchase": Kind(
            name="purchase",
            label=Text(zh="采购单", en="Purchase order"),
            nodes=nodes("ordered", "received", "rejected", off_path=("rejected",)),
            fields=fields(status="string", vendor="string"),
        ),
    },
)


DAY_FIRST = TimeFormat(format="%d/%m/%Y", day="date")


def test_northwind_orders():
    """The facts of the data without editing: 830 orders, 37 shipped after the day required, 21 never."""
    found = proposed(shared_data("northwind", "orders.csv"), NORTHWIND)
    assert (found.mapping.kind, found.mapping.key, found.understood.refused) == ("order", key_template("order_id"), {})
    assert (found.understood.rows, found.understood.keys, found.understood.events) == (830, 830, 1639)
    (promise,) = found.understood.promised
    assert (promise.node, promise.promised, promise.late, promise.never) == ("shipped", 830, 37, 21)
    assert found.understood.nodes == {"placed": 830, "shipped": 809}
    assert "required_date is a promise, but does not say of what; it is taken as that of shipped" in found.doubts()


def test_northwind_products():
    """Stock without a time: what somebody has to say is when it was counted."""
    found = proposed(shared_data("northwind", "products.csv"), NORTHWIND)
    assert found.mapping.kind == "stock"
    assert {name: setting.cell.origin for name, setting in found.mapping.fields.items()} == {
        "name": Column(name="product_name"),
        "on_hand": Column(name="units_in_stock"),
        "on_order": Column(name="units_on_order"),
        "reorder_level": Column(name="reorder_level"),
    }
    assert "no column says when this was so; the file's own day is taken, 2026-05-06" in found.doubts()
    assert found.understood.keys == 77


def test_northwind_lines():
    """Lines of orders are no orders: said, with what to write instead."""
    found = propose_mapping(shared_data("northwind", "order_details.csv"), NORTHWIND, Wanted(kind="order"), day="")
    assert "map the table of the wholes and --join this file to it" in found.why.en  # type: ignore[union-attr]
    assert "请映射整单的表" in found.why.zh  # type: ignore[union-attr]


def test_adventureworks_purchase_orders():
    """The states are counted as the data say; what their codes mean, and when goods came, is left to somebody."""
    found = proposed(shared_data("adventureworks", "purchase_orders.csv"), PURCHASES)
    (status,) = [field for field in found.understood.fields if field.name == "status"]
    assert dict(status.values) == {"4": 3689, "3": 86, "2": 12, "1": 225}
    assert "status has codes: 4 (3689), 1 (225), 3 (86), 2 (12)" in found.doubts()
    assert found.understood.keys == 4012


WIDE = """order_no,created_at,payment date,Ship Date,promised ship date,cancelled,sales channel,total amount,rush?,state
1,2026-03-02 09:00,2026-03-02 10:00,2026-03-05 08:00,2026-03-04,,web,10.50,Y,shipped
2,2026-03-03 09:00,,,2026-03-06,,shop,NA,N,canceled
3,2026-03-04 09:00,2026-03-04 08:00,,2026-03-06,2026-03-05,web,7,N,canceled"""


def test_a_wide_table(tmp_path: Path):
    """Steps by their names, the promise with the step it is of, fields by type, missing texts, yes and no."""
    found = proposed_csv(tmp_path, WIDE)
    mapping = found.mapping
    assert isinstance(mapping.rows, Wide)
    assert mapping.key == key_template("order_no")
    assert {name: (cell.origin, cell.as_) for name, cell in mapping.rows.nodes.items()} == {
        "placed": (Column(name="created_at"), None),
        "paid": (Column(name="payment date"), None),
        "shipped": (Column(name="Ship Date"), None),
        "cancelled": (Column(name="cancelled"), None),
    }
    assert mapping.due["shipped"].cell == Cell(origin=Column(name="promised ship date"), as_="end_of_day")
    assert mapping.fields["channel"].cell.origin == Column(name="sales channel")
    assert mapping.fields["amount"].cell.origin == Column(name="total amount")
    assert mapping.fields["urgent"].cell.values == {"Y": True, "N": False}
    assert mapping.missing == frozenset({"NA"})
    assert "state" in [one.column for one in found.proposal.left_out]
    assert [(one.node, one.before, one.count, one.examples[0][0]) for one in found.understood.backwards] == [
        ("paid", "placed", 1, "3")
    ]
    assert found.understood.refused == {}


def test_a_chinese_table(tmp_path: Path):
    """Chinese column names, gb18030, semicolons, decimal commas, dates of that country, yes and no in Chinese."""
    found = proposed_csv(
        tmp_path,
        """订单编号;下单时间;付款时间;发货日期;承诺发货日期;渠道;金额;是否加急;备注
        A1;2026/3/2 9:00;2026/3/2 10:00;2026/3/5;2026/3/4;网店;10,50;是;好
        A2;2026/3/3 9:00;;;2026/3/6;门店;7;否;""",
        Model(
            zone=MODEL.zone,
            kinds={
                "order": Kind(
                    name="order",
                    label=Text(zh="订单", en="Order"),
                    nodes=nodes("placed", "paid", "shipped"),
                    fields={**fields(channel="string", urgent="bool"), "金额": MODEL.kinds["order"].fields["金额"]},
                )
            },
        ),
        encoding="gb18030",
    )
    assert found.mapping.csv == CsvOptions(delimiter=";", encoding="gb18030", decimal=",")
    assert found.mapping.key == key_template("订单编号")
    assert set(found.understood.nodes) == {"placed", "paid", "shipped"}
    assert found.mapping.due["shipped"].cell.as_ == TimeFormat(format="%Y/%m/%d", day="date")
    assert found.mapping.fields["urgent"].cell.values == {"是": True, "否": False}
    assert (found.understood.refused, found.understood.promised[0].late) == ({}, 1)
    assert "没有写时区" in found.proposal.doubts[0].zh
    assert [one.column for one in found.proposal.left_out] == ["备注"]


@pytest.mark.parametrize(
    ("promised", "received", "node", "due"),
    [
        ("2026-03-04", "2026-03-04", "date", "date"),
        ("2026-03-04", "2026-03-04 09:00", None, "end_of_day"),
        ("2026-03-04 12:00", "2026-03-04 09:00", None, None),
        ("2026-03-04 12:00", "2026-03-04", None, None),
        ("13/03/2026", "13/03/2026", DAY_FIRST, DAY_FIRST),
        ("13/03/2026", "2026-03-13 09:00", None, replace(DAY_FIRST, day="end_of_day")),
    ],
)
def test_promises_for_a_day(tmp_path: Path, promised: str, received: str, node: str | None, due: str | None):
    """What is done on the promised day is on time, and hours are kept where there are any."""
    found = proposed_csv(
        tmp_path, f"order_id,received,promised,order_date\n1,{received},{promised},\n2,{received},{promised},"
    )
    assert isinstance(found.mapping.rows, Wide)
    assert (found.mapping.rows.nodes["received"].as_, found.mapping.due["received"].cell.as_) == (node, due)


def test_a_purchase_order_as_systems_write_it(tmp_path: Path):
    """A date without a word for what happened begins it; a confirmed delivery date promises; a change is no step."""
    found = proposed_csv(
        tmp_path,
        """Purchase Order;PO Date;Confirmed Delivery Date;Actual Receipt Date;Last Changed On;Vendor
        4500001;31.01.2026;15.02.2026;16.02.2026;16.02.2026;S4
        4500002;02.02.2026;20.02.2026;;02.02.2026;S7""",
        PURCHASES,
    )
    assert isinstance(found.mapping.rows, Wide)
    assert {name: cell.origin for name, cell in found.mapping.rows.nodes.items()} == {
        "ordered": Column(name="PO Date"),
        "received": Column(name="Actual Receipt Date"),
    }
    assert found.mapping.due["received"].cell.origin == Column(name="Confirmed Delivery Date")
    assert found.understood.promised[0].late == 1


def test_days_beside_hours(tmp_path: Path):
    """A step known by the day seems to come before one of the same day with its hour, which is said."""
    found = proposed_csv(tmp_path, "order_id,order_date,paid\n1,2026-03-02,2026-03-02 09:00\n2,2026-03-02,")
    assert "placed are known by the day and paid by the hour" in found.doubts()
    found = proposed_csv(tmp_path, "order_id,order_date,paid\n1,2026-03-02,2026-03-02\n2,2026-03-02,")
    assert "by the hour" not in found.doubts()


def test_a_state_without_a_time(tmp_path: Path):
    """Cancelled by a status column alone: at the row's last time, in such rows only, and that is said."""
    found = proposed_csv(
        tmp_path,
        """order_id,order_date,shipped_date,status
        1,2026-03-02,2026-03-04,shipped
        2,2026-03-02,,Canceled
        3,2026-03-02,,Canceled""",
    )
    assert isinstance(found.mapping.rows, Wide)
    assert found.mapping.rows.nodes["cancelled"] == Cell(
        origin=NodeTime(last=True), only={"status": frozenset({"Canceled"})}
    )
    assert found.understood.nodes == {"placed": 3, "shipped": 1, "cancelled": 2}


def test_a_long_table(tmp_path: Path):
    """A row an event: the repeated id is the key, texts are nodes, unknown ones ignored and told."""
    found = proposed_csv(
        tmp_path,
        """event_id,order id,activity,timestamp,channel
        1,A,Create Order,1772413200,web
        2,A,Payment received,1772413300,web
        3,A,Vendor calls,1772413400,
        4,B,Create Order,1772413500,shop
        5,B,Ship goods,1772413600,""",
    )
    assert isinstance(found.mapping.rows, Long)
    assert found.mapping.key == key_template("order id")
    assert found.mapping.rows.occurred_at.as_ == "unix_s"
    assert found.mapping.rows.types["Create Order"] == "placed"
    assert found.mapping.rows.types["Ship goods"] == "shipped"
    assert found.mapping.rows.types["Vendor calls"] == "ignore"
    assert "Vendor calls (1)" in found.doubts()
    assert found.understood.keys == 2
    assert "no zone" not in found.doubts()


def test_a_key_of_two_columns(tmp_path: Path):
    """Where no column differs in every row, two that do together."""
    found = proposed_csv(
        tmp_path, "order_id,line_no,order_date\n1,1,2026-03-02\n1,2,2026-03-02\n2,1,2026-03-03\n2,2,2026-03-03"
    )
    assert found.mapping.key == key_template("{order_id}-{line_no}")
    assert "order_id repeats (2 values in 4 rows)" in found.doubts()


def test_a_key_with_slips(tmp_path: Path):
    """Some rows that came twice or lack the key do not hide which column it is: they are counted."""
    rows = "\n".join(f"{number},2026-03-02" for number in [*range(1, 40), 5, ""])
    found = proposed_csv(tmp_path, f"order_no,order_date\n{rows}")
    assert found.mapping.key == key_template("order_no")
    assert "order_no is empty in 1 rows and comes again in 1" in found.doubts()
    assert (found.understood.keys, found.understood.refused) == (39, {"duplicate_key": 1})


def test_a_key_that_is_called_like_none(tmp_path: Path):
    """The first column, where it differs in every row, with the doubt said."""
    found = proposed_csv(tmp_path, "name,order_date\nx,2026-03-02\ny,2026-03-02")
    assert found.mapping.key == key_template("name")
    assert "no column is called like the key of order; name differs in every row and is taken" in found.doubts()


def test_names_that_a_mapping_cannot_say(tmp_path: Path):
    """A column called @last, or like a template, is no key, no node and no type."""
    found = proposed_csv(
        tmp_path, "{order_id},@last,id,order_date\n1,2026-03-02,7,2026-03-02\n2,2026-03-03,8,2026-03-03"
    )
    assert found.mapping.key == key_template("id")
    assert found.understood.nodes == {"placed": 2}


def test_no_key(tmp_path: Path):
    """Without any, nothing is made up: the nearest columns are named."""
    why = refused_csv(tmp_path, "order_id,order_date\n1,2026-03-02\n1,2026-03-02\n2,2026-03-03").why
    assert "order_id (2/3)" in why.en and "order_id (2/3)" in why.zh


def test_day_or_month_first(tmp_path: Path):
    """A column that decides decides for the others; without one the doubt is said."""
    table = "order_id,order_date,shipped_date\n1,03/02/2026,{}\n2,03/04/2026,03/05/2026"
    found = proposed_csv(tmp_path, table.format("03/25/2026"))
    assert isinstance(found.mapping.rows, Wide)
    assert {cell.as_ for cell in found.mapping.rows.nodes.values()} == {TimeFormat(format="%m/%d/%Y")}
    assert "both ways" not in found.doubts()
    found = proposed_csv(tmp_path, table.format("03/06/2026"))
    assert "the days of order_date can be read both ways: %d/%m/%Y is taken, it may be %m/%d/%Y" in found.doubts()


def test_zones(tmp_path: Path):
    """Times without an offset are read in the model's zone, which is said; --zone names another."""
    rows = "order_id,order_date\n1,2026-03-02 09:00\n2,2026-03-02 10:00"
    found = proposed_csv(tmp_path, rows)
    assert "order_date say no zone: they are read in the model's, Asia/Shanghai" in found.doubts()
    found = proposed_csv(tmp_path, rows, zone="America/New_York")
    assert "say no zone" not in found.doubts()
    assert found.understood.first is not None
    assert format_instant(found.understood.first).startswith("2026-03-02T14:00")


def test_why_columns_are_left_out(tmp_path: Path):
    """Each has a reason that somebody can check."""
    found = proposed_csv(
        tmp_path,
        """order_id,order_date,empty,colour,changed_at,revenue,audit date
        1,2026-03-02,,red,2026-03-02,"1,000.50",2026-03-02
        2,2026-03-03,,blue,2026-03-02,"2,000.50",2026-03-02""",
    )
    reasons = {one.column: one.why.en for one in found.proposal.left_out}
    assert reasons["empty"] == "it has no values"
    assert reasons["colour"] == "order has no field like it"
    assert reasons["changed_at"].startswith("it is when the row was changed")
    assert reasons["revenue"].startswith("its numbers have signs between thousands, such as 1,000.50")
    assert reasons["audit date"] == "order has no node like it"


def test_when_it_became_known(tmp_path: Path):
    """A column of when rows were loaded is `recorded_at`."""
    found = proposed_csv(tmp_path, "order_id,order_date,loaded_at\n1,2026-03-02,2026-03-03\n2,2026-03-02,2026-03-03")
    assert found.mapping.recorded_at == Cell(origin=Column(name="loaded_at"))


def test_texts_that_would_break_the_file(tmp_path: Path):
    """Names and texts of the data stay texts in the file, whatever they hold."""
    found = proposed_csv(
        tmp_path,
        '''order_id,"order: {date} # 1",rush,"a\tcomment ""x"""
        1,2026-03-02,是,x
        2,2026-03-03,否,y''',
    )
    assert isinstance(found.mapping.rows, Wide)
    assert found.mapping.rows.nodes["placed"].origin == Column(name="order: {date} # 1")
    assert found.mapping.fields["urgent"].cell.values == {"是": True, "否": False}


def test_a_workbook(tmp_path: Path):
    """Excel sheets, by name; joined tables are for people to add."""
    (tmp_path / "t.xlsx").write_bytes(
        workbook(Notes=[["x"]], Orders=[["order id", "order date"], [1, "2026-03-02"], [2, "2026-03-03"]])
    )
    found = proposed(tmp_path / "t.xlsx", sheet="Orders")
    assert found.mapping.sheet == "Orders"
    assert found.understood.nodes == {"placed": 2}
    assert "several sheets" not in found.doubts()
    assert not any(isinstance(cell.origin, Joined) for cell in found.mapping.cells())
    (tmp_path / "t.xlsx").write_bytes(workbook(Orders=[["order id", "order date"], [1, "2026-03-02"]], Notes=[["x"]]))
    assert "several sheets (Orders, Notes): the first is read" in proposed(tmp_path / "t.xlsx").doubts()
    with pytest.raises(UnreadableSource, match="no sheet Order;"):
        proposed(tmp_path / "t.xlsx", sheet="Order")


@pytest.mark.parametrize("rows", ["order_id,order_date", "order_id\n"])
def test_a_table_without_rows(tmp_path: Path, rows: str):
    """Nothing can be learned from names alone."""
    assert refused_csv(tmp_path, rows).why.en == "the table has no rows"


def test_rows_beyond_the_sample_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What is proposed comes from a sample, what is counted from the whole table."""
    monkeypatch.setattr("simulator.mapping_proposal.profiles._SAMPLE", 2)
    found = proposed(csv_file(tmp_path, "order_id,order_date\n1,2026-03-02\n2,2026-03-02\n2,soon\n3,later"))
    assert found.understood.rows == 4
    assert found.understood.refused == {"duplicate_key": 1, "no_instant": 1}
