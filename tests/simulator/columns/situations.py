"""Situations of the rule language as a table of columns, with anything at all where nothing is present."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from rules.language.evaluation import Situation
from rules.language.tree import Side, Type
from simulator.columns.column import Column

_DTYPES: dict[Type, Any] = {
    Type.NUMBER: np.float64,
    Type.BOOL: np.bool_,
    Type.TIMESTAMP: np.int64,
    Type.DURATION: np.int64,
    Type.STRING: np.int32,
    Type.LIST: np.int32,
}
_ANYTHING: dict[Type, tuple[Any, ...]] = {
    Type.NUMBER: (np.nan, np.inf, -np.inf, 0.0, 1e308),
    Type.BOOL: (True, False),
    Type.TIMESTAMP: (-(2**63), 2**63 - 1, 0),
    Type.DURATION: (-(2**63), 2**63 - 1, 0),
}
_ONE_MEANING: dict[Type, Any] = {Type.STRING: "", Type.LIST: ()}


def column_of(type_: Type, values: Sequence[Any], dice: Random) -> Column:
    """None is missing; a meaning may stand in the dictionary several times."""
    present = np.array([value is not None for value in values], np.bool_)
    meanings: list[Any] = []
    if type_ in _ONE_MEANING:
        meanings = [value for value in values if value is not None and dice.random() < 0.7]
        meanings += [value for value in values if value is not None and value not in meanings]
        meanings = meanings or [_ONE_MEANING[type_]]
        dice.shuffle(meanings)
        filled = [_code(value, meanings, dice) for value in values]
    else:
        filled = [dice.choice(_ANYTHING[type_]) if value is None else value for value in values]
    return Column(type_, np.array(filled, _DTYPES[type_]), None if present.all() else present, meanings)


def _code(value: Any, meanings: Sequence[Any], dice: Random) -> int:
    return dice.choice([code for code, meaning in enumerate(meanings) if value is None or meaning == value])


@dataclass(frozen=True)
class Situations:
    """A table whose rows are these; `types` of the names of snapshots."""

    rows: Sequence[Situation]
    types: Mapping[str, Type]
    dice: Random

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, side: Side, name: str) -> Column:
        type_ = self.types.get(name, Type.NUMBER)
        found: list[Any]
        match side:
            case Side.SNAPSHOT:
                found = [row.values.get(name) for row in self.rows]
            case Side.BEFORE:
                found = [row.before.get(name) for row in self.rows]
            case Side.EVENT if name == "type":
                type_, found = Type.STRING, [row.event and row.event.type for row in self.rows]
            case Side.EVENT if name == "at":
                type_, found = Type.TIMESTAMP, [row.event and row.event.occurred_at for row in self.rows]
            case Side.EVENT:
                found = [row.event and row.event.data.get(name) for row in self.rows]
        return column_of(type_, found, self.dice)


def values_of(column: Column) -> list[Any]:
    """As Python has them; None is missing."""
    values = column.values.tolist()
    if column.type in _ONE_MEANING:
        values = [column.meanings[code] for code in values]
    return [value if there else None for value, there in zip(values, column.mask().tolist(), strict=True)]
