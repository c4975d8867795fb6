"""Totals in columns: what other entities give to fields of an entity, as further steps of it (semantics.md, 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.language.tree import Type
from simulator.columns.column import Column, Instants, Rows
from simulator.columns.fold import Snapshots
from simulator.columns.steps import Steps, last_of_instants
from streams.totals import ONE

_NEVER: Final = np.iinfo(np.int64).max
_SAFE: Final = 2.0**62  # below, no partial sum leaves 64 bits


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Deltas:
    """Row n: from `at[n]` on the total `names[name[n]]` of entity `entity[n]` is larger by `units[n]` millionths.

    This was known from `known_from[n]` on and before `known_until[n]`.
    """

    names: Sequence[str]
    name: Rows
    entity: Rows
    at: Instants
    units: Rows
    known_from: Instants
    known_until: Instants

    def take(self, rows: Rows, entity: Rows | None = None) -> "Deltas":
        """Some rows; `entity`: of these entities now."""
        return Deltas(
            names=self.names,
            name=self.name[rows],
            entity=self.entity[rows] if entity is None else entity,
            at=self.at[rows],
            units=self.units[rows],
            known_from=self.known_from[rows],
            known_until=self.known_until[rows],
        )


def steps_with_totals(snapshots: Snapshots, until: Instants, deltas: Deltas) -> Steps:
    """Each change of a total is a step, once the entity has begun."""
    starts, own_at = snapshots.events.starts, snapshots.events.occurred_at
    begun = np.flatnonzero(np.diff(starts))
    began_at = np.full(len(starts) - 1, _NEVER)
    began_at[begun] = own_at[starts[begun]]
    deltas = deltas.take(np.flatnonzero((deltas.at <= until[deltas.entity]) & (began_at[deltas.entity] < _NEVER)))

    instants = np.unique(np.concatenate([own_at, deltas.at]))
    scale = len(instants) + 1  # (entity, instant) as one number
    own = snapshots.entity * scale + np.searchsorted(instants, own_at)
    given = deltas.entity * scale + np.searchsorted(instants, deltas.at)
    later = deltas.at > began_at[deltas.entity]
    step = np.unique(np.concatenate([own[last_of_instants(snapshots)], given[later]]))
    entity, at = step // scale, instants[step % scale]
    totals = {}
    for place, name in enumerate(deltas.names):
        rows = np.flatnonzero(deltas.name == place)
        totals[name] = Column(Type.NUMBER, _sums(given[rows], deltas.units[rows], entity * scale, step))
    event = np.searchsorted(own, step, side="right") - 1
    return Steps(snapshots, until, entity=entity, at=at, event=event, totals=totals)


def _sums(code: Rows, units: Rows, first: Rows, last: Rows) -> NDArray[np.float64]:
    """The sums of the units whose codes lie between `first` and `last`, both included, as numbers."""
    order = np.argsort(code, kind="stable")
    code, units = code[order], units[order]
    if np.abs(units).sum(dtype=np.float64) >= _SAFE:
        units = units.astype(object)  # Python's integers
    sums = np.concatenate([units[:0], [0], np.cumsum(units)])
    total = sums[np.searchsorted(code, last, side="right")] - sums[np.searchsorted(code, first)]
    numbers: NDArray[np.float64] = total.astype(np.float64)
    return numbers / ONE
