"""The log of events."""

from itertools import permutations
from typing import Any

import pytest

from store.database import Store
from streams.event import Event
from streams.instants import HOUR
from streams.memory import MemoryLedger
from streams.ports import Appended, Ledger
from tests.store.making import NOON, an_event

ORDER = ("order", "A-1")


def append(store: Store, *events: Event) -> Appended:
    with store.begin() as transaction:
        return transaction.ledger.append(events)


def log(store: Store, key: str = "A-1") -> list[Event]:
    with store.begin() as transaction:
        return transaction.ledger.log_of(("order", key))


def test_keeps_events_as_they_were(store: Store) -> None:
    """What is read back equals what was handed in, whatever the types of its values."""
    data = {
        "金额": 3.0,
        "shipped.due": NOON,
        "urgent": True,
        "note": None,
        "tags": ("a", "b"),
        "lines": ({"sku": "X", "qty": 2.0, "at": NOON},),
    }
    event = an_event("1", data=data, retracts="0")
    append(store, event)
    assert log(store) == [event]
    kept = log(store)[0].data
    assert [type(value) for value in kept.values()] == [float, int, bool, type(None), tuple, tuple]


def test_the_log_is_in_fold_order(store: Store) -> None:
    """By occurred_at, recorded_at, source and id, in whatever order they came."""
    events = [
        an_event("2", at=NOON),
        an_event("10", at=NOON),
        an_event("1", source="erp"),
        an_event("0", recorded_at=NOON + 1),
        an_event("9", at=NOON - HOUR),
    ]
    append(store, *events)
    assert [(event.source, event.id) for event in log(store)] == [
        ("shop", "9"),
        ("erp", "1"),
        ("shop", "10"),
        ("shop", "2"),
        ("shop", "0"),
    ]


def test_logs_of_many_entities_come_together(store: Store) -> None:
    """Each entity has its own events; one without events has an empty log."""
    append(store, an_event("1"), an_event("2", key="A-2"), an_event("3", kind="stock"))
    with store.begin() as transaction:
        logs = transaction.ledger.logs_of([ORDER, ("order", "A-2"), ("stock", "A-1"), ("order", "none")])
    assert {identity: [event.id for event in found] for identity, found in logs.items()} == {
        ORDER: ["1"],
        ("order", "A-2"): ["2"],
        ("stock", "A-1"): ["3"],
        ("order", "none"): [],
    }


def test_a_copy_is_taken_once(store: Store) -> None:
    """In one batch or in two, also when it was recorded later: one event, the first."""
    first = an_event("1")
    again = an_event("1", recorded_at=NOON + HOUR)
    one = append(store, first, again, an_event("2"))
    assert ([event.id for event in one.new], one.duplicates, one.conflicting) == (["1", "2"], 1, ())
    two = append(store, again, an_event("3"), first)
    assert ([event.id for event in two.new], two.duplicates, two.conflicting) == (["3"], 2, ())
    assert log(store)[0] == first


def test_the_same_id_of_another_source_is_another_event(store: Store) -> None:
    """The identity is source and id together."""
    append(store, an_event("1"))
    assert len(append(store, an_event("1", source="erp")).new) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"key": "A-2"},
        {"kind": "stock"},
        {"type": "shipped"},
        {"occurred_at": NOON + 1},
        {"data": {"amount": 13.0, "channel": "网店"}},
        {"data": {"amount": 12.0}},
        {"retracts": "7"},
    ],
)
@pytest.mark.parametrize("batches", [1, 2])
def test_a_copy_with_other_content_is_given_back(store: Store, other: dict[str, Any], batches: int) -> None:
    """It is no duplicate and is not taken; the first one stays as it was."""
    first = an_event("1")
    copy = an_event("1", **other)
    if batches == 1:
        appended = append(store, first, copy)
    else:
        append(store, first)
        appended = append(store, copy)
    assert appended.conflicting == (copy,)
    assert appended.duplicates == 0
    assert log(store) == [first]


def test_an_entity_is_touched_by_the_retraction_of_what_it_had(store: Store) -> None:
    """The target leaves the log; the retracting event folds like any other, also at another entity."""
    append(store, an_event("1"), an_event("2"))
    taking_back = an_event("3", key="A-2", retracts="1")
    appended = append(store, taking_back)
    assert appended.new == (taking_back,)
    assert appended.touched == {ORDER}
    assert [event.id for event in log(store)] == ["2"]
    assert log(store, "A-2") == [taking_back]


def test_what_was_retracted_before_it_came_is_never_folded(store: Store) -> None:
    """It is kept, but it is not new and touches nothing; another source's retraction does not concern it."""
    append(store, an_event("3", retracts="1"), an_event("4", source="erp", retracts="2"))
    appended = append(store, an_event("1"), an_event("2"))
    assert [event.id for event in appended.new] == ["2"]
    assert appended.touched == frozenset()
    assert append(store, an_event("1")).duplicates == 1


def test_a_retraction_cannot_be_retracted(store: Store) -> None:
    """Neither by another one nor by itself."""
    append(store, an_event("1"), an_event("2", retracts="1"))
    appended = append(store, an_event("3", retracts="2"), an_event("4", retracts="4"))
    assert appended.touched == frozenset()
    assert [event.id for event in log(store)] == ["2", "3", "4"]


def test_an_event_is_taken_back_once(store: Store) -> None:
    """A second retraction of it changes nothing more."""
    append(store, an_event("1"), an_event("2", retracts="1"))
    assert append(store, an_event("3", retracts="1")).touched == frozenset()


def test_the_order_of_arrival_makes_no_difference(store: Store) -> None:
    """Every order of four events that take back each other, in one batch or one by one, leaves the same log."""
    events = [an_event("1"), an_event("2", retracts="1"), an_event("3", retracts="2"), an_event("1", source="erp")]
    logs = set()
    for number, order in enumerate(permutations(events)):
        renamed = [
            an_event(event.id, key=f"B-{number}", source=f"{event.source}{number}", retracts=event.retracts)
            for event in order
        ]
        if number % 2:
            append(store, *renamed)
        else:
            for event in renamed:
                append(store, event)
        logs.add(tuple((event.source[:3], event.id) for event in log(store, f"B-{number}")))
    assert logs == {(("erp", "1"), ("sho", "2"), ("sho", "3"))}


def test_agrees_with_its_twin_in_memory(store: Store) -> None:
    """Both ledgers say the same of the same batches."""
    batches = [
        [an_event("1"), an_event("1"), an_event("9", retracts="2")],
        [an_event("2"), an_event("1", type="shipped"), an_event("3", key="A-2", retracts="1")],
        [an_event("4", retracts="9"), an_event("2", data={}), an_event("1", source="erp", at=NOON - HOUR)],
    ]
    twin: Ledger = MemoryLedger()
    for batch in batches:
        assert append(store, *batch) == twin.append(batch)
    for key in ("A-1", "A-2"):
        assert log(store, key) == sorted(twin.log_of(("order", key)), key=lambda event: event.order)


def test_a_batch_may_be_larger_than_one_statement(store: Store) -> None:
    """Twelve thousand copies among thirteen thousand events are found."""
    events = [an_event(str(number), key=f"K-{number % 6_000}") for number in range(13_000)]
    append(store, *events[:12_000])
    appended = append(store, *events)
    assert (len(appended.new), appended.duplicates) == (1_000, 12_000)
    with store.begin() as transaction:
        assert len(transaction.ledger.logs_of((event.kind, event.key) for event in events)) == 6_000


def test_counts_what_came_by_source(store: Store) -> None:
    """Taken, copies, copies that differ; the latest instants never go back."""
    append(store, an_event("1"), an_event("1"), an_event("2", source="erp", at=NOON + HOUR))
    append(store, an_event("1", type="shipped"), an_event("3", at=NOON - HOUR))
    with store.read() as reader:
        erp, shop = reader.source_lines()
    assert (erp.source, erp.taken, erp.duplicates, erp.conflicting, erp.last_occurred_at) == (
        "erp",
        1,
        0,
        0,
        NOON + HOUR,
    )
    assert (shop.source, shop.taken, shop.duplicates, shop.conflicting, shop.last_occurred_at) == (
        "shop",
        2,
        1,
        1,
        NOON,
    )


def test_an_empty_batch_is_nothing(store: Store) -> None:
    """It may be handed in."""
    assert append(store) == Appended(new=(), conflicting=(), copies=(), touched=frozenset())
