"""What the codes of columns mean, asked once a meaning: texts, lists and records."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Column, Mask

_Numbered = tuple[Sequence[Any], NDArray[np.int32]]
_Ranks = tuple[NDArray[np.int32], NDArray[np.int32]]


def where_meaning(column: Column, test: Callable[[Any], bool]) -> Mask:
    """The rows whose meaning passes a test, absent ones at random."""
    found: Mask = np.array([test(meaning) for meaning in column.meanings], np.bool_)[column.values]
    return found


class Meanings:
    """Numbers the meanings of all dictionaries it is shown, each of which may say the same twice."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        # By id(): the dictionaries are kept, so that none of these is given to another.
        self._numbered: dict[int, _Numbered] = {}
        self._ranked: dict[tuple[int, int], tuple[Sequence[Any], Sequence[Any], _Ranks]] = {}

    def numbers(self, column: Column) -> NDArray[np.int32]:
        """For each row a number: the same where meanings are equal, in whatever column."""
        _, number = self._numbered.get(id(column.meanings)) or self._take_up(column.meanings)
        found: NDArray[np.int32] = number[column.values]
        return found

    def _take_up(self, meanings: Sequence[Any]) -> _Numbered:
        numbers = self._numbers
        found = [numbers.setdefault(_hashable(meaning), len(numbers)) for meaning in meanings]
        self._numbered[id(meanings)] = known = (meanings, np.array(found, np.int32))
        return known

    def ranks(self, left: Column, right: Column) -> _Ranks:
        """For each row of both columns of texts their rank among all, by code point."""
        name = id(left.meanings), id(right.meanings)
        known = self._ranked.get(name)
        if known is None:
            rank = {text: place for place, text in enumerate(sorted({*left.meanings, *right.meanings}))}
            one, other = (np.array([rank[text] for text in of.meanings], np.int32) for of in (left, right))
            known = self._ranked[name] = (left.meanings, right.meanings, (one, other))
        one, other = known[2]
        return one[left.values], other[right.values]


def _hashable(meaning: Any) -> Hashable:
    """Equal for equal meanings; records are mappings."""
    if isinstance(meaning, tuple) and meaning and not isinstance(meaning[0], str):
        return tuple(frozenset(record.items()) for record in meaning)
    return meaning  # type: ignore[no-any-return]
