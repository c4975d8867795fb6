"""The outbox: one row is one attempt (with its retries) to tell one person or group on one channel."""

from enum import StrEnum
from hashlib import blake2b
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from escalation.reasons import Reason
from streams.instants import MINUTE, SECOND, Instant, Micros


class Purpose(StrEnum):
    """Why a message is sent; the text of the message depends on it."""

    ESCALATION = "escalation"
    FALLBACK = "fallback"  # the chain has run out
    NOBODY = "nobody"  # to the fallback: a notify led to nobody
    EXPIRED = "expired"  # to who let the acknowledgement expire
    HANDOVER = "handover"
    WORSE = "worse"
    WEBHOOK = "webhook"
    RESOLVED = "resolved"
    DIGEST = "digest"  # one message about all that is new to its recipient, though it began before


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED_TEMPORARY = "failed_temporary"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNSENT: Final = (DeliveryState.PENDING, DeliveryState.FAILED_TEMPORARY)
REACHED: Final = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED)

RETRY_LAST: Final = 30 * MINUTE  # how long the last entry of a plan, and what has no plan, is retried
FIRST_RETRY: Final = 10 * SECOND
LONGEST_RETRY: Final = 5 * MINUTE
ANSWER_MARGIN: Final = 20 * SECOND  # beyond the channel's timeout, until a send without an answer counts as unknown


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`(incident, version, n)` is unique: the n-th row of the transaction that made the incident's `version`."""

    id: str  # "incident-version-n": stable, known to the provider
    incident: int
    version: int
    n: int
    purpose: Purpose
    person: str | None  # None: a group chat or a webhook
    channel: str
    important: bool
    created_at: Instant
    due_at: Instant  # when it was to go out: from its release on if it was held
    changed_at: Instant
    plan: int | None = None
    entry: int = 0  # index in the plan
    state: DeliveryState = DeliveryState.PENDING
    reason: Reason | None = None  # why it was not sent, or is held
    next_at: Instant | None = None  # when it may be sent (again); None while held and once it is settled
    give_up_at: Instant | None = None  # a temporary failure is retried until then
    held_until: Instant | None = None
    attempt: int = 0
    deadline: Instant | None = None  # of `sending`: without an answer by then, what became of it is unknown
    address: str | None = None  # read when it was sent
    message: str | None = None  # id of the delivery whose message carried this one: one message a destination, and
    # a digest one of several incidents
    provider_id: str | None = None
    error: str | None = None
    maybe_duplicate: bool = False
    accepted_at: Instant | None = None

    @property
    def is_live(self) -> bool:
        """It may still reach somebody."""
        return self.state in UNSENT or self.state is DeliveryState.SENDING

    @property
    def is_reached(self) -> bool:
        return self.state in REACHED


Outcome = Literal["accepted", "temporary", "permanent", "unknown", "cannot_ask"]
Status = Literal["delivered", "undelivered"]


class DeliveryResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a provider said about a delivery, as the answer to the call (`outcome`) or later (`status`).

    `asked`: the outcome is what the provider knew when it was asked about an earlier call. Unknown: it has not seen it;
    temporary: it may say later; cannot_ask: it never will.
    """

    delivery: str
    outcome: Outcome | None = None
    status: Status | None = None
    asked: bool = False
    provider_id: str | None = None
    retry_after: Micros | None = None
    error: str | None = None


def delivery_id(incident: int, version: int, n: int) -> str:
    return f"{incident}-{version}-{n}"


def backoff(delivery: str, attempt: int, retry_after: Micros | None) -> Micros:
    """How long to wait after the `attempt`-th failure: doubling, up to a quarter longer by a jitter of its id."""
    plain = min(FIRST_RETRY << min(attempt - 1, 10), LONGEST_RETRY)
    digest = blake2b(f"{delivery}:{attempt}".encode(), digest_size=4).digest()
    jitter = plain * int.from_bytes(digest, "big") // (1 << 34)
    return max(plain + jitter, retry_after or 0)


def rank(delivery: Delivery) -> int:
    """News about a delivery counts only where it raises this: statuses come twice and out of order."""
    match delivery.state:
        case DeliveryState.PENDING | DeliveryState.SENDING | DeliveryState.FAILED_TEMPORARY:
            return 0
        case DeliveryState.ACCEPTED:
            return 2
        case DeliveryState.DELIVERED:
            return 3
        case DeliveryState.FAILED | DeliveryState.CANCELLED:
            return 1 if delivery.accepted_at is None else 3


def sending(delivery: Delivery, *, address: str | None, message: str, deadline: Instant, now: Instant) -> Delivery:
    """Written and committed before the provider is called."""
    return replace(
        delivery,
        state=DeliveryState.SENDING,
        attempt=delivery.attempt + 1,
        address=address,
        message=message,
        deadline=deadline,
        next_at=None,
        changed_at=now,
    )


def accepted(delivery: Delivery, now: Instant, *, provider_id: str | None = None, error: str | None = None) -> Delivery:
    """The provider took it. A cancelled or given-up one that turns out to have been taken counts as well."""
    if rank(delivery) >= 2:
        return delivery
    return _settled(
        delivery,
        DeliveryState.ACCEPTED,
        now,
        accepted_at=now,
        reason=None,
        provider_id=provider_id or delivery.provider_id,
        error=error,
    )


def delivered(delivery: Delivery, now: Instant) -> Delivery:
    """The provider says that it arrived."""
    if rank(delivery) >= 3:
        return delivery
    first = now if delivery.accepted_at is None else delivery.accepted_at
    return _settled(delivery, DeliveryState.DELIVERED, now, accepted_at=first, reason=None, error=None)


def undelivered(delivery: Delivery, now: Instant, error: str | None) -> Delivery:
    """Taken by the provider, and then it did not arrive: a failure like any other."""
    if rank(delivery) >= 3:
        return delivery
    first = now if delivery.accepted_at is None else delivery.accepted_at
    return _settled(delivery, DeliveryState.FAILED, now, accepted_at=first, reason=None, error=error)


def failed(delivery: Delivery, now: Instant, *, error: str | None = None, reason: Reason | None = None) -> Delivery:
    """It is not tried again; the plan's next entry follows at once."""
    if rank(delivery) >= 1:
        return delivery
    return _settled(delivery, DeliveryState.FAILED, now, error=error or delivery.error, reason=reason)


def failed_temporarily(
    delivery: Delivery, now: Instant, *, error: str | None = None, retry_after: Micros | None = None
) -> Delivery:
    """Tried again after a while, unless the time for that is over: then it has failed."""
    if delivery.state is not DeliveryState.SENDING:
        return delivery
    if delivery.give_up_at is not None and now >= delivery.give_up_at:
        return failed(delivery, now, error=error)
    again = now + backoff(delivery.message or delivery.id, delivery.attempt, retry_after)
    return replace(
        delivery,
        state=DeliveryState.FAILED_TEMPORARY,
        next_at=again,
        deadline=None,
        error=error,
        changed_at=now,
    )


def sent_again(delivery: Delivery, now: Instant) -> Delivery:
    """Nobody knows whether it arrived: once more, marked. What is unknown a second time has failed."""
    if delivery.state is not DeliveryState.SENDING:
        return delivery
    if delivery.maybe_duplicate:
        return failed(delivery, now, error=delivery.error or "no answer, twice")
    return replace(
        delivery,
        state=DeliveryState.PENDING,
        next_at=now,
        deadline=None,
        maybe_duplicate=True,
        changed_at=now,
    )


def not_seen(delivery: Delivery, now: Instant) -> Delivery:
    """The provider says that nothing arrived: once more, marked; from then on it is retried like any failure."""
    if delivery.maybe_duplicate:
        return failed_temporarily(delivery, now, error="the provider has not seen it")
    return sent_again(delivery, now)


def cancelled(delivery: Delivery, now: Instant, reason: Reason) -> Delivery:
    """The message that it was tried with may leave yet, for others, without it."""
    if rank(delivery) >= 1:
        return delivery
    if not delivery.maybe_duplicate:
        delivery = replace(delivery, message=None)
    return _settled(delivery, DeliveryState.CANCELLED, now, reason=reason)


def held(delivery: Delivery, now: Instant, until: Instant, reason: Reason) -> Delivery:
    if delivery.state not in UNSENT:
        return delivery
    return replace(delivery, state=DeliveryState.PENDING, held_until=until, reason=reason, next_at=None, changed_at=now)


def released(delivery: Delivery, now: Instant, give_up_at: Instant) -> Delivery:
    """From now on it may go out, and now is when it was due."""
    return replace(
        delivery, held_until=None, reason=None, next_at=now, due_at=now, give_up_at=give_up_at, changed_at=now
    )


def _settled(
    delivery: Delivery,
    state: DeliveryState,
    now: Instant,
    *,
    reason: Reason | None,
    error: str | None = None,
    accepted_at: Instant | None = None,
    provider_id: str | None = None,
) -> Delivery:
    return replace(
        delivery,
        state=state,
        changed_at=now,
        reason=reason,
        error=error,
        accepted_at=accepted_at if accepted_at is not None else delivery.accepted_at,
        provider_id=provider_id if provider_id is not None else delivery.provider_id,
        next_at=None,
        held_until=None,
        deadline=None,
    )
