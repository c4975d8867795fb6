"""Wide tables: one row an entity, a cell for each of its nodes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from streams.event import Event, Refusal
from streams.instants import Instant
from streams.model import Model, Node
from streams.sources.mapping import NodeTime, TableMapping, Wide
from streams.sources.mapping_cells import NodeTimes, Unreadable
from streams.sources.mapping_joined import JoinedFile
from streams.sources.mapping_rows import NO_TIMES, Data, Rows, read_data
from streams.sources.table import Row


@dataclass(frozen=True, slots=True)
class _Reached:
    """A node of a row, and when it was reached."""

    at: Instant
    node: Node


class WideRows(Rows):
    """Fields and promises travel on the row's earliest event, with `at: last` on its latest."""

    def __init__(
        self,
        mapping: TableMapping,
        wide: Wide,
        model: Model,
        *,
        file: str,
        decimal: str,
        joined: Sequence[JoinedFile] = (),
    ) -> None:
        super().__init__(mapping, model, file=file, decimal=decimal, joined=joined)
        nodes = [(self.kind.nodes[name], cell) for name, cell in wide.nodes.items()]
        readers = [(node, cell.origin, self.instants(node.name, cell)) for node, cell in nodes]
        self._columns = [(node, read) for node, origin, read in readers if not isinstance(origin, NodeTime)]
        self._derived = [(node, read) for node, origin, read in readers if isinstance(origin, NodeTime)]
        self._on_first = self.settings(mapping, at_last=False)
        self._on_last = self.settings(mapping, at_last=True)
        self._seen: set[str] = set()
        self.report.known_from_start = tuple(self._on_first)

    def take(self, number: int, row: Row) -> Iterator[Event | Refusal]:
        try:
            keys = self.keys(row)
        except Unreadable as error:
            yield self.refusal(number, error)
            return
        if not keys:
            self.report.without_key += 1
        for key in keys:
            if key in self._seen:
                reason = f"expected one row for each key; {key} was there before, this row is left out"
                yield self.row_refusal(number, "duplicate_key", reason, key, "key")
        fresh = [key for key in keys if key not in self._seen]
        if fresh:
            self._seen.update(fresh)
            for joined, group in self.with_joined(row, fresh):
                yield from self._events(number, joined, group)

    def finish(self) -> Iterator[Refusal]:
        return iter(())

    def _events(self, number: int, row: Row, keys: Sequence[str]) -> Iterator[Event | Refusal]:
        reached, times, unreadable = self._read_nodes(row)
        for error in unreadable:
            yield self.refusal(number, error, self._id(keys[0], self.kind.nodes[error.field]))
        if not reached:
            self.report.without_event += not unreadable
            return
        self._count_backwards(reached)
        try:
            recorded_at = self.recorded_at(row, times)
        except Unreadable as error:
            yield self.refusal(number, error)
            return
        data: dict[str, Data] = {one.node.name: {} for one in reached}
        refused: set[str] = set()
        first, last = min(reached, key=_order).node, max(reached, key=_order).node
        for node, readers in ((first, self._on_first), (last, self._on_last)):
            for bad in read_data(readers, row, times, data[node.name]):
                refused.add(node.name)
                yield self.refusal(number, bad, self._id(keys[0], node))
        for key in keys:
            for one in reached:
                if one.node.name not in refused:
                    known_at = None if recorded_at is None else max(recorded_at, one.at)
                    id_ = self._id(key, one.node)
                    yield self.event(id_, key, one.node.name, one.at, known_at, data[one.node.name])

    def _read_nodes(self, row: Row) -> tuple[list[_Reached], NodeTimes, list[Unreadable]]:
        """In the model's order, with the instants of the node columns, for which @first and @last stand."""
        reached: list[_Reached] = []
        unreadable: list[Unreadable] = []
        times = NO_TIMES
        for readers in (self._columns, self._derived):
            for node, read in readers:
                try:
                    at = read(row, times)
                except Unreadable as error:
                    unreadable.append(error)
                else:
                    if at is not None:
                        reached.append(_Reached(at, node))
            times = times or tuple(one.at for one in reached)
        return sorted(reached, key=lambda one: one.node.place), times, unreadable

    def _count_backwards(self, reached: list[_Reached]) -> None:
        """Each node against the one before it on the order's way; nodes off that way have no predecessor."""
        on_path = [one for one in reached if not one.node.off_path]
        for before, after in pairwise(on_path):
            if after.at < before.at:
                self.report.backwards[after.node.name, before.node.name] += 1

    def _id(self, key: str, node: Node) -> str:
        """The place counts from 1, as rows do."""
        return f"{self.kind.name}/{key}/{node.place + 1:02d}-{node.name}"


def _order(one: _Reached) -> tuple[Instant, int]:
    return (one.at, one.node.place)
