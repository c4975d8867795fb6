"""What a notifier is given, what it answers, and what it promises: the edge between deciding and sending."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from streams.firing import Severity
from streams.instants import Instant, Micros
from streams.text import Language


class Purpose(StrEnum):
    """Why a message is sent. The words are those of the outbox."""

    ESCALATION = "escalation"  # told by a step
    FALLBACK = "fallback"  # the chain has run out
    NOBODY = "nobody"  # to the fallback: a step led to nobody
    EXPIRED = "expired"  # to who let the acknowledgement expire
    HANDOVER = "handover"
    WORSE = "worse"
    WEBHOOK = "webhook"  # a step that calls a machine
    RESOLVED = "resolved"
    DIGEST = "digest"  # about several incidents that had begun before anybody watched for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One person of a group. Without `id` (what the group chat knows the person by) the name is written."""

    id: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One incident of a digest, in the words of who gets it."""

    incident_id: int
    severity: Severity
    sentence: str
    url: str
    payload: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, rendered but for the channel's own form. Links let their bearer act, so they are not in the repr."""

    delivery_id: str  # stable over retries: whoever gets the same one twice may drop the second
    incident_id: int
    short_id: str  # written into an SMS and looked for there after a crash; unique among the messages to one number
    purpose: Purpose
    important: bool
    severity: Severity
    language: Language
    zone: ZoneInfo
    title: str  # a few words: subject, list entry of a phone
    sentence: str  # what is the matter, in one sentence
    lines: tuple[str, ...] = ()  # what else there is to know, most important first
    address: str = field(default="", repr=False)  # phone, e-mail address or person id; empty for a group
    mentions: tuple[Mention, ...] = ()
    acknowledge_url: str | None = field(default=None, repr=False)
    incident_url: str | None = field(default=None, repr=False)
    reply_code: str | None = None  # "1 CODE" in an SMS acknowledges; None: replies are not read
    status_url: str | None = field(default=None, repr=False)  # where the provider reports what became of it
    payload: Mapping[str, object] = field(default_factory=dict, repr=False)  # the incident for machines, JSON values
    listed: tuple[Listed, ...] = ()  # all that a digest speaks of, the worst first; the fields above are of the worst

    @property
    def acknowledge_label(self) -> str:
        """What is written on `acknowledge_url`; a key of words.LABELS."""
        return "acknowledge_listed" if self.listed else "acknowledge"


class Progress(StrEnum):
    """What a provider says became of an accepted message. Statuses may come out of order: the rank never goes back."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS: Mapping[Progress, int] = {
    Progress.ACCEPTED: 0,
    Progress.SENT: 1,
    Progress.DELIVERED: 2,
    Progress.UNDELIVERED: 2,  # both are last words; the first one stays
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """Not sent; trying again later may help. `retry_after`: not before then, says the provider."""

    error: str
    code: str | None = None
    retry_after: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permanent:
    """Not sent, and the same request will never be."""

    error: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A later word of the provider about one message. `failure` is given with UNDELIVERED."""

    provider_id: str
    progress: Progress
    failure: Temporary | Permanent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider has taken it over. `receipt`: what it said about it beyond that, where it was asked."""

    provider_id: str | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The request left, no answer came: it may have been sent."""

    error: str


Outcome = Accepted | Temporary | Permanent | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The provider was asked and has no such message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotAsk:
    """No answer to be had: `temporary` where asking again later may help, else the channel has no way to ask."""

    reason: str
    temporary: bool = False


Finding = Accepted | NotSent | CannotAsk


class Notifier(Protocol):
    """One configured channel. Called from several threads at once; raises nothing that a provider could cause."""

    def send(self, message: Message) -> Outcome:
        """Send once. No retries in here: when to try again is decided outside."""

    def ask(self, message: Message, sent_at: Instant) -> Finding:
        """After a crash: has the provider got this message, which was being sent at `sent_at`?"""

    def close(self) -> None: ...
