"""What entities give to the totals of others, in columns: as streams/totals.py, snapshot by snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rules.files.total_file import TotalWhere
from rules.language.tree import Side
from simulator.columns.column import Instants, Mask, Rows
from simulator.columns.expressions import Expressions, Table
from streams.model import Record, Total
from streams.totals import MOST, ONE, Units, split_key, units_of

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
    frame = pl.DataFrame(
        {
            "row": row,
            "lot": gifts.lot,
            "owner": _keys(total.key, gifts.texts),
            "units": np.where(gifts.place < len(begins), gifts.units, -gifts.units),
        }
    )
    net = frame.group_by("row", "lot", "owner").agg(pl.col("units").sum()).filter(pl.col("units") != 0).sort("row")
    at, entity = (pl.Series(column[net["row"].to_numpy()], dtype=pl.Int64) for column in (givers.at, givers.entity))
    return net.select("owner", "units", at=at, entity=entity)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Gifts:
    """What some rows give. Of `place` among these rows: `units` to the one whose key is made of `texts`, by name."""

    place: Rows
    lot: Rows
    units: Rows
    texts: Mapping[str, pl.Series]


class _Entities:
    """Each entity gives once."""

    def __init__(self, total: Total, names: Iterable[str], givers: Givers) -> None:
        self._names = {name: givers.column(Side.SNAPSHOT, name) for name in names}
        self.gives = reduce(and_, (column.mask() for column in self._names.values()), _where(total, givers))
        self._units = np.full(len(givers), ONE)
        if total.sum is not None:
            summed = givers.column(Side.SNAPSHOT, total.sum)
            self.gives = self.gives & summed.mask() & (np.abs(summed.values) <= MOST)
            self._units = np.rint(np.where(self.gives, summed.values, 0.0) * ONE).astype(np.int64)
        # Rows that give as the row before them do.
        self.same = self._units == _before(self._units)
        for column in self._names.values():
            self.same &= column.values == _before(column.values)

    def gifts(self, rows: Rows) -> _Gifts:
        texts = {name: _texts(column.meanings, column.values[rows]) for name, column in self._names.items()}
        return _Gifts(place=np.arange(len(rows)), lot=np.zeros_like(rows), units=self._units[rows], texts=texts)


class _Records:
    """Each record of a list gives; a list that stands in many rows is looked at once."""

    def __init__(self, total: Total, each: str, names: Iterable[str], givers: Givers) -> None:
        self._sum = total.sum
        self._keys = givers.column(Side.SNAPSHOT, "key")
        self._names = [name for name in names if name != "key"]
        self._lists = givers.column(Side.SNAPSHOT, each)
        self.gives = _where(total, givers) & self._lists.mask()
        self.same = self._lists.values == _before(self._lists.values)

    def gifts(self, rows: Rows) -> _Gifts:
        codes = self._lists.values[rows]
        used = np.zeros(len(self._lists.meanings), np.bool_)
        used[codes] = True
        lists = [self._of_list(self._lists.meanings[code]) for code in np.flatnonzero(used).tolist()]
        lengths = np.array([len(one) for one in lists], np.int64)
        which = (np.cumsum(used) - 1)[codes]
        count = lengths[which]
        place = np.repeat(np.arange(len(rows)), count)
        number = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)  # in its list
        record = number + np.repeat((np.cumsum(lengths) - lengths)[which], count)
        flat = [one for found in lists for one in found]
        texts = {
            name: pl.Series([one[1][column] for one in flat], dtype=pl.String).gather(record)
            for column, name in enumerate(self._names)
        }
        texts["key"] = _texts(self._keys.meanings, self._keys.values[rows[place]])
        units = np.array([one[0] for one in flat], np.int64)[record]
        return _Gifts(place=place, lot=number // _LOT, units=units, texts=texts)

    def _of_list(self, records: Iterable[Record]) -> list[tuple[Units, list[str]]]:
        """What the records give, and the texts that say to whom; those that lack a part give nothing."""
        found = []
        for record in records:
            units = ONE if self._sum is None else units_of(record.get(self._sum))
            texts = [text for name in self._names if isinstance(text := record.get(name), str)]
            if units is not None and len(texts) == len(self._names):
                found.append((units, texts))
        return found


def _where(total: Total, givers: Givers) -> Mask:
    if total.where is None:
        return np.ones(len(givers), np.bool_)
    assert isinstance(total.where, TotalWhere)
    return Expressions(givers).holds(total.where.expression.condition)


def _before(values: NDArray[Any]) -> NDArray[Any]:
    """Those of the row before; of the first row anything."""
    return np.roll(values, 1)


def _texts(meanings: Sequence[str], codes: Rows) -> pl.Series:
    return pl.Series(meanings, dtype=pl.String).gather(codes)


def _keys(template: str, texts: Mapping[str, pl.Series]) -> pl.Series:
    parts = [pl.col(part) if place % 2 else pl.lit(part) for place, part in enumerate(split_key(template))]
    return pl.DataFrame(texts).select(pl.concat_str(parts)).to_series()
