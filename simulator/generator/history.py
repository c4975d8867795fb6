"""A synthetic history as a stream of batches: windows of whole orders, in bounded memory, one history a seed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from rules.worktime.calendars import Calendar
from simulator.columns.column import Instants
from simulator.generator.aftermath import tell_invoices, tell_messages, tell_parcels, tell_returns
from simulator.generator.goods import Goods
from simulator.generator.making import WORDS, Making
from simulator.generator.order_events import tell_orders
from simulator.generator.orders import draw_orders, move_orders
from simulator.generator.pace import Pace
from simulator.generator.rows import Rows
from simulator.generator.scenario import Scenario
from simulator.generator.works import Connectors, tell_work, work_count
from streams.instants import DAY, Instant, start_of_date
from streams.text import Language

_ORDERS: Final = 10_000  # a batch
_AFTER: Final = 120 * DAY  # working time beyond the end, into which what goes on then may lead


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Batch:
    """The orders of a window and all that belongs to them, in the order in which it was recorded.

    `events` has the columns of rows.EVENTS, `truth` those of rows.TRUTH.
    """

    orders: int
    events: pl.DataFrame
    truth: pl.DataFrame


def generate(scenario: Scenario, calendar: Calendar, *, seed: int, language: Language = "en") -> Iterator[Batch]:
    """The history of `scenario`: it ends as an export does, with orders on their way."""
    start = start_of_date(scenario.start, calendar.zone)
    end = start + scenario.span
    pace = Pace.of(calendar, start, end, end + _AFTER)
    making = Making(scenario=scenario, pace=pace, words=WORDS[language], rng=np.random.default_rng(seed))
    goods, connectors = Goods(making, start), Connectors(scenario, start, making.rng)
    batches = max(1, math.ceil(scenario.orders / _ORDERS))
    borders = pace.rhythm.at(np.arange(batches + 1) / batches)
    borders[0], borders[-1] = start, end
    for number, (begin, until) in enumerate(pairwise(borders.tolist())):
        rows = Rows(scenario.kinds)
        if number == 0:
            goods.begin(rows)
        count = _orders(_Window(number, batches, begin, until), making, goods, connectors, rows)
        yield Batch(orders=count, events=rows.events(scenario, making.rng, end), truth=rows.truth(end))


@dataclass(frozen=True, slots=True)
class _Window:
    number: int
    of: int
    begin: Instant
    end: Instant

    def part(self, count: int) -> tuple[int, int]:
        """Which of so many evenly numbered things belong to it."""
        return count * self.number // self.of, count * (self.number + 1) // self.of

    def draw(self, count: int, making: Making) -> Instants:
        """So many instants of it, in order."""
        return making.pace.rhythm.at((self.number + np.sort(making.rng.random(count))) / self.of)


def _orders(window: _Window, making: Making, goods: Goods, connectors: Connectors, rows: Rows) -> int:
    first, after = window.part(making.scenario.orders)
    orders = draw_orders(first, window.draw(after - first, making), making)
    move_orders(orders, goods.reserve(orders, rows), making)
    goods.ship(orders)
    goods.tell(window.end, rows)
    for tell in (tell_orders, tell_parcels, tell_messages, tell_invoices, tell_returns):
        tell(orders, making, rows)
    begun, then = window.part(work_count(making.scenario))
    tell_work(begun, window.draw(then - begun, making), making, rows)
    connectors.tell(window.begin, window.end, rows, making.rng)
    return after - first
