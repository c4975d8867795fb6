"""What the KPIs of a kind count: as declared in kpi.yaml, and completed from the model and the history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Final, Literal

import polars as pl

from rules.language.expression import Expression
from rules.worktime.calendars import Calendar
from rules.worktime.durations import Duration
from streams.model import FieldType, Kind, Model
from streams.text import Text

Promise = Literal["last", "first", "requested"]
Compare = Literal["day", "instant"]
Level = Literal["order", "line"]
Pair = tuple[str, str]  # nodes

NO_TIME: Final = Duration()
MIDNIGHT: Final = time()

# What quantities are usually called, where nothing is declared.
_ORDERED: Final = ("ordered", "ordered_qty", "order_qty", "qty", "quantity", "订购数量", "数量")
_DELIVERED: Final = (
    *("delivered", "delivered_qty", "received", "received_qty", "shipped_qty"),
    *("交付数量", "收货数量", "到货数量", "发货数量"),
)
_REJECTED: Final = ("rejected", "rejected_qty", "拒收数量", "退货数量")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """Fields of the records of `lines`; without it, of the entity."""

    lines: str | None
    ordered: str
    delivered: str
    rejected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """kpi.yaml of one kind; None: not declared."""

    where: Expression | None = None
    cancelled: tuple[str, ...] | None = None
    node: str | None = None
    promised: str | None = None
    promise: Promise = "last"
    requested: str | None = None
    compare: Compare | None = None
    early: Duration | None = None
    grace: Duration = NO_TIME
    quantities: Quantities | None = None
    tolerance: float = 0.0
    level: Level = "order"
    documents: Expression | None = None
    condition: Expression | None = None
    pairs: tuple[Pair, ...] | None = None
    calendar: Calendar | None = None
    acknowledge_within: Duration | None = None
    resolve_within: Duration | None = None
    score: str | None = None
    low: float = 2.0


NOTHING_DECLARED: Final = Declared()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A default that was taken, so that nobody has to guess what was counted."""

    key: str
    value: str
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What is counted for a kind. `node` is None where nothing can be delivered: the kind has no nodes."""

    kind: Kind
    declared: Declared
    cancelled: tuple[str, ...]
    node: str | None
    promised: str | None  # a column of snapshots: a timestamp field or NODE.due
    compare: Compare
    quantities: Quantities | None
    pairs: tuple[Pair, ...]
    taken: tuple[Taken, ...]


def settle(declared: Declared, model: Model, kind: Kind, snapshots: pl.DataFrame) -> Definition:
    """Complete what is declared; `snapshots` as of simulator.columns.tables.snapshots_of."""
    taken: list[Taken] = []
    cancelled = declared.cancelled
    if cancelled is None:
        cancelled = tuple(name for name in kind.closed_by if kind.nodes[name].off_path)
        _take(taken, "cancelled", ", ".join(cancelled), "不在正常路径上的关闭节点", "the closing nodes off the path")
    node = declared.node
    if node is None:
        node = _delivery_node(kind, snapshots)
        why = ("路径上最后一个有承诺的节点", "the last node on the path with promises")
        if node is not None and not _has_values(snapshots, f"{node}.due"):
            why = ("路径上最后一个节点；历史中没有承诺", "the last node on the path; the history has no promises")
        _take(taken, "node", node or "", *why)
    promised = declared.promised or (None if node is None else f"{node}.due")
    compare = declared.compare
    if compare is None:
        by_day = promised is not None and _all_at_midnight(snapshots, promised, model)
        compare = "day" if by_day else "instant"
        zh, en = (
            ("承诺都在零点", "every promise lies at midnight") if by_day else ("承诺带有时刻", "promises have a time")
        )
        _take(taken, "compare", compare, zh, en)
    quantities = declared.quantities
    if quantities is None and (quantities := _usual_quantities(kind, snapshots)) is not None:
        _take(
            taken,
            "lines, ordered, delivered, rejected",
            _said(quantities),
            "按常用的名称找到",
            "found by their usual names",
        )
    pairs = declared.pairs
    if pairs is None:
        pairs = tuple(pairwise(path_of(kind)))
    return Definition(
        kind=kind,
        declared=declared,
        cancelled=cancelled,
        node=node,
        promised=promised,
        compare=compare,
        quantities=quantities,
        pairs=pairs,
        taken=tuple(taken),
    )


def path_of(kind: Kind) -> tuple[str, ...]:
    """The nodes of the usual way, in their order."""
    return tuple(node.name for node in kind.nodes.values() if not node.off_path)


def _take(taken: list[Taken], key: str, value: str, zh: str, en: str) -> None:
    if value:
        taken.append(Taken(key=key, value=value, why=Text(zh=zh, en=en)))


def _delivery_node(kind: Kind, snapshots: pl.DataFrame) -> str | None:
    path = path_of(kind)
    promised = [name for name in path if _has_values(snapshots, f"{name}.due")]
    return next(reversed(promised or path), None)


def _has_values(snapshots: pl.DataFrame, column: str) -> bool:
    return snapshots[column].null_count() < len(snapshots)


def _all_at_midnight(snapshots: pl.DataFrame, column: str, model: Model) -> bool:
    times = snapshots[column].drop_nulls().dt.convert_time_zone(model.zone.key).dt.time()
    return len(times) > 0 and bool((times == MIDNIGHT).all())


def _usual_quantities(kind: Kind, snapshots: pl.DataFrame) -> Quantities | None:
    """Those of the one list of records that has them; else of the kind's own fields. Only what occurs counts."""
    occurring = {name: field for name, field in kind.fields.items() if _has_values(snapshots, name)}
    records = {name: field.columns for name, field in occurring.items() if field.type is FieldType.RECORDS}
    found = [quantities for name, columns in records.items() if (quantities := _usual(name, columns)) is not None]
    own = _usual(None, {name: field.type for name, field in occurring.items()})
    return found[0] if len(found) == 1 else own if not found else None


def _usual(lines: str | None, columns: Mapping[str, FieldType]) -> Quantities | None:
    numbers = [name for name, type_ in columns.items() if type_ is FieldType.NUMBER]
    ordered, delivered, rejected = (
        next((name for name in usual if name in numbers), None) for usual in (_ORDERED, _DELIVERED, _REJECTED)
    )
    if ordered is None or delivered is None:
        return None
    return Quantities(lines=lines, ordered=ordered, delivered=delivered, rejected=rejected)


def _said(quantities: Quantities) -> str:
    where = "" if quantities.lines is None else f"{quantities.lines}."
    return ", ".join(
        where + name for name in (quantities.ordered, quantities.delivered, quantities.rejected) if name is not None
    )
