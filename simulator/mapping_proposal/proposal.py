"""A proposed mapping, as values: what goes into the file, why, and what a person has to decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from streams.sources.mapping import CsvOptions
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCell:
    """`comment` goes behind its line in the file."""

    column: str
    as_: str | None = None
    day: str | None = None  # beside a format in as_: date or end_of_day
    values: Mapping[str, bool] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    at_last: bool = False
    take: str | None = None  # of a joined table's column
    fixed: bool = False  # `column` is no column but the value itself
    comment: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTable:
    """Another file whose rows are joined; `by` None: by the entity's key."""

    file: str
    key: str
    by: str | None = None
    fields: Mapping[str, ProposedCell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    column: str
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    kind: str
    format: Literal["wide", "long"]
    key: str
    nodes: Mapping[str, ProposedCell] = field(default_factory=dict)
    type: ProposedCell | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    occurred_at: ProposedCell | None = None
    recorded_at: ProposedCell | None = None
    due: Mapping[str, ProposedCell] = field(default_factory=dict)
    fields: Mapping[str, ProposedCell] = field(default_factory=dict)
    tables: Mapping[str, ProposedTable] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    csv: CsvOptions = field(default_factory=CsvOptions)
    sheet: str | None = None
    object_type: str | None = None
    zone: str | None = None
    doubts: tuple[Text, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class NoProposal:
    """Nothing can be proposed, and what a person can do about it."""

    why: Text
