"""A small model for tests of the way in: every field type, a reset, a type with a dot, three kinds."""

from zoneinfo import ZoneInfo

from streams.model import EventType, Field, FieldType, Kind, Model, Node
from streams.text import Text

_COLUMNS = {"sku": FieldType.STRING, "qty": FieldType.NUMBER, "wanted_at": FieldType.TIMESTAMP}


def fields(**types: str) -> dict[str, Field]:
    return {
        name: Field(name=name, type=FieldType(type_), columns=_COLUMNS if type_ == "records" else {})
        for name, type_ in types.items()
    }


def nodes(*names: str, off_path: tuple[str, ...] = (), **types: tuple[str, ...]) -> dict[str, Node]:
    return {
        name: Node(name=name, label=Text.plain(name), place=place, types=types.get(name, ()), off_path=name in off_path)
        for place, name in enumerate(names)
    }


def model(zone: str = "Asia/Shanghai") -> Model:
    order = Kind(
        name="order",
        label=Text.plain("Order"),
        nodes=nodes(
            "placed", "paid", "shipped", "received", "cancelled", shipped=("order.dispatched",), off_path=("cancelled",)
        ),
        fields=fields(
            amount="number",
            channel="string",
            urgent="bool",
            promised_at="timestamp",
            tags="list",
            lines="records",
            金额="number",
            café="string",
        ),
        events={"shipment_cancelled": EventType(name="shipment_cancelled", label=Text.plain("x"), resets=("shipped",))},
        closed_by=("received", "cancelled"),
    )
    stock = Kind(
        name="stock",
        label=Text.plain("Stock"),
        fields=fields(sku="string", on_hand="number", reorder_level="number"),
        events={"counted": EventType(name="counted", label=Text.plain("Counted"))},
    )
    return Model(zone=ZoneInfo(zone), kinds={"order": order, "stock": stock})
