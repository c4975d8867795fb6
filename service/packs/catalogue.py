"""The packs, in the order of the exception catalogue: what each finds, and what has to be sent for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams.text import Text

FILES: Final = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A folder of files/: rules, and what model and people need for them."""

    name: str
    title: Text
    finds: Text
    needs: Text

    @property
    def folder(self) -> Path:
        return FILES / self.name


_ALL: Final = (
    Pack(
        name="delay",
        title=Text(zh="延期、逾期", en="orders that are late"),
        finds=Text(
            zh="付款后未按时发货、承诺日期已过或将到、照目前情况会晚的订单",
            en="orders not shipped in time, past or near their promised date, or late as things stand",
        ),
        needs=Text(
            zh="订单的 placed、paid、shipped、received，承诺日期 received.due",
            en="placed, paid, shipped and received of orders, with the promised date received.due",
        ),
    ),
    Pack(
        name="stuck",
        title=Text(zh="订单滞留", en="orders that stand still"),
        finds=Text(
            zh="在备货、发货、收货、结算前停留太久的订单",
            en="orders too long before stock, shipping, receipt, settlement",
        ),
        needs=Text(
            zh="订单的 paid、stocked、shipped、received、settled，字段 urgent、amount、customer_level",
            en="paid, stocked, shipped, received and settled of orders; urgent, amount, customer_level",
        ),
    ),
    Pack(
        name="changes",
        title=Text(zh="变更", en="changes after the order was fixed"),
        finds=Text(
            zh="付款或备货后的变更：申请、金额、数量、承诺日期；反复变更的订单和客户",
            en="requests, new amounts, quantities or promises after payment; orders and customers that change often",
        ),
        needs=Text(
            zh="订单的 change_requested，字段 amount、quantity、received.due 的每次更新",
            en="change_requested of orders, and every update of amount, quantity and received.due",
        ),
    ),
    Pack(
        name="returns",
        title=Text(zh="退换货", en="returns and exchanges"),
        finds=Text(
            zh="退换申请、未答复、未退款，频繁退货的货品和客户",
            en="requests, those not answered or not refunded, articles and customers that return often",
        ),
        needs=Text(
            zh="退换货（goods_return）的 requested、approved、arrived、refunded，字段 sku、customer、order_no",
            en="requested, approved, arrived and refunded of goods_return; sku, customer, order_no",
        ),
    ),
    Pack(
        name="suppliers",
        title=Text(zh="供应商延迟供货", en="late deliveries by suppliers"),
        finds=Text(
            zh="到货晚了或快晚了、未确认、改期的采购行及受影响的订单，屡次延迟的供应商",
            en="purchases late, near due, unconfirmed or moved, the orders concerned, suppliers that slip often",
        ),
        needs=Text(
            zh="采购行（supply）的 ordered、confirmed、delivered，delivered.due、supplier、sku；订单的 lines",
            en="ordered, confirmed and delivered of supply with delivered.due, supplier, sku; lines of orders",
        ),
    ),
    Pack(
        name="stock",
        title=Text(zh="库存不足、缺料", en="stock that does not suffice"),
        finds=Text(
            zh="现货加在途不够、要等到货、低于补货点、卖完的货品，及受影响的订单",
            en="articles short even with what is on order, waiting for it, low or sold out, and the orders concerned",
        ),
        needs=Text(
            zh="库存（stock）的 on_hand、reorder_level；订单的 lines；采购行的 sku、site、qty",
            en="on_hand and reorder_level of stock; lines of orders; sku, site, qty of supply",
        ),
    ),
    Pack(
        name="equipment",
        title=Text(zh="设备故障", en="machines that stop"),
        finds=Text(
            zh="中断、未开工、未按计划完工的工单，反复停机的设备",
            en="work orders interrupted, not started or late, machines that stop often",
        ),
        needs=Text(
            zh="工单（work_order）的 released、started、interrupted、resumed、finished，finished.due、machine、sku",
            en="released, started, interrupted, resumed and finished of work_order; finished.due, machine, sku",
        ),
    ),
    Pack(
        name="logistics",
        title=Text(zh="物流中断", en="parcels that get lost or late"),
        finds=Text(
            zh="没有轨迹、派送失败、预计签收时间变动的运单，频繁失败的承运商",
            en="shipments without tracking, failed deliveries, moved arrivals, carriers that fail often",
        ),
        needs=Text(
            zh="运单（shipment）的 picked_up、tracking、delivery_failed、delivered，delivered.due、carrier",
            en="picked_up, tracking, delivery_failed and delivered of shipment; delivered.due, carrier",
        ),
    ),
    Pack(
        name="payment",
        title=Text(zh="未付款", en="money that does not come"),
        finds=Text(
            zh="下单后未付款的订单，快到期和逾期的应收款，屡次逾期的客户",
            en="orders placed and not paid, invoices near or past due, customers who pay late often",
        ),
        needs=Text(
            zh="订单的 placed、paid；应收款（invoice）的 issued、paid，paid.due、customer、amount",
            en="placed and paid of orders; issued and paid of invoice with paid.due, customer, amount",
        ),
    ),
    Pack(
        name="data-quality",
        title=Text(zh="数据质量", en="events that cannot be right"),
        finds=Text(
            zh="节点颠倒、缺节点、没有下单、金额缺失或为负的订单",
            en="orders with nodes in the wrong order or missing, never placed, without a sound amount",
        ),
        needs=Text(zh="订单的全部节点，字段 amount", en="all nodes of orders, and amount"),
    ),
    Pack(
        name="channels",
        title=Text(zh="渠道失败", en="connectors and messages that fail"),
        finds=Text(
            zh="没有心跳或频繁报错的接口，未送达的消息，频繁失败的通道",
            en="connectors that are silent or report errors, messages not delivered, channels that fail often",
        ),
        needs=Text(
            zh="接口（connector）的 heartbeat、error_reported；消息（message）的 queued、delivered、failed，channel",
            en="heartbeat and error_reported of connector; queued, delivered and failed of message with channel",
        ),
    ),
)
PACKS: Final[Mapping[str, Pack]] = {pack.name: pack for pack in _ALL}
