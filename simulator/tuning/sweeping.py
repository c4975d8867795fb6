"""All settings of a rule in one pass over a history: what each would have told, entity by entity.

Nothing is run again for a setting: what it shares with the others (the fold, the steps in which a condition holds, the
deadlines) is computed once, so that a further threshold costs one comparison of a column.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rules.rule import Rule
from simulator.backtest.judging import BY_ITSELF
from simulator.columns.column import Instants, Mask, Rows
from simulator.columns.evaluator import Partitioned, evaluate
from simulator.columns.found import OPEN, REASONS, Firings
from streams.firing import Firing
from streams.instants import Instant
from streams.model import Model

Progress = Callable[[int], None]

_HEALING: Final = np.array([reason in BY_ITSELF for reason in REASONS])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Told:
    """What one setting finds. Entities are numbered as in `Sweep.keys`.

    Row n is an incident that opened in the period: of `entity[n]`, at `opened_at[n]`, and whether it ended by itself.
    `under_way`: the entities with an incident that was open when the period began.
    """

    entity: Rows
    opened_at: Instants
    healed: Mask
    under_way: Rows


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sweep:
    keys: Sequence[str]
    told: tuple[Told, ...]  # of each setting


def sweep(
    model: Model,
    variants: Sequence[Rule],
    history: Partitioned,
    begin: Instant,
    until: Instant,
    progress: Progress = lambda taken: None,
) -> Sweep:
    """`variants`: one rule under each setting; rules that count are of groups, and are not taken. By occurred_at."""
    found = _Found(len(variants), begin)
    rules = [replace(variant, id=f"{place}", mode="live") for place, variant in enumerate(variants)]
    evaluate(model, rules, history, until, found, progress=progress)
    return Sweep(keys=found.keys, told=tuple(map(found.told, range(len(variants)))))


class _Found:
    """simulator.columns.evaluator.Sink: what is found, part by part."""

    def __init__(self, settings: int, begin: Instant) -> None:
        self.keys: list[str] = []
        self._begin = begin
        self._part: Sequence[str] = ()
        self._offset = 0
        self._told: list[list[Told]] = [[] for _ in range(settings)]

    def take(self, rule: Rule, firings: Firings, keys: Sequence[str]) -> None:
        if keys is not self._part:
            self._part, self._offset = keys, len(self.keys)
            self.keys += keys
        entity = firings.owner + self._offset
        counted = firings.opened_at >= self._begin
        still = ~counted & (firings.resolved_at > self._begin)
        healed = (firings.resolved_at != OPEN) & _HEALING[firings.reason]
        self._told[int(rule.id)].append(
            Told(
                entity=entity[counted],
                opened_at=firings.opened_at[counted],
                healed=healed[counted],
                under_way=entity[still],
            )
        )

    def take_learned(self, rule: Rule, firings: Sequence[Firing]) -> None:
        raise TypeError("a sweep is of what was true, not of what was known")

    def told(self, setting: int) -> Told:
        parts = self._told[setting]
        nothing = np.zeros(0, np.int64)
        return Told(
            entity=np.concatenate([nothing, *(part.entity for part in parts)]),
            opened_at=np.concatenate([nothing, *(part.opened_at for part in parts)]),
            healed=np.concatenate([nothing.astype(np.bool_), *(part.healed for part in parts)]),
            under_way=np.concatenate([nothing, *(part.under_way for part in parts)]),
        )
