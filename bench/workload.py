"""The overdue workload: synthetic orders over six nodes, overdue rules, and how often each rule must fire.

Orders start uniformly over 90 days; the time from node to node is log-normal; 8 % stop at a random node. For each pair
of neighbouring nodes there are thresholds from 1 to 8 times the median; every second one also asks for channel "b2b". A
rule fires when its first node has been reached and the second does not follow within the threshold. The draws and their
order are fixed (numpy, seed 7), so that the counts can be compared between engines and machines.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rules.errors import Place
from rules.language.expression import Scope, Type, conjunction, done, not_closed, not_done, parse
from rules.rule import OverdueAfter, Plain, Rule, StageRule
from rules.worktime.durations import Duration
from simulator.history_writing import HistorySchema, write_parquet
from streams.event import Event
from streams.firing import Severity
from streams.instants import DAY, HOUR, Instant
from streams.model import Field, FieldType, Kind, Model, Node, Value
from streams.sources.mapping import Cell, Column, Long, Setting, TableMapping, key_template
from streams.text import Text

NODES = ("placed", "paid", "stocked", "shipped", "received", "settled")
_CHANNELS = ("b2b", "web", "store")
_REGIONS = ("north", "south", "east", "west", "centre", "coast", "island", "abroad")
_MEDIAN_HOURS = (12, 24, 24, 72, 48)
_MS = 1000  # microseconds
_HOUR_MS = HOUR // _MS
_DAY_MS = DAY // _MS
_START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_GRACE_MS = 30 * _DAY_MS
_PLACE_BITS = 26  # of an order's node among ten million orders
_PIECE = 1_000_000  # events
_TABLE = {
    "key": pl.String(),
    "node": pl.String(),
    "t": pl.Int64(),
    "channel": pl.String(),
    "region": pl.String(),
    "amount": pl.Float64(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    pair: int  # from NODES[pair] to NODES[pair + 1]
    milliseconds: int
    b2b: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    times: NDArray[np.int64]  # (orders, nodes), milliseconds
    seen: NDArray[np.bool_]  # (orders, nodes)
    channel: NDArray[np.int64]
    region: NDArray[np.int64]
    amount: NDArray[np.float64]

    @property
    def end_ms(self) -> int:
        return int(self.times[self.seen].max()) + _GRACE_MS


def draw_orders(count: int) -> Orders:
    rng = np.random.default_rng(7)
    start = _START_MS + rng.integers(0, 90 * _DAY_MS, count)
    z = rng.standard_normal((count, 5))
    stops = rng.random(count) < 0.08
    stop_node = rng.integers(0, 5, count)
    channel = rng.choice(3, count, p=[0.3, 0.5, 0.2])
    region = rng.integers(0, 8, count)
    amount = np.round(np.exp(rng.normal(4.0, 1.0, count)), 2).astype(np.float64)
    np.exp(z, out=z)  # in place: ten million orders should not need several copies
    z *= np.array(_MEDIAN_HOURS) * _HOUR_MS
    np.rint(z, out=z)
    times = np.empty((count, 6), np.int64)
    times[:, 0] = start
    times[:, 1:] = z
    np.cumsum(times, axis=1, out=times)
    last = np.where(stops, stop_node, 5)
    seen = np.arange(6)[None, :] <= last[:, None]
    return Orders(times=times, seen=seen, channel=channel, region=region, amount=amount)


def thresholds(count: int) -> list[Threshold]:
    """`count` must be a multiple of five: as many for each pair, geometric from 1 to 8 times the median."""
    each = count // 5
    return [
        Threshold(
            pair=pair,
            milliseconds=round(_MEDIAN_HOURS[pair] * _HOUR_MS * 2 ** (3 * j / (each - 1))),
            b2b=j % 2 == 1,
        )
        for pair in range(5)
        for j in range(each)
    ]


def truth(orders: Orders, rules: list[Threshold]) -> list[int]:
    """How often each rule must fire."""
    counts = []
    for rule in rules:
        due = orders.times[:, rule.pair] + rule.milliseconds
        reached = orders.seen[:, rule.pair + 1]
        fires = orders.seen[:, rule.pair] & np.where(reached, due < orders.times[:, rule.pair + 1], due < orders.end_ms)
        if rule.b2b:
            fires &= orders.channel == 0
        counts.append(int(fires.sum()))
    return counts


def events(orders: Orders) -> list[Event]:
    """By time, then order."""
    order, node = np.nonzero(orders.seen)
    at = orders.times[order, node]
    found = []
    for place in np.lexsort((order, at)):
        o, n, ms = int(order[place]), int(node[place]), int(at[place])
        data: dict[str, Value] = (
            {
                "channel": _CHANNELS[orders.channel[o]],
                "region": _REGIONS[orders.region[o]],
                "amount": float(orders.amount[o]),
            }
            if n == 0
            else {}
        )
        instant: Instant = ms * _MS
        found.append(
            Event(
                source="bench",
                id=f"{o}-{n}",
                kind="order",
                key=f"ORD-{o:07}",
                type=NODES[n],
                occurred_at=instant,
                recorded_at=instant,
                data=data,
            )
        )
    return found


def write_table(path: Path, orders: Orders) -> int:
    """The events as a long table, by time, then order, a piece at a time; returns how many. `mapping` reads it."""
    history = _Sorted(orders)
    write_parquet(path, map(history.piece, history.pieces), pl.Schema(_TABLE))
    return len(history.events)


def write_history(path: Path, orders: Orders) -> int:
    """The same events as a history of Tocsin's own."""
    history = _Sorted(orders)
    schema = HistorySchema(model())
    write_parquet(path, map(partial(_own, schema), map(history.piece, history.pieces)), schema.columns)
    return len(history.events)


class _Sorted:
    """Which event is the n-th: its order and its node as one number of 26 bits behind its milliseconds."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        places = np.flatnonzero(orders.seen)
        self.events = (orders.times.ravel()[places] - _START_MS) << _PLACE_BITS
        self.events |= places
        self.events.sort()
        self.pieces = range(0, len(self.events), _PIECE)

    def piece(self, start: int) -> pl.DataFrame:
        events = self.events[start : start + _PIECE]
        order, node = np.divmod(events & ((1 << _PLACE_BITS) - 1), len(NODES))
        first = pl.Series(node == 0)
        return pl.DataFrame(
            {
                "order": order,
                "node": pl.Series(NODES).gather(node),
                "t": (events >> _PLACE_BITS) + _START_MS,
                "channel": pl.Series(_CHANNELS).gather(self._orders.channel[order]),
                "region": pl.Series(_REGIONS).gather(self._orders.region[order]),
                "amount": self._orders.amount[order],
            }
        ).select(
            pl.concat_str(pl.lit("ORD-"), pl.col("order").cast(pl.String).str.zfill(7)).alias("key"),
            "node",
            "t",
            pl.when(first).then(pl.col("channel", "region", "amount")),
        )


def _own(schema: HistorySchema, piece: pl.DataFrame) -> pl.DataFrame:
    at = pl.col("t").cast(pl.Datetime("ms", "UTC")).cast(pl.Datetime("us", "UTC"))
    node = pl.col("node").cast(pl.Enum(NODES)).to_physical().cast(pl.String)
    empty = [pl.lit(None, pl.Datetime("us", "UTC")).alias(f"{node}.due") for node in NODES]
    return piece.select(
        source=pl.lit("bench"),
        id=pl.concat_str(pl.col("key").str.slice(4).cast(pl.Int64), pl.lit("-"), node),
        kind=pl.lit("order"),
        key="key",
        type="node",
        occurred_at=at,
        recorded_at=at,
        data=pl.struct("channel", "region", "amount", *empty),
        retracts=pl.lit(None, pl.String),
    ).cast(schema.columns)


def mapping() -> TableMapping:
    """How `write_table`'s table is read."""

    def column(name: str) -> Cell:
        return Cell(origin=Column(name=name))

    return TableMapping(
        kind="order",
        source="bench",
        key=key_template("key"),
        rows=Long(type=column("node"), occurred_at=replace(column("t"), as_="unix_ms")),
        fields={name: Setting(cell=column(name)) for name in ("channel", "region", "amount")},
    )


def model() -> Model:
    kind = Kind(
        name="order",
        label=Text.plain("Order"),
        nodes={name: Node(name=name, label=Text.plain(name), place=place) for place, name in enumerate(NODES)},
        fields={
            "channel": Field(name="channel", type=FieldType.STRING),
            "region": Field(name="region", type=FieldType.STRING),
            "amount": Field(name="amount", type=FieldType.NUMBER),
        },
    )
    return Model(zone=ZoneInfo("UTC"), kinds={"order": kind})


def engine_rules(declared: list[Threshold], model: Model) -> list[Rule]:
    place = Place(file="bench", line=1, column=1)
    b2b, problems = parse('channel == "b2b"', Scope.of(model, "order", pulse=False), Type.BOOL, place)
    assert b2b is not None and not problems
    found = []
    for number, rule in enumerate(declared):
        after, node = NODES[rule.pair], NODES[rule.pair + 1]
        overdue = (done(after), not_done(node), not_closed())
        found.append(
            Rule(
                id=f"r{number}",
                version="1",
                name=Text.plain(f"r{number}"),
                on="order",
                condition=conjunction(b2b, *overdue) if rule.b2b else conjunction(*overdue),
                deadline=OverdueAfter(node=node, after=after, within=Duration(span=rule.milliseconds * _MS)),
                stages=(StageRule(severity=Severity.MAJOR, offset=Duration()),),
                ending=Plain(),
            )
        )
    return found
