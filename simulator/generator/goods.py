"""Stock and purchases: goods are reserved in the order in which they are asked for, and bought at a reorder point.

Both follow from the running sum of what was ordered, so that a whole batch is computed at once. Purchase number k of
an article is made when its demand crosses `initial - reserve + k * lot`; a line has its goods once the purchases that
cover the demand up to itself have come. What is on hand is said for each movement, in order of time.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.columns.column import Instants, Mask
from simulator.generator.drawing import Fates, Floats, Places, between, draw_fates, lognormal, weights
from simulator.generator.faults import FAULTS
from simulator.generator.making import Making
from simulator.generator.order_events import sku
from simulator.generator.orders import Orders, codes
from simulator.generator.rows import Rows, instants, numbered
from streams.instants import DAY, HOUR, MINUTE, Instant

_PER_ORDER: Final = 5.6  # pieces, on average
_LOT: Final = 14  # days of demand that one purchase covers
_COVERED: Final = 16  # days of demand that are there or come when one buys again
_QUOTED: Final = 10 * DAY  # until a purchase is due
_NOON: Final = 12 * HOUR
_PURCHASES: Final = tuple(fault.name for fault in FAULTS.values() if fault.of == "purchases")
_UNRELIABLE: Final = 0.3  # of the purchases from such a supplier come late
_LATE_OFTEN: Final = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Purchases:
    """Purchase order lines of a batch, in order of time."""

    keys: pl.Series
    stock: Places
    qty: Floats
    ordered: Instants
    confirmed: Instants
    due: Instants
    delivered: Instants
    brought: Floats  # how much of it came


@dataclass(slots=True, eq=False, kw_only=True)
class _Movements:
    """Of stock, by time: how much more or less, and what is reported in place of the truth."""

    at: Instants
    stock: Places
    change: Floats

    @classmethod
    def none(cls) -> "_Movements":
        return cls(at=np.empty(0, np.int64), stock=np.empty(0, np.int64), change=np.empty(0))

    def and_(self, at: Instants, stock: Places, change: Floats) -> "_Movements":
        return _Movements(
            at=np.concatenate([self.at, at]),
            stock=np.concatenate([self.stock, stock]),
            change=np.concatenate([self.change, change]),
        )

    def of(self, where: Mask | Places) -> "_Movements":
        return _Movements(at=self.at[where], stock=self.stock[where], change=self.change[where])


class Goods:
    """The stock of all articles at all sites, from batch to batch."""

    def __init__(self, making: Making, start: Instant) -> None:
        scenario, rng = making.scenario, making.rng
        self._scenario, self._pace, self._rng, self._start = scenario, making.pace, rng, start
        sites, articles = len(scenario.sites), scenario.article_count
        daily = scenario.orders / scenario.days * _PER_ORDER * weights(articles, 0.4) / sites
        rate = np.repeat(daily, sites)
        self._count = count = articles * sites
        self._lot = np.ceil(rate * _LOT) + 12
        self._reserve = np.ceil(rate * _COVERED + 4 * np.sqrt(rate * _COVERED)) + 16
        self._initial = self._reserve + 1 + np.floor(self._lot * rng.random(count))
        self._asked = np.zeros(count)
        self._there = np.zeros((count, 8), np.int64)  # when each purchase has come in whole, and all before it
        self._on_hand = self._initial.copy()
        self._waiting = _Movements.none()
        self._supplier = np.arange(articles) // 6 % scenario.supplier_count
        self._unreliable = rng.random(scenario.supplier_count) < scenario.share("supplier_unreliable")
        self._late = np.zeros(scenario.supplier_count, np.int64)
        self._made = 0
        self._told = 0
        self._miscounts = self._draw_miscounts()

    def begin(self, rows: Rows) -> None:
        """The stock that there is on the first day."""
        stock = np.arange(self._count)
        keys, articles = self._keys(stock), stock // len(self._scenario.sites)
        data = {
            "sku": sku(articles),
            "site": codes(stock % len(self._scenario.sites), self._scenario.sites),
            "on_hand": self._initial,
            "reorder_level": np.floor(self._reserve * 0.97),
        }
        rows.add("stock", "updated", keys, np.full(self._count, self._start), data, source="wms", suffix="begin")
        _, at, until = self._miscounts
        rows.happened("stock_miscounted", self._keys(self._miscounts[0]), at)
        self._move(np.concatenate([at, until]), np.tile(self._miscounts[0], 2), np.zeros(2 * len(at)))

    def reserve(self, orders: Orders, rows: Rows) -> Instants:
        """When the goods of each order are there; what has to be bought for that is bought."""
        lines = orders.lines
        large = np.zeros(len(lines.order), np.bool_)
        large[lines.starts] = orders.suffer("large_demand")
        lines.qty[large] = np.ceil((self._reserve + self._lot)[lines.stock[large]] * 1.3)
        usual = np.flatnonzero(~large & ~orders.cancelled[lines.order])
        stock, qty = lines.stock[usual], lines.qty[usual]
        after = self._running(stock, qty) + self._asked[stock]
        made, wanted = self._numbers(after - qty, stock), self._numbers(after, stock)
        self._buy(stock[wanted > made], made[wanted > made], orders.placed[lines.order[usual]][wanted > made], rows)
        self._asked += np.bincount(stock, qty, self._count)
        ready = np.zeros(len(lines.order), np.int64)
        last = np.ceil((after - self._initial[stock]) / self._lot[stock]).astype(np.int64) - 1
        ready[usual] = np.where(last < 0, 0, self._there[stock, np.maximum(last, 0)])
        ready[large] = self._buy_for(orders, np.flatnonzero(large), rows)
        goods: Instants = np.maximum.reduceat(ready, lines.starts)
        return goods

    def ship(self, orders: Orders) -> None:
        """Take what was shipped from stock."""
        lines = orders.lines
        going = np.flatnonzero(~orders.cancelled[lines.order])
        # A few milliseconds apart: lines of one order may be of one article.
        apart = (going - lines.starts[lines.order[going]] + 1) * 1000
        self._move(orders.shipped[lines.order[going]] + apart, lines.stock[going], -lines.qty[going])

    def tell(self, until: Instant, rows: Rows) -> None:
        """What was on hand after each movement before `until`."""
        due = self._waiting.at < until
        found, self._waiting = self._waiting.of(due), self._waiting.of(~due)
        found = found.of(np.argsort(found.at, kind="stable"))
        if not len(found.at):
            return
        left = self._running(found.stock, found.change) + self._on_hand[found.stock]
        self._on_hand += np.bincount(found.stock, found.change, self._count)
        stock, at, end = self._miscounts
        shown, wrong = self._shown(found, stock, at, end)
        numbers = self._told + np.arange(len(found.at))
        self._told += len(numbers)
        rows.add(
            "stock", "updated", self._keys(found.stock), found.at, {"on_hand": np.where(wrong, 0.0, left)},
            source="wms", suffix=numbered("", numbers, 9), where=shown,
        )  # fmt: skip

    # --- purchases -------------------------------------------------------------------------------------------------

    def _numbers(self, asked: Floats, stock: Places) -> Places:
        """How many purchases have been made once so much has been asked for."""
        over = asked - (self._initial - self._reserve)[stock]
        return np.where(over < 0, 0, np.floor(over / self._lot[stock]) + 1).astype(np.int64)

    def _buy(self, stock: Places, number: Places, at: Instants, rows: Rows) -> None:
        count = len(stock)
        fates = draw_fates(count, _PURCHASES, {}, self._scenario, self._rng)
        supplier = self._supplier[stock // len(self._scenario.sites)]
        forgotten = fates.are("reorder_forgotten")
        late = fates.are("supplier_late") | (
            self._unreliable[supplier] & fates.fine & (self._rng.random(count) < _UNRELIABLE)
        )
        ordered = at + between(self._rng, count, MINUTE, 4 * MINUTE).astype(np.int64)
        days = lognormal(self._rng, count, 8.0, 0.4) * DAY
        ordered = np.where(
            forgotten, self._pace.working.add(at + days.astype(np.int64), np.full(count, HOUR * 1.0)), ordered
        )
        purchases = self._purchases(stock, self._lot[stock], ordered, fates, late)
        self._tell_purchases(purchases, fates, rows)
        self._faults(purchases, supplier, at, late, fates, rows)
        whole = self._complete(purchases, fates, rows)
        while len(number) and number.max() + 1 >= self._there.shape[1]:
            self._there = np.pad(self._there, ((0, 0), (0, self._there.shape[1])))
        for place in np.argsort(number, kind="stable"):
            one, before = stock[place], number[place] - 1
            earlier = self._there[one, before] if before >= 0 else 0
            self._there[one, number[place]] = max(earlier, whole[place])

    def _purchases(self, stock: Places, qty: Floats, ordered: Instants, fates: Fates, late: Mask) -> Purchases:
        count = len(stock)
        confirm = np.where(
            fates.are("unconfirmed"),
            lognormal(self._rng, count, 32 * HOUR, 0.3),
            lognormal(self._rng, count, 2 * HOUR, 0.45),
        )
        due = self._pace.closing(ordered + _QUOTED, _NOON)
        usual = self._pace.working.add(ordered, lognormal(self._rng, count, 22 * HOUR, 0.22))
        overdue = self._pace.working.add(
            due + lognormal(self._rng, count, 3 * DAY, 0.6).astype(np.int64), np.full(count, 1.0)
        )
        numbers = self._made + np.arange(count)
        self._made += count
        return Purchases(
            keys=numbered("PO-", numbers + 1, 6),
            stock=stock,
            qty=qty,
            ordered=ordered,
            confirmed=self._pace.working.add(ordered, confirm),
            due=due,
            delivered=np.where(late, overdue, usual),
            brought=np.where(fates.are("short_receipt"), np.floor(qty * 0.05), qty),
        )

    def _tell_purchases(self, bought: Purchases, fates: Fates, rows: Rows) -> None:
        sites = len(self._scenario.sites)
        data = {
            "supplier": numbered("S", self._supplier[bought.stock // sites] + 1, 1),
            "sku": sku(bought.stock // sites),
            "site": codes(bought.stock % sites, self._scenario.sites),
            "qty": bought.qty,
            "delivered.due": instants(bought.due),
        }
        rows.add("supply", "ordered", bought.keys, bought.ordered, data)
        rows.add("supply", "confirmed", bought.keys, bought.confirmed, where=bought.confirmed < bought.delivered)
        moves = fates.are("supplier_moves_date")
        at = bought.confirmed + HOUR
        days = between(self._rng, len(moves), 2, 6).astype(np.int64) * DAY
        rows.add("supply", "updated", bought.keys, at, {"delivered.due": instants(bought.due + days)}, where=moves)
        rows.happened("supplier_moves_date", bought.keys, at, moves)
        rows.add("supply", "delivered", bought.keys, bought.delivered, source="wms")
        # A moment later than the purchase is closed, goods would be missing that are there.
        self._move(bought.delivered, bought.stock, bought.brought)

    def _faults(self, bought: Purchases, supplier: Places, at: Instants, late: Mask, fates: Fates, rows: Rows) -> None:
        keys = self._keys(bought.stock)
        rows.happened("supplier_late", bought.keys, bought.due, late)
        rows.happened("unconfirmed", bought.keys, bought.ordered + DAY, fates.are("unconfirmed"))
        rows.happened("short_receipt", keys, bought.delivered, fates.are("short_receipt"))
        rows.happened("reorder_forgotten", keys, at, fates.are("reorder_forgotten"))
        rows.follows("goods_missing", "stock", keys, bought.due, late)
        for place in np.flatnonzero(late & self._unreliable[supplier]):
            self._late[supplier[place]] += 1
            if self._late[supplier[place]] == _LATE_OFTEN:
                name = numbered("S", supplier[place : place + 1] + 1, 1)
                rows.happened("supplier_unreliable", name, bought.due[place : place + 1])

    def _complete(self, bought: Purchases, fates: Fates, rows: Rows) -> Instants:
        """When each purchase has come in whole: what was missing is bought again after a few days."""
        short = np.flatnonzero(fates.are("short_receipt"))
        whole = bought.delivered.copy()
        if len(short):
            again = self._pace.working.add(
                bought.delivered[short], between(self._rng, len(short), 10 * HOUR, 24 * HOUR)
            )
            whole[short] = self._buy_at_once(
                bought.stock[short], bought.qty[short] - bought.brought[short], again, rows
            )
        return whole

    def _buy_for(self, orders: Orders, lines: Places, rows: Rows) -> Instants:
        """For orders that are larger than the stock: bought a day or two later."""
        if not len(lines):
            return np.empty(0, np.int64)
        stock, placed = orders.lines.stock[lines], orders.placed[orders.lines.order[lines]]
        rows.happened("large_demand", self._keys(stock), placed)
        ordered = self._pace.working.add(placed, between(self._rng, len(lines), 6 * HOUR, 14 * HOUR))
        return self._buy_at_once(stock, orders.lines.qty[lines], ordered, rows)

    def _buy_at_once(self, stock: Places, qty: Floats, ordered: Instants, rows: Rows) -> Instants:
        fates = Fates.none(len(stock), _PURCHASES)
        bought = self._purchases(stock, qty, ordered, fates, np.zeros(len(stock), np.bool_))
        self._tell_purchases(bought, fates, rows)
        return bought.delivered

    # --- stock -----------------------------------------------------------------------------------------------------

    def _move(self, at: Instants, stock: Places, change: Floats) -> None:
        self._waiting = self._waiting.and_(at, stock, change)

    def _running(self, stock: Places, change: Floats) -> Floats:
        """The running sum of each article's own changes, in the order given."""
        order = np.argsort(stock, kind="stable")
        sums = np.cumsum(change[order])
        first = np.flatnonzero(np.diff(stock[order], prepend=-1))
        before = np.repeat(sums[first] - change[order][first], np.diff(np.append(first, len(stock))))
        running = np.empty(len(stock))
        running[order] = sums - before
        return running

    def _draw_miscounts(self) -> tuple[Places, Instants, Instants]:
        """Stock, from when, until when none is reported; one at most for each."""
        stock = np.flatnonzero(self._rng.random(self._count) < self._scenario.share("stock_miscounted"))
        at = self._start + between(self._rng, len(stock), DAY, max(2 * DAY, self._scenario.span - 2 * DAY)).astype(
            np.int64
        )
        return stock, at, at + between(self._rng, len(stock), 3 * HOUR, 30 * HOUR).astype(np.int64)

    def _shown(self, found: _Movements, stock: Places, at: Instants, end: Instants) -> tuple[Mask, Mask]:
        """Which movements are reported, and which of those as none: nothing else is while a count is wrong."""
        begins, ends = (np.full(self._count, np.iinfo(np.int64).max) for _ in range(2))
        begins[stock], ends[stock] = at, end
        wrong = found.at == begins[found.stock]
        hidden = (found.at > begins[found.stock]) & (found.at < ends[found.stock])
        return ~hidden, wrong

    def _keys(self, stock: Places) -> pl.Series:
        sites = len(self._scenario.sites)
        return sku(stock // sites) + "@" + codes(stock % sites, self._scenario.sites)
