"""What a report says, as values: sections of facts, tables and charts. html.py, charts.py and json show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from streams.text import Text

_UTC: Final = ZoneInfo("UTC")

# How a cell is written: text as it is (a Text in the reader's language), a number, a share of 1 as per cent, a duration
# in microseconds, an instant in microseconds. None is shown as a dash.
CellKind = Literal["text", "number", "share", "duration", "instant"]
Cell = str | Text | float | int | bool | None
Mark = Literal["line", "step", "bar", "point", "area", "heat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One figure that the reader should see first; `about` says what it counts."""

    label: Text
    value: Cell
    kind: CellKind = "number"
    about: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Of a column; `about` is shown when one points at it."""

    label: Text
    kind: CellKind = "text"
    about: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`name` is its key in the JSON: a-z, 0-9 and -. Readers can sort it by each column."""

    name: str
    title: Text
    heads: tuple[Head, ...]
    rows: Sequence[Sequence[Cell]]
    about: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    label: Text
    kind: CellKind = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A line across a chart that says what its marks are compared with: a budget, the value in force."""

    label: Text
    at: float
    axis: Literal["x", "y"] = "y"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`points` have an `x`, a `y` and, where there are several, a `series` (a Text or str); heat also a `value`;
    `low` and `high` where a band lies around y; `x2` where a bar on an axis of numbers or time ends (else bars are as
    wide as their smallest distance); `label` where a point has a name, which is written beside it. `name` is that of
    its SVG and PNG file.
    """

    name: str
    title: Text
    mark: Mark
    x: Axis
    y: Axis
    points: Sequence[Mapping[str, Any]]
    about: Text | None = None
    value: Axis | None = None  # of heat: what the colour says
    stacked: bool = False  # bars and areas of several series: on top of each other, else side by side or overlaid
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence that the reader must not miss: how something was counted, what the figures cannot say."""

    text: Text
    warning: bool = False


Part = Facts | Table | Chart | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    name: str  # its anchor and its key in the JSON
    title: Text
    parts: tuple[Part, ...]
    about: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    title: Text
    sections: tuple[Section, ...]
    about: Text | None = None  # which history, which rules, until when
    zone: ZoneInfo = _UTC  # instants are shown in it: that of the model
