"""A small workspace as texts, read as the product reads it."""

import pytest

from rules.errors import InvalidWorkspace, Problem
from rules.rule import Rule
from rules.workspace import Workspace, read_workspace

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes:
      placed: {label: {zh: 下单, en: Placed}}
      paid:
      shipped: {types: [order.dispatched], due: {after: paid, within: 2d cn-workdays}}
      settled:
      cancelled: {off_path: true}
    closed_by: [settled, cancelled]
    fields:
      {amount: number, channel: string, promised_at: timestamp, urgent: bool, tags: list, 渠道: string,
       lines: {sku: string, site: string, qty: number}, sales_rep: string}
    events:
      change_requested: {label: {zh: 变更申请, en: Change requested}}
      shipment_cancelled: {resets: [shipped]}
  stock: {fields: {sku: string, on_hand: number}}
totals:
  stock.demand: {of: order, each: lines, sum: qty, key: "{sku}@{site}", where: not shipped.done and not closed}
"""

CALENDARS = """
calendars:
  cn-workdays: {hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}, cut_off: "16:00"}
  other: {zone: UTC, hours: {mon-fri: 09:00-17:00}}
"""


def load(rules: str, *, model: str = MODEL, calendars: str = CALENDARS) -> Workspace:
    return read_workspace(model, rules, calendars)


def rule(body: str, **texts: str) -> Rule:
    """The rule that the lines of a body make, its id given."""
    (found,) = load(entry(body), **texts).rules
    return found


def problems(body: str, **texts: str) -> tuple[Problem, ...]:
    """What is wrong with such a rule."""
    return refused(entry(body), **texts)


def refused(rules: str, **texts: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidWorkspace) as caught:
        load(rules, **texts)
    return caught.value.problems


def entry(body: str) -> str:
    lines = [line for line in body.splitlines() if line.strip()]
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    return "rules:\n  - id: r\n" + "".join(f"    {line[indent:]}\n" for line in lines)
