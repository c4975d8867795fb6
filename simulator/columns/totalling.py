"""What entities give to the totals of others, in columns: as streams/totals.py, snapshot by snapshot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import and_
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rules.files.total_file import TotalWhere
from rules.language.tree import Side
from simulator.columns.column import Instants, Mask, Rows
from simulator.columns.expressions import Expressions, Table
from simulator.columns.meanings import without_copies
from simulator.columns.ordering import ordered
from streams.model import Record, Total
from streams.totals import MOST, ONE, split_key

_LOT: Final = 500  # so many records of one list, given and taken back, add up within 64 bits


class Givers(Table, Protocol):
    """Row n: the snapshot of entity `entity[n]` from `at[n]` on; entity by entity, those of one rising."""

    @property
    def entity(self) -> Rows: ...
    @property
    def at(self) -> Instants: ...


def contributions(total: Total, givers: Givers) -> pl.DataFrame:
    """How they change from row to row: from `at` on `entity` gives `units` millionths more to the one with key `owner`.

    Units fit in 64 bits: what very long lists of records change comes in several rows. Their sums need not fit.
    """
    names = dict.fromkeys(split_key(total.key)[1::2])
    source = _Entities(total, names, givers) if total.each is None else _Records(total, total.each, names, givers)
    gives = source.gives
    follows = np.zeros(len(givers), np.bool_)
    follows[1:] = givers.entity[1:] == givers.entity[:-1]
    gave = follows & _before(gives)
    begins, ends = (np.flatnonzero(mask & ~(gives & gave & source.same)) for mask in (gives, gave))
    gifts = source.gifts(np.concatenate([begins, ends - 1]))
    row = np.concatenate([begins, ends])[gifts.place]
    units = np.where(gifts.place < len(begins), gifts.units, -gifts.units)

    first, units = _net(units, row, gifts.lot, *(codes for codes, _ in gifts.names.values()))
    texts = {
        name: pl.Series(meanings, dtype=pl.String).gather(codes[first])
        for name, (codes, meanings) in gifts.names.items()
    }
    at, entity = givers.at[row[first]], givers.entity[row[first]]
    return pl.DataFrame({"owner": _keys(total.key, texts), "units": units, "at": at, "entity": entity})


def _net(units: Rows, row: Rows, *codes: Rows) -> tuple[Rows, Rows]:
    """The sums of those that have all the same, other than 0, and the first place of each sum."""
    order = ordered(row, *codes)
    differs = np.zeros(len(order), np.bool_)
    differs[:1] = True
    for column in (row, *codes):
        differs[1:] |= np.diff(column[order]) != 0
    starts = np.flatnonzero(differs)
    sums = np.add.reduceat(units[order], starts) if len(starts) else units
    return order[starts[sums != 0]], sums[sums != 0]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Gifts:
    """What some rows give. Of `place` among these rows: `units` to the one whose key its `names` make, as codes and
    their meanings."""

    place: Rows
    lot: Rows
    units: Rows
    names: Mapping[str, tuple[Rows, Sequence[str]]]


class _Entities:
    """Each entity gives once."""

    def __init__(self, total: Total, names: Collection[str], givers: Givers) -> None:
        self._names = {name: without_copies(givers.column(Side.SNAPSHOT, name)) for name in names}
        self.gives = reduce(and_, (column.mask() for column in self._names.values()), _where(total, givers))
        self._units = np.full(len(givers), ONE)
        if total.sum is not None:
            summed = givers.column(Side.SNAPSHOT, total.sum)
            self._units, known = _units(summed.values)
            self.gives = self.gives & summed.mask() & known
        # Rows that give as the row before them does.
        self.same = self._units == _before(self._units)
        for column in self._names.values():
            self.same &= column.values == _before(column.values)

    def gifts(self, rows: Rows) -> _Gifts:
        names = {name: (column.values[rows], column.meanings) for name, column in self._names.items()}
        return _Gifts(place=np.arange(len(rows)), lot=np.zeros_like(rows), units=self._units[rows], names=names)


class _Records:
    """Each record of a list gives; a list that stands in many rows is looked at once."""

    def __init__(self, total: Total, each: str, names: Collection[str], givers: Givers) -> None:
        self._sum = total.sum
        self._names = [name for name in names if name != "key"]
        self._keys = without_copies(givers.column(Side.SNAPSHOT, "key")) if "key" in names else None
        self._lists = givers.column(Side.SNAPSHOT, each)
        self.gives = _where(total, givers) & self._lists.mask()
        self.same = self._lists.values == _before(self._lists.values)

    def gifts(self, rows: Rows) -> _Gifts:
        codes = self._lists.values[rows]
        used = np.zeros(len(self._lists.meanings), np.bool_)
        used[codes] = True
        lists = [self._lists.meanings[code] for code in np.flatnonzero(used).tolist()]
        lengths = np.array([len(records) for records in lists], np.int64)
        which = (np.cumsum(used) - 1)[codes]
        count = lengths[which]
        place = np.repeat(np.arange(len(rows)), count)
        number = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)  # in its list
        record = number + np.repeat((np.cumsum(lengths) - lengths)[which], count)

        units, known, names = self._looked_at(list(chain.from_iterable(lists)))
        kept = known[record]
        place, number, record = place[kept], number[kept], record[kept]
        found = {name: (of_record[record], meanings) for name, (of_record, meanings) in names.items()}
        if self._keys is not None:
            found["key"] = self._keys.values[rows[place]], self._keys.meanings
        return _Gifts(place=place, lot=number // _LOT, units=units[record], names=found)

    def _looked_at(self, records: Sequence[Record]) -> tuple[Rows, Mask, dict[str, tuple[Rows, Sequence[str]]]]:
        """What each record gives, whether it does, and the texts that say to whom; one that lacks a part does not."""
        units, known = np.full(len(records), ONE), np.ones(len(records), np.bool_)
        if self._sum is not None:
            units, known = _units(np.array([record.get(self._sum) for record in records], np.float64))
        names: dict[str, tuple[Rows, Sequence[str]]] = {}
        for name in self._names:
            codes: dict[Any, int] = {None: 0}
            of_record = [codes.setdefault(record.get(name), len(codes)) for record in records]
            names[name] = np.array(of_record, np.int64), list(codes)
            known &= names[name][0] != 0
        return units, known, names


def _units(values: NDArray[np.float64]) -> tuple[Rows, Mask]:
    """As streams.totals.units_of: half-even, and whether they count; what is no number does not."""
    known = np.abs(values) <= MOST
    return np.rint(np.where(known, values, 0.0) * ONE).astype(np.int64), known


def _where(total: Total, givers: Givers) -> Mask:
    if total.where is None:
        return np.ones(len(givers), np.bool_)
    assert isinstance(total.where, TotalWhere)
    return Expressions(givers).holds(total.where.expression.condition)


def _before(values: NDArray[Any]) -> NDArray[Any]:
    """Those of the row before; of the first row anything."""
    return np.roll(values, 1)


def _keys(template: str, texts: Mapping[str, pl.Series]) -> pl.Series:
    parts = [pl.col(part) if place % 2 else pl.lit(part) for place, part in enumerate(split_key(template))]
    return pl.DataFrame(texts).select(pl.concat_str(parts)).to_series()
