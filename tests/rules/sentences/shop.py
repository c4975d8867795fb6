"""A model whose words sentences are made of, and rules that are read with it."""

from rules.errors import Problem
from rules.rule import Rule
from tests.rules.workspace_texts import problems, rule

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes:
      placed: {label: {zh: 下单, en: Placed}}
      paid: {label: {zh: 付款, en: Payment}}
      stocked: {label: {zh: 备货, en: Stocked}}
      shipped: {label: {zh: 发货, en: Shipped}, types: [order.dispatched]}
      cancelled: {label: {zh: 取消, en: Cancelled}, off_path: true}
    closed_by: [cancelled]
    fields:
      amount: {type: number, label: {zh: 金额, en: Order value}}
      channel: string
      urgent: bool
      promised_at: timestamp
      lines: {sku: string, qty: number}
    events:
      change_requested: {label: {zh: 变更申请, en: Change requested}}
      shipment_cancelled: {label: {zh: 取消发货, en: Shipment cancelled}, resets: [shipped]}
  stock:
    label: {zh: 库存, en: Stock}
    fields:
      sku: string
      on_hand: {type: number, label: {zh: 库存, en: On hand}}
      on_order: {type: number, label: {zh: 在途, en: On order}}
      reorder_level: {type: number, label: {zh: 补货点, en: Reorder level}}
  supply:
    nodes:
      ordered: {label: {zh: 下达, en: Ordered}}
      confirmed: {label: {zh: 供应商确认, en: Confirmed}}
      delivered: {label: {zh: 到货, en: Delivered}}
    closed_by: [delivered]
    fields: {supplier: {type: string, label: {zh: 供应商, en: Supplier}}, 货号: string, qty: number}
totals:
  stock.demand: {of: order, each: lines, sum: qty, key: "{sku}"}
"""
ONE_CALENDAR = """
calendars:
  cn-workdays: {hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}}
"""
CALENDARS = ONE_CALENDAR + "  Nights: {hours: {mon-sun: 00:00-06:00}}\n"


def read(sentence: str, *beside: str, calendars: str = CALENDARS) -> Rule:
    """The rule that a sentence and the lines beside it make."""
    return rule("\n".join((f"sentence: {sentence}", *beside)), model=MODEL, calendars=calendars)


def core(*lines: str) -> Rule:
    return rule("\n".join(lines), model=MODEL, calendars=CALENDARS)


def refused(sentence: str, *beside: str, model: str = MODEL, calendars: str = CALENDARS) -> tuple[Problem, ...]:
    return problems("\n".join((f"sentence: {sentence}", *beside)), model=model, calendars=calendars)
