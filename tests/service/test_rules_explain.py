"""`tocsin rules explain`: from a history and from the service's own database, in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from rules.impact import linked_fields
from rules.judging.judge import Judge
from rules.workspace import load_workspace
from service.commands import rules_explain
from simulator.history import read_history
from store.database import Store
from streams.engine import Engine
from streams.learning import learn
from streams.text import Language
from tests.service.commands import run

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes: {paid: {label: {zh: 付款, en: Paid}}, shipped: {label: {zh: 发货, en: Shipped}}}
    closed_by: [shipped]
    fields: {amount: number, sales_rep: string, lines: {sku: string, qty: number}}
  stock: {label: {zh: 库存, en: Stock}, fields: {sku: string, on_hand: number}}
"""
RULES = """
rules:
  - {id: late, name: {zh: 未发货, en: Late}, overdue: shipped, after: paid, within: 2d work, owner: sales_rep}
  - {id: dear, when: amount > 1000}
  - {id: promised, overdue: shipped}
  - {id: waits, when: amount > 1000, for: 2h}
  - {id: repeated, when: event.type == "paid", count: {at_least: 1, within: 7d, per: sales_rep}}
  - {id: short, on: stock, when: on_hand < 1, impact: {order: lines.sku == sku}}
"""
CALENDAR = "calendars: {work: {hours: {mon-fri: 09:00-18:00}, holidays: CN}}"
LINES = [{"sku": "S-1", "qty": 1}]
EVENTS: list[dict[str, Any]] = [
    {"key": "A-1", "type": "paid", "occurred_at": "2026-09-30T08:00:00Z", "data": {"amount": 50, "lines": LINES}},
    {"key": "A-1", "type": "updated", "occurred_at": "2026-10-12T08:00:00Z", "data": {"sales_rep": "li.wei"}},
    {"kind": "stock", "key": "S-1", "type": "updated", "occurred_at": "2026-10-12T09:00:00Z", "data": {"sku": "S-1"}},
    {"kind": "stock", "key": "S-1", "type": "updated", "occurred_at": "2026-10-12T09:00:01Z", "data": {"on_hand": 0}},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "calendars.yaml").write_text(CALENDAR, encoding="utf-8")
    (tmp_path / "rules" / "orders.yaml").write_text(RULES, encoding="utf-8")
    events = [{"source": "erp", "id": str(place), "kind": "order", **event} for place, event in enumerate(EVENTS)]
    lines = "\n".join(json.dumps(event) for event in events)
    (tmp_path / "history.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def explain(folder: Path, *arguments: str, language: Language = "en", history: bool = True) -> Result:
    source = ["--history", folder / "history.jsonl"] if history else []
    return run(rules_explain, *arguments, *source, "-w", folder, language=language)


def keep(folder: Path) -> None:
    """Take the history into the database of the workspace, as the service would."""
    workspace = load_workspace(folder)
    engine = Engine(workspace.model, Judge(workspace.rules, "compiled"))
    store = Store(f"sqlite:///{folder / 'tocsin.db'}")
    with store.begin() as transaction:
        transaction.ledger.index_impacts(linked_fields(workspace.rules))
        for event in read_history(folder / "history.jsonl", workspace.model).events:
            learn(engine, transaction.ledger, [event], event.recorded_at)
    store.close()


@pytest.mark.parametrize("history", [True, False])
def test_it_tells_why_it_fires(folder: Path, history: bool) -> None:
    """The verdict, the truth with values, the holiday in the deadline, the firing: the same from either source."""
    if not history:
        keep(folder)
    result = explain(folder, "late", "--order", "A-1", history=history)
    assert result.exit_code == 0, result.output
    assert "It fires: since Oct 9, 16:00, Major" in result.output
    assert "✓ paid.done    [paid.done = yes]" in result.output
    assert "off (National Day)" in result.output
    assert "1. Oct 9, 16:00 – goes on" in result.output


def test_it_speaks_chinese(folder: Path) -> None:
    """The same in Chinese, the holiday by its Chinese name."""
    result = explain(folder, "late", "--order", "A-1", language="zh")
    assert result.exit_code == 0, result.output
    assert "正在触发：自 10月9日 16:00 起" in result.output
    assert "国庆节" in result.output


def test_why_not_and_when(folder: Path) -> None:
    """What is false by name; and earlier, when it would fire."""
    result = explain(folder, "dear", "--order", "A-1")
    assert "It does not fire: amount > 1000 does not hold" in result.output
    assert "✗ amount > 1000    [amount = 50]" in result.output
    earlier = explain(folder, "late", "--order", "A-1", "--at", "2026-10-08 09:00")
    assert "if no event comes it fires Oct 9, 16:00 (in 31 h)" in earlier.output


@pytest.mark.parametrize("history", [True, False])
def test_what_it_touches(folder: Path, history: bool) -> None:
    """Open orders with their owners and value; as JSON too."""
    if not history:
        keep(folder)
    result = explain(folder, "short", "--order", "S-1", history=history)
    assert "1 open: order  amount 50 in all" in result.output
    assert "· A-1  li.wei  50" in result.output
    found = json.loads(explain(folder, "short", "--order", "S-1", "--json", history=history).output)
    assert found["fires"] and found["truth"]["holds"]
    (impact,) = found["impact"]
    assert impact == {
        "kind": "order",
        "count": 1,
        "value": 50.0,
        "value_field": "amount",
        "entities": [{"key": "A-1", "owners": ["li.wei"], "value": 50.0}],
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lat", "--order", "A-1"), "did you mean late?"),
        (("late", "--order", "A-9"), "nothing was known of order A-9"),
        (("late", "--order", "A-1", "--kind", "stock"), "is about order, not stock"),
        (("late", "--order", "A-1", "--at", "noon"), "--at"),
    ],
)
def test_what_cannot_be_explained_is_said(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, and what is wrong."""
    result = explain(folder, *arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_without_a_database_it_names_the_way_out(folder: Path) -> None:
    """Nothing is made where nothing is."""
    result = explain(folder, "late", "--order", "A-1", history=False)
    assert result.exit_code == 2 and "--history" in result.output
    assert not (folder / "tocsin.db").exists()


def test_holidays_that_nobody_knows_are_pointed_out(folder: Path) -> None:
    """A deadline that may be wrong is not told as if it were sure."""
    paid = EVENTS[0] | {"source": "erp", "id": "x", "kind": "order", "key": "A-2"}
    paid["occurred_at"] = "2060-03-02T01:00:00Z"
    (folder / "history.jsonl").write_text(json.dumps(paid), encoding="utf-8")
    assert (
        "! The calendar work does not know the holidays of 2060 (CN)"
        in explain(folder, "late", "--order", "A-2").output
    )


def test_a_deadline_that_is_missing_is_told_as_such(folder):
    """Without a promise nothing is awaited; what lasts is not counted before it begins."""
    assert "it has no deadline: what it counts from is missing" in explain(folder, "promised", "--order", "A-1").output
    assert "没有期限：所需的时间缺失" in explain(folder, "promised", "--order", "A-1", language="zh").output
    assert "not counted yet: the condition does not hold" in explain(folder, "waits", "--order", "A-1").output


def test_a_group_has_members_and_no_condition_of_its_own(folder):
    """Asked about a group, not about an order: no snapshot is made up for it."""
    event = {"source": "erp", "id": "g", "kind": "order", "key": "A-9", "type": "paid", "data": {"sales_rep": "ann"}}
    with (folder / "history.jsonl").open("a", encoding="utf-8") as history:
        history.write("\n" + json.dumps({**event, "occurred_at": "2026-10-12T08:00:00Z"}))
    output = explain(folder, "repeated", "--order", "ann").output
    assert "group ann" in output.splitlines()[0]
    assert "A-9" in output and "Condition" not in output
