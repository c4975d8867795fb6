"""kpi.yaml to values, every error located and collected.

kpi:
  order:
    node: received                 # delivered when this is reached
    promise: last                  # last, first or requested
    compare: day                   # day or instant
    lines: lines
    ordered: qty
    delivered: received_qty
    rejected: rejected_qty
    tolerance: 0.02
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, cast

from rules.errors import Problems, guess
from rules.files.document import Leaf, Map, read_file, wrong
from rules.files.model_file import read_node
from rules.files.total_file import read_kind
from rules.language.expression import Expression, Scope, Type, parse
from rules.workspace import Workspace
from rules.worktime.calendars import Calendar
from rules.worktime.durations import Duration, read_duration
from simulator.kpi import keys
from simulator.kpi.definitions import NO_TIME, Compare, Declared, Level, Pair, Promise, Quantities
from streams.model import FieldType, Kind, Model
from streams.text import nfkc

FILE: Final = "kpi.yaml"
_QUANTITIES: Final = ("ordered", "delivered", "rejected")


def load_kpis(folder: Path, workspace: Workspace, problems: Problems) -> Mapping[str, Declared]:
    """What the workspace declares, by kind; a workspace without kpi.yaml declares nothing."""
    path = folder / FILE
    root = read_file(path, FILE, problems) if path.exists() else None
    return {} if root is None else read_kpis(root, workspace.model, workspace.calendars)


def read_kpis(root: Map, model: Model, calendars: Mapping[str, Calendar]) -> Mapping[str, Declared]:
    """What is wrong is reported, and read as absent."""
    root.only(*keys.KPIS)
    found: dict[str, Declared] = {}
    if "kpi" not in root:
        root.get("kpi", required=True)
    for key, body in root.maps("kpi"):
        body.only(*keys.KPI)
        kind = read_kind(key, model)
        if kind is not None:
            found[kind.name] = _Reader(body, kind, model, calendars).declared()
    return found


class _Reader:
    """The entry of one kind."""

    def __init__(self, body: Map, kind: Kind, model: Model, calendars: Mapping[str, Calendar]) -> None:
        self._body = body
        self._kind = kind
        self._calendars = calendars
        self._scope = Scope.of(model, kind.name, pulse=False, totals=False)

    def declared(self) -> Declared:
        body = self._body
        promise = body.one_of("promise", ("last", "first", "requested"))
        requested = self._timestamp("requested", dues=False)
        if promise == "requested" and "requested" not in body:
            body.problems.error(
                body.place_of("promise"),
                "goes_with",
                zh="promise: requested 需要 requested: 字段",
                en="promise: requested goes with requested: FIELD",
            )
        low = self._number("low", any_=True)
        return Declared(
            where=self._expression("where"),
            cancelled=self._nodes("cancelled"),
            node=self._node("node"),
            promised=self._timestamp("promised", dues=True),
            promise=cast(Promise, promise or "last"),
            requested=requested,
            compare=cast(Compare | None, body.one_of("compare", ("day", "instant"))),
            early=self._duration("early"),
            grace=self._duration("grace") or NO_TIME,
            quantities=self._quantities(),
            tolerance=self._number("tolerance") or 0.0,
            level=cast(Level, body.one_of("level", ("order", "line")) or "order"),
            documents=self._expression("documents"),
            condition=self._expression("condition"),
            pairs=self._pairs(),
            calendar=self._calendar(),
            acknowledge_within=self._duration("acknowledge_within"),
            resolve_within=self._duration("resolve_within"),
            score=self._field("score", self._types(), FieldType.NUMBER),
            low=2.0 if low is None else low,
        )

    def _node(self, key: str) -> str | None:
        leaf = self._body.leaf(key)
        return None if leaf is None else read_node(leaf, self._kind.nodes)

    def _nodes(self, key: str) -> tuple[str, ...] | None:
        leaves = self._body.strings(key)
        if leaves is None:
            return None
        return tuple(name for leaf in leaves if (name := read_node(leaf, self._kind.nodes)) is not None)

    def _types(self) -> Mapping[str, FieldType]:
        return {field.name: field.type for field in self._kind.fields.values()}

    def _timestamp(self, key: str, *, dues: bool) -> str | None:
        promises = {f"{node}.due": FieldType.TIMESTAMP for node in self._kind.nodes} if dues else {}
        return self._field(key, {**self._types(), **promises}, FieldType.TIMESTAMP)

    def _field(self, key: str, types: Mapping[str, FieldType], wanted: FieldType) -> str | None:
        leaf = self._body.leaf(key)
        if leaf is None:
            return None
        name = nfkc(leaf.raw)
        if types.get(name) is wanted:
            return name
        _unknown(leaf, [one for one, type_ in types.items() if type_ is wanted], wanted)
        return None

    def _quantities(self) -> Quantities | None:
        body = self._body
        present = [key for key in ("lines", *_QUANTITIES) if key in body]
        if not present:
            return None
        lines = body.leaf("lines")
        types: Mapping[str, FieldType] | None = self._types()
        if lines is not None:
            field = self._kind.fields.get(nfkc(lines.raw))
            records = [one.name for one in self._kind.fields.values() if one.type is FieldType.RECORDS]
            types = None if field is None or field.name not in records else field.columns
            if types is None:
                _unknown(lines, records, FieldType.RECORDS)
        for key in ("ordered", "delivered"):
            body.get(key, required=True)
        if types is None:
            return None
        ordered, delivered, rejected = (self._field(key, types, FieldType.NUMBER) for key in _QUANTITIES)
        if ordered is None or delivered is None:
            return None
        return Quantities(
            lines=None if lines is None else nfkc(lines.raw), ordered=ordered, delivered=delivered, rejected=rejected
        )

    def _expression(self, key: str) -> Expression | None:
        leaf = self._body.leaf(key)
        if leaf is None:
            return None
        expression, problems = parse(leaf.raw, self._scope, Type.BOOL, leaf.locate)
        self._body.problems.extend(problems)
        return expression

    def _duration(self, key: str) -> Duration | None:
        leaf = self._body.leaf(key)
        return None if leaf is None else read_duration(leaf, self._calendars)

    def _number(self, key: str, *, any_: bool = False) -> float | None:
        leaf = self._body.leaf(key)
        if leaf is None:
            return None
        value = leaf.data()
        if isinstance(value, int | float) and not isinstance(value, bool) and (any_ or 0 <= value < 1):
            return float(value)
        if any_:
            wrong(leaf, zh="数字", en="a number")
        else:
            wrong(leaf, zh="0 到 1 之间的数字，如 0.02", en="a number from 0 to below 1, such as 0.02")
        return None

    def _pairs(self) -> tuple[Pair, ...] | None:
        leaves = self._body.strings("pairs")
        if leaves is None:
            return None
        return tuple(pair for leaf in leaves if (pair := read_pair(leaf, self._kind)) is not None)

    def _calendar(self) -> Calendar | None:
        leaf = self._body.leaf("calendar")
        if leaf is None or leaf.raw in self._calendars:
            return None if leaf is None else self._calendars[leaf.raw]
        end = guess(leaf.raw, self._calendars)
        leaf.source.problems.error(
            leaf.place,
            "unknown_calendar",
            zh=f"未知的日历 {leaf.raw}{end.zh}",
            en=f"unknown calendar {leaf.raw}{end.en}",
        )
        return None


def read_pair(leaf: Leaf, kind: Kind) -> Pair | None:
    """`paid:shipped`: from one node to another."""
    start, colon, end = nfkc(leaf.raw).replace(" ", "").partition(":")
    unknown = next((name for name in (start, end) if name not in kind.nodes), None)
    if not colon or start == end:
        wrong(leaf, zh="两个节点，如 paid:shipped", en="two nodes, such as paid:shipped")
    elif unknown is not None:
        close = guess(unknown, kind.nodes, labels={one.name: one.label for one in kind.nodes.values()})
        leaf.source.problems.error(
            leaf.place, "unknown_node", zh=f"未知的节点 {unknown}{close.zh}", en=f"unknown node {unknown}{close.en}"
        )
    else:
        return start, end
    return None


def _unknown(leaf: Leaf, known: Collection[str], wanted: FieldType) -> None:
    end = guess(nfkc(leaf.raw), known)
    leaf.source.problems.error(
        leaf.place,
        "unknown_field",
        zh=f"{leaf.raw} 不是此处的 {wanted} 字段{end.zh}",
        en=f"{leaf.raw} is no {wanted} field here{end.en}",
    )
