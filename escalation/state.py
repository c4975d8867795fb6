"""Where an incident stands in its chain: all that `advance` remembers between two calls."""

from typing import Literal

import msgspec

from escalation.chain import Chain, DurationText
from escalation.people import PlanEntry
from streams.instants import Instant

Baseline = Literal["found", "announced"]

Path = tuple[int, ...]
# The place in a chain: (2,) is its third step, (2, 0, 1) the second step of that step's `then`, (2, 1, 0) the first
# of its `else`.


class Plan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one person is being told: their preferences of that moment. Entries before `next` are taken."""

    id: int  # within the incident, from 1
    person: str
    important: bool
    purpose: str  # of its deliveries
    entries: tuple[PlanEntry, ...]
    started_at: Instant
    next: int = 0
    next_at: Instant | None = None  # when the next entry is due; None while the last one is held, or nothing is left

    @property
    def has_left(self) -> bool:
        return self.next < len(self.entries)


class ToldPerson(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person the notifies since the last wait led to; `plans` stand for them in the wait."""

    person: str
    at: Instant
    plans: tuple[int, ...]


class ToldGroup(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    channel: str
    delivery: str


class Notified(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the notifies since the last wait led to."""

    last_at: Instant  # when the last of them was taken
    people: tuple[ToldPerson, ...] = ()
    groups: tuple[ToldGroup, ...] = ()


class Waiting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The wait the chain stands at. It starts with the first acceptance, at the latest after a while."""

    duration: DurationText
    reached_at: Instant
    started_at: Instant | None = None
    ends_at: Instant | None = None


class EscalationState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`chain` is the copy made when the incident opened, reopened or was restarted; None: only people's doings tell."""

    chain: Chain | None
    path: Path = (0,)  # the next step; that of a wait until the wait is over
    round: int = 1
    round_started_at: Instant
    last_step_at: Instant | None = None
    waiting: Waiting | None = None
    notified: Notified | None = None
    plans: tuple[Plan, ...] = ()
    last_plan: int = 0  # the greatest id that a plan had
    ended: bool = False  # no step and no round is left
    expired_by: str | None = None  # who let the acknowledgement expire and is told so together with the fallback
    nobody_told: bool = False  # the fallback was told that a notify led to nobody: once an incident
    baseline: Baseline | None = None  # it began before anybody watched for it: no step is taken (digests.py)


def encode_state(state: EscalationState) -> bytes:
    """JSON text for a database column."""
    return msgspec.json.encode(state)


def decode_state(encoded: bytes | str) -> EscalationState:
    """The state that `encode_state` encoded. Raises msgspec.ValidationError where it is none."""
    return msgspec.json.decode(encoded, type=EscalationState)
