"""Long mapped tables as columns: one row an event (mappings.md, Rows)."""

from collections import Counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Column as Values
from simulator.columns.column import Mask, Rows
from simulator.columns.events import EventColumns, Given
from simulator.reading.cells import Cells, Read
from simulator.reading.chunks import Chunk, by_rows
from simulator.reading.flat import Flat
from simulator.reading.keys import RowKeys, row_keys
from streams.decoding import known_type
from streams.event import Refusal
from streams.instants import FIRST, Micros
from streams.model import Field, FieldType, Kind, Model
from streams.sources.mapping import ANY, IGNORE, KeyTemplate, Long, TableMapping
from streams.sources.mapping_long import LongRows
from streams.text import nfkc

_UNKNOWN: Final = -1
_IGNORED: Final = -2
_TYPE: Final = Field(name="type", type=FieldType.STRING)
_OCCURRED_AT: Final = Field(name="occurred_at", type=FieldType.TIMESTAMP)
_RECORDED_AT: Final = Field(name="recorded_at", type=FieldType.TIMESTAMP)


class LongColumns:
    """Rows in pieces, in the order of the file. Rows that are refused go through the reader of rows."""

    def __init__(self, mapping: TableMapping, long: Long, model: Model, rows: LongRows, skew: Micros) -> None:
        self._mapping = mapping
        self._long = long
        self._kind = model.kinds[mapping.kind]
        self._types = tuple(self._kind.reaches)
        self._rows = rows
        self._skew = skew
        self.backwards: Counter[tuple[str, str]] = Counter()  # is counted when the events are sorted
        self.refusals: list[Refusal] = []

    def take(self, chunk: Chunk, cells: Cells) -> Flat:
        assert isinstance(self._mapping.key, KeyTemplate)
        report = self._rows.report
        keys = row_keys(cells, self._mapping.key)
        sieve = _Sieve(keys)
        report.without_key += sieve.without_key
        type_ = cells.read(self._long.type, _TYPE)
        report.without_event += sieve.keep(type_)
        types = self._known(type_.values)
        unknown = sieve.drop(types == _UNKNOWN)
        sieve.odd[_firsts(unknown, type_.values)] = True  # the first of each is listed
        report.ignored += len(sieve.drop(types == _IGNORED))
        occurred = cells.read(self._long.occurred_at, _OCCURRED_AT)
        report.without_event += sieve.keep(occurred)
        occurred_at = occurred.values.values
        recorded_at = None
        if self._mapping.recorded_at is not None:
            recorded = cells.read(self._mapping.recorded_at, _RECORDED_AT)
            sieve.refuse(recorded.bad)
            recorded_at = np.where(recorded.values.mask(), recorded.values.values, occurred_at)
        said = self._said(cells)
        for read in said.values():
            sieve.refuse(read.bad)
        if recorded_at is not None:
            sieve.refuse(occurred_at - recorded_at > self._skew)
        self.refusals += by_rows(self._rows, chunk, sieve.odd)
        self._count_unknown(unknown, type_.values)
        rows = sieve.rows
        return Flat(
            kind=self._kind.name,
            keys=keys.texts,
            key=_at(keys.codes, rows),
            occurred_at=_at(occurred_at, rows),
            recorded_at=None if recorded_at is None else _at(recorded_at, rows),
            types=self._types,
            type=_at(types, rows),
            data={name: given for name, read in said.items() if len((given := _given(read.values, sieve)).rows)},
        )

    def finish(self) -> None:
        """List what is said once for the whole table."""
        self.refusals += self._rows.finish()

    def _known(self, texts: Values) -> NDArray[np.int16]:
        """The places of the event types in the kind's, _UNKNOWN, or _IGNORED."""
        places = []
        for written in texts.meanings:
            text = nfkc(written)
            found = self._long.types.get(text) or known_type(self._kind, text) or self._long.types.get(ANY)
            places.append(_UNKNOWN if found is None else _IGNORED if found == IGNORE else self._types.index(found))
        numbers: NDArray[np.int16] = np.array(places, np.int16)[texts.values]
        return numbers

    def _count_unknown(self, unknown: Rows, texts: Values) -> None:
        """Those behind the first of each, which has been counted."""
        for code, count in enumerate(np.bincount(texts.values[unknown]).tolist()):
            if count > 1:
                self._rows.report.unknown_types[nfkc(texts.meanings[code])] += count - 1

    def _said(self, cells: Cells) -> dict[str, Read]:
        fields = {name: (self._kind.fields[name], setting.cell) for name, setting in self._mapping.fields.items()}
        promises = {
            f"{node}.due": (Field(name=f"{node}.due", type=FieldType.TIMESTAMP), setting.cell)
            for node, setting in self._mapping.due.items()
        }
        return {name: cells.read(cell, wanted) for name, (wanted, cell) in (fields | promises).items()}


class _Sieve:
    """Which rows are events, and which are refused, as one thing after the other is read."""

    def __init__(self, keys: RowKeys) -> None:
        self.alive = keys.codes >= 0
        self.odd = np.zeros(len(keys.codes), np.bool_) if keys.bad is None else keys.bad.copy()
        self.without_key = int(np.count_nonzero(~(self.alive | self.odd)))

    @property
    def rows(self) -> Rows | None:
        """None: all."""
        return None if self.alive.all() else np.flatnonzero(self.alive)

    def refuse(self, bad: Mask | None) -> None:
        if bad is not None and bad.any():
            self.odd |= self.alive & bad
            self.alive &= ~bad

    def drop(self, others: Mask) -> Rows:
        """Rows that are no events, and no mistakes."""
        rows = np.flatnonzero(self.alive & others)
        self.alive[rows] = False
        return rows

    def keep(self, read: Read) -> int:
        """Only rows that have a value; returns how many have none."""
        self.refuse(read.bad)
        return 0 if read.values.present is None else len(self.drop(~read.values.present))


def _firsts(rows: Rows, texts: Values) -> Rows:
    """The first of the rows of each text."""
    return rows[np.unique(texts.values[rows], return_index=True)[1]]


def _at(values: NDArray[Any], rows: Rows | None) -> NDArray[Any]:
    return values if rows is None else values[rows]


def _given(values: Values, sieve: _Sieve) -> Given:
    """What the events among the rows set; a cell without a value sets nothing."""
    alive = sieve.alive
    rows = np.flatnonzero(alive if values.present is None else values.present & alive)
    chosen = values.take(rows)
    places = rows if alive.all() else (np.cumsum(alive) - 1)[rows]
    return Given(rows=places, column=Values(chosen.type, chosen.values, None, chosen.meanings))


def backwards(events: EventColumns, kind: Kind) -> Counter[tuple[str, str]]:
    """Entities, by node and the predecessor on the order's way that was first reached after it."""
    counts: Counter[tuple[str, str]] = Counter()
    on_path = [node.name for node in kind.nodes.values() if not node.off_path]
    if _forwards(events, kind, on_path):
        return counts
    entity = np.repeat(np.arange(len(events.keys)), np.diff(events.starts))
    earlier = np.full(len(events.keys), FIRST - 1)
    predecessor = np.full(len(events.keys), -1)
    for place, node in enumerate(on_path):
        types = [number for number, name in enumerate(events.types) if node in kind.reaches[name]]
        rows = np.flatnonzero(np.isin(events.type, types))
        entities, firsts = np.unique(entity[rows], return_index=True)
        reached = events.occurred_at[rows[firsts]]
        late = predecessor[entities[reached < earlier[entities]]]
        for before, count in enumerate(np.bincount(late).tolist()):
            if count:
                counts[node, on_path[before]] += count
        earlier[entities] = reached
        predecessor[entities] = place
    return counts


def _forwards(events: EventColumns, kind: Kind, on_path: list[str]) -> bool:
    """Whether all entities, as nearly always, go from node to node in their order; a quick look."""
    places = []
    for name in events.types:
        nodes = [on_path.index(node) for node in kind.reaches[name] if node in on_path]
        places.append(nodes[0] if len(nodes) == 1 else -1)
    place = np.array(places, np.int16)[events.type]
    within = np.ones(max(0, len(place) - 1), np.bool_)
    within[events.starts[1:-1] - 1] = False
    return bool((place >= 0).all() and ((place[1:] >= place[:-1]) | ~within).all())
