"""The ways of entities from one node to another: how long each took, or how long it has lasted so far."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.frames import INSTANT, last_snapshots
from streams.instants import Instant
from streams.model import Kind

# One row an entity that began the way and did not go back in time.
WAYS: Final[dict[str, Any]] = {
    "key": pl.String,
    "started_at": INSTANT,
    "ended_at": INSTANT,  # the end node, or until when it is known not to have been reached
    "how": pl.String,  # done, open, closed, passed
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ways:
    """`passed`: a later node was reached without the end node; `closed`: a closing one. Both count up to then.

    `negative` ways reached their end before their start and are left out. Of entities whose start or end node was
    `reset` the last round counts.
    """

    start: str
    end: str
    rows: pl.DataFrame
    negative: int
    reset: int

    @property
    def spans(self) -> NDArray[np.int64]:
        """Microseconds."""
        return (self.rows["ended_at"] - self.rows["started_at"]).dt.total_microseconds().to_numpy()

    @property
    def done(self) -> NDArray[np.bool_]:
        return (self.rows["how"] == "done").to_numpy()

    def begun(self, since: Instant) -> "Ways":
        """Those that began then or later."""
        return self.of(self.rows.filter(pl.col("started_at") >= pl.lit(since).cast(INSTANT)))

    def of(self, rows: pl.DataFrame) -> "Ways":
        """Some of them."""
        return replace(self, rows=rows)

    def count(self, how: str) -> int:
        return int((self.rows["how"] == how).sum())


def ways_between(
    kind: Kind, start: str, end: str, snapshots: pl.DataFrame, until: Instant, *, beside: Sequence[str] = ()
) -> Ways:
    """All ways from `start` to `end` up to `until`; `snapshots` as of snapshots_of, `beside` further columns."""
    begin, finish = pl.col(f"{start}.at"), pl.col(f"{end}.at")
    later = [
        f"{node.name}.at" for node in kind.nodes.values() if _is_later(kind, node.name, end) and node.name != start
    ]
    closing = [f"{name}.at" for name in kind.closed_by if name != end]
    read = dict.fromkeys(("key", "at", "until", f"{start}.at", f"{end}.at", *later, *closing, *beside))
    begun = last_snapshots(snapshots.select(*read)).filter(begin.is_not_null())
    closed_at, passed_at = _earliest(closing, begin), _earliest(later, begin)
    now = pl.lit(until).cast(INSTANT)
    known = begun.with_columns(
        ended_at=pl.coalesce(finish, pl.min_horizontal(closed_at, passed_at, now)),
        how=pl.when(finish.is_not_null())
        .then(pl.lit("done"))
        .when(closed_at.is_not_null() & (closed_at <= pl.coalesce(passed_at, now)))
        .then(pl.lit("closed"))
        .when(passed_at.is_not_null())
        .then(pl.lit("passed"))
        .otherwise(pl.lit("open")),
    )
    kept = known.filter(pl.col("ended_at") >= begin)
    return Ways(
        start=start,
        end=end,
        rows=kept.select("key", begin.alias("started_at"), "ended_at", "how", *beside),
        negative=len(known) - len(kept),
        reset=_resets(snapshots, begun, start, end),
    )


def _is_later(kind: Kind, name: str, end: str) -> bool:
    node = kind.nodes[name]
    return not node.off_path and node.place > kind.nodes[end].place


def _earliest(columns: Sequence[str], begin: pl.Expr) -> pl.Expr:
    """The earliest of these instants that is not before the beginning."""
    after = [pl.when(pl.col(name) >= begin).then(pl.col(name)) for name in columns]
    return pl.min_horizontal(after) if after else pl.lit(None, dtype=INSTANT)


def _resets(snapshots: pl.DataFrame, begun: pl.DataFrame, start: str, end: str) -> int:
    """How many of these entities lost one of the two nodes on their way."""
    same = pl.col("key") == pl.col("key").shift()  # the steps of an entity stand together
    times = [pl.col(f"{node}.at") for node in (start, end)]
    gone = [same & at.shift().is_not_null() & at.ne_missing(at.shift()) for at in times]
    lost = snapshots.select("key", *times).filter(pl.any_horizontal(gone)).select("key").unique()
    return len(lost.join(begun, on="key", how="semi"))
