"""What follows orders: parcels on their way, messages to customers, invoices, goods sent back."""

from typing import Final

import numpy as np
import polars as pl

from simulator.columns.column import Instants, Mask
from simulator.generator.drawing import Places, between, lognormal, popular
from simulator.generator.making import Making
from simulator.generator.order_events import sku
from simulator.generator.orders import SIZES, Orders, codes
from simulator.generator.rows import Rows, instants, numbered
from simulator.generator.scenario import CARRIERS, CHANNELS
from streams.instants import DAY, HOUR, MINUTE, SECOND

_OUTLETS: Final = ("sms", "mail", "chat")
_BETWEEN_SCANS: Final = 9 * HOUR
_TERMS: Final = 14 * DAY
_CLOSING: Final = 18 * HOUR


def tell_parcels(orders: Orders, making: Making, rows: Rows) -> None:
    rng = making.rng
    picked_up = orders.shipped + (between(rng, len(orders), 0.05, 0.2) * _first_leg(orders)).astype(np.int64)
    going = ~orders.cancelled
    keys = _keys(orders, "P")
    delivered = orders.received - (between(rng, len(orders), 0, 0.1) * _first_leg(orders)).astype(np.int64)
    delivered = np.maximum(delivered, orders.received - HOUR)
    due = orders.at_first + between(rng, len(orders), -6 * HOUR, 10 * HOUR).astype(np.int64)
    data = {
        "order_no": orders.keys,
        "carrier": codes(orders.carrier, CARRIERS),
        "delivered.due": instants(due),
    }
    rows.add("shipment", "picked_up", keys, picked_up, data, source="carrier", where=going)
    rows.add("shipment", "delivered", keys, delivered, source="carrier", where=going)
    _scans(orders, keys, picked_up, making, rows)
    _failures(orders, keys, making, rows)
    moved = orders.suffer("arrival_moved")
    at = picked_up + ((orders.at_first - picked_up) * 0.4).astype(np.int64)
    shift = between(rng, len(orders), HOUR, 6 * HOUR).astype(np.int64)
    rows.add("shipment", "updated", keys, at, {"delivered.due": instants(due + shift)}, source="carrier",
             suffix="new-arrival", where=moved)  # fmt: skip
    rows.happened("arrival_moved", keys, at, moved)
    rows.happened("never_tracked", keys, picked_up + 6 * HOUR, orders.suffer("never_tracked"))


def _first_leg(orders: Orders) -> Instants:
    return orders.at_first - orders.shipped


def _keys(orders: Orders, prefix: str) -> pl.Series:
    return orders.keys.str.replace("A", prefix, literal=True)


def _scans(orders: Orders, keys: pl.Series, picked_up: Instants, making: Making, rows: Rows) -> None:
    """A scan every few hours; one that falls silent is quiet in the middle of its way."""
    way = orders.at_first - picked_up
    each = np.maximum(1, -(-way // _BETWEEN_SCANS))
    each[orders.cancelled | orders.fates.are("never_tracked")] = 0
    parcel = np.repeat(np.arange(len(orders)), each)
    number = np.arange(len(parcel)) - np.repeat(np.cumsum(each) - each, each)
    share = (number + between(making.rng, len(parcel), 0.3, 0.7)) / each[parcel]
    at = picked_up[parcel] + (share * way[parcel]).astype(np.int64)
    silent = orders.suffer("carrier_silent")
    at += np.where(silent[parcel] & (share > 0.5), orders.silence[parcel], 0).astype(np.int64)
    places = making.words.places
    data = {"place": codes((parcel + number) % len(places), places)}
    suffix = numbered("scan-", number, 2)
    rows.add("shipment", "tracking", keys.gather(parcel), at, data, source="carrier", suffix=suffix)
    rows.happened("carrier_silent", keys, picked_up + way // 2, silent)


def _failures(orders: Orders, keys: pl.Series, making: Making, rows: Rows) -> None:
    failures = making.words.failures
    drawn = making.rng.integers(0, len(failures), len(orders))
    once = orders.suffer("delivery_failed", "delivery_failed_twice", "carrier_fails")
    twice = orders.suffer("delivery_failed_twice")
    data = {"carrier": codes(orders.carrier, CARRIERS), "reason": codes(drawn, failures)}
    second = orders.at_first + (orders.silence / 2).astype(np.int64)
    depot = {"place": making.words.places[-1]}
    for number, at, where in ((1, orders.at_first, once), (2, second, twice)):
        rows.add(
            "shipment", "delivery_failed", keys, at, data, source="carrier", suffix=f"failed-{number}", where=where
        )
        rows.add("shipment", "tracking", keys, at + 3 * HOUR, depot, source="carrier", suffix=f"back-{number}",
                 where=where)  # fmt: skip
    rows.happened("delivery_failed", keys, orders.at_first, orders.suffer("delivery_failed"))
    rows.happened("delivery_failed_twice", keys, second, twice)
    rows.follows("delivery_failed_twice", "shipment", keys, orders.at_first, twice)
    rows.follows("carrier_fails", "shipment", keys, orders.at_first, orders.suffer("carrier_fails"))
    firsts = orders.fates.firsts("carrier_fails")
    rows.happened("carrier_fails", codes(orders.carrier[firsts], CARRIERS), orders.at_first[firsts] + 2 * HOUR)


def tell_messages(orders: Orders, making: Making, rows: Rows) -> None:
    """One to each customer whose goods have left."""
    count, keys, rng = len(orders), _keys(orders, "N"), making.rng
    outlet = popular(rng, np.array([0.6, 0.9, 1.0]), count)
    queued = orders.shipped + between(rng, count, SECOND, 3 * MINUTE).astype(np.int64)
    broken = orders.suffer("channel_fails")
    size = SIZES["channel_fails"]
    firsts = orders.fates.firsts("channel_fails")
    if len(firsts):
        latest = queued[firsts[:, None] + np.arange(size)].max(axis=1)
        for turn in range(size):
            outlet[firsts + turn], queued[firsts + turn] = outlet[firsts], latest + turn * 6 * MINUTE
    late = orders.suffer("message_late")
    slow = np.where(late, lognormal(rng, count, 25 * MINUTE, 0.5), lognormal(rng, count, 20 * SECOND, 0.8))
    arrived = queued + slow.astype(np.int64)
    channel = codes(outlet, _OUTLETS)
    data = {"channel": channel, "recipient": numbered("C-", orders.customer + 1, 5)}
    going = ~orders.cancelled
    rows.add("message", "queued", keys, queued, data, source="monitor", where=going)
    rows.add("message", "delivered", keys, arrived, source="monitor", where=going & ~broken)
    failed = {"channel": channel, "reason": making.words.refused}
    rows.add("message", "failed", keys, queued + MINUTE, failed, source="monitor", where=broken)
    rows.add("message", "given_up", keys, queued + 12 * HOUR, source="monitor", where=broken)
    rows.happened("message_late", keys, queued + 5 * MINUTE, late)
    rows.follows("channel_fails", "message", keys, queued, broken)
    rows.happened("channel_fails", codes(outlet[firsts], _OUTLETS), queued[firsts] + 24 * MINUTE)


def tell_invoices(orders: Orders, making: Making, rows: Rows) -> None:
    """Business customers have paid a deposit; the rest is due two weeks after shipping."""
    count, keys, rng = len(orders), _keys(orders, "INV"), making.rng
    billed = (orders.channel == CHANNELS.index("b2b")) & ~orders.cancelled
    issued = orders.shipped + between(rng, count, 10 * MINUTE, HOUR).astype(np.int64)
    due = making.pace.closing(issued + _TERMS, _CLOSING)
    late = orders.suffer("invoice_overdue", "customer_pays_late")
    usual = issued + lognormal(rng, count, 5 * DAY, 0.3).astype(np.int64)
    paid = np.where(late, due + lognormal(rng, count, 5 * DAY, 0.8).astype(np.int64), usual)
    data = {
        "order_no": orders.keys,
        "customer": numbered("C-", orders.customer + 1, 5),
        "amount": np.round(orders.amount * 0.7, 2),
        "paid.due": instants(due),
    }
    rows.add("invoice", "issued", keys, issued, data, where=billed)
    rows.add("invoice", "paid", keys, paid, where=billed)
    rows.happened("invoice_overdue", keys, due, orders.suffer("invoice_overdue"))
    rows.follows("customer_pays_late", "invoice", keys, due, orders.suffer("customer_pays_late"))
    _of_run(orders, "customer_pays_late", due, rows)


def _of_run(orders: Orders, fault: str, at: Instants, rows: Rows) -> None:
    """What a customer did several times can be known with the last of them."""
    firsts = orders.fates.firsts(fault)
    if len(firsts):
        last = at[firsts[:, None] + np.arange(SIZES[fault])].max(axis=1)
        rows.happened(fault, numbered("C-", orders.customer[firsts] + 1, 5), last)


def tell_returns(orders: Orders, making: Making, rows: Rows) -> None:
    back: Mask = orders.suffer("returned", "return_unanswered", "refund_late", "bad_batch", "customer_returns")
    chosen: Places = np.flatnonzero(back)
    if not len(chosen):
        return
    count, pace, rng = len(chosen), making.pace, making.rng
    keys = _keys(orders, "RT").gather(chosen)
    unanswered, unpaid = (orders.fates.are(name)[chosen] for name in ("return_unanswered", "refund_late"))
    requested = orders.received[chosen] + lognormal(rng, count, 3 * DAY, 0.5).astype(np.int64)
    answer = np.where(unanswered, lognormal(rng, count, 30 * HOUR, 0.3), lognormal(rng, count, 2.5 * HOUR, 0.45))
    approved = pace.working.add(requested, answer)
    arrived = pace.carriers.add(approved + between(rng, count, 2 * DAY, 5 * DAY).astype(np.int64), np.ones(count))
    refund = np.where(unpaid, lognormal(rng, count, 50 * HOUR, 0.35), lognormal(rng, count, 4 * HOUR, 0.5))
    refunded = pace.working.add(arrived, refund)
    refused = (rng.random(count) < 0.1) & orders.fates.are("returned")[chosen]
    article = orders.lines.article[orders.lines.starts][chosen]
    damages = making.words.damages
    data = {
        "order_no": orders.keys.gather(chosen),
        "customer": numbered("C-", orders.customer[chosen] + 1, 5),
        "sku": sku(article),
        "reason": codes(rng.integers(0, len(damages), count), damages),
        "amount": orders.amount[chosen],
    }
    rows.add("goods_return", "requested", keys, requested, data, source="shop")
    rows.add("goods_return", "refused", keys, approved, where=refused)
    rows.add("goods_return", "approved", keys, approved, where=~refused)
    rows.add("goods_return", "arrived", keys, arrived, source="wms", where=~refused)
    rows.add("goods_return", "refunded", keys, refunded, where=~refused)
    rows.follows("returned", "goods_return", keys, requested)
    rows.happened("returned", keys, requested, orders.fates.are("returned")[chosen])
    rows.happened("return_unanswered", keys, requested + DAY, unanswered)
    rows.happened("refund_late", keys, arrived + DAY, unpaid)
    asked = np.zeros(len(orders), np.int64)
    asked[chosen] = requested
    _of_run(orders, "customer_returns", asked, rows)
    firsts = orders.fates.firsts("bad_batch")
    if len(firsts):
        last = asked[firsts[:, None] + np.arange(SIZES["bad_batch"])].max(axis=1)
        rows.happened("bad_batch", sku(orders.lines.article[orders.lines.starts][firsts]), last)
