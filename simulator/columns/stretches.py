"""Where a rule holds, as stretches of time, and how they make firings (semantics.md, section 3).

A piece is the part of a step from which on the rule has one severity: it lasts until the next piece of the same step,
or to the step's end. Pieces that join make a firing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rules.language.tree import Type
from simulator.columns.column import Column, Instants, Mask, Rows
from simulator.columns.found import OPEN, REASON_OF, Firings, reason_codes
from simulator.columns.steps import Steps
from streams.firing import Reason
from streams.instants import Micros

Threshold = tuple[Column, int]  # from when on the rule has a severity, for each row of a Holding


class Holding:
    """The steps in which a condition holds: row n is step `rows[n]`."""

    def __init__(self, steps: Steps, holds: Mask) -> None:
        self.steps = steps
        self._holds = holds
        self.rows: Rows = np.flatnonzero(holds)
        self.at = steps.at[self.rows]
        self.end = steps.end[self.rows]

    @cached_property
    def follows(self) -> Mask:
        """Whether the condition holds in the step before, too."""
        follows = ~self.steps.first[self.rows]
        follows[:1] = False
        follows[1:] &= self.rows[1:] == self.rows[:-1] + 1
        return follows

    @cached_property
    def run_start(self) -> Column:
        """When the unbroken run of the condition began."""
        begins = np.flatnonzero(~self.follows)
        lengths = np.diff(begins, append=len(self.rows))
        return Column(Type.TIMESTAMP, np.repeat(self.at[begins], lengths))

    @cached_property
    def last(self) -> Mask:
        """Whether it is the last step of its entity."""
        return self.steps.last[self.rows]

    @cached_property
    def goes_on(self) -> Mask:
        """Whether the condition holds in the step after, if there is one."""
        goes_on = np.zeros(len(self.rows), np.bool_)
        inner = np.flatnonzero(~self.last)
        goes_on[inner] = self._holds[self.rows[inner] + 1]
        return goes_on

    @cached_property
    def entity(self) -> Rows:
        return self.steps.entity[self.rows]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pieces:
    row: Rows  # of the Holding; rising
    start: Instants
    severity: NDArray[np.int8]


def climb(holding: Holding, thresholds: Sequence[Threshold]) -> Pieces:
    """The pieces that begin at thresholds while the condition holds; one reached only as the step ends begins none."""
    rows, starts, severities = [], [], []
    for threshold, severity in thresholds:
        start = np.maximum(holding.at, threshold.values)
        begins = start < holding.end
        if threshold.present is not None:
            begins &= threshold.present
        row = np.flatnonzero(begins)
        rows.append(row)
        starts.append(start[row])
        severities.append(np.full(len(row), severity, np.int8))
    if len(rows) == 1:
        return Pieces(row=rows[0], start=starts[0], severity=severities[0])
    return _rising(np.concatenate(rows), np.concatenate(starts), np.concatenate(severities))


def _rising(row: Rows, start: Instants, severity: NDArray[np.int8]) -> Pieces:
    """Of several at one instant the most severe; one that is less severe than what holds already changes nothing."""
    order = np.lexsort((-severity, start, row))
    row, start, severity = row[order], start[order], severity[order]
    ranked = row * 8 + severity  # rises from row to row, so that its greatest so far is of the own row
    kept = np.ones(len(row), np.bool_)
    kept[1:] = ranked[1:] > np.maximum.accumulate(ranked)[:-1]
    return Pieces(row=row[kept], start=start[kept], severity=severity[kept])


def at_once(holding: Holding, severity: int) -> Pieces:
    """Without a deadline: every step in which the condition holds."""
    count = len(holding.rows)
    return Pieces(row=np.arange(count), start=holding.at, severity=np.full(count, severity, np.int8))


def unbroken(holding: Holding, pieces: Pieces) -> Mask:
    """Whether each piece goes on where the one before it ends."""
    row, start = pieces.row, pieces.start
    joined = np.zeros(len(row), np.bool_)
    step = np.diff(row)
    joined[1:] = (step == 0) | ((step == 1) & holding.follows[row[1:]] & (start[1:] == holding.at[row[1:]]))
    return joined


def plain_firings(holding: Holding, pieces: Pieces) -> Firings:
    """It resolves where it no longer holds."""
    opens, last = _ends(unbroken(holding, pieces))
    resolved_at, reason = _breaks(holding, pieces.row[last])
    return _firings(holding, pieces, opens, last, resolved_at, reason)


def kept_open(holding: Holding, pieces: Pieces, duration: Micros) -> Firings:
    """keep_open_for: it resolves when it has not held for so long without a break."""
    joined = unbroken(holding, pieces)
    row = pieces.row
    same = np.zeros(len(row), np.bool_)
    same[1:] = holding.entity[row[1:]] == holding.entity[row[:-1]]
    joined[1:] |= same[1:] & (pieces.start[1:] - holding.end[row[:-1]] < duration)
    opens, last = _ends(joined)
    resolved_at, reason = _breaks(holding, row[last])
    resolved_at = np.where(resolved_at == OPEN, OPEN, resolved_at + duration)
    resolved_at[resolved_at > holding.steps.until[holding.entity[row[last]]]] = OPEN
    return _firings(holding, pieces, opens, last, resolved_at, reason)


def cleared(holding: Holding, pieces: Pieces, clear: Mask) -> Firings:
    """It opens while `clear` (of each step) does not hold, and resolves where that holds, whatever the rule says."""
    outside = ~clear[holding.rows[pieces.row]]
    pieces = Pieces(row=pieces.row[outside], start=pieces.start[outside], severity=pieces.severity[outside])
    step = holding.rows[pieces.row]
    era = np.cumsum(clear)[step] + holding.steps.entity[step]  # rises at each clear and at each entity
    joined = np.zeros(len(step), np.bool_)
    joined[1:] = era[1:] == era[:-1]
    opens, last = _ends(joined)
    resolved_at = next_where(holding.steps, clear, step[last])
    return _firings(holding, pieces, opens, last, resolved_at, reason_codes(Reason.CLEARED, len(last)))


def next_where(steps: Steps, mask: Mask, after: Rows) -> Instants:
    """When the mask next holds after each of these steps, in the same entity; OPEN: never."""
    places = np.flatnonzero(mask)
    found = np.searchsorted(places, after, side="right")
    exists = found < len(places)
    step = places[found[exists]]
    at = np.full(len(after), OPEN, np.int64)
    at[exists] = np.where(steps.entity[step] == steps.entity[after[exists]], steps.at[step], OPEN)
    return at


def _ends(joined: Mask) -> tuple[Rows, Rows]:
    """The first and the last piece of each firing."""
    opens = np.flatnonzero(~joined)
    return opens, np.append(opens[1:], len(joined))[: len(opens)] - 1


def _breaks(holding: Holding, row: Rows) -> tuple[Instants, NDArray[np.int8]]:
    """When what goes on to the end of a step ends with it, and why."""
    resolved_at = np.where(holding.last[row], OPEN, holding.end[row])
    reasons = REASON_OF[Reason.DEADLINE_MOVED], REASON_OF[Reason.CONDITION]
    return resolved_at, np.where(holding.goes_on[row], *reasons).astype(np.int8)


def _firings(
    holding: Holding,
    pieces: Pieces,
    opens: Rows,
    last: Rows,
    resolved_at: Instants,
    reason: NDArray[np.int8],
) -> Firings:
    stages = opens
    starts = np.arange(len(opens) + 1)
    if len(pieces.severity) and (pieces.severity != pieces.severity[0]).any():
        changes = np.ones(len(pieces.row), np.bool_)
        changes[1:] = pieces.severity[1:] != pieces.severity[:-1]
        changes[opens] = True
        stages = np.flatnonzero(changes)
        starts = np.append(np.searchsorted(stages, opens), len(stages))
    return Firings(
        owner=holding.entity[pieces.row[opens]],
        step=holding.rows[pieces.row[opens]],
        opened_at=pieces.start[opens],
        resolved_at=resolved_at,
        reason=reason,
        stage_starts=starts,
        stage_severity=pieces.severity[stages],
        stage_at=pieces.start[stages],
    )
