"""The orders of a batch as columns: who ordered what, when each node was reached, and the fault that each one has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.columns.column import Instants, Mask
from simulator.generator.drawing import (
    Fates,
    Floats,
    Places,
    between,
    delay,
    draw_fates,
    lognormal,
    popular,
    share_first,
    weights,
)
from simulator.generator.faults import FAULTS, OF_ORDERS
from simulator.generator.making import Making
from simulator.generator.pace import Pace
from simulator.generator.rows import numbered
from simulator.generator.scenario import CARRIERS, CHANNELS, LEVELS, Scenario
from streams.instants import DAY, HOUR, MINUTE

_B2B: Final = CHANNELS.index("b2b")
_LEVELS: Final = np.array([0.1, 0.3, 0.6])
_CARRIERS: Final = np.array([0.4, 0.3, 0.2, 0.1])
_INVOICED: Final = ("invoice_overdue", "customer_pays_late")
_LINES: Final = np.array([0.5, 0.3, 0.15, 0.05])  # orders of one to four lines
_CLOSING: Final = 18 * HOUR  # promises are for the end of a day
_PROMISED: Final = 5.5 * DAY  # after the order should have left

SIZES: Final[Mapping[str, int]] = {name: FAULTS[name].size for name in OF_ORDERS}


@dataclass(slots=True, eq=False, kw_only=True)
class Lines:
    """The order lines of a batch, order by order."""

    order: Places
    starts: Places  # the first line of each order
    article: Places
    stock: Places  # article and site as one number
    qty: Floats


@dataclass(slots=True, eq=False, kw_only=True)
class Orders:
    """`paid` to `settled` mean nothing where `cancelled`."""

    keys: pl.Series
    fates: Fates
    customer: Places
    level: Places
    channel: Places
    site: Places
    carrier: Places
    urgent: Mask
    cancelled: Mask
    lines: Lines
    amount: Floats
    promise: Instants
    placed: Instants
    paid: Instants
    stocked: Instants
    shipped: Instants
    received: Instants
    settled: Instants
    held: Mask  # waited for goods
    silence: Floats  # how long nothing was heard of the parcel, or how long it took again after a failure
    at_first: Instants  # when it would have been delivered without that

    def __len__(self) -> int:
        return len(self.placed)

    def suffer(self, *names: str) -> Mask:
        """Which have one of these faults."""
        return self.fates.are(*names) & ~self.cancelled


def prices(scenario: Scenario) -> Floats:
    """Of each article: much the same shop for whatever seed."""
    rng = np.random.default_rng(scenario.article_count)
    return np.round(lognormal(rng, scenario.article_count, 24, 0.9), 2)


def draw_orders(first: int, placed: Instants, making: Making) -> Orders:
    """Everything that is known when orders are placed; the nodes after `paid` follow with the goods."""
    count, scenario, rng = len(placed), making.scenario, making.rng
    fates = draw_fates(count, OF_ORDERS, SIZES, scenario, rng)
    customer = popular(rng, np.cumsum(weights(scenario.customer_count)), count)
    for name in ("customer_changes", "customer_pays_late", "customer_returns"):
        share_first(customer, fates, name, SIZES[name])
    channel = _channels(placed, fates, making)
    carrier = popular(rng, np.cumsum(_CARRIERS), count)
    share_first(carrier, fates, "carrier_fails", SIZES["carrier_fails"])
    site = rng.integers(0, len(scenario.sites), count)
    lines = _draw_lines(count, site, fates, scenario, rng)
    level = np.searchsorted(np.cumsum(_LEVELS), (customer * 0.618034) % 1, "right").clip(max=2)
    orders = Orders(
        keys=numbered("A-", np.arange(first + 1, first + count + 1)),
        fates=fates,
        customer=customer,
        level=level,
        channel=channel,
        site=site,
        carrier=carrier,
        urgent=(rng.random(count) < scenario.urgent) & fates.fine | fates.are("urgent_forgotten"),
        cancelled=(rng.random(count) < scenario.cancelled) & fates.fine,
        lines=lines,
        amount=_amount(lines, scenario),
        promise=placed,
        placed=placed,
        **dict.fromkeys(("paid", "stocked", "shipped", "received", "settled", "at_first"), placed),
        held=np.zeros(count, np.bool_),
        silence=np.zeros(count),
    )
    _promise(orders, making.pace)
    _pay(orders, making)
    return orders


def _amount(lines: Lines, scenario: Scenario) -> Floats:
    sums: Floats = np.add.reduceat(lines.qty * prices(scenario)[lines.article], lines.starts)
    return np.round(sums, 2)


def _channels(placed: Instants, fates: Fates, making: Making) -> Places:
    channel = popular(making.rng, np.cumsum(making.scenario.channels), len(placed))
    channel[(channel == _B2B) & ~making.pace.working.inside(placed)] = 0
    channel[fates.are(*_INVOICED)] = _B2B
    return channel


def _draw_lines(count: int, site: Places, fates: Fates, scenario: Scenario, rng: np.random.Generator) -> Lines:
    each = 1 + popular(rng, np.cumsum(_LINES), count)
    starts = np.cumsum(each) - each
    order = np.repeat(np.arange(count), each)
    article = popular(rng, np.cumsum(weights(scenario.article_count, 0.4)), len(order))
    first = article[starts]
    share_first(first, fates, "bad_batch", SIZES["bad_batch"])
    article[starts] = first
    qty = 1.0 + rng.geometric(0.45, len(order)).clip(max=8).astype(np.float64)
    stock = article * len(scenario.sites) + site[order]
    return Lines(order=order, starts=starts, article=article, stock=stock, qty=qty)


def _promise(orders: Orders, pace: Pace) -> None:
    leaves = pace.working.add(orders.placed, np.full(len(orders), 20 * HOUR, np.float64))
    late = pace.closing(leaves + int(_PROMISED), _CLOSING)
    early = pace.closing(orders.placed + 2 * DAY, _CLOSING)
    orders.promise = np.where(orders.fates.are("promised_too_early"), early, late)


def _pay(orders: Orders, making: Making) -> None:
    count = len(orders)
    paid = orders.placed + _dwell("placed>paid", orders, making).astype(np.int64) + 1
    late = 25 * HOUR + lognormal(making.rng, count, 30 * HOUR, 0.6)
    orders.paid = delay(paid, orders.fates.are("unpaid"), late)


def _dwell(pair: str, orders: Orders, making: Making) -> Floats:
    dwell = making.scenario.dwell[pair]
    factor = np.ones(len(orders))
    for names, places in ((CHANNELS, orders.channel), (LEVELS, orders.level), (CARRIERS, orders.carrier)):
        factor *= np.array([dwell.by.get(name, 1.0) for name in names])[places]
    factor[orders.urgent & ~orders.fates.are("urgent_forgotten")] *= dwell.by.get("urgent", 1.0)
    return lognormal(making.rng, len(orders), dwell.median, dwell.spread) * factor


def move_orders(orders: Orders, goods: Instants, making: Making) -> None:
    """The nodes after payment; `goods` is when the last line of each order is there."""
    count, pace, rng = len(orders), making.pace, making.rng
    span = _dwell("paid>stocked", orders, making)
    span = np.where(orders.fates.are("slow_throughout"), lognormal(rng, count, 15 * HOUR, 0.1), span)
    span = np.where(orders.fates.are("urgent_forgotten"), lognormal(rng, count, 5 * HOUR, 0.3), span)
    span += np.where(orders.fates.are("stuck_before_stock"), lognormal(rng, count, 40 * HOUR, 0.35), 0)
    planned = pace.working.add(orders.paid, span)
    orders.held = goods > planned
    waited = pace.working.add(np.maximum(goods, orders.paid), between(rng, count, 10 * MINUTE, HOUR))
    orders.stocked = np.where(orders.held, waited, planned)
    span = _dwell("stocked>shipped", orders, making)
    span = np.where(orders.fates.are("slow_throughout"), lognormal(rng, count, 6 * HOUR, 0.1), span)
    span += np.where(orders.fates.are("stuck_before_shipping"), lognormal(rng, count, 20 * HOUR, 0.5), 0)
    orders.shipped = pace.working.add(orders.stocked, span)
    _receive(orders, making)
    span = _dwell("received>settled", orders, making)
    span = np.where(orders.fates.are("unsettled"), lognormal(rng, count, 120 * HOUR, 0.25), span)
    orders.settled = pace.working.add(orders.received, span)


def _receive(orders: Orders, making: Making) -> None:
    count, fates, rng = len(orders), orders.fates, making.rng
    transit = _dwell("shipped>received", orders, making)
    transit += np.where(fates.are("on_the_way_too_long"), 7 * DAY + lognormal(rng, count, 2 * DAY, 0.6), 0)
    received = making.pace.carriers.add(orders.shipped + transit.astype(np.int64), between(rng, count, 0, 10 * MINUTE))
    late = orders.promise + lognormal(rng, count, 20 * HOUR, 0.6).astype(np.int64)
    received = np.where(fates.are("arrives_late"), np.maximum(received, late), received)
    orders.at_first = _same_hour(received, fates)
    orders.silence = (
        np.where(fates.are("carrier_silent"), 6 * HOUR + lognormal(rng, count, 40 * HOUR, 0.35), 0)
        + np.where(fates.are("delivery_failed", "carrier_fails"), between(rng, count, 18 * HOUR, 26 * HOUR), 0)
        + np.where(fates.are("delivery_failed_twice"), between(rng, count, 34 * HOUR, 42 * HOUR), 0)
    )
    orders.received = orders.at_first + orders.silence.astype(np.int64)


def _same_hour(received: Instants, fates: Fates) -> Instants:
    """The deliveries of a carrier in trouble fail within one afternoon."""
    at, size = received.copy(), SIZES["carrier_fails"]
    firsts = fates.firsts("carrier_fails")
    if len(firsts):
        latest = received[firsts[:, None] + np.arange(size)].max(axis=1)
        for turn in range(size):
            at[firsts + turn] = latest + turn * 25 * MINUTE
    return at


def codes(places: NDArray[Any], meanings: tuple[str, ...]) -> pl.Series:
    """Texts of places."""
    return pl.Series(meanings, dtype=pl.String).gather(places)
