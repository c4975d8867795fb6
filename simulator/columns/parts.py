"""Parts of a history as they are judged: what was true, or each version of what was known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.columns.column import Instants, Rows
from simulator.columns.cutting import cut, lasting
from simulator.columns.events import EventColumns, Given
from simulator.columns.fold import Snapshots
from simulator.columns.found import OPEN
from simulator.columns.knowledge import Knowledge, Versions
from simulator.columns.owning import Deltas, steps_with_totals
from simulator.columns.steps import Steps
from simulator.results import By
from streams.instants import Instant
from streams.model import Kind

AT_ONCE: Final = 1_000_000  # facts of all versions of a part


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Part:
    """`events` have an entity for each version of the real ones, whose keys are `keys`; versions None: one of each."""

    events: EventColumns
    keys: Sequence[str]
    until: Instants  # of each entity of `events`
    versions: Versions | None = None
    deltas: Deltas | None = None  # of the totals that are needed

    def steps(self, kind: Kind) -> Steps:
        snapshots = Snapshots(kind, self.events)
        if self.deltas is None:
            return Steps(snapshots, self.until)
        return steps_with_totals(snapshots, self.until, self.deltas)


def true_part(events: EventColumns, until: Instant, deltas: Deltas | None = None) -> Part:
    """Whole entities, with what others give to their totals, as they were up to an instant."""
    ends = np.full(len(events.keys), until, np.int64)
    return Part(events=cut(lasting(events), ends), keys=events.keys, until=ends, deltas=deltas)


def parts_of(events: EventColumns, until: Instant, by: By, deltas: Deltas | None = None) -> Iterator[Part]:
    """The same as they were, or as they became known; of this there are several parts where much came late."""
    if by == "occurred_at" or _is_on_time(events, deltas):
        yield true_part(events, until, deltas)
        return
    count = len(events.keys)
    owner = np.repeat(np.arange(count), np.diff(events.starts))
    at = events.occurred_at
    known_from = at if events.recorded_at is None else events.recorded_at
    known_until = np.full(len(events), OPEN) if events.retracted_at is None else events.retracted_at
    if deltas is not None:  # facts as events are, and counted after them
        owner, at = np.concatenate([owner, deltas.entity]), np.concatenate([at, deltas.at])
        known_from = np.concatenate([known_from, deltas.known_from])
        known_until = np.concatenate([known_until, deltas.known_until])
    for piece in Knowledge(count, owner, at, known_from, known_until, until).pieces(AT_ONCE):
        versions, own = piece.versions, piece.fact < len(events)
        known = _copied(events, versions, piece.version[own], piece.fact[own])
        given = None if deltas is None else deltas.take(piece.fact[~own] - len(events), piece.version[~own])
        yield Part(
            events=cut(known, versions.end), keys=events.keys, until=versions.end, versions=versions, deltas=given
        )


def _is_on_time(events: EventColumns, deltas: Deltas | None) -> bool:
    own = events.recorded_at is None and events.retracted_at is None
    if deltas is None:
        return own
    return own and bool((deltas.known_from == deltas.at).all() and (deltas.known_until == OPEN).all())


def _copied(events: EventColumns, versions: Versions, version: Rows, row: Rows) -> EventColumns:
    """The events of each version, as if it were an entity of its own; `row` by version, then in fold order."""
    return EventColumns(
        kind=events.kind,
        keys=pl.Series(events.keys, dtype=pl.String).gather(versions.owner).to_list(),
        starts=np.searchsorted(version, np.arange(len(versions) + 1)),
        occurred_at=events.occurred_at[row],
        recorded_at=None,
        types=events.types,
        type=events.type[row],
        data={name: _given(given, len(events), row) for name, given in events.data.items()},
    )


def _given(given: Given, count: int, row: Rows) -> Given:
    place = np.full(count, -1)
    place[given.rows] = np.arange(len(given.rows))
    found = place[row]
    rows = np.flatnonzero(found >= 0)
    return Given(rows=rows, column=given.column.take(found[rows]))


def facts_to_judge(events: EventColumns) -> int:
    """About how many facts all versions of what was known hold: of an entity of which much came late, the square."""
    if events.recorded_at is None:
        return len(events)
    late = np.concatenate([[0], np.cumsum(events.recorded_at > events.occurred_at)])
    lengths = np.diff(events.starts)
    return int((lengths + lengths * np.diff(late[events.starts]) // 2).sum())
