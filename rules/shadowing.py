"""A shadow rule beside a live one: which exceptions both found, which only one of them, and who was earlier."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from rules.rule import Rule
from streams.entity import Identity
from streams.firing import Firing
from streams.instants import LAST, Micros

LABEL: Final = "shadow_of"  # names the live rule
_SUFFIX: Final = re.compile(r"-(shadow|candidate|next|new|v\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """One exception that both found. `later`: how long after the live one the shadow rule opened; negative: before."""

    kind: str
    key: str
    later: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    shadow: Rule
    live: Rule | None  # None: there is nothing to compare it with
    found: int  # firings of the shadow rule
    both: tuple[Both, ...] = ()
    only_shadow: tuple[Identity, ...] = ()
    only_live: tuple[Identity, ...] = ()

    @property
    def earlier(self) -> int:
        return sum(one.later < 0 for one in self.both)

    @property
    def later(self) -> int:
        return sum(one.later > 0 for one in self.both)

    @property
    def median_later(self) -> Micros:
        """Over those that both found; 0 where there are none."""
        return int(median(one.later for one in self.both)) if self.both else 0


def counterpart(shadow: Rule, rules: Iterable[Rule], found: Mapping[str, Sequence[Firing]]) -> Rule | None:
    """The live rule that the label `shadow_of` names, or the id without -shadow, -v2 or the like; else the one on the
    same kind with which it shares most entities, if it shares any."""
    live = {rule.id: rule for rule in rules if rule.mode == "live" and rule.on == shadow.on}
    named = live.get(shadow.labels.get(LABEL, "")) or live.get(_SUFFIX.sub("", shadow.id))
    if named is not None:
        return named
    own = {firing.key for firing in found.get(shadow.id, ())}
    shared = {id_: len(own & {firing.key for firing in found.get(id_, ())}) for id_ in live}
    best = max(shared, key=lambda id_: (shared[id_], id_), default=None)
    return live[best] if best is not None and shared[best] else None


def compare_firings(shadow: Rule, live: Rule | None, mine: Sequence[Firing], theirs: Sequence[Firing]) -> Comparison:
    """Firings of one entity are the same exception where they overlap; each is matched once, in order of opening."""
    if live is None:
        return Comparison(shadow=shadow, live=None, found=len(mine))
    waiting: dict[Identity, list[Firing]] = {}
    for firing in sorted(theirs, key=lambda one: one.opened_at):
        waiting.setdefault((firing.kind, firing.key), []).append(firing)
    both: list[Both] = []
    alone: list[Identity] = []
    for firing in sorted(mine, key=lambda one: (one.opened_at, one.key)):
        identity = (firing.kind, firing.key)
        left = waiting.get(identity, [])
        same = next((one for one in left if _overlap(firing, one)), None)
        if same is None:
            alone.append(identity)
        else:
            left.remove(same)
            both.append(Both(kind=firing.kind, key=firing.key, later=firing.opened_at - same.opened_at))
    return Comparison(
        shadow=shadow,
        live=live,
        found=len(mine),
        both=tuple(both),
        only_shadow=tuple(alone),
        only_live=tuple(identity for identity, left in sorted(waiting.items()) for _ in left),
    )


def _overlap(one: Firing, other: Firing) -> bool:
    one_end = LAST if one.resolved_at is None else one.resolved_at
    other_end = LAST if other.resolved_at is None else other.resolved_at
    return one.opened_at < other_end and other.opened_at < one_end
