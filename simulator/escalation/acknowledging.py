"""When people acknowledge what they are told: models of it, and the draws that they take.

A draw depends on the seed, the incident and the person alone. So the same incident meets the same person in the same
mood under every chain: two chains compared differ by what they do, not by luck.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from statistics import NormalDist
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from simulator.escalation.night import NIGHT, Night
from streams.instants import Instant, Micros

_NORMAL: Final = NormalDist()
_SPACE: Final = 1 << 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message that has arrived. `person` is None for a group chat; `number`: which one of this incident to them."""

    person: str | None
    channel: str
    at: Instant
    number: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Two numbers of [0, 1): how quick somebody is about one incident, and whether they answer at all."""

    pace: float
    will: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    seed: int

    def of(self, *about: Hashable) -> Draw:
        text = "\x1f".join(str(part) for part in (self.seed, *about))
        digest = blake2b(text.encode(), digest_size=16).digest()
        pace, will = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
        return Draw(pace=pace / _SPACE, will=will / _SPACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    after: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNormal:
    """Half of all answers come within `median`; `sigma` is the standard deviation of the logarithm."""

    median: Micros
    sigma: float


class Curves(Protocol):
    """What a store's history teaches (recorded.py)."""

    def waited(self, told: Told, pace: float) -> Micros | None:
        """The quantile `pace` of how long such a message waited for its answer; None: it got none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    curves: Curves


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    pass


Delay = Fixed | LogNormal | Recorded | Never


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """`nth`: it takes so many messages about an incident; `never`: the share of incidents that is not answered at all;
    `awake`: nothing is answered at night, and what came then counts from the morning on.
    """

    delay: Delay
    nth: int = 1
    never: float = 0.0
    awake: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Those:
    """Which messages a habit is about: what is None does not restrict."""

    person: str | None = None
    channel: str | None = None
    hours: Night | None = None

    def include(self, told: Told) -> bool:
        if self.person is not None and told.person != self.person:
            return False
        if self.channel is not None and told.channel != self.channel:
            return False
        return self.hours is None or self.hours.until(told.at, told.zone) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledging:
    """Of several habits that are about a message the later counts; `habit` is for all other messages."""

    habit: Habit
    others: tuple[tuple[Those, Habit], ...] = ()
    night: Night = NIGHT

    def at(self, told: Told, draw: Draw) -> Instant | None:
        """When whoever got the message acknowledges because of it; None: not because of this one."""
        habit = next((habit for those, habit in reversed(self.others) if those.include(told)), self.habit)
        if told.number < habit.nth or draw.will < habit.never:
            return None
        waited = _waited(habit.delay, told, draw.pace)
        if waited is None:
            return None
        if not habit.awake:
            return told.at + waited
        morning = self.night.until(told.at, told.zone)
        answered = (told.at if morning is None else morning) + waited
        return self.night.until(answered, told.zone) or answered


def _waited(delay: Delay, told: Told, pace: float) -> Micros | None:
    match delay:
        case Fixed(after=after):
            return after
        case LogNormal(median=median, sigma=sigma):
            return round(median * math.exp(sigma * _NORMAL.inv_cdf(max(pace, 1 / _SPACE))))
        case Recorded(curves=curves):
            return curves.waited(told, pace)
        case Never():
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """The share of messages that a channel does not get to people; what one instant sends somebody fares alike."""

    shares: Mapping[str, float] = field(default_factory=dict)

    def fails(self, channel: str, person: str | None, at: Instant, draws: Draws) -> bool:
        share = self.shares.get(channel, 0.0)
        return share > 0 and draws.of("failing", channel, person, at).will < share


NO_FAILURES: Final = Failing()
