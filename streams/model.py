"""What an entity may be: kinds with their nodes, fields and event types, as the model file declares them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

from streams.instants import Instant
from streams.lead_times import LeadTimes
from streams.text import Text

Record = Mapping[str, str | float | bool | Instant]
# number -> float, string -> str (NFC), bool -> bool, timestamp -> Instant, list -> tuple[str, ...],
# records -> tuple[Record, ...]. A missing value is an absent key, never None.
Value = str | float | bool | Instant | tuple[str, ...] | tuple[Record, ...]
# One flat snapshot: fields by name, "NODE.at" and "NODE.due" where present, "closed" always.
Values = dict[str, Value]


class FieldType(StrEnum):
    NUMBER = "number"
    STRING = "string"
    BOOL = "bool"
    TIMESTAMP = "timestamp"
    LIST = "list"  # of strings
    RECORDS = "records"  # a list of records, such as an order's lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    type: FieldType
    columns: Mapping[str, FieldType] = field(default_factory=dict)  # of records only
    label: Text | None = None  # what people call it, where the model says so


class Duration(Protocol):
    """A length of time that may count working time only; rules/worktime/durations.py has the real one."""

    def after(self, start: Instant) -> Instant | None:
        """`start` plus this, the calendar's cut-off applied; None where out of range (missing)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTime:
    """When a node is due where no event promises it: `within` after `after` was reached."""

    after: str
    within: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    label: Text
    place: int  # in the model's order, from 0
    types: tuple[str, ...] = ()  # event types that reach it besides its own name
    lead: LeadTime | None = None
    off_path: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    name: str
    label: Text
    resets: tuple[str, ...] = ()  # nodes


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of entity. Mappings keep the order of the model file."""

    name: str
    label: Text
    nodes: Mapping[str, Node] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    events: Mapping[str, EventType] = field(default_factory=dict)
    closed_by: tuple[str, ...] = ()

    @cached_property
    def labels(self) -> Mapping[str, Text]:
        """What people call its nodes, fields and event types; not those that have no name but their own."""
        told: list[EventType | Field | Node] = [*self.events.values(), *self.fields.values(), *self.nodes.values()]
        return {one.name: one.label for one in told if one.label is not None}

    @cached_property
    def reaches(self) -> Mapping[str, tuple[str, ...]]:
        """Event type -> nodes it reaches, for every type that this kind knows ('updated' included)."""
        found: dict[str, tuple[str, ...]] = {"updated": ()}
        for name in self.events:
            found.setdefault(name, ())
        for node in self.nodes.values():
            for type_ in (node.name, *node.types):
                if node.name not in found.get(type_, ()):
                    found[type_] = (*found.get(type_, ()), node.name)
        return found


class Where(Protocol):
    """Which entities contribute to a total; rules/files/total_file.py makes the real one."""

    @property
    def meaning(self) -> str: ...
    @property
    def reads(self) -> Collection[str]:
        """The names of the snapshot."""

    def holds(self, values: Values) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A field that the model computes over other entities, such as stock.demand."""

    kind: str  # that has it
    name: str
    of: str  # kind that contributes
    each: str | None  # its list-of-records field, or None: the entity itself
    sum: str | None  # field; None counts
    key: str  # of the entity that has it, as a template: "{sku}@{site}"
    where: Where | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    zone: ZoneInfo
    kinds: Mapping[str, Kind]
    totals: tuple[Total, ...] = ()
    lead_times: LeadTimes | None = None  # learned ones, from a file of their own; None: there is none

    def total(self, kind: str, name: str) -> Total | None:
        return next((one for one in self.totals if (one.kind, one.name) == (kind, name)), None)
