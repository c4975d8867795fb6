"""The overdue workload: synthetic orders over six nodes, overdue rules, and how often each rule must fire.

Orders start uniformly over 90 days; the time from node to node is log-normal; 8 % stop at a random node. For each pair
of neighbouring nodes there are thresholds from 1 to 8 times the median; every second one also asks for channel "b2b". A
rule fires when its first node has been reached and the second does not follow within the threshold. The draws and their
order are fixed (numpy, seed 7), so that the counts can be compared between engines and machines.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from rules.errors import Place
from rules.language.expression import Scope, Type, conjunction, done, not_closed, not_done, parse
from rules.rule import OverdueAfter, Plain, Rule, StageRule
from rules.worktime.durations import Duration
from streams.event import Event
from streams.firing import Severity
from streams.instants import DAY, HOUR, Instant
from streams.model import Field, FieldType, Kind, Model, Node, Value
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
    dwell = np.rint(np.array(_MEDIAN_HOURS) * _HOUR_MS * np.exp(z)).astype(np.int64)
    times = np.empty((count, 6), np.int64)
    times[:, 0] = start
    times[:, 1:] = start[:, None] + np.cumsum(dwell, axis=1)
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
