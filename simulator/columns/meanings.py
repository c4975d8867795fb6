"""What the codes of columns mean, asked once a meaning: texts, lists and records."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Column, Mask

_Ranks = tuple[NDArray[np.int32], NDArray[np.int32]]
_FEW: Final = 3  # codes are compared one by one


@dataclass(frozen=True, slots=True, eq=False)
class _Numbered:
    meanings: Sequence[Any]
    numbers: NDArray[np.int32]  # of each of them
    different: bool


def where_meaning(column: Column, test: Callable[[Any], Any]) -> Mask:
    """The rows whose meaning passes a test, absent ones at random."""
    passing = [code for code, meaning in enumerate(column.meanings) if test(meaning)]
    if len(passing) <= _FEW:
        return _any_of(column, passing)
    passes = np.zeros(len(column.meanings), np.bool_)
    passes[passing] = True
    failing = np.flatnonzero(~passes)
    found: Mask = ~_any_of(column, failing) if len(failing) <= _FEW else passes[column.values]
    return found


def _any_of(column: Column, codes: Iterable[int]) -> Mask:
    return reduce(or_, (column.values == code for code in codes), np.zeros(len(column), np.bool_))


def without_copies(column: Column) -> Column:
    """A column of texts in which equal ones have one code."""
    codes: dict[str, int] = {}
    of_meaning = [codes.setdefault(text, code) for code, text in enumerate(column.meanings)]
    if len(codes) == len(of_meaning):
        return column
    return Column(column.type, np.array(of_meaning, np.int32)[column.values], column.present, column.meanings)


class Meanings:
    """Numbers the meanings of all dictionaries it is shown, each of which may say the same twice."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        # By id(): the dictionaries are kept, so that none of these is given to another.
        self._numbered: dict[int, _Numbered] = {}
        self._ranked: dict[tuple[int, int], tuple[Sequence[Any], Sequence[Any], _Ranks]] = {}

    def numbers(self, left: Column, right: Column) -> tuple[NDArray[Any], NDArray[Any]]:
        """For each row of both columns a number: the same where meanings are equal."""
        one, other = self._numbered_of(left.meanings), self._numbered_of(right.meanings)
        if one is other and one.different:
            return left.values, right.values
        return one.numbers[left.values], other.numbers[right.values]

    def _numbered_of(self, meanings: Sequence[Any]) -> _Numbered:
        known = self._numbered.get(id(meanings))
        if known is None:
            numbers = self._numbers
            found = [numbers.setdefault(_hashable(meaning), len(numbers)) for meaning in meanings]
            known = _Numbered(meanings, np.array(found, np.int32), len(set(found)) == len(found))
            self._numbered[id(meanings)] = known
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
