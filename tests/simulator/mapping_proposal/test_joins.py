"""Other files beside a table: how they are joined, and what they tell."""

from pathlib import Path

from streams.model import Kind, Model
from streams.sources.mapping import Column, Joined, JoinedTable, key_template
from streams.text import Text
from tests.conftest import shared_data
from tests.simulator.mapping_proposal.proposed import Proposed, proposed
from tests.streams.models import fields, model, nodes

LINES = """line_no,order no,sku,pieces,promised date
1,A,x,2,2026-03-04
2,A,y,1,2026-03-06
1,B,x,NULL,2026-03-05
"""
PURCHASES = Model(
    zone=model("UTC").zone,
    kinds={
        "purchase": Kind(
            name="purchase",
            label=Text(zh="采购单", en="Purchase order"),
            nodes=nodes("ordered", "received"),
            fields=fields(status="string", vendor="string", lines="records"),
        ),
    },
)


def joined(folder: Path, orders: str, *others: str) -> Proposed:
    (folder / "orders.csv").write_text(orders)
    paths = []
    for number, text in enumerate(others):
        paths.append(folder / f"other-{number}.csv")
        paths[-1].write_text(text)
    return proposed(folder / "orders.csv", join=tuple(paths))


def test_lines_of_orders(tmp_path: Path):
    """They fill the model's list of records, and what they promise is kept when the last is."""
    found = joined(
        tmp_path,
        "order_no,order_date,shipped at\nA,2026-03-02,2026-03-06 17:00\nB,2026-03-02,2026-03-06 09:00\n",
        LINES,
    )
    table = found.mapping.tables["lines"]
    assert (table.file, table.key, table.by) == ("other-0.csv", key_template("order no"), None)
    assert {name: cell.origin for name, cell in table.fields.items()} == {
        "sku": Column(name="sku"),
        "qty": Column(name="pieces"),
        "wanted_at": Column(name="promised date"),
    }
    due = found.mapping.due["shipped"].cell
    assert (due.origin, due.as_) == (Joined(table="lines", column="promised date", take="max"), "end_of_day")
    assert found.mapping.missing == frozenset({"NULL"})
    (promise,) = found.understood.promised
    assert (promise.promised, promise.late, found.understood.refused) == (2, 1, {})


def test_a_file_that_joins_by_another_column(tmp_path: Path):
    """Where the other file's key stands in the table, but is not its key."""
    found = joined(
        tmp_path,
        "order_no,order_date,customer no\n1,2026-03-02,C7\n2,2026-03-02,C8\n",
        "customer no,city\nC7,Reims\nC8,Lyon\n",
    )
    assert found.mapping.tables["other_0"] == JoinedTable(
        file="other-0.csv", key=key_template("customer no"), by=key_template("customer no")
    )


def test_a_file_that_has_nothing_to_do_with_it(tmp_path: Path):
    """No column holds the table's values: said, and left out."""
    found = joined(tmp_path, "order_no,order_date\n1,2026-03-02\n2,2026-03-02\n", "order_no,x\n8,a\n9,b\n")
    assert found.mapping.tables == {}
    assert "no column of other-0.csv holds values of this table" in found.doubts()


def test_adventureworks_purchase_orders_with_their_lines():
    """Every order has its lines and its promise; which column says when goods came is what somebody has to decide."""
    lines = shared_data("adventureworks", "purchase_order_lines.csv")
    found = proposed(shared_data("adventureworks", "purchase_orders.csv"), PURCHASES, join=(lines,))
    assert {field.name: field.filled for field in found.understood.fields}["lines"] == 4012
    assert found.mapping.due["received"].cell.origin == Joined(table="lines", column="due_date", take="max")
    assert found.understood.refused == {}
    assert (
        "lines.due_date promises received, and no column says when it was reached: all would be missed. "
        "If it is one of ship_date, modified_at, add it under nodes"
    ) in found.doubts()
