"""The faults that a generated history can have: how often by default, and which rules of the packs should see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`share` is of `of`. `rules` are expected for each one; `also` are rules that it may ring besides."""

    name: str
    about: Text
    kind: str  # of the entity that the expected rules name
    share: float
    of: str = "orders"
    rules: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    size: int = 1  # so many one after the other make one fault


_LATE: Final = ("shipping-late", "late-as-things-stand", "promise-missed", "urgent-waits")
_STOCK: Final = ("stock-waits", "stock-out", "stock-uncovered", "stock-low")


def _fault(
    name: str,
    kind: str,
    share: float,
    zh: str,
    en: str,
    rules: str,
    *,
    also: tuple[str, ...] = (),
    size: int = 1,
    of: str = "orders",
) -> Fault:
    expected = tuple(rules.split())
    about = Text(zh=zh, en=en)
    return Fault(name=name, about=about, kind=kind, share=share, of=of, rules=expected, also=also, size=size)


# fmt: off
# One fate an order: at most one of these happens to it. The shares add up to less than one.
_OF_ORDERS: Final = (
    _fault("unpaid", "order", 0.004, "下单后几天才付款", "paid only days after it was placed",
           "placed-not-paid", also=_LATE),
    _fault("stuck_before_stock", "order", 0.004, "付款后一直没有备货", "stands between payment and stocking",
           "paid-not-stocked", also=_LATE),
    _fault("stuck_before_shipping", "order", 0.004, "备货后一直没有发货", "stands between stocking and shipping",
           "stocked-not-shipped", also=_LATE),
    _fault("slow_throughout", "order", 0.003, "每一步都慢一点，合起来晚了", "a little slow at every step, late in all",
           "shipping-late", also=(*_LATE, "stocked-not-shipped")),
    _fault("urgent_forgotten", "order", 0.002, "加急订单按普通订单处理", "an urgent order handled like any other",
           "urgent-waits", also=_LATE),
    _fault("promised_too_early", "order", 0.003, "承诺了做不到的日期", "promised for a date that cannot be kept",
           "late-as-things-stand", also=_LATE),
    _fault("arrives_late", "order", 0.004, "运输拖过承诺日期", "on the way until after the promised date",
           "promise-missed", also=("shipped-not-received",)),
    _fault("on_the_way_too_long", "order", 0.002, "运输超过七天", "more than a week on the way",
           "shipped-not-received", also=("promise-missed",)),
    _fault("unsettled", "order", 0.003, "收货后迟迟没有结算", "received and not settled",
           "received-not-settled"),
    _fault("changed_after_stocking", "order", 0.003, "备货后申请变更", "a change is asked for after stocking",
           "change-after-stocked", also=("customer-changes-often",)),
    _fault("amount_changed", "order", 0.002, "付款后改金额", "the amount changes after payment",
           "amount-changed"),
    _fault("quantity_changed", "order", 0.002, "备货后改数量", "the quantity changes after stocking",
           "quantity-changed"),
    _fault("promise_moved", "order", 0.002, "付款后承诺日期推迟", "the promise moves back after payment",
           "promise-moved"),
    _fault("changed_often", "order", 0.001, "同一订单三次申请变更", "three requests to change one order",
           "order-changed-often", also=("customer-changes-often",)),
    _fault("customer_changes", "order", 0.0004, "同一客户接连申请变更", "one customer asks to change order after order",
           "customer-changes-often", size=5),
    _fault("nodes_swapped", "order", 0.002, "备货与发货的时间颠倒", "stocking and shipping with each other's times",
           "nodes-out-of-order", also=("node-missing", "stocked-not-shipped", "shipping-late")),
    _fault("node_lost", "order", 0.002, "备货的消息丢失", "the message of stocking is lost",
           "node-missing", also=("paid-not-stocked",)),
    _fault("placing_lost", "order", 0.001, "下单的消息丢失", "the message of placing is lost",
           "order-unknown", also=("amount-wrong",)),
    _fault("amount_wrong", "order", 0.002, "金额缺失或为负", "no amount, or one below zero",
           "amount-wrong"),
    _fault("large_demand", "stock", 0.0006, "一张远超库存的大单", "one order for more than there is and comes",
           "stock-uncovered stock-waits", also=_STOCK),
    _fault("carrier_silent", "shipment", 0.003, "途中长时间没有轨迹", "nothing is heard of a parcel on its way",
           "no-tracking"),
    _fault("never_tracked", "shipment", 0.002, "揽收后没有任何轨迹", "picked up and never seen since",
           "never-tracked"),
    _fault("delivery_failed", "shipment", 0.003, "一次派送失败", "a delivery that fails",
           "delivery-failed", also=("carrier-fails-often",)),
    _fault("delivery_failed_twice", "shipment", 0.001, "两次派送失败", "a delivery that fails twice",
           "delivery-failed-twice", also=("delivery-failed", "carrier-fails-often")),
    _fault("carrier_fails", "shipment", 0.0003, "同一承运商一天内多次派送失败", "one carrier fails all day",
           "carrier-fails-often", also=("delivery-failed",), size=6),
    _fault("arrival_moved", "shipment", 0.002, "预计签收时间变动", "the expected arrival moves",
           "arrival-moved"),
    _fault("invoice_overdue", "invoice", 0.003, "到期未付的发票", "an invoice paid after it was due",
           "receivable-overdue", also=("customer-pays-late",)),
    _fault("customer_pays_late", "invoice", 0.0004, "同一客户三张发票逾期", "three overdue invoices of one customer",
           "customer-pays-late", also=("receivable-overdue",), size=3),
    _fault("returned", "goods_return", 0.003, "退货", "goods sent back",
           "return-requested", also=("customer-returns-often", "article-returned-often")),
    _fault("return_unanswered", "goods_return", 0.001, "退货申请无人答复", "a return that nobody answers",
           "return-not-answered", also=("return-requested",)),
    _fault("refund_late", "goods_return", 0.001, "退货到仓后迟迟不退款", "arrived back and not refunded",
           "refund-late", also=("return-requested",)),
    _fault("bad_batch", "goods_return", 0.0003, "同一货品接连退货", "one article comes back again and again",
           "article-returned-often", also=("return-requested", "customer-returns-often"), size=4),
    _fault("customer_returns", "goods_return", 0.0003, "同一客户接连退货", "one customer sends back again and again",
           "customer-returns-often", also=("return-requested",), size=4),
    _fault("message_late", "message", 0.003, "消息超过十分钟才送达", "a message that takes more than ten minutes",
           "message-not-delivered"),
    _fault("channel_fails", "message", 0.0003, "同一通道接连发送失败", "a channel that fails again and again",
           "channel-fails", also=("message-not-delivered",), size=6),
)
_OTHERS: Final = (
    _fault("supplier_late", "supply", 0.02, "供应商迟到", "a supplier delivers late",
           "supply-late", also=("supplier-slips",), of="purchases"),
    _fault("supplier_unreliable", "supply", 0.08, "一再迟到的供应商", "a supplier who is late again and again",
           "supplier-slips", of="suppliers"),
    _fault("unconfirmed", "supply", 0.02, "供应商迟迟不确认", "a purchase that is not confirmed",
           "supply-not-confirmed", of="purchases"),
    _fault("supplier_moves_date", "supply", 0.02, "供应商推迟到货日期", "a supplier moves the date back",
           "supplier-moved-date", of="purchases"),
    _fault("short_receipt", "stock", 0.015, "到货数量不足，之后补足", "less delivered than ordered, the rest later",
           "stock-low", also=_STOCK, of="purchases"),
    _fault("reorder_forgotten", "stock", 0.015, "该补货时没有下采购单", "nobody reorders when it is time",
           "stock-low", also=_STOCK, of="purchases"),
    _fault("stock_miscounted", "stock", 0.1, "盘点误报为零，之后更正", "stock reported as none, corrected later",
           "stock-out", also=_STOCK, of="articles"),
    _fault("machine_interrupted", "work_order", 0.05, "工单停机", "work that is interrupted",
           "work-interrupted", also=("machine-stops-often",), of="work orders"),
    _fault("work_not_started", "work_order", 0.03, "下达后没有开工", "work that is not begun",
           "work-not-started", also=("work-late",), of="work orders"),
    _fault("work_late", "work_order", 0.03, "没有按计划完工", "work finished after its date",
           "work-late", of="work orders"),
    _fault("machine_stops", "work_order", 0.01, "同一设备反复停机", "one machine stops again and again",
           "machine-stops-often", also=("work-interrupted",), size=3, of="work orders"),
    _fault("connector_silent", "connector", 0.1, "接口没有心跳", "a connector falls silent",
           "connector-silent", of="connector days"),
    _fault("connector_errors", "connector", 0.1, "接口接连报错", "a connector reports error after error",
           "connector-errors", of="connector days"),
)
# fmt: on
FAULTS: Final[Mapping[str, Fault]] = {fault.name: fault for fault in (*_OF_ORDERS, *_OTHERS)}
OF_ORDERS: Final = tuple(fault.name for fault in _OF_ORDERS)

# What follows from faults without being one: orders that wait for goods, and the stock that they wait for.
FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "waits_for_goods": ("paid-not-stocked", "stocked-not-shipped", *_LATE),
    "goods_missing": _STOCK,
    "arrives_later": ("promise-missed", "shipped-not-received"),
}
