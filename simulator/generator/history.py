"""A synthetic history as a stream of batches: windows of whole orders, in bounded memory, one history a seed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from rules.worktime.calendars import Calendar
from simulator.generator.aftermath import tell_invoices, tell_messages, tell_parcels, tell_returns
from simulator.generator.goods import Goods
from simulator.generator.order_events import tell_orders
from simulator.generator.orders import draw_orders, move_orders
from simulator.generator.pace import Pace
from simulator.generator.rows import Rows
from simulator.generator.scenario import Scenario
from simulator.generator.works import Connectors, tell_work, work_count
from streams.instants import DAY, start_of_date

_ORDERS: Final = 20_000  # a batch
_AFTER: Final = 120 * DAY  # working time beyond the end, into which what goes on then may lead
REPS: Final = ("alex", "sam", "jo")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Batch:
    """The orders of a window and all that belongs to them, in the order in which it was recorded.

    `events` has the columns of rows.EVENTS, `truth` those of rows.TRUTH.
    """

    orders: int
    events: pl.DataFrame
    truth: pl.DataFrame


def generate(scenario: Scenario, calendar: Calendar, *, seed: int, reps: tuple[str, ...] = REPS) -> Iterator[Batch]:
    """The history of `scenario`: it ends as an export does, with orders on their way. `reps` are the sales reps."""
    start = start_of_date(scenario.start, calendar.zone)
    end = start + scenario.span
    pace = Pace.of(calendar, start, end, end + _AFTER)
    rng = np.random.default_rng(seed)
    goods = Goods(scenario, pace, start, rng)
    connectors = Connectors(scenario, start, rng)
    batches = max(1, math.ceil(scenario.orders / _ORDERS))
    borders = pace.rhythm.at(np.arange(batches + 1) / batches)
    borders[0], borders[-1] = start, end
    for number in range(batches):
        rows = Rows(scenario.kinds)
        if number == 0:
            goods.begin(rows)
        first, until = (scenario.orders * place // batches for place in (number, number + 1))
        share = np.sort(rng.random(until - first))
        placed = pace.rhythm.at((number + share) / batches)
        orders = draw_orders(first, placed, scenario, pace, rng)
        move_orders(orders, goods.reserve(orders, rows, rng), scenario, pace, rng)
        goods.ship(orders)
        goods.tell(int(borders[number + 1]), rows)
        tell_orders(orders, scenario, reps, rows, rng)
        tell_parcels(orders, rows, rng)
        tell_messages(orders, rows, rng)
        tell_invoices(orders, pace, rows, rng)
        tell_returns(orders, pace, rows, rng)
        work = (work_count(scenario) * place // batches for place in (number, number + 1))
        _work(next(work), next(work), number, batches, scenario, pace, rows, rng)
        connectors.tell(int(borders[number]), int(borders[number + 1]), rows, rng)
        yield Batch(orders=until - first, events=rows.events(scenario, rng, end), truth=rows.truth(end))


def _work(
    first: int,
    until: int,
    number: int,
    batches: int,
    scenario: Scenario,
    pace: Pace,
    rows: Rows,
    rng: np.random.Generator,
) -> None:
    released = pace.rhythm.at((number + np.sort(rng.random(until - first))) / batches)
    tell_work(first, released, scenario, pace, rows, rng)
