"""What became of each entity: did what people wanted to prevent come about, since when, or is that not known yet?

The outcome is a condition of the rule language. It is judged in three values, because a history ends in the middle of
things (Kleene's strong logic of three values, "Introduction to Metamathematics", 1952, section 64):

- A comparison with a node that has not been reached is judged as if it were reached now, and as if it never were. Where
  both say the same, that is known already: `received.at > promised_at` is true from the promise on, received or not.
- What else depends on something missing is not known, as long as the entity is open. A condition on fields alone that
  does not hold can still come to hold, as long as it is open.
- Of a closed entity everything is known, by the rules of the language: what is missing makes a comparison false.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import and_, or_
from typing import Any, Final

import numpy as np
import polars as pl

from rules.language.expression import Expression
from rules.language.tree import AllOf, AnyOf, Comparison, Condition, Leaf, Side, Type, lookups
from simulator.columns.column import Column, Instants, Mask
from simulator.columns.expressions import Expressions, Table
from simulator.columns.framed import Framed
from simulator.frames import INSTANT, last_snapshots
from streams.instants import Instant, from_datetime, to_datetime
from streams.model import Kind

# One row an entity. `outcome` is null where it is not known yet, `outcome_at` since when it was certain.
OUTCOMES: Final[dict[str, Any]] = {
    "key": pl.String,
    "begun_at": INSTANT,
    "closed_at": INSTANT,  # since when it is closed; null: it is open
    "outcome": pl.Boolean,
    "outcome_at": INSTANT,
}

_NEVER: Final = from_datetime(to_datetime(0).replace(year=9000))  # late enough, and a day may still be added to it
_ORDERS: Final = ("<", "<=", ">", ">=")


def outcomes_of(expression: Expression, kind: Kind, snapshots: pl.DataFrame, until: Instant) -> pl.DataFrame:
    """The OUTCOMES of all entities of `kind`, as far as the history up to `until` tells."""
    asking = _Asking(condition=expression.condition, closes=bool(kind.closed_by))
    names = [name for name in snapshots.columns if name in expression.fields and name not in ("key", "closed")]
    read = ["key", "closed", *names]
    last = last_snapshots(snapshots).select("begun_at", *read)
    known = _Judge(asking, last).known(np.full(len(last), until))
    outcome = pl.when(pl.Series(known.yes)).then(True).when(pl.Series(known.no)).then(False)
    answered = last.select("key", "begun_at", outcome=outcome)
    steps = snapshots.select("at", "until", *read).join(
        answered.filter("outcome"), on="key", how="semi", maintain_order="left"
    )
    return _with(_with(answered, _since(asking, steps, until)), closed_since(snapshots)).select(list(OUTCOMES))


def closed_since(snapshots: pl.DataFrame) -> pl.DataFrame:
    """`closed_at`, the first instant of the time that each entity is closed until the end; null where it is open."""
    reopened = pl.col("until").filter(~pl.col("closed")).last()
    closed_at = pl.when(pl.col("closed").last()).then(pl.coalesce(reopened, pl.col("at").first()))
    return snapshots.group_by("key", maintain_order=True).agg(closed_at.alias("closed_at"))


def _with(table: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    return table.join(other, on="key", how="left", maintain_order="left")


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Which rows certainly hold, and which certainly do not."""

    yes: Mask
    no: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    condition: Condition
    closes: bool  # whether entities of the kind ever close


class _Judge:
    """What is known of the condition on the snapshots of a frame."""

    def __init__(self, asking: _Asking, frame: pl.DataFrame) -> None:
        self._asking = asking
        self._frame = frame
        self._table = Framed(frame)
        self._plain = Expressions(self._table)
        self._closed = frame["closed"].to_numpy()

    def known(self, at: Instants) -> _Known:
        """On what is known at `at` of each row, the snapshot being that of the row."""
        return self._known(self._asking.condition, at)

    def of(self, rows: Mask) -> "_Judge":
        """Of these rows only."""
        return _Judge(self._asking, self._frame.filter(pl.Series(rows)))

    def _known(self, condition: Condition, at: Instants) -> _Known:
        match condition:
            case AllOf(parts=parts):
                found = [self._known(part, at) for part in parts]
                return _Known(reduce(and_, (one.yes for one in found)), reduce(or_, (one.no for one in found)))
            case AnyOf(parts=parts):
                found = [self._known(part, at) for part in parts]
                return _Known(reduce(or_, (one.yes for one in found)), reduce(and_, (one.no for one in found)))
            case _:
                return self._leaf(condition, at)

    def _leaf(self, leaf: Leaf, at: Instants) -> _Known:
        true = self._plain.holds(leaf)
        names = {lookup.name for lookup in lookups(leaf)}
        nodes = sorted(name for name in names if name.endswith(".at"))
        told = self._there(names.difference(nodes))
        ordered = isinstance(leaf, Comparison) and leaf.sign in _ORDERS and leaf.left.type is not Type.BOOL
        if ordered and nodes:
            extremes = [
                Expressions(self._reached(nodes, ends)).holds(leaf)
                for ends in product((at, np.full(len(at), _NEVER)), repeat=len(nodes))
            ]
            yes, no = reduce(and_, extremes), ~reduce(or_, extremes)
        else:
            told = told & self._there(nodes)
            yes = true
            no = ~true if nodes or not self._asking.closes else np.zeros_like(true)
        return _Known(np.where(self._closed, true, told & yes), np.where(self._closed, ~true, told & no))

    def _there(self, names: Iterable[str]) -> Mask:
        """Where all of these have a value. Whether an open entity is closed in the end, is never known."""
        masks = (self._table.column(Side.SNAPSHOT, name).mask() for name in names if name != "closed")
        return reduce(and_, masks, np.full(len(self._table), "closed" not in names))

    def _reached(self, nodes: Sequence[str], ends: Sequence[Instants]) -> Table:
        """The snapshots as if these nodes, where they are not reached, had been reached then."""
        columns = {}
        for name, end in zip(nodes, ends, strict=True):
            column = self._table.column(Side.SNAPSHOT, name)
            columns[name] = Column(Type.TIMESTAMP, np.where(column.mask(), column.values, end))
        return _Replaced(self._table, columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Replaced:
    """A table with other columns in place of some."""

    table: Table
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.table)

    def column(self, side: Side, name: str) -> Column:
        found = self.columns.get(name)
        return self.table.column(side, name) if found is None else found


def _since(asking: _Asking, steps: pl.DataFrame, until: Instant) -> pl.DataFrame:
    """`outcome_at`: the beginning of the last unbroken time in which it is certain; in the end it is."""
    judge = _Judge(asking, steps)
    begins = steps["at"].to_physical().to_numpy()
    ends = steps["until"].to_physical().fill_null(until + 1).to_numpy() - 1
    late, early = judge.known(ends).yes, judge.known(begins).yes
    turns = late & ~early
    since = ends + 1  # of those that are uncertain to their end
    since[turns] = _last_uncertain(judge.of(turns), begins[turns], ends[turns])
    dated = steps.select("key", "at", since=pl.Series(since).cast(INSTANT), uncertain=pl.Series(~(late & early)))
    began = pl.coalesce(pl.col("since").filter("uncertain").last(), pl.col("at").first())
    return dated.group_by("key").agg(began.alias("outcome_at"))


def _last_uncertain(judge: _Judge, uncertain: Instants, certain: Instants) -> Instants:
    """Time alone makes it certain, once, between a snapshot's beginning and `certain`: found by halving."""
    while (certain - uncertain > 1).any():
        middle = (uncertain + certain) // 2
        known = judge.known(middle).yes
        uncertain, certain = np.where(known, uncertain, middle), np.where(known, middle, certain)
    return uncertain
