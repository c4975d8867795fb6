"""The fold in columns: what was true of entities after each of their events (semantics.md, section 1)."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.language.scope import FIELD_TYPES
from rules.language.tree import Side, Type
from rules.worktime.durations import Duration
from simulator.columns.column import Column, Mask, Rows
from simulator.columns.events import EventColumns
from simulator.columns.working_time import after
from streams.model import Kind


class Snapshots:
    """The snapshot after each event: a column for each name, made when it is asked for.

    Of side BEFORE it is the snapshot just before the event, of side EVENT what the event itself says.
    """

    def __init__(self, kind: Kind, events: EventColumns) -> None:
        self.kind = kind
        self.events = events
        self._columns: dict[tuple[Side, str], Column] = {}

    def __len__(self) -> int:
        return len(self.events)

    @cached_property
    def entity(self) -> Rows:
        """The entity of each row."""
        starts = self.events.starts
        return np.repeat(np.arange(len(starts) - 1), np.diff(starts))

    @cached_property
    def first(self) -> Rows:
        """For each row the first row of its entity."""
        return self.events.starts[self.entity]

    def column(self, side: Side, name: str) -> Column:
        """A name that nothing is known of has no value in any row."""
        found = self._columns.get((side, name))
        if found is None:
            found = self._columns[side, name] = self._make(side, name)
        return found

    def _make(self, side: Side, name: str) -> Column:
        match side:
            case Side.SNAPSHOT:
                return self._snapshot(name)
            case Side.BEFORE:
                return self._before(name)
            case Side.EVENT:
                return self._own(name)

    def _snapshot(self, name: str) -> Column:
        node, _, word = name.rpartition(".")
        if name == "key":
            return Column(Type.STRING, self.entity, None, self.events.keys)
        if name == "closed":
            return self._closed()
        if node in self.kind.nodes:
            return self._reached(node) if word == "at" else self._due(node)
        return self._last_given(name)

    def _before(self, name: str) -> Column:
        column = self.column(Side.SNAPSHOT, name)
        if name == "key":
            return column
        rows = np.arange(len(self)) - 1
        begun = rows >= self.first
        rows[~begun] = 0
        earlier = column.take(rows) if len(self) else column
        if name == "closed":
            return Column(Type.BOOL, earlier.values & begun)
        return Column(column.type, earlier.values, begun & earlier.mask(), column.meanings)

    def _own(self, name: str) -> Column:
        events = self.events
        if name == "type":
            return Column(Type.STRING, events.type.astype(np.int64), None, events.types)
        if name == "at":
            return Column(Type.TIMESTAMP, events.occurred_at)
        given = events.data.get(name)
        if given is None:
            return self._nothing(name)
        values = np.zeros(len(self), given.column.values.dtype)
        present = np.zeros(len(self), np.bool_)
        values[given.rows] = given.column.values
        present[given.rows] = given.column.mask()
        return Column(given.column.type, values, present, given.column.meanings)

    def _closed(self) -> Column:
        closed = np.zeros(len(self), np.bool_)
        for node in self.kind.closed_by:
            closed |= self.column(Side.SNAPSHOT, f"{node}.at").mask()
        return Column(Type.BOOL, closed)

    def _reached(self, node: str) -> Column:
        """NODE.at: when it was first reached since it was last reset."""
        reaching = self._of_types(name for name, nodes in self.kind.reaches.items() if node in nodes)
        resetting = self._of_types(name for name, type_ in self.kind.events.items() if node in type_.resets)
        rows = np.flatnonzero(reaching)
        era = self.entity[rows]
        if resetting.any():
            era = (np.cumsum(resetting) + self.entity)[rows]  # rises at each reset and at each entity
        firsts = rows[np.flatnonzero(np.diff(era, prepend=-1))]
        values = self.events.occurred_at
        if not resetting.any():
            return self._filled(firsts, Column(Type.TIMESTAMP, values[firsts]))
        changes = np.union1d(firsts, np.flatnonzero(resetting))
        reached = np.isin(changes, firsts, assume_unique=True)
        return self._filled(changes, Column(Type.TIMESTAMP, values[changes], reached))

    def _due(self, node: str) -> Column:
        """The last promise, else the model's lead time."""
        promised = self._last_given(f"{node}.due")
        lead = self.kind.nodes[node].lead
        if lead is None:
            return promised
        start = self.column(Side.SNAPSHOT, f"{lead.after}.at")
        assert isinstance(lead.within, Duration)
        default = after(lead.within, start)
        has_promise = promised.mask()
        return Column(
            Type.TIMESTAMP,
            np.where(has_promise, promised.values, default.values),
            has_promise | default.mask(),
        )

    def _last_given(self, name: str) -> Column:
        given = self.events.data.get(name)
        return self._nothing(name) if given is None else self._filled(given.rows, given.column)

    def _nothing(self, name: str) -> Column:
        field = self.kind.fields.get(name)
        # a list of records has no type of the language
        type_ = Type.TIMESTAMP if field is None else FIELD_TYPES.get(field.type, Type.LIST)
        coded = type_ in (Type.STRING, Type.LIST)
        values: NDArray[Any] = np.zeros(len(self), _DTYPES[type_])
        return Column(type_, values, np.zeros(len(self), np.bool_), ("" if type_ is Type.STRING else (),) * coded)

    def _filled(self, rows: Rows, column: Column) -> Column:
        """The value of the newest of `rows` (rising) at or before each row of its entity."""
        if not len(rows):
            empty = np.zeros(len(self), column.values.dtype)
            return Column(column.type, empty, np.zeros(len(self), np.bool_), column.meanings or ("",))
        whose = self.entity[rows]
        if (whose[1:] > whose[:-1]).all():
            return self._once(rows, whose, column)
        marks = np.zeros(len(self), np.int32)
        marks[rows] = 1
        newest = np.cumsum(marks, dtype=np.int32) - 1
        present = (newest >= 0) & (rows[newest] >= self.first)
        newest[newest < 0] = 0
        if column.present is not None:
            present &= column.present[newest]
        return Column(column.type, column.values[newest], present, column.meanings)

    def _once(self, rows: Rows, whose: Rows, column: Column) -> Column:
        """The same where no entity has two of them, as mostly."""
        events = self.events
        lengths = np.diff(events.starts)
        begins = np.full(len(lengths), len(self))
        begins[whose] = rows
        values = np.zeros(len(lengths), column.values.dtype)
        values[whose] = column.values
        if column.present is not None:
            begins[whose[~column.present]] = len(self)
        present = np.repeat(begins, lengths) <= np.arange(len(self))
        return Column(column.type, np.repeat(values, lengths), present, column.meanings)

    def _of_types(self, names: Iterable[str]) -> Mask:
        wanted = set(names)
        places = [place for place, name in enumerate(self.events.types) if name in wanted]
        found = np.zeros(len(self), np.bool_)
        for place in places:
            found |= self.events.type == place
        return found


_DTYPES: Final = {
    Type.NUMBER: np.float64,
    Type.TIMESTAMP: np.int64,
    Type.DURATION: np.int64,
    Type.BOOL: np.bool_,
    Type.STRING: np.int64,
    Type.LIST: np.int64,
}
