"""Totals: what the entities of one kind contribute to fields of another (semantics.md, section 1).

Contributions are whole millionths, so that their sum is exact and neither order nor increments matter.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from streams.instants import Instant
from streams.model import Model, Total, Values

Identity = tuple[str, str]  # (kind, key)
Units = int  # millionths

ONE: Final = 10**6
MOST: Final = 9 * 10**9  # what contributes is no larger
_NAME: Final = re.compile(r"\{([^{}]*)\}")


class Delta(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """From an instant on a total is larger by so many millionths."""

    at: Instant
    total: str  # its name in the kind that has it
    units: Units


class Feed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What an entity gives to the entity that has a total."""

    owner: Identity
    delta: Delta


Contributions = dict[tuple[str, str, str], Units]  # (owner's kind, owner's key, total)


class Totals:
    """The totals of a model, by who contributes and by who has them."""

    def __init__(self, model: Model) -> None:
        self._from: dict[str, tuple[_Source, ...]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        for total in model.totals:
            self._from[total.of] = (*self._from.get(total.of, ()), _Source(total))
            self._names[total.kind] = (*self._names.get(total.kind, ()), total.name)

    @property
    def sources(self) -> tuple[str, ...]:
        """The kinds that contribute."""
        return tuple(self._from)

    def feeds(self, kind: str) -> bool:
        """Whether entities of this kind contribute to a total."""
        return kind in self._from

    def names(self, kind: str) -> tuple[str, ...]:
        """The totals that entities of this kind have."""
        return self._names.get(kind, ())

    def given(self, kind: str, values: Values) -> Contributions:
        """What an entity contributes while its snapshot is `values`."""
        found: Contributions = {}
        for source in self._from[kind]:
            if source.counts(values):
                source.add(values, found)
        return found

    def changes(self, kind: str, snapshots: Iterable[tuple[Instant, Values]], begin: Values | None) -> list[Feed]:
        """How contributions change from snapshot to snapshot; `begin` is the one before them, None before the entity
        began."""
        before = {} if begin is None else self.given(kind, begin)
        feeds: list[Feed] = []
        for at, values in snapshots:
            after = self.given(kind, values)
            if after != before:
                feeds += _differences(at, before, after)
            before = after
        return feeds


def split_key(template: str) -> list[str]:
    """The key of the entities that have a total: texts and names in turn."""
    return _NAME.split(template)


class _Source:
    """One total, ready to look at snapshots of the kind that contributes."""

    __slots__ = ("_each", "_key", "_sum", "_total", "_where")

    def __init__(self, total: Total) -> None:
        self._total = total
        self._where = total.where
        self._each = total.each
        self._sum = total.sum
        self._key = split_key(total.key)

    def counts(self, values: Values) -> bool:
        return self._where is None or self._where.holds(values)

    def add(self, values: Values, found: Contributions) -> None:
        for record in _records(values, self._each):
            units = ONE if self._sum is None else units_of(record.get(self._sum))
            key = None if units is None else self._owner(record, values)
            if units is not None and key is not None:
                place = (self._total.kind, key, self._total.name)
                found[place] = found.get(place, 0) + units

    def _owner(self, record: Mapping[str, Any], values: Values) -> str | None:
        """The key of the entity that has the total; None where a part of it is missing."""
        parts = []
        for place, part in enumerate(self._key):
            if place % 2 == 0:
                parts.append(part)
                continue
            value = values["key"] if part == "key" else record.get(part)
            if not isinstance(value, str):
                return None
            parts.append(value)
        return "".join(parts)


def _records(values: Values, each: str | None) -> Sequence[Mapping[str, Any]]:
    if each is None:
        return (values,)
    records: Any = values.get(each)
    return records or ()


def units_of(value: Any) -> Units | None:
    """The integer nearest to the double product, half-even; None beyond 9 * 10^9."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= MOST:
        return None
    return round(float(value) * ONE)


def _differences(at: Instant, before: Contributions, after: Contributions) -> Iterator[Feed]:
    for place in {**before, **after}:
        units = after.get(place, 0) - before.get(place, 0)
        if units:
            kind, key, total = place
            yield Feed((kind, key), Delta(at, total, units))


def as_number(units: Units) -> float:
    """The value of a total."""
    return float(units) / ONE  # not the exact quotient of integers: the sum becomes a double first
