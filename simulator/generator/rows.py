"""Events and ground truth as tables: one column a field, all kinds together, a null where an event has none."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.columns.column import Instants, Mask
from simulator.frames import INSTANT
from simulator.generator.faults import FAULTS, FOLLOWS
from simulator.generator.scenario import Scenario
from streams.instants import MINUTE, SECOND, Instant

LINES: Final = pl.List(pl.Struct({"sku": pl.String, "site": pl.String, "qty": pl.Float64}))

# What events of all kinds say; a promise is a column of its own.
DATA: Final[dict[str, Any]] = {
    "customer": pl.String,
    "customer_level": pl.String,
    "channel": pl.String,
    "amount": pl.Float64,
    "quantity": pl.Float64,
    "urgent": pl.Boolean,
    "sales_rep": pl.String,
    "lines": LINES,
    "received.due": INSTANT,
    "sku": pl.String,
    "site": pl.String,
    "on_hand": pl.Float64,
    "reorder_level": pl.Float64,
    "supplier": pl.String,
    "qty": pl.Float64,
    "delivered.due": INSTANT,
    "order_no": pl.String,
    "carrier": pl.String,
    "place": pl.String,
    "reason": pl.String,
    "paid.due": INSTANT,
    "machine": pl.String,
    "finished.due": INSTANT,
    "recipient": pl.String,
}
_HEAD: Final[dict[str, Any]] = {
    "source": pl.String,
    "id": pl.String,
    "kind": pl.String,
    "key": pl.String,
    "type": pl.String,
    "occurred_at": INSTANT,
    "recorded_at": INSTANT,
}
EVENTS: Final[dict[str, Any]] = {**_HEAD, "data": pl.Struct(DATA)}  # what a history as Parquet has

# `rules` should find it at `kind` and `key`; `also` may ring there because of it, and that is no false alarm.
TRUTH: Final[dict[str, Any]] = {
    "fault": pl.String,
    "kind": pl.String,
    "key": pl.String,
    "at": INSTANT,  # from when it can be known
    "rules": pl.List(pl.String),
    "also": pl.List(pl.String),
}


def numbered(prefix: str, numbers: NDArray[Any], width: int = 7) -> pl.Series:
    """Keys such as A-0000042."""
    return prefix + pl.Series(numbers).cast(pl.String).str.zfill(width)


def instants(at: Instants) -> pl.Series:
    return pl.Series(at, dtype=pl.Int64).cast(INSTANT)


class Rows:
    """The events and the truth of one batch, as its parts add them."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self._kinds = kinds
        self._events: list[pl.DataFrame] = []
        self._truth: list[pl.DataFrame] = []

    def add(
        self,
        kind: str,
        type_: str,
        keys: pl.Series,
        at: Instants,
        data: Mapping[str, Any] | None = None,
        *,
        source: str = "erp",
        suffix: str | pl.Series | None = None,
        where: Mask | None = None,
    ) -> None:
        """One event a key. `data`: by field a column, or what all of them say.

        Ids are KEY-SUFFIX; the suffix is the type unless that comes several times.
        """
        if kind not in self._kinds or not len(keys):
            return
        end: str | pl.Series = type_ if suffix is None else suffix
        columns: dict[str, Any] = {
            "source": pl.lit(source),
            "id": keys + "-" + end,
            "kind": pl.lit(kind),
            "key": keys,
            "type": pl.lit(type_),
            "occurred_at": instants(at),
            **{name: _column(values, DATA[name]) for name, values in (data or {}).items()},
        }
        frame = pl.select(**columns)
        self._events.append(frame if where is None else frame.filter(pl.Series(where)))

    def happened(self, fault: str, keys: pl.Series, at: Instants, where: Mask | None = None) -> None:
        """What was injected, and is to be found at these keys."""
        one = FAULTS[fault]
        self._explain(fault, one.kind, keys, at, one.rules, one.also, where)

    def follows(self, fault: str, kind: str, keys: pl.Series, at: Instants, where: Mask | None = None) -> None:
        """What a fault brings with it elsewhere: nothing there is expected, and nothing there is a false alarm."""
        also = FOLLOWS[fault] if fault in FOLLOWS else (*FAULTS[fault].rules, *FAULTS[fault].also)
        self._explain(fault, kind, keys, at, (), also, where)

    def _explain(
        self,
        fault: str,
        kind: str,
        keys: pl.Series,
        at: Instants,
        rules: Sequence[str],
        also: Sequence[str],
        where: Mask | None,
    ) -> None:
        if kind not in self._kinds or not len(keys) or (where is not None and not where.any()):
            return
        frame = pl.select(fault=pl.lit(fault), kind=pl.lit(kind), key=keys, at=instants(at))
        frame = frame if where is None else frame.filter(pl.Series(where))
        lists = [pl.lit(list(words), TRUTH["rules"]).alias(name) for name, words in (("rules", rules), ("also", also))]
        self._truth.append(frame.with_columns(lists))

    def events(self, scenario: Scenario, rng: np.random.Generator, end: Instant) -> pl.DataFrame:
        """All of them before `end`, as they were recorded: some late, some twice."""
        if not self._events:
            return pl.DataFrame(schema=EVENTS)
        empty = pl.DataFrame(schema={name: kind for name, kind in {**_HEAD, **DATA}.items() if name != "recorded_at"})
        frame = pl.concat([empty, *self._events], how="diagonal")
        frame = frame.filter(pl.col("occurred_at") < pl.lit(end).cast(INSTANT))
        seen = _recorded(frame["occurred_at"].cast(pl.Int64).to_numpy(), scenario, rng)
        frame = frame.with_columns(recorded_at=instants(seen))
        again = frame.filter(pl.Series(rng.random(len(frame)) < scenario.duplicates))
        delay = (rng.random(len(again)) * 30 * MINUTE).astype(np.int64)
        again = again.with_columns(recorded_at=(pl.col("recorded_at").cast(pl.Int64) + pl.Series(delay)).cast(INSTANT))
        frame = pl.concat([frame, again], how="vertical").sort("recorded_at", "id", maintain_order=True)
        return frame.select(*_HEAD, data=pl.struct(list(DATA)))

    def truth(self, end: Instant) -> pl.DataFrame:
        frame = pl.concat([pl.DataFrame(schema=TRUTH), *self._truth])
        return frame.filter(pl.col("at") < pl.lit(end).cast(INSTANT)).sort("at", "fault", "key", maintain_order=True)


def _recorded(at: Instants, scenario: Scenario, rng: np.random.Generator) -> Instants:
    """Mostly seconds later, sometimes hours."""
    late = rng.random(len(at)) < scenario.recorded_late
    delay = rng.random(len(at)) * 5 * SECOND
    delay[late] = scenario.late_by * np.exp(rng.standard_normal(int(late.sum())))
    found: Instants = at + delay.astype(np.int64)
    return found


def _column(values: Any, kind: Any) -> Any:
    if isinstance(values, str | float | bool):
        return pl.lit(values, dtype=kind)
    series = values if isinstance(values, pl.Series) else pl.Series(values)
    return series if series.dtype == kind else series.cast(kind)
