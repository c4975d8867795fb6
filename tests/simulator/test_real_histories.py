"""The columnar evaluator and the live engine on real histories, with rules of every construct."""

from pathlib import Path

import pytest

from rules.errors import Problems
from rules.judging.judge import Judge
from rules.workspace import Workspace, load_workspace
from simulator.history import read_history
from simulator.mapping_file import read_mapping_file
from simulator.reading.histories import read_columns
from simulator.replay import replay, results_of
from simulator.replay_columns import replay_columns
from simulator.results import By, incident_rows
from streams.engine import Engine
from tests.conftest import shared_data
from tests.simulator.kpi.adventureworks import write_adventureworks

CALENDARS = """
calendars:
  office: {hours: {mon-fri: ["09:00-17:00"]}, holidays: US, cut_off: "15:00"}
"""
NORTHWIND_MODEL = """
zone: America/New_York
kinds:
  order:
    nodes:
      placed: {}
      shipped: {}
    closed_by: [shipped]
    fields: {customer: string, country: string, freight: number, lines: {product: string, qty: number}}
  stock:
    fields: {on_hand: number, on_order: number, reorder_level: number}
totals:
  stock.demand: {of: order, each: lines, sum: qty, key: "{product}", where: not shipped.done}
"""
NORTHWIND_MAPS = """
maps:
  - file: orders.csv
    kind: order
    format: wide
    key: order_id
    nodes: {placed: order_date, shipped: {column: shipped_date, as: date}}
    due: {shipped: {column: required_date, as: date}}
    fields: {customer: customer_id, country: ship_country, freight: freight}
    tables:
      lines: {file: order_details.csv, key: order_id, fields: {product: product_id, qty: quantity}}
    RECORDED
  - file: products.csv
    kind: stock
    format: long
    key: product_id
    type: {value: updated}
    occurred_at: {value: "1996-07-04"}
    fields: {on_hand: units_in_stock, on_order: units_on_order, reorder_level: reorder_level}
"""
NORTHWIND_RULES = """
rules:
  - id: late
    overdue: shipped
    stages: [{at: -3d, severity: minor}, {at: 0h, severity: major}, {at: 1d office, severity: critical}]
  - id: slow
    where: country in ["USA", "Brazil", "UK"]
    overdue: shipped
    after: placed
    within: 5d office
    before: 8h office
  - {id: dear, when: freight > 100 and not shipped.done, for: 10d, keep_open_for: 2d}
  - {id: early, when: not shipped.done, by: shipped.due - days(20), clear: shipped.done or freight < 5}
  - id: came
    when: event.type == "placed" and startswith(customer, "S")
    until: shipped.done
    expires: 12d
  - id: many
    when: event.type == "placed" and freight > 30
    count: {at_least: 4, within: 30d, per: country, distinct: customer}
  - id: stuck
    overdue: shipped
    after: placed
    within: 20d
    count: {at_least: 2, within: 14d, per: customer}
    keep_open_for: 3d
  - {id: short, on: stock, when: demand > on_hand + on_order, for: 1d}
"""
PURCHASE_RULES = """
rules:
  - {id: due, on: purchase, overdue: received, before: 2d}
  - {id: open, on: purchase, where: 'contains(vendor, "16")', overdue: received, after: ordered, within: 5d office}
  - id: waiting
    on: purchase
    when: not closed
    for: 8d
    stages: [{at: 0h, severity: info}, {at: 3d, severity: critical}]
  - {id: rush, on: purchase, when: event.type == "ordered", count: {at_least: 5, within: 7d, per: vendor}}
"""


def same(workspace: Workspace, mapping: Path, history: Path, by: By) -> int:
    """How many incidents both engines find, and that they are the same."""
    problems = Problems()
    read = read_mapping_file(mapping, workspace.model, problems)
    assert read is not None and not problems.has_errors
    rows = read_history(history, workspace.model, read)
    assert rows.events and not rows.refusals
    live = results_of(replay(Engine(workspace.model, Judge(workspace.rules, "compiled")), rows.events, by=by))
    columns = read_columns(history, workspace.model, read, keep_retracted=True)
    found = replay_columns(workspace.model, workspace.rules, columns, by=by)
    assert list(incident_rows(found.incidents)) == list(incident_rows(live.incidents))
    assert (found.events, found.entities, found.until) == (live.events, live.entities, live.until)
    assert {rule.id for rule in workspace.rules} == set(found.found)
    return found.incidents.height


@pytest.mark.parametrize(
    ("by", "recorded"),
    [("occurred_at", ""), ("recorded_at", ""), ("recorded_at", "recorded_at: {column: required_date, as: end_of_day}")],
)
def test_northwind(tmp_path: Path, by: By, recorded: str) -> None:
    """Orders with lines, stock with a total over them, eight rules: the same incidents, also of what came late."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(NORTHWIND_MODEL, encoding="utf-8")
    (tmp_path / "calendars.yaml").write_text(CALENDARS, encoding="utf-8")
    (tmp_path / "rules" / "all.yaml").write_text(NORTHWIND_RULES, encoding="utf-8")
    (tmp_path / "shop.map.yaml").write_text(NORTHWIND_MAPS.replace("RECORDED", recorded), encoding="utf-8")
    history = shared_data("northwind", "orders.csv").parent
    assert same(load_workspace(tmp_path), tmp_path / "shop.map.yaml", history, by) > 500


@pytest.mark.parametrize(("by", "recorded"), [("occurred_at", ""), ("recorded_at", "recorded_at: modified_at\n")])
def test_adventureworks(tmp_path: Path, by: By, recorded: str) -> None:
    """Purchase orders with joined lines: the same incidents, also of what came late."""
    folder = tmp_path / "purchases"
    orders = write_adventureworks(folder)
    (folder / "calendars.yaml").write_text(CALENDARS, encoding="utf-8")
    (folder / "rules" / "all.yaml").write_text(PURCHASE_RULES, encoding="utf-8")
    mapping = folder / "orders.map.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8") + recorded, encoding="utf-8")
    assert same(load_workspace(folder), mapping, orders, by) > 1000
