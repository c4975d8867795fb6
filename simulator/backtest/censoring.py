"""What a history cannot say at its two ends: of what began before it, and of what was not over when it ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rules.lints.horizon import durations_of, least
from rules.rule import Pulse, Rule
from simulator.shares import Share
from streams.instants import Instant, Micros
from streams.model import Kind

MOST_WARM_UP: Final = 4  # the warm-up is at most one such part of the history


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Incidents opened from `begin` to `until` count; what lies before is warm-up, unless the user said where to begin.

    A history knows of the orders that were under way when it began only what happened to them afterwards. So its first
    part is left out: as long as the longest wait of the rules, at most a quarter of the history (`capped`).
    """

    start: Instant  # of the history
    begin: Instant
    until: Instant
    wait: Micros  # the longest of the rules
    chosen: bool  # by the user

    @property
    def warm_up(self) -> Micros:
        return self.begin - self.start

    @property
    def capped(self) -> bool:
        return not self.chosen and self.warm_up < self.wait

    @property
    def length(self) -> Micros:
        return self.until - self.begin


def period_of(
    start: Instant, until: Instant, rules: Iterable[Rule], kinds: Mapping[str, Kind], begin: Instant | None = None
) -> Period:
    wait = max((_wait(rule, kinds[rule.on], start) for rule in rules if rule.mode != "off"), default=0)
    first = start + min(wait, max(0, until - start) // MOST_WARM_UP)
    return Period(
        start=start, begin=first if begin is None else begin, until=until, wait=wait, chosen=begin is not None
    )


def _wait(rule: Rule, kind: Kind, start: Instant) -> Micros:
    """The longest that a rule waits for something, working time counted from the beginning of the history."""
    ends = ((duration, duration.after(start)) for duration in durations_of(rule, kind))
    waits = [least(duration) if end is None else end - start for duration, end in ends]
    if rule.count is not None:
        waits.append(rule.count.within)
    if isinstance(rule.ending, Pulse) and rule.ending.expires is not None:
        waits.append(rule.ending.expires)
    return max(waits, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A share, and what it would be if all that is not known yet turned out as badly, or as well, as it can."""

    share: Share
    worst: Share
    best: Share
