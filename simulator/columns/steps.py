"""The steps of entities in columns: from each on, the snapshot is constant until the next (semantics.md, section 1)."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from rules.language.tree import Side
from simulator.columns.column import Column, Instants, Mask, Rows
from simulator.columns.fold import Snapshots


class Steps:
    """Row n: entity `entity[n]` from `at[n]` on, as after event `event[n]`, and its `totals`.

    `until` (by entity) is the last instant that counts; no step is later.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        until: Instants,
        *,
        entity: Rows | None = None,
        at: Instants | None = None,
        event: Rows | None = None,
        totals: Mapping[str, Column] | None = None,
    ) -> None:
        self.snapshots = snapshots
        self.until = until
        self.event = last_of_instants(snapshots) if event is None else event
        self.at = snapshots.events.occurred_at[self.event] if at is None else at
        self.entity = snapshots.entity[self.event] if entity is None else entity
        self.totals = totals or {}
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self.at)

    def column(self, side: Side, name: str) -> Column:
        assert side is Side.SNAPSHOT, "a step may be several events"
        found = self._columns.get(name)
        if found is None:
            if name in self.totals:
                found = self.totals[name]
            else:
                found = self.snapshots.column(side, name)
                found = found if self._one_by_one else found.take(self.event)
            self._columns[name] = found
        return found

    @cached_property
    def _one_by_one(self) -> bool:
        """Whether each event is a step, and there are no others: mostly."""
        return len(self) == len(self.snapshots) and bool((np.diff(self.event) == 1).all())

    @cached_property
    def last(self) -> Mask:
        """Whether it is the last step of its entity."""
        last = np.ones(len(self), np.bool_)
        last[:-1] = self.entity[1:] != self.entity[:-1]
        return last

    @cached_property
    def first(self) -> Mask:
        """Whether it is the first step of its entity."""
        first = np.ones(len(self), np.bool_)
        first[1:] = self.entity[1:] != self.entity[:-1]
        return first

    @cached_property
    def end(self) -> Instants:
        """Up to which instant, exclusive, the step lasts as far as it counts."""
        end = np.empty(len(self), np.int64)
        end[:-1] = self.at[1:]
        end[self.last] = self.until[self.entity[self.last]] + 1
        return end

    @cached_property
    def of_event(self) -> Rows:
        """The step of each event."""
        return np.searchsorted(self.event, np.arange(len(self.snapshots)))


class Events:
    """The single events as a table: snapshots after each, before each, and what it says itself."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._snapshots = steps.snapshots

    def __len__(self) -> int:
        return len(self._snapshots)

    def column(self, side: Side, name: str) -> Column:
        if side is Side.SNAPSHOT and name in self._steps.totals:
            return self._steps.column(side, name).take(self._steps.of_event)
        return self._snapshots.column(side, name)


def last_of_instants(snapshots: Snapshots) -> Rows:
    """The last event of each instant of each entity."""
    at, entity = snapshots.events.occurred_at, snapshots.entity
    last = np.ones(len(at), np.bool_)
    last[:-1] = (at[1:] != at[:-1]) | (entity[1:] != entity[:-1])
    return np.flatnonzero(last)
