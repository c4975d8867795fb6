"""The states of a delivery: every transition, and that news which comes twice or out of order changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from escalation.outbox import (
    LONGEST_RETRY,
    Delivery,
    DeliveryState,
    Purpose,
    accepted,
    backoff,
    cancelled,
    delivered,
    delivery_id,
    failed,
    failed_temporarily,
    held,
    rank,
    released,
    sending,
    sent_again,
    undelivered,
)
from escalation.reasons import Reason
from streams.instants import HOUR, MINUTE, SECOND

PENDING = Delivery(
    id=delivery_id(7, 3, 1),
    incident=7,
    version=3,
    n=1,
    purpose=Purpose.ESCALATION,
    person="li-wei",
    channel="sms",
    important=False,
    created_at=0,
    due_at=0,
    changed_at=0,
    next_at=0,
    give_up_at=10 * MINUTE,
)
SENDING = sending(PENDING, address="+86138", message=PENDING.id, deadline=30 * SECOND, now=1)


def test_being_sent_has_a_deadline_and_counts_the_attempt() -> None:
    """Whoever finds the row after a crash knows since when there is no answer."""
    assert (SENDING.state, SENDING.attempt, SENDING.deadline, SENDING.next_at) == (
        DeliveryState.SENDING,
        1,
        30 * SECOND,
        None,
    )


def test_statuses_never_go_back() -> None:
    """Callbacks come twice and out of order."""
    arrived = delivered(SENDING, 5)
    assert arrived.accepted_at == 5
    assert accepted(arrived, 6) == arrived
    assert undelivered(arrived, 7, "30003") == arrived
    assert failed(arrived, 8, error="x") == arrived
    assert cancelled(arrived, 9, Reason.RESOLVED) == arrived
    assert delivered(arrived, 10) == arrived


def test_undelivered_is_a_failure_behind_an_acceptance() -> None:
    """It keeps when it was accepted, so that the wait stays; a late `accepted` does not revive it."""
    taken = accepted(SENDING, 5, provider_id="SM1")
    lost = undelivered(taken, 9, "30003")
    assert (lost.state, lost.accepted_at, lost.error, lost.provider_id) == (DeliveryState.FAILED, 5, "30003", "SM1")
    assert accepted(lost, 10) == lost
    early = undelivered(SENDING, 4, "30003")
    assert accepted(early, 5) == early


def test_what_was_given_up_but_arrived_has_arrived() -> None:
    """The truth about who was told wins over what was believed."""
    assert accepted(failed(SENDING, 5, error="timeout"), 6).state is DeliveryState.ACCEPTED
    assert delivered(cancelled(PENDING, 5, Reason.ACKNOWLEDGED), 6).reason is None


def test_temporary_failures_are_retried_until_given_up() -> None:
    """At the instant itself it is over."""
    again = failed_temporarily(SENDING, MINUTE, error="busy")
    assert again.state is DeliveryState.FAILED_TEMPORARY
    assert again.next_at is not None and MINUTE + 10 * SECOND <= again.next_at <= MINUTE + 12.5 * SECOND
    assert failed_temporarily(SENDING, 10 * MINUTE - 1).state is DeliveryState.FAILED_TEMPORARY
    assert failed_temporarily(SENDING, 10 * MINUTE, error="busy").state is DeliveryState.FAILED
    assert failed_temporarily(PENDING, 5) == PENDING


def test_the_provider_may_ask_for_patience() -> None:
    """Retry-After wins where it is longer."""
    again = failed_temporarily(SENDING, 0, retry_after=9 * MINUTE)
    assert again.next_at == 9 * MINUTE


@given(st.text(min_size=1, max_size=20), st.integers(1, 10_000))
def test_backoff_grows_to_a_limit_and_is_the_same_each_time(delivery: str, attempt: int) -> None:
    """The jitter comes from the id: two computations agree, two deliveries do not come together."""
    wait = backoff(delivery, attempt, None)
    assert wait == backoff(delivery, attempt, None)
    plain = min(10 * SECOND * 2 ** min(attempt - 1, 10), LONGEST_RETRY)
    assert plain <= wait <= plain + plain // 4


def test_deliveries_do_not_retry_in_step() -> None:
    """A provider that failed for all is not met by all again at one instant."""
    assert len({backoff(delivery_id(incident, 1, 0), 1, None) for incident in range(100)}) > 90


def test_unknown_goes_out_once_more_marked_and_then_has_failed() -> None:
    """Twice is better than not at all; three times is not."""
    once = sent_again(SENDING, HOUR)
    assert (once.state, once.maybe_duplicate, once.next_at) == (DeliveryState.PENDING, True, HOUR)
    second = sending(once, address="+86138", message=once.id, deadline=2 * HOUR, now=HOUR)
    assert sent_again(second, 2 * HOUR).state is DeliveryState.FAILED
    assert sent_again(PENDING, 5) == PENDING


def test_held_and_released() -> None:
    """While held it has a reason and an until; released, it is due then."""
    waiting = held(PENDING, 1, HOUR, Reason.QUIET_HOURS)
    assert (waiting.reason, waiting.held_until, waiting.next_at) == (Reason.QUIET_HOURS, HOUR, None)
    free = released(waiting, HOUR, 2 * HOUR)
    assert (free.reason, free.held_until, free.next_at, free.due_at, free.give_up_at) == (
        None,
        None,
        HOUR,
        HOUR,
        2 * HOUR,
    )
    assert held(SENDING, 1, HOUR, Reason.QUIET_HOURS) == SENDING


MOVES = (
    lambda one, now: accepted(one, now),
    lambda one, now: delivered(one, now),
    lambda one, now: undelivered(one, now, "x"),
    lambda one, now: failed(one, now, error="x"),
    lambda one, now: failed_temporarily(one, now),
    lambda one, now: cancelled(one, now, Reason.ACKNOWLEDGED),
    lambda one, now: sent_again(one, now),
    lambda one, now: (
        sending(one, address="a", message="m", deadline=now + 1, now=now) if one.next_at is not None else one
    ),
)


@given(st.lists(st.sampled_from(MOVES), max_size=12))
def test_no_order_of_news_lowers_the_rank(moves) -> None:
    """And a row is claimable, held or settled, never two of them."""
    delivery = PENDING
    for now, move in enumerate(moves):
        after = move(delivery, now)
        assert rank(after) >= rank(delivery)
        assert (after.state in (DeliveryState.PENDING, DeliveryState.FAILED_TEMPORARY)) == (after.next_at is not None)
        assert (after.state is DeliveryState.SENDING) == (after.deadline is not None)
        delivery = after


@pytest.mark.parametrize("state", [DeliveryState.ACCEPTED, DeliveryState.DELIVERED])
def test_reached_is_accepted_or_delivered(state: DeliveryState) -> None:
    """Both mean that the person was told."""
    assert replace(PENDING, state=state).is_reached and not PENDING.is_reached
