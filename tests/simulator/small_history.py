"""Small histories for tests: orders as lines of text, on a model of an ordinary way."""

from typing import Any

import polars as pl

from rules.workspace import read_workspace
from streams.event import Event
from streams.instants import Instant, parse_instant
from tests.simulator.in_columns import snapshots_in_columns

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes:
      placed: {}
      paid: {}
      shipped: {}
      received: {}
      cancelled: {off_path: true}
    closed_by: [received, cancelled]
    fields:
      supplier: string
      express: bool
      grade: number
      score: number
      promised_at: timestamp
      wanted_at: timestamp
      right_papers: bool
      lines: {sku: string, qty: number, delivered: number, rejected: number}
    events: {returned: {resets: [shipped, received]}}
"""
CALENDARS = """
calendars:
  work: {hours: {mon-fri: ["09:00-17:00"]}}
"""
WORKSPACE = read_workspace(MODEL, calendars=CALENDARS)
KIND = WORKSPACE.model.kinds["order"]


def at(text: str) -> Instant:
    """`03-02 09:00` of 2026, in Shanghai."""
    return parse_instant(f"2026-{text}", WORKSPACE.model.zone)


def order(key: str, *steps: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> list[Event]:
    """Each step: when, the event's type, and its data."""
    events = []
    for number, (when, type_, *data) in enumerate(steps):
        instant = at(when)
        events.append(
            Event(
                source="test",
                id=f"{key}-{number}",
                kind="order",
                key=key,
                type=type_,
                occurred_at=instant,
                recorded_at=instant,
                data=data[0] if data else {},
            )
        )
    return events


def snapshots(*orders: list[Event], until: str = "03-31 00:00") -> pl.DataFrame:
    return snapshots_in_columns(WORKSPACE.model, "order", [event for one in orders for event in one], at(until))
