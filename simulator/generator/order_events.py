"""What the shop and the ERP say of the orders of a batch, and the truth about the faults that they have."""

from typing import Any

import numpy as np
import polars as pl

from simulator.columns.column import Instants, Mask
from simulator.generator.drawing import Floats, between
from simulator.generator.making import Making
from simulator.generator.orders import Lines, Orders, codes
from simulator.generator.rows import Rows, instants, numbered
from simulator.generator.scenario import CHANNELS, LEVELS, Scenario
from streams.instants import DAY, HOUR


def tell_orders(orders: Orders, making: Making, rows: Rows) -> None:
    _nodes(orders, making, rows)
    _changes(orders, rows, making.rng)
    _faults(orders, rows)


def _nodes(orders: Orders, making: Making, rows: Rows) -> None:
    keys, going = orders.keys, ~orders.cancelled
    rows.add("order", "placed", keys, orders.placed, _placed(orders, making), source="shop",
             where=~orders.suffer("placing_lost"))  # fmt: skip
    rows.add("order", "cancelled", keys, orders.paid, source="shop", where=orders.cancelled)
    rows.add("order", "paid", keys, orders.paid, source="shop", where=going)
    swapped = orders.suffer("nodes_swapped")
    stocked = np.where(swapped, orders.shipped, orders.stocked)
    shipped = np.where(swapped, orders.stocked, orders.shipped)
    rows.add("order", "stocked", keys, stocked, where=going & ~orders.suffer("node_lost"))
    rows.add("order", "shipped", keys, shipped, where=going)
    rows.add("order", "received", keys, orders.received, where=going)
    rows.add("order", "settled", keys, orders.settled, where=going)


def _placed(orders: Orders, making: Making) -> dict[str, Any]:
    reps = making.words.reps
    wrong = orders.suffer("amount_wrong")
    amount = pl.Series(np.where(wrong, -orders.amount, orders.amount))
    missing = pl.Series(wrong & (orders.customer % 2 == 0))
    return {
        "customer": numbered("C-", orders.customer + 1, 5),
        "customer_level": codes(orders.level, LEVELS),
        "channel": codes(orders.channel, CHANNELS),
        "amount": pl.select(pl.when(~missing).then(amount)).to_series(),
        "quantity": _quantity(orders),
        "urgent": orders.urgent,
        "sales_rep": codes(orders.customer % len(reps), reps),
        "lines": _records(orders.lines, orders, making.scenario),
        "received.due": instants(orders.promise),
    }


def _quantity(orders: Orders) -> Floats:
    return np.add.reduceat(orders.lines.qty, orders.lines.starts)


def _records(lines: Lines, orders: Orders, scenario: Scenario) -> pl.Series:
    frame = pl.DataFrame(
        {
            "order": lines.order,
            "sku": sku(lines.article),
            "site": codes(orders.site[lines.order], scenario.sites),
            "qty": lines.qty,
        }
    )
    grouped = frame.group_by("order", maintain_order=True).agg(lines=pl.struct("sku", "site", "qty"))
    return grouped["lines"]


def sku(articles: Any) -> pl.Series:
    return numbered("T-", articles + 1, 4)


def _within(begin: Instants, end: Instants, share: float) -> Instants:
    found: Instants = begin + ((end - begin) * share).astype(np.int64)
    return found


def _changes(orders: Orders, rows: Rows, rng: np.random.Generator) -> None:
    """Requests to change an order, and what changes in it."""
    keys, fates = orders.keys, orders.fates
    early = _within(orders.placed, orders.paid, 0.5)
    harmless = fates.fine & ~orders.cancelled & (rng.random(len(orders)) < 0.01)
    often = orders.suffer("changed_often")
    _request(rows, keys, early, "change-1", harmless | often | orders.suffer("customer_changes"))
    _request(rows, keys, early + 1000, "change-2", often)
    _request(rows, keys, early + 2000, "change-3", often)
    after = _within(orders.stocked, orders.shipped, 0.4)
    _request(rows, keys, after, "change-4", orders.suffer("changed_after_stocking"))
    paid = _within(orders.paid, orders.shipped, 0.3)
    more = np.round(orders.amount * 1.25, 2)
    _update(rows, keys, paid, "amount", more, orders.suffer("amount_changed"))
    _update(rows, keys, after, "quantity", _quantity(orders) + 3, orders.suffer("quantity_changed"))
    moved = instants(orders.promise + (between(rng, len(orders), 2, 6)).astype(np.int64) * DAY)
    _update(rows, keys, paid, "received.due", moved, orders.suffer("promise_moved"))
    for fault, at in (("changed_often", early), ("changed_after_stocking", after), ("quantity_changed", after)):
        rows.happened(fault, keys, at, orders.suffer(fault))
    for fault in ("amount_changed", "promise_moved"):
        rows.happened(fault, keys, paid, orders.suffer(fault))
    firsts = fates.firsts("customer_changes")
    rows.happened("customer_changes", numbered("C-", orders.customer[firsts] + 1, 5), early[firsts])


def _request(rows: Rows, keys: pl.Series, at: Instants, suffix: str, where: Mask) -> None:
    rows.add("order", "change_requested", keys, at, source="shop", suffix=suffix, where=where)


def _update(rows: Rows, keys: pl.Series, at: Instants, field: str, values: Any, where: Mask) -> None:
    rows.add("order", "updated", keys, at, {field: values}, suffix=f"new-{field}", where=where)


def _faults(orders: Orders, rows: Rows) -> None:
    """From when each can be known: once the usual time has passed, or with the event that shows it."""
    keys = orders.keys
    usual: tuple[tuple[str, Instants], ...] = (
        ("unpaid", orders.placed + 12 * HOUR),
        ("stuck_before_stock", orders.paid + 8 * HOUR),
        ("slow_throughout", orders.paid + 8 * HOUR),
        ("urgent_forgotten", orders.paid + 2 * HOUR),
        ("stuck_before_shipping", orders.stocked + 4 * HOUR),
        ("promised_too_early", orders.paid),
        ("arrives_late", orders.promise),
        ("on_the_way_too_long", orders.shipped + 5 * DAY),
        ("unsettled", orders.received + 7 * DAY),
        ("nodes_swapped", orders.shipped),
        ("node_lost", orders.shipped),
        ("placing_lost", orders.paid),
        ("amount_wrong", orders.paid),
    )
    for fault, at in usual:
        rows.happened(fault, keys, at, orders.suffer(fault))
    rows.follows("waits_for_goods", "order", keys, orders.paid, orders.held & ~orders.cancelled)
    later = orders.suffer("carrier_silent", "delivery_failed", "delivery_failed_twice", "carrier_fails")
    rows.follows("arrives_later", "order", keys, orders.shipped, later)
