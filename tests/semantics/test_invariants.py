"""What must hold of a live service whatever it is given in whatever order (semantics.md, section 6)."""

from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given

from streams.event import Event
from streams.learning import learn
from streams.memory import MemoryLedger
from tests.semantics.drawing import HOUR, Drawn
from tests.semantics.reference import first_received
from tests.semantics.running import SEEDS, assert_same_firings, by_knowledge, engine_of, few, many, rows_of
from tests.semantics.shrinking import check_world

Batches = Sequence[tuple[int, Sequence[Event]]]


def check_firings(drawn: Drawn, batches: Batches, w: int) -> None:
    """A service that learns each batch at its instant, and then looks at w, holds I(w)."""
    engine, ledger = engine_of(drawn), MemoryLedger()
    for now, batch in (*batches, (w, ())):
        ledger.record(learn(engine, ledger, batch, now).transitions)
    assert_same_firings(rows_of(ledger.firings()), drawn.reference.true_by(w, drawn.events))


def split(events: Sequence[Event], dice: Random) -> Iterator[list[Event]]:
    rest = list(events)
    while rest:
        size = dice.choice([1, 1, 2, 3, len(rest)])
        yield rest[:size]
        rest = rest[size:]


def check_any_order(drawn: Drawn) -> None:
    dice = Random(drawn.seed)
    events = first_received(drawn.events)
    events += dice.choices(events, k=3)
    dice.shuffle(events)
    w = drawn.end + dice.choice([0, HOUR, 9 * HOUR])
    batches = list(split(events, dice))
    begin = min(event.recorded_at for event in events)
    nows = sorted(dice.randint(begin, w) for _ in batches) if dice.random() < 0.7 else [w] * len(batches)
    check_firings(drawn, list(zip(nows, batches, strict=True)), w)


def check_any_split(drawn: Drawn) -> None:
    dice = Random(drawn.seed)
    w = drawn.end + dice.choice([0, HOUR, 9 * HOUR])
    parts = [(now, part) for now, known in by_knowledge(drawn.events) for part in split(known, dice)]
    check_firings(drawn, parts, w)
    together = list(split(drawn.events, dice))
    check_firings(drawn, [(batch[-1].recorded_at, batch) for batch in together], w)


@few(40)
@given(SEEDS)
def test_order_and_copies_change_nothing(seed: int) -> None:
    """All events in any order, some of them twice, whenever they are learned before w: the same I(w)."""
    check_world(seed, check_any_order)


@few(40)
@given(SEEDS)
def test_batches_change_nothing(seed: int) -> None:
    """Batches smaller than a step of knowledge, and batches of several of them: the same I(w)."""
    check_world(seed, check_any_split)


@pytest.mark.soak
@many(5_000)
@given(SEEDS)
def test_order_copies_and_batches_for_long(seed: int) -> None:
    """The same, thousands of times."""
    check_world(seed, check_any_order)
    check_world(seed, check_any_split)
