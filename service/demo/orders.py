"""Sample orders for the demo: most go well, some get stuck, some are late, stock runs low. Pure, with a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from streams.instants import SECOND, Instant, Micros, format_instant

NEW_ORDER_EVERY: Micros = 4 * SECOND
_CUSTOMERS = (
    "Blauer See",
    "华东贸易",
    "Hungry Coyote",
    "南山文具",
    "Ernst Handel",
    "青禾食品",
    "Island Trading",
    "长风电子",
)
_CHANNELS = ("web", "web", "web", "store", "b2b")
_SITES = ("SHA", "SZX")
_SKUS = ("tea-250", "mug-blue", "lamp-08", "desk-140")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An event to be sent at an instant."""

    at: Instant
    event: dict[str, Any]


class OrderFlow:
    """An endless plan of events, order by order. The first order gets stuck, so that the demo's point comes at once."""

    def __init__(self, start: Instant, seed: int) -> None:
        self._start = start
        self._random = random.Random(seed)
        self._run = f"{start // SECOND % 100_000:05}"
        self._stock = dict.fromkeys(_SKUS, 40.0)

    def orders(self) -> Iterator[list[Planned]]:
        """The events of one order after the other, each list in order of time."""
        number = 0
        while True:
            yield self._order(number, self._start + number * NEW_ORDER_EVERY)
            number += 1

    def _order(self, number: int, start: Instant) -> list[Planned]:
        key = f"A-{1001 + number}"
        fate = "stuck" if number == 0 else self._fate(number)
        sku = self._random.choice(_SKUS)
        quantity = self._random.randint(1, 6)
        placed = {
            "customer": self._random.choice(_CUSTOMERS),
            "channel": self._random.choice(_CHANNELS),
            "amount": round(self._random.lognormvariate(5.2, 0.8), 2),
            "sku": sku,
            "qty": quantity,
        }
        paid_at = start + 2 * SECOND
        events = [self._event(start, key, "placed", placed), self._event(paid_at, key, "paid", {})]
        if fate == "stuck":
            return events
        shipped_at = paid_at + (self._random.randint(24, 40) if fate == "late" else self._random.randint(3, 9)) * SECOND
        if fate == "changed":
            events.append(self._event(paid_at + 2 * SECOND, key, "change_requested", {"qty": quantity + 3}))
        events.append(self._event(shipped_at, key, "shipped", {}))
        events.append(self._event(shipped_at + self._random.randint(4, 12) * SECOND, key, "received", {}))
        events.append(self._event(events[-1].at + self._random.randint(2, 6) * SECOND, key, "settled", {}))
        events.append(self._stock_event(shipped_at + SECOND, sku, quantity))
        return sorted(events, key=lambda planned: planned.at)

    def _fate(self, number: int) -> str:
        if number % 11 == 7:
            return "stuck"
        if number % 5 == 3:
            return "late"
        return "changed" if number % 13 == 5 else "fine"

    def _event(self, at: Instant, key: str, type_: str, data: dict[str, Any]) -> Planned:
        return Planned(
            at=at,
            event={
                "source": "demo-shop",
                "id": f"{self._run}-{key}-{type_}",
                "kind": "order",
                "key": key,
                "type": type_,
                "occurred_at": format_instant(at),
                "data": data,
            },
        )

    def _stock_event(self, at: Instant, sku: str, quantity: int) -> Planned:
        left = self._stock[sku] - quantity
        self._stock[sku] = left if left > 0 else 40.0  # delivered again
        site = _SITES[len(sku) % 2]
        return Planned(
            at=at,
            event={
                "source": "demo-warehouse",
                "id": f"{self._run}-{sku}-{at}",
                "kind": "stock",
                "key": f"{sku}@{site}",
                "type": "updated",
                "occurred_at": format_instant(at),
                "data": {"sku": sku, "site": site, "on_hand": self._stock[sku], "reorder_level": 12},
            },
        )
