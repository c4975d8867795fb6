"""Keys of the rows of a mapped table, as codes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.columns.column import Mask
from simulator.reading.cells import Cells
from simulator.reading.codes import Codes, coded
from streams.sources.mapping import Column, KeyTemplate
from streams.sources.mapping_cells import cell_text
from streams.text import nfc

NO_KEY = -1
_BAD = -2


@dataclass(frozen=True, slots=True, eq=False)
class RowKeys:
    """`codes` are places in `texts`, which are distinct, or NO_KEY; `bad` rows have a key that cannot be read."""

    codes: Codes
    texts: pl.Series
    bad: Mask | None = None


def row_keys(cells: Cells, template: KeyTemplate) -> RowKeys:
    parts = template.parts
    if len(parts) == 1 and isinstance(parts[0], Column):
        codes = cells.coded(parts[0].name)
        plain = _as_they_stand(codes.values, cells)
        if plain is not None:
            return RowKeys(codes.codes, plain)
        return numbered(codes.codes, [_value_text(value, cells) for value in codes.values.to_list()])
    return _of_template(cells, parts)


def _as_they_stand(values: pl.Series, cells: Cells) -> pl.Series | None:
    """The texts of the distinct cells where none of them is odd."""
    if values.dtype.is_integer() and not values.null_count():
        values = values.cast(pl.String)
    if values.dtype != pl.String or not cells.plain(values).all():
        return None
    return values


def _value_text(value: object, cells: Cells) -> str:
    text = cell_text(value)
    return "" if text in cells.missing else text


def _of_template(cells: Cells, parts: Sequence[str | Column]) -> RowKeys:
    """Each distinct combination of the columns' texts once."""
    names = [part.name for part in parts if isinstance(part, Column)]
    texts = {name: [_value_text(value, cells) for value in cells.coded(name).values.to_list()] for name in names}
    places = np.zeros(len(cells), np.int64)
    for name in names:  # one number for each combination
        both = coded(pl.Series(places * max(1, len(texts[name])) + cells.coded(name).codes))
        places = both.codes.astype(np.int64)
    firsts = np.empty(int(places.max(initial=-1)) + 1, np.int64)
    firsts[places[::-1]] = np.arange(len(places))[::-1]
    found = []
    for row in firsts.tolist():
        own = [part if isinstance(part, str) else texts[part.name][cells.coded(part.name).codes[row]] for part in parts]
        found.append("".join(own) if all(own) else "")
    return numbered(places.astype(np.int32), found)


def numbered(codes: Codes, texts: Sequence[str]) -> RowKeys:
    """Texts that are equal when they are normalised are one key; one with NUL cannot be read, an empty one is none."""
    numbers: dict[str, int] = {}
    places = [
        NO_KEY if not text else _BAD if "\0" in text else numbers.setdefault(nfc(text), len(numbers)) for text in texts
    ]
    found = np.array(places, np.int32)[codes] if places else np.zeros(len(codes), np.int32)
    bad = found == _BAD
    found[bad] = NO_KEY
    return RowKeys(found, pl.Series(list(numbers), dtype=pl.String), bad if bad.any() else None)
