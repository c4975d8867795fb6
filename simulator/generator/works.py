"""What runs beside the orders: machines and their work orders, connectors and their heartbeats."""

from typing import Final

import numpy as np
import polars as pl

from simulator.columns.column import Instants, Mask
from simulator.generator.drawing import Places, between, draw_fates, lognormal, share_first
from simulator.generator.faults import FAULTS
from simulator.generator.making import Making
from simulator.generator.order_events import sku
from simulator.generator.orders import codes
from simulator.generator.rows import Rows, instants, numbered
from simulator.generator.scenario import Scenario
from streams.instants import DAY, HOUR, MINUTE, SECOND, Instant

_PER_ORDER: Final = 0.04  # work orders
_FAULTS: Final = tuple(fault.name for fault in FAULTS.values() if fault.of == "work orders")
_STOPS: Final = FAULTS["machine_stops"].size
_CONNECTORS: Final = ("shop", "erp", "carrier")
_BEAT: Final = 10 * MINUTE
_CLOSING: Final = 18 * HOUR


def tell_work(first: int, released: Instants, making: Making, rows: Rows) -> None:
    """Work orders, released at these instants of working time."""
    count, scenario, pace, rng = len(released), making.scenario, making.pace, making.rng
    fates = draw_fates(count, _FAULTS, {"machine_stops": _STOPS}, scenario, rng)
    machines = max(6, int(scenario.orders * _PER_ORDER / 20))
    machine = rng.integers(0, machines, count)
    share_first(machine, fates, "machine_stops", _STOPS)
    released = pace.working.add(released, np.ones(count))
    waits = np.where(
        fates.are("work_not_started"), lognormal(rng, count, 18 * HOUR, 0.4), lognormal(rng, count, 2 * HOUR, 0.4)
    )
    started = pace.working.add(released, waits)
    stops = fates.are("machine_interrupted", "machine_stops")
    stopped = started + between(rng, count, 10 * MINUTE, 90 * MINUTE).astype(np.int64)
    lasts = np.where(
        fates.are("machine_stops"),
        between(rng, count, 4 * MINUTE, 12 * MINUTE),
        lognormal(rng, count, 70 * MINUTE, 0.8),
    )
    due = pace.closing(pace.working.add(released, np.full(count, 44.0 * HOUR)), _CLOSING)
    finished = pace.working.add(started, lognormal(rng, count, 10 * HOUR, 0.35) + np.where(stops, lasts, 0) + 2 * HOUR)
    finished = np.where(fates.are("work_late"), due + lognormal(rng, count, DAY, 0.6).astype(np.int64), finished)
    keys = numbered("MO-", np.arange(first + 1, first + count + 1), 6)
    article = rng.integers(0, scenario.article_count, count)
    data = {
        "machine": numbered("M-", machine + 1, 1),
        "sku": sku(article),
        "qty": rng.integers(20, 400, count),
        "finished.due": instants(due),
    }
    rows.add("work_order", "released", keys, released, data, source="mes")
    rows.add("work_order", "started", keys, started, source="mes")
    rows.add("work_order", "finished", keys, finished, source="mes")
    until = stopped + lasts.astype(np.int64)
    rows.add("work_order", "interrupted", keys, stopped, {"reason": making.words.stopped}, source="mes", where=stops)
    rows.add("work_order", "resumed", keys, until, source="mes", where=stops)
    rows.happened("machine_interrupted", keys, stopped, fates.are("machine_interrupted"))
    rows.happened("work_not_started", keys, released + 4 * HOUR, fates.are("work_not_started"))
    rows.happened("work_late", keys, due, fates.are("work_late"))
    firsts = fates.firsts("machine_stops")
    if len(firsts):
        rows.follows("machine_stops", "work_order", keys, stopped, fates.are("machine_stops"))
        last = stopped[firsts[:, None] + np.arange(_STOPS)].max(axis=1)
        rows.happened("machine_stops", numbered("M-", machine[firsts] + 1, 1), last)


def work_count(scenario: Scenario) -> int:
    return int(scenario.orders * _PER_ORDER)


class Connectors:
    """Heartbeats, and the days on which one falls silent or reports errors."""

    def __init__(self, scenario: Scenario, start: Instant, rng: np.random.Generator) -> None:
        days = np.tile(np.arange(scenario.days), len(_CONNECTORS))
        self._which = np.repeat(np.arange(len(_CONNECTORS)), scenario.days)
        self._at = start + days * DAY + between(rng, len(days), HOUR, 20 * HOUR).astype(np.int64)
        self._lasts = lognormal(rng, len(days), 70 * MINUTE, 0.8).clip(max=3 * HOUR).astype(np.int64)
        silent = scenario.share("connector_silent")
        drawn = rng.random(len(days))
        self._silent = drawn < silent
        self._errors = (drawn >= silent) & (drawn < silent + scenario.share("connector_errors"))

    def tell(self, start: Instant, end: Instant, rows: Rows, rng: np.random.Generator) -> None:
        """Of the instants from `start` to `end`."""
        beats = np.arange(-(-start // _BEAT) * _BEAT, end, _BEAT)
        for place, name in enumerate(_CONNECTORS):
            at = beats + between(rng, len(beats), 0, 20 * SECOND).astype(np.int64)
            keys = pl.Series([name], dtype=pl.String).gather(np.zeros(len(at), np.int64))
            suffix = numbered("beat-", beats // _BEAT, 8)
            heard = self._heard(place, at)
            rows.add("connector", "heartbeat", keys, at, source="monitor", suffix=suffix, where=heard)
        here = (self._at >= start) & (self._at < end)
        rows.happened("connector_silent", self._names(self._silent & here), self._at[self._silent & here])
        self._report(np.flatnonzero(self._errors & here), rows)

    def _heard(self, place: int, at: Instants) -> Mask:
        own = np.flatnonzero(self._silent & (self._which == place))
        found = np.searchsorted(self._at[own], at, "right") - 1
        if not len(own):
            return np.ones(len(at), np.bool_)
        last = own[np.maximum(found, 0)]
        heard: Mask = (found < 0) | (at >= self._at[last] + self._lasts[last])
        return heard

    def _report(self, found: Places, rows: Rows) -> None:
        each = np.repeat(found, 4)
        number = np.tile(np.arange(4), len(found))
        at = self._at[each] + number * 9 * MINUTE
        names = codes(self._which[each], _CONNECTORS)
        suffix = numbered("error-", self._at[each] // MINUTE * 10 + number, 8)
        rows.add("connector", "error_reported", names, at, {"reason": "401"}, source="monitor", suffix=suffix)
        rows.happened("connector_errors", codes(self._which[found], _CONNECTORS), self._at[found] + 18 * MINUTE)

    def _names(self, where: Mask) -> pl.Series:
        return codes(self._which[where], _CONNECTORS)
