"""Rows per second of conditions, calendars, groups and totals in columns, beside the engine's own row by row.

    POLARS_MAX_THREADS=1 python -m bench.column_math [--rows 1000000]

Seconds are those of this process on the processor, the best of five. A member of a group, and a step of an order that
gives to a total, is a row, too. The engine takes a fiftieth of the rows.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.reporting import Figure, report
from rules.errors import Place
from rules.language.expression import Scope, parse
from rules.language.tree import Side, Type
from rules.matching.compiled import compile_conditions
from rules.workspace import Workspace, read_workspace
from rules.worktime.durations import parse_duration
from simulator.columns.column import Column, Instants, Mask, Rows
from simulator.columns.counting import group_firings
from simulator.columns.expressions import Expressions
from simulator.columns.totalling import contributions
from simulator.columns.working_time import after
from streams.firing import Member
from streams.groups import Counting, Group, judge_group
from streams.instants import DAY, HOUR
from streams.model import Values
from streams.totals import Totals

_REPEATS: Final = 5
_ENGINE: Final = 50  # takes one row in so many
_STEPS: Final = 5  # of an entity
_BEGIN: Final = 20_500 * DAY

_MODEL: Final = """
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    fields: {amount: number, limit: number, channel: string, promised_at: timestamp, urgent: bool, sku: string,
             lines: {sku: string, qty: number}}
  stock: {}
totals:
  stock.orders: {of: order, sum: amount, key: sku, where: not shipped.done}
  stock.lines: {of: order, each: lines, sum: qty, key: sku, where: not shipped.done}
"""
_CALENDARS: Final = """
calendars:
  work: {zone: Asia/Shanghai, hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}, holidays: CN}
  cut: {zone: America/New_York, hours: {mon-sat: ["09:00-18:00"]}, cut_off: "16:00"}
"""
_CONDITIONS: Final = (
    "amount > 100",
    'channel == "web"',
    "changed(amount)",
    "amount * 2 - limit >= 9",
    "promised_at - placed.at > hours(3)",
    "placed.at + hours(amount) > promised_at",
    "start_of_day(placed.at) + hours(9) < placed.at",
    'amount > 100 and channel in ["web", "shop"] and not shipped.done and not closed',
)
_DURATIONS: Final = ("48h", "16h work", "2d work", "2d 4h work", "4h cut", "1d cut")


@dataclass(frozen=True, slots=True, eq=False)
class _Orders:
    """Orders of some steps each, as a table; some values are missing."""

    columns: Mapping[str, Column]
    entity: Rows
    at: Instants

    def __len__(self) -> int:
        return len(self.at)

    def column(self, side: Side, name: str) -> Column:
        return self.columns[name]

    def row(self, row: int) -> Values:
        found: Values = {}
        for name, column in self.columns.items():
            if column.mask()[row]:
                value = column.values[row].item()
                found[name] = column.meanings[value] if column.meanings else value
        return found


def _orders(rows: int) -> _Orders:
    dice = np.random.default_rng(1)
    count = rows // _STEPS
    entity = np.repeat(np.arange(count), _STEPS)
    begun = _BEGIN + dice.integers(0, 300 * DAY, count)[entity]
    at = begun + np.tile(np.arange(_STEPS) * 7 * HOUR, count)

    def some(share: float) -> Mask:
        return dice.random(len(entity)) < share

    skus = [f"SKU-{number}" for number in range(2_000)]
    lists = [
        tuple(
            {"sku": skus[dice.integers(2_000)], "qty": float(dice.integers(1, 9))} for _ in range(dice.integers(1, 4))
        )
        for _ in range(count)
    ]
    columns = {
        "amount": Column(Type.NUMBER, np.round(dice.gamma(2, 200, len(entity)), 2), some(0.9)),
        "limit": Column(Type.NUMBER, dice.gamma(2, 200, len(entity)), some(0.9)),
        "channel": Column(Type.STRING, dice.integers(0, 5, len(entity)), some(0.9), ("web", "shop", "b2b", "app", "x")),
        "sku": Column(Type.STRING, dice.integers(0, 2_000, len(entity)), None, skus),
        "key": Column(Type.STRING, entity, None, [f"O-{number}" for number in range(count)]),
        "lines": Column(Type.LIST, entity, None, lists),
        "closed": Column(Type.BOOL, some(0.2)),
        "placed.at": Column(Type.TIMESTAMP, begun),
        "shipped.at": Column(Type.TIMESTAMP, at, np.tile(np.arange(_STEPS) > 2, count)),
        "promised_at": Column(Type.TIMESTAMP, begun + dice.integers(0, 9 * DAY, len(entity)), some(0.7)),
    }
    return _Orders(columns, entity, at)


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    columns: Callable[[], object]
    engine: Callable[[], object]  # over the first rows, one in _ENGINE


def _condition_cases(workspace: Workspace, orders: _Orders) -> Iterator[_Case]:
    scope = Scope.of(workspace.model, "order", pulse=True)
    rows = [orders.row(row) for row in range(len(orders) // _ENGINE)]
    for text in _CONDITIONS:
        expression, problems = parse(text, scope, Type.BOOL, Place(file="bench", line=1, column=1))
        assert expression is not None, problems
        match, condition = compile_conditions([expression]), expression.condition
        yield _Case(
            text,
            lambda condition=condition: Expressions(orders).holds(condition),  # type: ignore[misc]
            lambda match=match: [match(row, row) for row in rows],  # type: ignore[misc]
        )


def _duration_cases(workspace: Workspace, orders: _Orders) -> Iterator[_Case]:
    starts = Column(Type.TIMESTAMP, orders.at)
    instants = orders.at[: len(orders) // _ENGINE].tolist()
    for text in _DURATIONS:
        duration = parse_duration(text, workspace.calendars)
        yield _Case(
            f"instants + {text}",
            lambda duration=duration: after(duration, starts),  # type: ignore[misc]
            lambda duration=duration: [duration.after(instant) for instant in instants],  # type: ignore[misc]
        )


def _group_cases(orders: _Orders) -> Iterator[_Case]:
    """Orders of a SKU and of a channel within two hours."""
    counting = Counting(rule="r", version="v", kind="order", severity=2, at_least=3, within=2 * HOUR, keep_open=None)
    group, distinct = orders.columns["sku"].values, orders.columns["channel"].values
    until = np.full(2_000, int(orders.at.max()))
    first = slice(len(orders) // _ENGINE)
    for name, which in (("groups", None), ("groups, distinct", distinct)):
        texts = [None] * len(group[first]) if which is None else [str(code) for code in which[first].tolist()]
        members: dict[int, list[Member]] = {}
        for code, at, text in zip(group[first].tolist(), orders.at[first].tolist(), texts, strict=True):
            one = Member(rule="r", version="v", group="g", at=at, kind="order", key="k", distinct=text)
            members.setdefault(code, []).append(one)
        told = [sorted(some, key=lambda one: one.at) for some in members.values()]
        yield _Case(
            name,
            lambda which=which: group_firings(counting, group, orders.at, which, until),  # type: ignore[misc]
            lambda told=told: [_judged(counting, some) for some in told],  # type: ignore[misc]
        )


def _judged(counting: Counting, members: Sequence[Member]) -> object:
    return judge_group(Group(rule="r", key="g", version="v", kind="order"), counting, members, members[-1].at, None)


def _total_cases(workspace: Workspace, orders: _Orders) -> Iterator[_Case]:
    steps = range(0, len(orders) // _ENGINE, _STEPS)
    told = [[(int(orders.at[row]), orders.row(row)) for row in range(first, first + _STEPS)] for first in steps]
    for total in workspace.model.totals:
        totals = Totals(replace(workspace.model, totals=(total,)))
        yield _Case(
            f"what gives to {total.name}",
            lambda total=total: contributions(total, orders),  # type: ignore[misc]
            lambda totals=totals: [totals.changes("order", some, None) for some in told],  # type: ignore[misc]
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    orders = _orders(parser.parse_args().rows)
    workspace = read_workspace(_MODEL, calendars=_CALENDARS)
    cases = (
        *_condition_cases(workspace, orders),
        *_duration_cases(workspace, orders),
        *_group_cases(orders),
        *_total_cases(workspace, orders),
    )
    report([_figure(case, len(orders)) for case in cases])


def _figure(case: _Case, rows: int) -> Figure:
    return Figure(
        bench="columns",
        case=case.name,
        figure=round(rows / _seconds(case.columns)),
        unit="rows/s",
        peer="the engine",
        peer_figure=round(rows / _ENGINE / _seconds(case.engine)),
    )


def _seconds(act: Callable[[], object]) -> float:
    return min(_once(act) for _ in range(_REPEATS))


def _once(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


if __name__ == "__main__":
    main()
