"""The outcomes that are found in columns are those that are found row by row."""

from random import Random
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from rules.errors import Place
from rules.language.expression import Expression, Scope, Type, parse
from rules.workspace import read_workspace
from simulator.backtest.outcomes import outcomes_of
from streams.event import Event
from tests.simulator.backtest.incident_tables import hours
from tests.simulator.backtest.slow_outcomes import slow_outcomes_of
from tests.simulator.in_columns import snapshots_in_columns

UNTIL = 60
FIELDS = "{on: timestamp, status: string, other: string, amount: number, urgent: bool, tags: list}"
KIND = """
  %s:
    nodes: {placed: {}, paid: {}, received: {due: {after: paid, within: 20h}}, settled: {}, cancelled: {off_path: true}}
    closed_by: [%s]
    fields: %s
    events: {returned: {resets: [received]}}
"""
MODEL = read_workspace(
    "zone: Asia/Shanghai\nkinds:" + KIND % ("order", "settled, cancelled", FIELDS) + KIND % ("endless", "", FIELDS)
).model
TYPES = ("placed", "paid", "received", "settled", "cancelled", "returned", "updated", "updated")
CONDITIONS = (
    "received.at > on",
    "received.at >= received.due",
    "received.at < received.due",
    "received.at - paid.at > hours(5)",
    "paid.at - received.at <= hours(-7)",
    "received.at > settled.at",
    "start_of_day(received.at) > on",
    "end_of_day(received.at) <= on and amount > 1",
    "received.at == on",
    "received.at != paid.at",
    "cancelled.done",
    "not cancelled.done or received.at > on",
    "paid.at is None",
    'status == "bad"',
    'status != other and status in ["bad", "sent"]',
    "on is not None",
    "urgent",
    "closed",
    "not closed and received.at > on",
    "amount < 2 or (received.at > on and urgent)",
    "(received.at > on or amount > 2) and (paid.at < on or urgent)",
    'startswith(status, "b") or contains(tags, "b")',
    'key < "5"',
    "max(paid.at, received.at) > min(on, settled.at)",
)


def events_of(random: Random, kind: str) -> list[Event]:
    """A handful of events of each of ten entities, some of one instant."""
    found = []
    for key in range(10):
        times = sorted(random.choice((random.randrange(UNTIL), 24, 30)) for _ in range(random.randint(1, 7)))
        for place, at in enumerate(times):
            event = Event(
                source="s",
                id=f"{key}-{place}",
                kind=kind,
                key=str(key),
                type=random.choice(TYPES),
                occurred_at=hours(at),
                recorded_at=hours(at),
                data=data_of(random),
            )
            found.append(event)
    return found


def data_of(random: Random) -> dict[str, Any]:
    drawn = {
        "on": hours(random.randrange(2 * UNTIL)),
        "status": random.choice(("bad", "sent", "x")),
        "other": random.choice(("bad", "sent")),
        "amount": float(random.randrange(4)),
        "urgent": random.random() < 0.5,
        "tags": random.choice(((), ("a",), ("a", "b"))),
        "received.due": hours(random.randrange(UNTIL)),
    }
    return {name: random.choice((value, value, None)) for name, value in drawn.items() if random.random() < 0.3}


def parsed(condition: str, kind: str) -> Expression:
    scope = Scope.of(MODEL, kind, pulse=False, totals=False)
    expression, problems = parse(condition, scope, Type.BOOL, Place(file="t", line=1, column=1))
    assert expression is not None, problems
    return expression


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("kind", ["order", "endless"])
def test_the_same_outcomes(condition, kind):
    """Missing and reset nodes, promises, lead times, and/or, days, texts, kinds that never close; the same instants."""
    expression = parsed(condition, kind)
    random = Random(condition)
    for _ in range(8):
        snapshots = snapshots_in_columns(MODEL, kind, events_of(random, kind), hours(UNTIL))
        found = outcomes_of(expression, MODEL.kinds[kind], snapshots, hours(UNTIL))
        assert_frame_equal(found, slow_outcomes_of(expression, MODEL.kinds[kind], snapshots, hours(UNTIL)))


def test_nothing_has_no_outcomes():
    """And the columns that it would have."""
    expression = parsed("received.at > on", "order")
    snapshots = snapshots_in_columns(MODEL, "order", [], hours(UNTIL))
    assert outcomes_of(expression, MODEL.kinds["order"], snapshots, hours(UNTIL)).is_empty()
