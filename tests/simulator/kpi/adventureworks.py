"""A workspace for the purchase orders of AdventureWorks, as an analyst would write it."""

from pathlib import Path

from tests.conftest import shared_data

MODEL = """
zone: UTC
kinds:
  purchase:
    label: {zh: 采购单, en: Purchase order}
    nodes:
      ordered: {label: {zh: 下单, en: Ordered}}
      received: {label: {zh: 收货, en: Received}}
      rejected: {label: {zh: 驳回, en: Rejected}, off_path: true}
    closed_by: [received, rejected]
    fields:
      vendor: string
      lines: {product: string, ordered: number, received: number, rejected: number, stocked: number, promise: timestamp}
"""
# Complete orders have status 4, those that the buyer rejected 3. The line's table is looked for beside the mapping.
MAP = """
kind: purchase
format: wide
source: adventureworks
key: purchase_order_id
nodes:
  ordered: order_date
  received: {{column: ship_date, as: date, only: {{status: ["4"]}}}}
  rejected: {{column: ship_date, as: date, only: {{status: ["3"]}}}}
due:
  received: {{column: lines.due_date, as: date, take: max}}
fields: {{vendor: vendor_id}}
tables:
  lines:
    file: {lines}
    key: purchase_order_id
    fields:
      {{product: product_id, ordered: order_qty, received: received_qty, rejected: rejected_qty, stocked: stocked_qty,
       promise: due_date}}
"""


def write_adventureworks(folder: Path) -> Path:
    """The workspace in this folder; skipped where the real data is not here. Its table of orders."""
    lines = shared_data("adventureworks", "purchase_order_lines.csv")
    (folder / "rules").mkdir(parents=True)
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    (folder / "orders.map.yaml").write_text(MAP.format(lines=lines), encoding="utf-8")
    return shared_data("adventureworks", "purchase_orders.csv")
