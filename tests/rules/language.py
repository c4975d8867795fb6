"""A small model and short ways to read expressions on it, for the tests of the rule language."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from rules.errors import Place, Problem
from rules.language.expression import Expression, Scope, Type, parse
from streams.event import Event
from streams.model import EventType, Field, FieldType, Kind, Model, Node, Total, Value
from streams.text import Text

NOON = 1_772_442_000_000_000  # 2026-03-02T09:00:00Z
HOUR = 3_600_000_000

FIELDS = {
    "amount": FieldType.NUMBER,
    "limit": FieldType.NUMBER,
    "channel": FieldType.STRING,
    "promised_at": FieldType.TIMESTAMP,
    "urgent": FieldType.BOOL,
    "tags": FieldType.LIST,
    "lines": FieldType.RECORDS,
    "金额": FieldType.NUMBER,
    "渠道": FieldType.STRING,
}
NODES = {"placed": Text.plain("placed"), "paid": Text.plain("paid"), "shipped": Text(zh="发货", en="Shipping")}
LABELS = {"amount": Text(zh="总额", en="Order value")}


def model(zone: str = "UTC") -> Model:
    order = Kind(
        name="order",
        label=Text.plain("order"),
        nodes={name: Node(name=name, label=label, place=place) for place, (name, label) in enumerate(NODES.items())},
        fields={name: Field(name=name, type=type_, label=LABELS.get(name)) for name, type_ in FIELDS.items()},
        events={name: EventType(name=name, label=Text.plain(name)) for name in ("change", "refund", "类型A")},
        closed_by=("shipped",),
    )
    stock = Kind(
        name="stock",
        label=Text.plain("stock"),
        fields={
            "sku": Field(name="sku", type=FieldType.STRING),
            "on_hand": Field(name="on_hand", type=FieldType.NUMBER),
        },
    )
    demand = Total(kind="stock", name="demand", of="order", each=None, sum="amount", key="{channel}", where=None)
    return Model(zone=ZoneInfo(zone), kinds={"order": order, "stock": stock}, totals=(demand,))


def look(
    text: str, kind: str = "order", want: Type = Type.BOOL, *, pulse: bool = True, zone: str = "UTC"
) -> tuple[Expression | None, list[Problem]]:
    """Read an expression that begins at r.yaml:10:5."""
    return parse(text, Scope.of(model(zone), kind, pulse=pulse), want, Place(file="r.yaml", line=10, column=5))


def read(text: str, kind: str = "order", want: Type = Type.BOOL, *, zone: str = "UTC") -> Expression:
    """An expression that must be right, warnings aside."""
    expression, problems = look(text, kind, want, zone=zone)
    assert expression is not None, [str(problem) for problem in problems]
    return expression


def event(type_: str = "change", at: int = NOON, data: Mapping[str, Value | None] | None = None) -> Event:
    return Event(
        source="test",
        id="1",
        kind="order",
        key="O-1",
        type=type_,
        occurred_at=at,
        recorded_at=at,
        data=data or {},
    )
