"""Columns of files as codes: which of its distinct values each row has."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.columns.column import Mask

Codes = NDArray[np.int32]

_SAMPLE: Final = 10_000  # rows that show whether there are few distinct values
_FEW: Final = 256
_SEEDS: Final = (0, 1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Row n has `values[codes[n]]`. The values are distinct, null is one of them; they stand in any order."""

    codes: Codes
    values: pl.Series


def coded(column: pl.Series) -> Coded:
    if column.dtype.is_nested() or column.dtype == pl.Object:  # nobody compares these: each row its own
        return Coded(np.arange(len(column), dtype=np.int32), column)
    if column.dtype == pl.String:
        few = _by_categories(column)
        if few is not None:
            return few
    # By their bits, 0.0 and -0.0 are two texts.
    bits = pl.Series(column.to_numpy().view(_BITS[column.dtype])) if column.dtype in _BITS else column
    for seed in _SEEDS:
        found = _by_hash(column, bits, seed)
        if found is not None:
            return found
    return _by_joining(column, bits)


_BITS: Final[dict[pl.DataType | type[pl.DataType], type[np.generic]]] = {pl.Float64: np.int64, pl.Float32: np.int32}


def _by_categories(texts: pl.Series) -> Coded | None:
    """The quickest way where there are few distinct texts."""
    there = texts.drop_nulls()
    distinct = there.gather_every(max(1, len(there) // _SAMPLE)).unique()
    for _ in range(2):
        if len(distinct) > _FEW:
            return None
        places = there.cast(pl.Enum(distinct), strict=False).to_physical()
        if not places.null_count():
            break
        distinct = there.unique()
    if len(there) == len(texts):
        return Coded(places.to_numpy().astype(np.int32), distinct)
    codes = np.full(len(texts), len(distinct), np.int32)
    codes[texts.is_not_null().to_numpy()] = places.to_numpy()
    return Coded(codes, distinct.extend(pl.Series([None], dtype=pl.String)))


def _by_hash(column: pl.Series, bits: pl.Series, seed: int) -> Coded | None:
    """Sort hashes with the number of the row behind them. None where two values have one hash: that is checked."""
    count = len(column)
    if not count:
        return Coded(np.zeros(0, np.int32), column)
    places = np.uint64(count.bit_length())
    hashes = bits.hash(seed).to_numpy() << places
    hashes |= np.arange(count, dtype=np.uint64)
    hashes.sort()
    order = (hashes & np.uint64((1 << count.bit_length()) - 1)).view(np.int64)
    hashes >>= places
    starts = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1])))
    firsts = order[starts]
    by_row = np.argsort(firsts)
    ranks = np.empty(len(starts), np.int32)
    ranks[by_row] = np.arange(len(starts), dtype=np.int32)
    codes = np.empty(count, np.int32)
    codes[order] = np.repeat(ranks, np.diff(np.append(starts, count)))
    firsts = firsts[by_row]
    if not bits.gather(firsts).gather(codes).eq_missing(bits).all():
        return None
    return Coded(codes, column.gather(firsts))


def _by_joining(column: pl.Series, bits: pl.Series) -> Coded:
    rows = pl.DataFrame({"bits": bits}).with_row_index("row")
    firsts = rows.unique("bits", keep="first", maintain_order=True)["row"]
    numbered = pl.DataFrame({"bits": bits.gather(firsts)}).with_row_index("code")
    codes = rows.join(numbered, on="bits", how="left", nulls_equal=True, maintain_order="left")["code"]
    return Coded(codes.to_numpy().astype(np.int32), column.gather(firsts))


def between(integers: pl.Series, low: int, high: int) -> Mask:
    """Which of them are within these bounds, whatever type of integer they have; null is."""
    numbers = integers.cast(pl.Int64, strict=False)  # larger ones become null
    within: Mask = (numbers.is_between(low, high).fill_null(False) | integers.is_null()).to_numpy().copy()
    return within
