"""What a generated history is like, as a value: sizes, dwell times, suppliers, faults. All has a sensible default."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from simulator.generator.faults import FAULTS
from streams.instants import DAY, HOUR, MINUTE, Micros

CHANNELS: Final = ("web", "store", "b2b")
LEVELS: Final = ("A", "B", "C")
CARRIERS: Final = ("fast", "north", "parcel", "river")
KINDS: Final = (
    "order", "stock", "supply", "shipment", "invoice", "goods_return", "work_order", "message", "connector"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """Log-normal: half take no longer than `median`; `spread` is sigma. `by` multiplies the median of a segment."""

    median: Micros
    spread: float
    by: Mapping[str, float] = field(default_factory=dict)  # a channel, a customer level, "urgent", or a carrier


# Between neighbouring nodes. Stocking, shipping and settling pass in working time, the others on the clock.
DWELL: Final[Mapping[str, Dwell]] = {
    "placed>paid": Dwell(median=8 * MINUTE, spread=1.2, by={"store": 0.2, "b2b": 5}),
    "paid>stocked": Dwell(median=HOUR, spread=0.55, by={"store": 0.7, "b2b": 1.4, "A": 0.8, "urgent": 0.3}),
    "stocked>shipped": Dwell(median=50 * MINUTE, spread=0.4, by={"b2b": 1.2, "A": 0.8, "urgent": 0.35}),
    "shipped>received": Dwell(median=42 * HOUR, spread=0.33, by={"fast": 0.7, "river": 1.25}),
    "received>settled": Dwell(median=14 * HOUR, spread=0.42, by={"b2b": 1.3}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    orders: int = 10_000
    start: date = date(2026, 1, 5)
    days: int = 90
    customers: int | None = None  # None: one for twelve orders
    articles: int | None = None  # None: one for a hundred orders
    suppliers: int | None = None  # None: one for six articles
    sites: tuple[str, ...] = ("north", "south")
    channels: tuple[float, float, float] = (0.55, 0.2, 0.25)  # shares of CHANNELS; b2b in working time only
    urgent: float = 0.06
    cancelled: float = 0.01  # by the customer, before payment
    recorded_late: float = 0.02
    late_by: Micros = 2 * HOUR  # the median
    duplicates: float = 0.005
    kinds: frozenset[str] = frozenset(KINDS)
    dwell: Mapping[str, Dwell] = field(default_factory=lambda: DWELL)
    faults: Mapping[str, float] = field(default_factory=dict)  # shares in place of the defaults
    fault_scale: float = 1.0  # multiplies the default shares; 0: nothing goes wrong but what `faults` says

    def share(self, fault: str) -> float:
        return self.faults.get(fault, FAULTS[fault].share * self.fault_scale)

    @property
    def span(self) -> Micros:
        return self.days * DAY

    @property
    def customer_count(self) -> int:
        return self.customers or max(20, self.orders // 12)

    @property
    def article_count(self) -> int:
        return self.articles or min(5_000, max(30, self.orders // 100))

    @property
    def supplier_count(self) -> int:
        return self.suppliers or max(3, math.ceil(self.article_count / 6))
