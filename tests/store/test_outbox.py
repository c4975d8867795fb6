"""The outbox."""

import pytest
from sqlalchemy.exc import IntegrityError

from escalation.outbox import DeliveryState, Purpose
from escalation.reasons import Reason
from store.database import Store
from tests.store.making import NOON, a_delivery, an_incident


@pytest.fixture(autouse=True)
def incidents(store: Store) -> None:
    with store.begin() as transaction:
        transaction.work.insert_incidents([an_incident(1), an_incident(2)])


def test_a_delivery_comes_back_as_it_was_inserted(store: Store) -> None:
    """Every field of it."""
    full = a_delivery(
        1,
        2,
        version=3,
        purpose=Purpose.HANDOVER,
        person=None,
        important=True,
        plan=4,
        entry=5,
        state=DeliveryState.FAILED,
        reason=Reason.OVER_BUDGET,
        next_at=6,
        give_up_at=7,
        held_until=8,
        attempt=9,
        deadline=10,
        address="+86138",
        message="1-3-1",
        provider_id="SM1",
        error="30003 无法送达",
        maybe_duplicate=True,
        accepted_at=11,
    )
    with store.begin() as transaction:
        transaction.work.insert_deliveries([full, a_delivery(1)])
    with store.begin() as transaction:
        assert transaction.work.deliveries(["1-3-2", "9-9-9"]) == [full]


def test_the_same_place_is_written_once(store: Store) -> None:
    """(incident, version, n) is unique, under whatever id."""
    with store.begin() as transaction:
        transaction.work.insert_deliveries([a_delivery(1)])
    with pytest.raises(IntegrityError), store.begin() as transaction:
        transaction.work.insert_deliveries([a_delivery(1, id="another")])


def test_the_deliveries_of_incidents_are_in_order(store: Store) -> None:
    """By incident, version and n as numbers."""
    with store.begin() as transaction:
        transaction.work.insert_deliveries(
            [a_delivery(2), a_delivery(1, 10), a_delivery(1, 9), a_delivery(1, version=10), a_delivery(1, version=9)]
        )
        found = transaction.work.deliveries_of([2, 1])
    assert [delivery.id for delivery in found] == ["1-1-9", "1-1-10", "1-9-1", "1-10-1", "2-1-1"]


def test_what_can_be_sent_comes_important_first(store: Store) -> None:
    """Then by the time it may be sent; neither what is held, nor settled, nor being sent."""
    temporary = DeliveryState.FAILED_TEMPORARY
    with store.begin() as transaction:
        transaction.work.insert_deliveries(
            [
                a_delivery(1, 1, next_at=30),
                a_delivery(1, 2, next_at=20, state=temporary),
                a_delivery(1, 3, next_at=25, important=True),
                a_delivery(1, 4, next_at=41),
                a_delivery(1, 5, next_at=None, held_until=50, reason=Reason.QUIET_HOURS),
                a_delivery(1, 6, next_at=None, state=DeliveryState.ACCEPTED),
                a_delivery(1, 7, next_at=None, state=DeliveryState.SENDING, deadline=35),
                a_delivery(1, 8, next_at=20),
            ]
        )
        work = transaction.work
        assert [delivery.n for delivery in work.pending_deliveries(40, 9)] == [3, 2, 8, 1]
        assert [delivery.n for delivery in work.pending_deliveries(40, 1)] == [3]
        assert [delivery.n for delivery in work.expired_deliveries(34, 9)] == []
        assert [delivery.n for delivery in work.expired_deliveries(35, 9)] == [7]


def test_the_next_due_time_is_the_least_of_three(store: Store) -> None:
    """Of an incident's due time, what can be sent, and the deadline of what is being sent."""
    with store.begin() as transaction:
        work = transaction.work
        assert work.next_due() is None
        work.insert_incidents([an_incident(3, due_at=30)])
        assert work.next_due() == 30
        work.insert_deliveries([a_delivery(1, next_at=None, state=DeliveryState.SENDING, deadline=20)])
        assert work.next_due() == 20
        work.insert_deliveries([a_delivery(2, next_at=10, state=DeliveryState.FAILED_TEMPORARY)])
        assert work.next_due() == 10


def test_a_stale_change_of_a_delivery_is_not_written(store: Store) -> None:
    """Where the state or the attempt is another one by now; the others are written."""
    pending, other = a_delivery(1, 1), a_delivery(1, 2)
    sending = a_delivery(1, 1, state=DeliveryState.SENDING, attempt=1, next_at=None, deadline=NOON + 9)
    accepted = a_delivery(1, 2, state=DeliveryState.ACCEPTED, next_at=None, accepted_at=NOON)
    cancelled = a_delivery(1, 1, state=DeliveryState.CANCELLED, next_at=None, reason=Reason.ACKNOWLEDGED)
    again = a_delivery(1, 1, state=DeliveryState.SENDING, attempt=2, next_at=None)
    with store.begin() as transaction:
        work = transaction.work
        work.insert_deliveries([pending, other])
        assert work.update_deliveries([(pending, sending)]) == []
        assert work.update_deliveries([(pending, cancelled), (other, accepted)]) == ["1-1-1"]
        assert work.update_deliveries([(again, cancelled)]) == ["1-1-1"]
        assert work.deliveries_of([1]) == [sending, accepted]


def test_a_delivery_needs_its_incident(store: Store) -> None:
    """One of an incident that was never inserted is refused with all of its transaction."""
    with pytest.raises(IntegrityError), store.begin() as transaction:
        transaction.work.insert_deliveries([a_delivery(9)])
