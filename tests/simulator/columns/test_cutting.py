"""What was known just before an instant, and what was not taken back in the end."""

from typing import Any

import pytest

from rules.workspace import read_workspace
from simulator.columns.cutting import known_before, lasting
from simulator.columns.events import EventColumns
from streams.event import Event
from tests.simulator.in_columns import in_columns

MODEL = read_workspace("kinds: {order: {nodes: {placed: {}, paid: {}}, fields: {name: string}}}").model


def told(id_: str, at: int, *, known: int | None = None, key: str = "A", retracts: str | None = None) -> Event:
    data: dict[str, Any] = {} if retracts else {"name": id_}
    return Event(
        source="s",
        id=id_,
        kind="order",
        key=key,
        type="updated",
        occurred_at=at,
        recorded_at=at if known is None else known,
        data=data,
        retracts=retracts,
    )


EVENTS = [
    told("1", 1),
    told("2", 2, known=5),
    told("3", 3),
    told("back", 6, retracts="3"),
    told("4", 4, key="B"),
]


def names(events: EventColumns) -> dict[str, list[str]]:
    """The events of each entity that name something."""
    given = events.data["name"]
    entity = [sum(start <= row for start in events.starts[1:].tolist()) for row in given.rows.tolist()]
    found: dict[str, list[str]] = {key: [] for key in events.keys}
    for place, code in zip(entity, given.column.values.tolist(), strict=True):
        found[events.keys[place]].append(given.column.meanings[code])
    return found


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (1, {"A": [], "B": []}),
        (2, {"A": ["1"], "B": []}),
        (4, {"A": ["1", "3"], "B": []}),
        (5, {"A": ["1", "3"], "B": ["4"]}),
        (6, {"A": ["1", "2", "3"], "B": ["4"]}),
        (7, {"A": ["1", "2"], "B": ["4"]}),
    ],
)
def test_what_was_known_before_an_instant(instant, expected):
    """Neither what happened at it, nor what was recorded later; what is taken back later counts until then."""
    known = known_before(in_columns(EVENTS, MODEL).events("order"), instant)
    assert names(known) == expected
    assert known.retracted_at is None


def test_what_lasts_was_never_taken_back():
    """Whenever that became known."""
    assert names(lasting(in_columns(EVENTS, MODEL).events("order"))) == {"A": ["1", "2"], "B": ["4"]}
