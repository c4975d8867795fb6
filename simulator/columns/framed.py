"""Tables of snapshots as rows to be judged: simulator/columns/tables.py the other way round."""

import numpy as np
import polars as pl

from rules.language.expression import Expression
from rules.language.tree import Side, Type
from simulator.columns.column import Column, Mask
from simulator.columns.expressions import Expressions
from simulator.frames import INSTANT
from simulator.reading.codes import coded


class Framed:
    """simulator.columns.expressions.Table of the columns of a frame."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._frame)

    def column(self, side: Side, name: str) -> Column:
        assert side is Side.SNAPSHOT, "a snapshot is no event"
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._make(name)
        return found

    def _make(self, name: str) -> Column:
        if name not in self._frame.columns:
            return Column(Type.NUMBER, np.zeros(len(self)), np.zeros(len(self), np.bool_))
        return column_of(self._frame[name])


def holding(expression: Expression, frame: pl.DataFrame) -> pl.Series:
    """In which rows a condition holds."""
    return pl.Series(Expressions(Framed(frame)).holds(expression.condition), dtype=pl.Boolean)


def column_of(series: pl.Series) -> Column:
    present = None if not series.null_count() else series.is_not_null().to_numpy()
    if series.dtype == pl.String:
        texts = coded(series)
        return Column(Type.STRING, texts.codes, present, texts.values.fill_null("").to_list())
    if series.dtype == pl.List(pl.String):
        return _lists(series, present)
    if series.dtype == INSTANT:
        return Column(Type.TIMESTAMP, series.to_physical().fill_null(0).to_numpy(), present)
    if series.dtype == pl.Boolean:
        return Column(Type.BOOL, series.fill_null(False).to_numpy(), present)
    return Column(Type.NUMBER, series.cast(pl.Float64).fill_null(0.0).to_numpy(), present)


def _lists(series: pl.Series, present: Mask | None) -> Column:
    places: dict[tuple[str, ...], int] = {}
    codes = [places.setdefault(tuple(one or ()), len(places)) for one in series.to_list()]
    return Column(Type.LIST, np.array(codes, np.int32), present, tuple(places))
