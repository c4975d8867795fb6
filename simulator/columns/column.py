"""A column: the values of one name or expression over many rows, some of them missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.language.tree import Type

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]  # places in a column
Instants = NDArray[np.int64]  # microseconds


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """`values` by type: number float64; timestamp int64 (microseconds); duration int64, or Python integers (object)
    where 64 bits do not do; bool bool; string, list and records int32 codes: places in `meanings`.

    What stands in a row that is not present is arbitrary, but a code is always a place.
    """

    type: Type
    values: NDArray[Any]
    present: Mask | None = None  # None: all
    meanings: Sequence[Any] = ()  # of codes: str, tuple[str, ...] or tuple[Record, ...]

    def __len__(self) -> int:
        return len(self.values)

    def mask(self) -> Mask:
        """Where there is a value."""
        return np.ones(len(self.values), np.bool_) if self.present is None else self.present

    def take(self, rows: Rows) -> "Column":
        present = None if self.present is None else self.present[rows]
        return Column(self.type, self.values[rows], present, self.meanings)
