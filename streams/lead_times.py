"""Lead times learned from history: how long the way from one node to another takes, as quantiles.

They come from lead_times.yaml (rules/files/lead_file.py), written by a person or learned by a program.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from streams.instants import Instant, Micros

Share = Fraction  # of all, between 0 and 1: which quantile
SegmentKey = tuple[str | float | bool, ...]  # one value for each field of LearnedTime.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """`spans[n]`: so long at most takes the share `shares[n]` of all; both rise."""

    shares: tuple[Share, ...]
    spans: tuple[Micros, ...]

    def at(self, share: Share) -> Micros | None:
        """Between two listed ones on the straight line, rounded half-even; None outside of what is listed."""
        place = bisect_left(self.shares, share)
        if place == len(self.shares) or (place == 0 and self.shares[0] != share):
            return None
        if self.shares[place] == share:
            return self.spans[place]
        (low, high), (short, long) = self.shares[place - 1 : place + 1], self.spans[place - 1 : place + 1]
        return round(short + (long - short) * (share - low) / (high - low))


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedTime:
    """From one node of a kind to another: over all, and for the segments that were frequent enough."""

    overall: Quantiles
    by: tuple[str, ...] = ()  # fields
    segments: Mapping[SegmentKey, Quantiles] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTimes:
    """One lead-time file; by (kind, from, to)."""

    version: str  # hash of what it says
    learned_at: Instant | None = None
    learned_from: str | None = None
    times: Mapping[tuple[str, str, str], LearnedTime] = field(default_factory=dict)
