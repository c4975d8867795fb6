"""The outbox: one row is one attempt (with its retries) to tell one person or group on one channel."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Final, Literal

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
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
    message: str | None = None  # id of the delivery whose message carried this one: one message a destination
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


Outcome = Literal["accepted", "temporary", "permanent", "unknown"]
Status = Literal["delivered", "undelivered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What a provider said about a delivery, as the answer to the call (`outcome`) or later (`status`).

    `asked`: the outcome is what the provider knew when it was asked about an earlier call; unknown: it has not seen it.
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
