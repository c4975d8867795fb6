"""Events of an earlier model, as the model of now reads them."""

from typing import Any

from msgspec.structs import replace

from streams.event import Event
from streams.fitting import Fitting
from streams.model import Field, FieldType, Kind, Node
from streams.text import Text

LABEL = Text.plain("x")
COLUMNS = {"sku": FieldType.STRING, "qty": FieldType.NUMBER}
FIELDS = [
    Field(name="amount", type=FieldType.NUMBER),
    Field(name="since", type=FieldType.TIMESTAMP),
    Field(name="tags", type=FieldType.LIST),
    Field(name="lines", type=FieldType.RECORDS, columns=COLUMNS),
]
KIND = Kind(
    name="order",
    label=LABEL,
    nodes={"paid": Node(name="paid", label=LABEL, place=0)},
    fields={field.name: field for field in FIELDS},
)
DATA: dict[str, Any] = {"amount": 5.0, "since": 5, "tags": ("a",), "lines": ({"sku": "a", "qty": 1.0},), "paid.due": 7}
EVENT = Event(source="s", id="1", kind="order", key="A", type="paid", occurred_at=1, recorded_at=1, data=DATA)


def test_an_event_that_fits_is_itself() -> None:
    """Nothing is copied; a value that is taken away fits any type."""
    fitting = Fitting(KIND)
    for event in (EVENT, replace(EVENT, data={"amount": None}), replace(EVENT, type="updated", data={})):
        assert fitting.fit(event) is event


def test_what_does_not_fit_is_left_out() -> None:
    """Other types, undeclared fields, nodes that are gone; numbers are no instants, lists no records."""
    wrong: dict[str, Any] = {
        "amount": 5,
        "since": 5.0,
        "tags": ({"sku": "a"},),
        "lines": ("a",),
        "shipped.due": 7,
        "colour": "red",
    }
    fitting = Fitting(KIND)
    assert fitting.fit(replace(EVENT, data=wrong | {"paid.due": 7})).data == {"paid.due": 7}
    assert fitting.fit(replace(EVENT, data={"lines": ({"sku": 5.0},)})).data == {}


def test_a_type_that_is_gone_only_sets_fields() -> None:
    """As `updated` does."""
    assert Fitting(KIND).fit(replace(EVENT, type="packed")) == replace(EVENT, type="updated")
