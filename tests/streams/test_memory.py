"""The ledger in memory: what it takes, what it leaves out, and whom it wakes."""

from msgspec.structs import replace

from streams.entity import Entity, new_entity
from streams.instants import Instant
from streams.memory import MemoryLedger
from tests.streams.judged import an_event, hour

PAID = an_event("1", "paid", 1)
A_1 = ("order", "A-1")


def due(key: str, at: Instant | None) -> Entity:
    entity = new_entity("order", key)
    entity.due_at = at
    return entity


def test_copies_are_counted_and_not_taken() -> None:
    """Whenever they were recorded; in one batch and in two."""
    ledger = MemoryLedger()
    assert ledger.append([PAID, PAID]).duplicates == 1
    appended = ledger.append([replace(PAID, recorded_at=hour(9))])
    assert (appended.new, appended.duplicates, appended.conflicting) == ((), 1, ())
    assert ledger.log_of(A_1) == [PAID]


def test_copies_that_differ_are_refused() -> None:
    """The first received stays."""
    ledger = MemoryLedger()
    other = replace(PAID, data={"amount": 3.0})
    assert ledger.append([PAID, other]).conflicting == (other,)
    assert ledger.log_of(A_1) == [PAID]


def test_a_retraction_takes_an_event_out_of_the_log() -> None:
    """Its entity is touched; the retraction folds like any other event and cannot be retracted."""
    ledger = MemoryLedger()
    ledger.append([PAID])
    back = an_event("2", "change", 2, retracts="1")
    assert ledger.append([back]).touched == {A_1}
    assert ledger.log_of(A_1) == [back]
    further = an_event("3", "change", 3, retracts="2")
    assert not ledger.append([further]).touched
    assert ledger.log_of(A_1) == [back, further]


def test_a_retraction_may_come_first() -> None:
    """What comes after it, or in the same batch, is not new."""
    ledger = MemoryLedger()
    back = an_event("2", "change", 2, retracts="1")
    assert ledger.append([back]).new == (back,)
    assert ledger.append([PAID]).new == ()
    assert ledger.log_of(A_1) == [back]
    ledger = MemoryLedger()
    assert ledger.append([PAID, back]).new == (back,)


def test_a_retraction_is_of_its_own_source() -> None:
    """Another source's event of the same id stands."""
    ledger = MemoryLedger()
    ledger.append([PAID, an_event("2", "change", 2, retracts="1", source="erp")])
    assert PAID in ledger.log_of(A_1)


def test_entities_are_due_in_order_once_and_at_their_newest_time() -> None:
    """One that was saved again with another time is woken at that time only."""
    ledger = MemoryLedger()
    ledger.save([due("A", 30), due("B", 10), due("C", 20)])
    ledger.save([due("B", 40), due("C", 20), due("A", None)])
    assert ledger.next_due() == 20
    assert ledger.due(39, 10) == [("order", "C")]
    assert ledger.due(40, 10) == [("order", "B")]
    assert ledger.next_due() is None


def test_no_more_are_due_than_asked_for() -> None:
    """The others stay due."""
    ledger = MemoryLedger()
    ledger.save([due("A", 1), due("B", 2), due("C", 3)])
    assert ledger.due(9, 2) == [("order", "A"), ("order", "B")]
    assert ledger.due(9, 2) == [("order", "C")]
