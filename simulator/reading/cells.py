"""Cells of mapped tables as columns (mappings.md, Cells).

A cell's value depends on the cell alone, so that texts are read once for each distinct one. What has no quick way, or
is odd, is read by the reader of rows, value for value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rules.language.tree import Type
from simulator.columns.column import Column as Values
from simulator.columns.column import Mask
from simulator.columns.local_days import day_starts
from simulator.reading.codes import Coded, between, coded
from simulator.reading.instants import of_local_times, of_texts, within_years
from simulator.reading.values import column
from streams.instants import FIRST, LAST, SECOND
from streams.model import Field, FieldType
from streams.sources.mapping import Cell, Column, Constant
from streams.sources.mapping_cells import Settings, Unreadable, cell_text, reader
from streams.values import LARGEST_INTEGER

_PLAIN_TEXT: Final = r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"  # ASCII, trimmed, not empty: as it is
_NUMBER: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_DIGITS: Final = r"^-?[0-9]{1,15}$"
_UNITS: Final = {"unix_s": SECOND, "unix_ms": SECOND // 1000}


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What the cells of a column say, and which of them cannot be read (None: all can)."""

    values: Values
    bad: Mask | None = None

    @property
    def refused(self) -> Mask:
        return np.zeros(len(self.values), np.bool_) if self.bad is None else self.bad

    def take(self, rows: NDArray[Any]) -> "Read":
        return Read(self.values.take(rows), None if self.bad is None else self.bad[rows])


@dataclass(frozen=True, slots=True, eq=False)
class _Quick:
    """What was read in one go: values of `type`, where there is one, and where that is certain."""

    values: NDArray[Any]
    present: Mask
    sure: Mask


class Cells:
    """The columns of one table, or of a part of it, by the names that the mapping has for them."""

    def __init__(self, frame: pl.DataFrame, zone: ZoneInfo, missing: frozenset[str], decimal: str) -> None:
        self.frame = frame
        self.zone = zone
        self.missing = missing
        self.decimal = decimal
        self._coded: dict[str, Coded] = {}

    def __len__(self) -> int:
        return self.frame.height

    def read(self, cell: Cell, wanted: Field) -> Read:
        """Of cells whose origin is a column or a constant."""
        plain = replace(cell, only={})
        if isinstance(cell.origin, Constant):
            one = self._read(pl.Series([None], dtype=pl.Null), plain, wanted)
            found = one.take(np.zeros(len(self), np.int64))
        else:
            assert isinstance(cell.origin, Column)
            series = self.frame[cell.origin.name]
            if _is_quick(series.dtype, cell, wanted):
                found = self._read(series, plain, wanted)
            else:
                codes = self.coded(cell.origin.name)
                found = self._read(codes.values, plain, wanted).take(codes.codes)
        return self._only(found, cell) if cell.only else found

    def derived(self, cell: Cell, moments: Values) -> Read:
        """What `@first` or `@last` stands for, read as the cell says."""
        quick = _Quick(moments.values, moments.mask(), np.ones(len(moments), np.bool_))
        if cell.as_ in ("date", "end_of_day"):
            quick = self._days(quick, cell)
        return self._only(Read(Values(Type.TIMESTAMP, quick.values, quick.present), ~quick.sure), cell)

    def coded(self, name: str) -> Coded:
        found = self._coded.get(name)
        if found is None:
            found = self._coded[name] = coded(self.frame[name])
        return found

    def texts(self, name: str) -> tuple[list[str], NDArray[np.int32]]:
        """The texts of a column's distinct cells as written, and each row's."""
        codes = self.coded(name)
        return [cell_text(value) for value in codes.values.to_list()], codes.codes

    def _only(self, found: Read, cell: Cell) -> Read:
        """No value, and nothing to be read, in other rows."""
        chosen = np.ones(len(self), np.bool_)
        for name, wanted in cell.only.items():
            texts, codes = self.texts(name)
            chosen &= np.array([text in wanted for text in texts], np.bool_)[codes]
        values = replace(found.values, present=found.values.mask() & chosen)
        return Read(values, None if found.bad is None else found.bad & chosen)

    def _read(self, series: pl.Series, cell: Cell, wanted: Field) -> Read:
        quick = None if cell.match is not None or cell.values is not None else self._quick(series, cell, wanted)
        if quick is None:
            return self._by_reader(series, cell, wanted)
        values = Values(_TYPES[wanted.type], quick.values, None if quick.present.all() else quick.present)
        if quick.sure.all():
            return Read(values)
        rows = np.flatnonzero(~quick.sure)
        rest = self._by_reader(series.gather(rows), cell, wanted)
        quick.values[rows] = rest.values.values
        quick.present[rows] = rest.values.mask()
        bad = None
        if rest.bad is not None:
            bad = np.zeros(len(series), np.bool_)
            bad[rows] = rest.bad
        return Read(Values(values.type, quick.values, quick.present), bad)

    def _by_reader(self, series: pl.Series, cell: Cell, wanted: Field) -> Read:
        name = cell.origin.name if isinstance(cell.origin, Column) else ""
        read = reader(
            cell, wanted, Settings(places={name: 0}, missing=self.missing, zone=self.zone, decimal=self.decimal)
        )
        values: list[Any] = []
        bad = np.zeros(len(series), np.bool_)
        for place, value in enumerate(series.to_list()):
            try:
                values.append(read((value,), ()))
            except Unreadable:
                values.append(None)
                bad[place] = True
        return Read(column(wanted.type, values), bad if bad.any() else None)

    def _quick(self, series: pl.Series, cell: Cell, wanted: Field) -> _Quick | None:
        match wanted.type:
            case FieldType.NUMBER:
                return self._numbers(series)
            case FieldType.TIMESTAMP:
                quick = self._instants(series, cell)
                return self._days(quick, cell) if quick and cell.as_ in ("date", "end_of_day") else quick
            case _:
                return None

    def _numbers(self, series: pl.Series) -> _Quick | None:
        present = series.is_not_null().to_numpy()
        if series.dtype.is_integer():
            numbers = series.cast(pl.Float64).fill_null(0.0).to_numpy().copy()
            sure = between(series, -LARGEST_INTEGER, LARGEST_INTEGER)
            return _Quick(numbers, present, self._certain(series, sure))
        if series.dtype.is_float():
            numbers = series.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
            absent = np.isnan(numbers)
            return _Quick(numbers, ~absent, self._certain(series, np.isfinite(numbers) | absent))
        if series.dtype != pl.String:
            return None
        plain = self.plain(series)
        texts = series if self.decimal == "." else _with_point(series, self.decimal)
        plain &= texts.str.contains(_NUMBER).fill_null(False).to_numpy()
        numbers = texts.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()
        numbers[~plain] = np.nan
        sure = np.isfinite(numbers) & (np.abs(numbers) < LARGEST_INTEGER)  # larger integers are judged one by one
        return _Quick(numbers, sure.copy(), sure)

    def _instants(self, series: pl.Series, cell: Cell) -> _Quick | None:
        unit = _UNITS.get(cell.as_) if isinstance(cell.as_, str) else None
        if unit is not None and series.dtype.is_integer():
            present = series.is_not_null().to_numpy()
            sure = between(series, -(-FIRST // unit), LAST // unit)
            counts = series.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
            return _Quick(np.where(sure, counts, 0) * unit, present, self._certain(series, sure))
        if unit is not None and series.dtype == pl.String:
            written = series.str.contains(_DIGITS).fill_null(False).to_numpy() & self.plain(series)
            counts = series.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
            sure = written & (counts >= -(-FIRST // unit)) & (counts <= LAST // unit)
            return _Quick(np.where(sure, counts, 0) * unit, sure.copy(), sure)
        if unit is not None or cell.as_ not in (None, "date", "end_of_day"):
            return None
        if isinstance(series.dtype, pl.Datetime) and not self.missing:
            present = series.is_not_null().to_numpy()
            local = series.to_physical().fill_null(0).to_numpy().copy()
            if series.dtype.time_zone is not None:
                return _Quick(local, present, within_years(local))
            instants, sure = of_local_times(local, self.zone)
            return _Quick(instants, present, sure)
        if series.dtype == pl.String:
            instants, sure = of_texts(series, self.zone)
            sure &= self.plain(series)
            return _Quick(instants, sure.copy(), sure)
        return None

    def _days(self, quick: _Quick, cell: Cell) -> _Quick:
        instants = Values(Type.TIMESTAMP, quick.values, quick.present & quick.sure)
        days = day_starts(instants, self.zone, int(cell.as_ == "end_of_day"))
        found = days.mask()
        return _Quick(np.where(found, days.values, 0), found, quick.sure & (found | ~quick.present))

    def plain(self, texts: pl.Series) -> Mask:
        """Texts that are read as they stand."""
        plain = texts.str.contains(_PLAIN_TEXT).fill_null(False)
        if self.missing:
            plain &= ~texts.is_in(list(self.missing)).fill_null(False)
        return plain.to_numpy().copy()

    def _certain(self, numbers: pl.Series, sure: Mask) -> Mask:
        """Numbers whose text may be one of those that mean no value are read one by one."""
        if self._missing_numbers:
            sure &= ~numbers.cast(pl.Float64).is_in(self._missing_numbers).fill_null(False).to_numpy()
        return sure

    @cached_property
    def _missing_numbers(self) -> Sequence[float]:
        found = []
        for text in self.missing:
            try:
                found.append(float(text))
            except ValueError:
                continue
        return found


_TYPES: Final = {FieldType.NUMBER: Type.NUMBER, FieldType.TIMESTAMP: Type.TIMESTAMP}


def _is_quick(dtype: pl.DataType, cell: Cell, wanted: Field) -> bool:
    """Whether cells are read in one go even where each has a value of its own."""
    if cell.match is not None or cell.values is not None:
        return False
    if wanted.type is FieldType.NUMBER:
        return dtype.is_integer() or dtype.is_float()
    if wanted.type is FieldType.TIMESTAMP:
        return isinstance(dtype, pl.Datetime) or (dtype.is_integer() and cell.as_ in _UNITS)
    return False


def _with_point(texts: pl.Series, decimal: str) -> pl.Series:
    return texts.str.replace_all(".", "?", literal=True).str.replace_all(decimal, ".", literal=True)
