"""The events of one kind in columns: entity by entity, those of an entity in fold order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Column, Instants, Rows


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Given:
    """What events say of one field or promise: event `rows[n]` sets it to row n of `column`; not present removes it."""

    rows: Rows  # rising
    column: Column


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EventColumns:
    """Accepted events, each (source, id) once. Entity e has the rows starts[e] to starts[e + 1].

    Those that were retracted are left out, or have in `retracted_at` when that became known (others have OPEN).
    """

    kind: str
    keys: Sequence[str]  # of the entities
    starts: Rows
    occurred_at: Instants
    recorded_at: Instants | None  # None: each event was known when it happened
    types: Sequence[str]
    type: NDArray[np.int16]  # places in `types`
    retracted_at: Instants | None = None
    data: Mapping[str, Given] = field(default_factory=dict)  # fields, and promises as "NODE.due"

    def __len__(self) -> int:
        return len(self.occurred_at)
