"""Functions of single instants over whole columns: block by block, and within a block by stretches of time.

What is worked with stays near the processor, and instants of one stretch share a table. An instant that is missing is
MISSING inside.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from rules.language.tree import Type
from simulator.columns.column import Column, Instants, Mask
from streams.instants import FIRST, Instant, Micros

MISSING: Final = FIRST - 1
_BLOCK: Final = 2**15  # rows


def over(instants: Column, act: Callable[[Instants], Instants]) -> Column:
    """What comes of the instants that are present."""
    found = np.full(len(instants), MISSING)
    for start in range(0, len(instants), _BLOCK):
        block = slice(start, start + _BLOCK)
        values = instants.values[block]
        if instants.present is None or instants.present[block].all():
            found[block] = act(values)
        else:
            rows = np.flatnonzero(instants.present[block])
            found[start + rows] = act(values[rows])
    missing = found == MISSING
    return Column(Type.TIMESTAMP, found, ~missing if missing.any() else None)


def slot_by_slot(instants: Instants, length: Micros, act: Callable[[int, Instants], Instants]) -> Instants:
    """`act` on those of each slot that are not missing; slot n begins at n * `length`."""
    slots = instants // length
    if len(slots) and slots.min() == slots.max() and instants.min() != MISSING:
        return act(int(slots[0]), instants)
    found = np.full(len(instants), MISSING)
    rows = np.flatnonzero(instants != MISSING)
    while len(rows):
        slot = slots[rows[0]]
        here = slots[rows] == slot
        found[rows[here]] = act(int(slot), instants[rows[here]])
        rows = rows[~here]
    return found


def one_by_one(found: Instants, known: Instants, odd: Mask, scalar: Callable[[Instant], Instant | None]) -> Instants:
    """`found`, but of the odd ones what `scalar` says, asked once for equal ones."""
    if odd.any():
        different, places = np.unique(known[odd], return_inverse=True)
        said = [scalar(instant) for instant in different.tolist()]
        found[odd] = np.array([MISSING if one is None else one for one in said], np.int64)[places]
    return found
