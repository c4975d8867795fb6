"""Long tables: one row an event."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from streams.decoding import known_type
from streams.event import Event, Refusal
from streams.instants import LAST, Instant, Micros, format_instant
from streams.model import Field, FieldType, Model
from streams.sources.mapping import ANY, IGNORE, Long, TableMapping
from streams.sources.mapping_cells import Unreadable
from streams.sources.mapping_joined import JoinedFile
from streams.sources.mapping_rows import NO_TIMES, Data, Rows, read_data
from streams.sources.table import Row
from streams.text import nfkc

_CACHED_TYPES: Final = 4096
_TYPE: Final = Field(name="type", type=FieldType.STRING)


@dataclass(frozen=True, slots=True)
class _Head:
    type: str
    occurred_at: Instant
    recorded_at: Instant | None


class LongRows(Rows):
    """Fields and promises are set by their own row's event."""

    def __init__(
        self,
        mapping: TableMapping,
        long: Long,
        model: Model,
        *,
        file: str,
        decimal: str,
        skew: Micros,
        joined: Sequence[JoinedFile] = (),
    ) -> None:
        super().__init__(mapping, model, file=file, decimal=decimal, joined=joined)
        self._type = self.reader(_TYPE, long.type)
        self._occurred_at = self.instants("occurred_at", long.occurred_at)
        self._readers = {**self.settings(mapping, at_last=False), **self.settings(mapping, at_last=True)}
        self._types = long.types
        self._skew = skew
        self._found: dict[str, str] = {}  # types that were looked up before
        self._first_rows: dict[str, int] = {}  # unknown type -> the first row that has it
        self._nodes: dict[str, dict[str, Instant]] = {}  # key -> node -> first reached, to count what goes backwards

    def take(self, number: int, row: Row) -> Iterator[Event | Refusal]:
        try:
            keys = self.keys(row)
        except Unreadable as error:
            yield self.refusal(number, error)
            return
        if not keys:
            self.report.without_key += 1
            return
        for joined, group in self.with_joined(row, keys):
            yield from self._events(number, joined, group)

    def _events(self, number: int, row: Row, keys: Sequence[str]) -> Iterator[Event | Refusal]:
        try:
            head = self._head(number, row)
        except Unreadable as error:
            yield self.refusal(number, error, self._id(keys[0], number))
            return
        if head is None:
            return
        data: Data = {}
        unreadable = read_data(self._readers, row, NO_TIMES, data)
        for bad in unreadable:
            yield self.refusal(number, bad, self._id(keys[0], number))
        if unreadable:
            return
        if head.recorded_at is not None and head.occurred_at - head.recorded_at > self._skew:
            yield self._ahead(number, head.occurred_at, head.recorded_at)
            return
        for key in keys:
            self._note(key, head)
            id_ = self._id(key, number)
            yield self.event(id_, key, head.type, head.occurred_at, head.recorded_at, data)

    def _head(self, number: int, row: Row) -> _Head | None:
        """What happened and when; None where the row is no event. Raises Unreadable."""
        text = self._type(row, NO_TIMES)
        type_ = None if text is None else self._known(str(text), number)
        if type_ is None:
            self.report.without_event += text is None
            return None
        occurred_at = self._occurred_at(row, NO_TIMES)
        if occurred_at is None:
            self.report.without_event += 1
            return None
        return _Head(type_, occurred_at, self.recorded_at(row, NO_TIMES))

    def _ahead(self, number: int, occurred_at: Instant, recorded_at: Instant) -> Refusal:
        allowed = f"at most {self._skew // 1_000_000} s after it was recorded, {format_instant(recorded_at)}"
        reason = f"occurred_at: expected an instant {allowed}"
        return self.row_refusal(number, "ahead_of_time", reason, format_instant(occurred_at), "occurred_at")

    def finish(self) -> Iterator[Refusal]:
        """What is said once for the whole table; fills the report's last counts."""
        for text, count in self.report.unknown_types.items():
            first = self._first_rows[text]
            reason = (
                f"type: the mapping's types and the model do not know {text!r}; {count} rows, the first is row {first}"
            )
            yield self.row_refusal(first, "unknown_type", reason, text, "type")
        self.report.backwards = self._backwards()

    def _known(self, text: str, number: int) -> str | None:
        """The event type, None where the row is no event."""
        found = self._found.get(text)
        if found is None:
            text = nfkc(text)
            found = self._types.get(text) or known_type(self.kind, text) or self._types.get(ANY)
        if found is None:
            self.report.unknown_types[text] += 1
            self._first_rows.setdefault(text, number)
            return None
        if found == IGNORE:
            self.report.ignored += 1
            return None
        if len(self._found) < _CACHED_TYPES:
            self._found[text] = found
        return found

    def _note(self, key: str, head: _Head) -> None:
        reached = self._nodes.setdefault(key, {})
        for node in self.kind.reaches[head.type]:
            if head.occurred_at < reached.get(node, LAST):
                reached[node] = head.occurred_at

    def _backwards(self) -> Counter[tuple[str, str]]:
        """Entities, by node and the predecessor that was first reached after it."""
        on_path = [node.name for node in self.kind.nodes.values() if not node.off_path]
        counts: Counter[tuple[str, str]] = Counter()
        for reached in self._nodes.values():
            present = [name for name in on_path if name in reached]
            for before, after in pairwise(present):
                if reached[after] < reached[before]:
                    counts[after, before] += 1
        return counts

    def _id(self, key: str, number: int) -> str:
        """Nine digits, so that rows of one instant are folded in the file's order."""
        return f"{self.kind.name}/{key}/{number:09d}"
