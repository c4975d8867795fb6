"""What events say of their fields, as columns: a struct of typed columns, or JSON text."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from rules.language.scope import FIELD_TYPES
from simulator.columns.column import Column, Mask
from simulator.columns.events import Given
from simulator.reading.codes import Codes, between, coded
from simulator.reading.instants import ANY_TIME, of_members
from simulator.reading.values import column, given
from streams.decoding import Decoded, Decoder
from streams.errors import BadValue
from streams.model import Field, FieldType, Kind, Model
from streams.shapes import Broken, Wire
from streams.sources.files import json_value
from streams.text import nfc, nfkc
from streams.values import LARGEST_INTEGER, converter, undeclared_columns

_OBJECT: Final = msgspec.json.Decoder(dict[str, Any] | None)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Said:
    """By the rows that are not `bad`: those are for the decoder."""

    bad: Mask
    data: Mapping[str, Given] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def said_by(data: pl.Series, model: Model, kind: str, decoder: Decoder) -> Said:
    """The data of events of one kind."""
    if isinstance(data.dtype, pl.Struct):
        return _Struct(data, model, model.kinds[kind]).said()
    if data.dtype == pl.String:
        return _of_texts(data, model.kinds[kind], decoder)
    return Said(bad=data.is_not_null().to_numpy())


def _of_texts(data: pl.Series, kind: Kind, decoder: Decoder) -> Said:
    """Each distinct text once."""
    codes = coded(data)
    decoded = [_decoded(text, kind, decoder) for text in codes.values.to_list()]
    bad = np.array([one is None for one in decoded], np.bool_)
    counts = np.bincount(codes.codes, minlength=len(decoded)).tolist()
    left_out: Counter[str] = Counter()
    for one, count in zip(decoded, counts, strict=True):
        for name in () if one is None else one.left_out:
            left_out[name] += count
    found = given(kind, ({} if one is None else one.event.data for one in decoded))
    return Said(
        bad=bad[codes.codes],
        data={name: _repeated(one, codes.codes, len(decoded)) for name, one in found.items()},
        left_out=left_out,
    )


def _decoded(text: str | None, kind: Kind, decoder: Decoder) -> Decoded | None:
    try:
        wire = Wire(
            source="x", id="x", key="x", kind=kind.name, type="updated", occurred_at=ANY_TIME,
            data=None if text is None else _OBJECT.decode(text),
        )  # fmt: skip
        return decoder.take(wire, now=None)
    except (Broken, msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _repeated(one: Given, codes: Codes, count: int) -> Given:
    places = np.full(count, -1)
    places[one.rows] = np.arange(len(one.rows))
    found = places[codes]
    rows = np.flatnonzero(found >= 0)
    return Given(rows=rows, column=one.column.take(found[rows]))


class _Struct:
    """A null, or NaN, is an absent field: every row of a struct has every field."""

    def __init__(self, data: pl.Series, model: Model, kind: Kind) -> None:
        self._zone = model.zone
        self._kind = kind
        self._columns = {nfkc(name): data.struct.field(name) for name in data.struct.fields}
        self._bad = np.zeros(len(data), np.bool_)
        if len(self._columns) < len(data.struct.fields):  # two names are one: the last one counts
            self._bad |= True
        self._left_out: dict[str, Mask] = {}

    def said(self) -> Said:
        promises = {f"{node}.due": Field(name=f"{node}.due", type=FieldType.TIMESTAMP) for node in self._kind.nodes}
        known = {**promises, **self._kind.fields}
        found: dict[str, Given] = {}
        for name, values in self._columns.items():
            present = _is_there(values)
            if name not in known:
                self._left_out[name] = present
            elif present.any():
                rows = np.flatnonzero(present)
                found[name] = Given(rows=rows, column=self._column(known[name], values.gather(rows), rows))
        left_out = {name: int(np.count_nonzero(mask & ~self._bad)) for name, mask in self._left_out.items()}
        return Said(bad=self._bad, data=found, left_out=Counter({name: n for name, n in left_out.items() if n}))

    def _column(self, wanted: Field, values: pl.Series, rows: Any) -> Column:
        """Of the rows that have a value; those with another than is wanted are bad."""
        dtype = values.dtype
        match wanted.type:
            case FieldType.NUMBER if dtype.is_integer():
                self._bad[rows] |= ~between(values, -LARGEST_INTEGER, LARGEST_INTEGER)
                return _plain(wanted, values.cast(pl.Float64).to_numpy())
            case FieldType.NUMBER if dtype.is_float():
                self._bad[rows] |= ~values.is_finite().to_numpy()
                return _plain(wanted, values.cast(pl.Float64).to_numpy())
            case FieldType.BOOL if dtype == pl.Boolean:
                return _plain(wanted, values.to_numpy())
            case FieldType.STRING if dtype == pl.String:
                codes = coded(values)
                texts = codes.values.to_list()
                self._bad[rows] |= np.array(["\0" in text for text in texts], np.bool_)[codes.codes]
                return column(wanted.type, [nfc(text) for text in texts]).take(codes.codes.astype(np.int64))
            case FieldType.TIMESTAMP if dtype.is_temporal() or dtype == pl.String:
                instants, _, sure = of_members(values, self._zone)
                self._bad[rows] |= ~sure
                return _plain(wanted, instants)
            case _:
                return column(wanted.type, list(self._one_by_one(wanted, values, rows)))

    def _one_by_one(self, wanted: Field, values: pl.Series, rows: Any) -> Iterable[Any]:
        convert = converter(wanted, self._zone)
        for row, value in zip(rows.tolist(), values.to_list(), strict=True):
            read = json_value(value)
            for name in undeclared_columns(wanted, read):
                self._left_out.setdefault(name, np.zeros(len(self._bad), np.bool_))[row] = True
            try:
                yield convert(read)
            except BadValue:
                self._bad[row] = True
                yield None


def _is_there(values: pl.Series) -> Mask:
    present = values.is_not_null()
    if values.dtype.is_float():
        present &= values.is_not_nan().fill_null(False)
    return present.to_numpy().copy()


def _plain(wanted: Field, values: Any) -> Column:
    return Column(FIELD_TYPES[wanted.type], values)
