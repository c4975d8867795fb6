"""Wide mapped tables as columns: one row an entity, a cell for each of its nodes (mappings.md, Rows)."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rules.language.tree import Type
from simulator.columns.column import Column as Values
from simulator.columns.column import Mask, Rows
from simulator.columns.events import Given
from simulator.reading.cells import Cells, Read
from simulator.reading.chunks import Chunk, by_rows
from simulator.reading.flat import Flat
from simulator.reading.keys import row_keys
from streams.event import Refusal
from streams.instants import FIRST, LAST
from streams.model import Field, FieldType, Model, Node
from streams.sources.mapping import Cell, KeyTemplate, NodeTime, Setting, TableMapping, Wide
from streams.sources.mapping_wide import WideRows

Grid = NDArray[np.int64]  # an instant for each row and node


class WideColumns:
    """A whole table: which rows are copies of a key is seen at once. Those, and all that are refused in part, go
    through the reader of rows for what it has to say; their events are made here."""

    def __init__(self, mapping: TableMapping, wide: Wide, model: Model, rows: WideRows) -> None:
        self._mapping = mapping
        self._wide = wide
        self._kind = model.kinds[mapping.kind]
        self._nodes = [node for node in self._kind.nodes.values() if node.name in wide.nodes]  # in the model's order
        self._types = tuple(self._kind.reaches)
        self._node_types = np.array([self._types.index(node.name) for node in self._nodes], np.int16)
        self._rows = rows
        self.refusals: list[Refusal] = []

    def take(self, chunk: Chunk, cells: Cells) -> Flat:
        assert isinstance(self._mapping.key, KeyTemplate)
        keys = row_keys(cells, self._mapping.key)
        fresh, copied = _keyed(keys.codes)
        row = _Row(cells, [(node, self._wide.nodes[node.name]) for node in self._nodes])
        reached = row.reached & fresh[:, None]
        odd = row.bad & fresh
        recorded_at = None
        if self._mapping.recorded_at is not None:
            recorded = row.read(self._mapping.recorded_at, "recorded_at")
            odd |= recorded.refused & reached.any(axis=1)
            recorded_at = np.where(recorded.values.mask(), recorded.values.values, FIRST)
        kept = reached.copy()
        if recorded_at is not None:
            kept[recorded.refused] = False
        said = {name: (self._read(row, name, one), one.at_last) for name, one in self._settings().items()}
        ends = _ends(row.times, reached)
        for read, at_last in said.values():
            rows = np.flatnonzero(read.refused & reached.any(axis=1))
            odd[rows] = True
            kept[rows, ends[at_last][rows]] = False
        odd |= copied
        if keys.bad is not None:
            odd |= keys.bad
        self._report((keys.codes < 0) & ~odd, fresh & ~odd, row.times, reached)
        self.refusals += by_rows(self._rows, chunk, odd)
        place, node = np.nonzero(kept)
        occurred_at = row.times[place, node]
        return Flat(
            kind=self._kind.name,
            keys=keys.texts,
            key=keys.codes[place],
            occurred_at=occurred_at,
            recorded_at=None if recorded_at is None else np.maximum(recorded_at[place], occurred_at),
            types=self._types,
            type=self._node_types[node],
            data=_given(said, ends, kept),
        )

    @property
    def backwards(self) -> Counter[tuple[str, str]]:
        return self._rows.report.backwards

    def finish(self) -> None:
        self.refusals += self._rows.finish()

    def _settings(self) -> dict[str, Setting]:
        return {**self._mapping.fields, **{f"{node}.due": one for node, one in self._mapping.due.items()}}

    def _read(self, row: "_Row", name: str, setting: Setting) -> Read:
        wanted = self._kind.fields.get(name)
        return row.read(setting.cell, name, FieldType.TIMESTAMP if wanted is None else wanted.type)

    def _report(self, keyless: Mask, plain: Mask, times: Grid, reached: NDArray[np.bool_]) -> None:
        """Of rows that the reader of rows does not see."""
        report = self._rows.report
        report.without_key += int(np.count_nonzero(keyless))
        report.without_event += int(np.count_nonzero(plain & ~reached.any(axis=1)))
        earlier = np.full(len(plain), FIRST - 1)
        predecessor = np.full(len(plain), -1)
        for place, node in enumerate(self._nodes):
            if node.off_path:
                continue
            there = reached[:, place] & plain
            late = predecessor[there & (times[:, place] < earlier)]
            for before, count in enumerate(np.bincount(late[late >= 0]).tolist()):
                if count:
                    report.backwards[node.name, self._nodes[before].name] += count
            earlier[there] = times[there, place]
            predecessor[there] = place


class _Row:
    """The nodes of each row, in the model's order: when they were reached, and which rows have one that is bad."""

    def __init__(self, cells: Cells, nodes: Sequence[tuple[Node, Cell]]) -> None:
        self._cells = cells
        self.times = np.zeros((len(cells), len(nodes)), np.int64)
        self.reached = np.zeros((len(cells), len(nodes)), np.bool_)
        self.bad = np.zeros(len(cells), np.bool_)
        derived = [isinstance(cell.origin, NodeTime) for _, cell in nodes]
        for wanted in (False, True):  # @first and @last are those of the nodes that have columns
            for place, (node, cell) in enumerate(nodes):
                if derived[place] is wanted:
                    self._take(place, self.read(cell, node.name))
            if not wanted:
                self._first = Values(Type.TIMESTAMP, np.where(self.reached, self.times, LAST).min(axis=1), self._any)
                self._last = Values(Type.TIMESTAMP, np.where(self.reached, self.times, FIRST).max(axis=1), self._any)

    @property
    def _any(self) -> Mask:
        return np.asarray(self.reached.any(axis=1))

    def _take(self, place: int, read: Read) -> None:
        self.reached[:, place] = read.values.mask()
        self.times[:, place] = np.where(self.reached[:, place], read.values.values, 0)
        self.bad |= read.refused

    def read(self, cell: Cell, name: str, type_: FieldType = FieldType.TIMESTAMP) -> Read:
        if isinstance(cell.origin, NodeTime):
            return self._cells.derived(cell, self._last if cell.origin.last else self._first)
        return self._cells.read(cell, Field(name=name, type=type_))


def _keyed(codes: NDArray[np.int32]) -> tuple[Mask, Mask]:
    """Rows that are the first of their key, and all rows of keys that have several."""
    has = codes >= 0
    counts = np.bincount(codes[has], minlength=1)
    firsts = np.zeros(len(counts), np.int64)
    rows = np.flatnonzero(has)[::-1]
    firsts[codes[rows]] = rows  # what is assigned last stays
    return has & (firsts[codes] == np.arange(len(codes))), has & (counts[codes] > 1)


def _ends(times: Grid, reached: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """The places of each row's first and last node; of one instant the model's order decides."""
    firsts = np.where(reached, times, LAST + 1).argmin(axis=1)
    lasts = np.where(reached, times, FIRST - 1)[:, ::-1].argmax(axis=1)
    return firsts, reached.shape[1] - 1 - lasts


def _given(said: Mapping[str, tuple[Read, bool]], ends: tuple[Rows, Rows], kept: NDArray[np.bool_]) -> dict[str, Given]:
    """Fields and promises on the row's first event, or on its last."""
    events = (np.cumsum(kept.ravel()) - 1).reshape(kept.shape)
    every = np.arange(len(kept))
    found = {}
    for name, (read, at_last) in said.items():
        node = ends[at_last]
        rows = np.flatnonzero(read.values.mask() & kept[every, node])
        chosen = read.values.take(rows)
        if len(rows):
            values = Values(chosen.type, chosen.values, None, chosen.meanings)
            found[name] = Given(rows=events[rows, node[rows]], column=values)
    return found
