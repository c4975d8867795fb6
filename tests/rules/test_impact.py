"""impact: how an incident finds the open entities that it touches. Never what fires."""

from collections.abc import Collection, Mapping

import pytest

from rules.errors import InvalidWorkspace
from rules.impact import Touching, linked_fields, owner_fields, touching, value_field, values_of
from rules.rule import Impact
from rules.workspace import Workspace, read_workspace
from streams.entity import Identity
from streams.model import Value, Values

MODEL = """
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    closed_by: [shipped]
    fields:
      {weight: number, amount: number, channel: string, sales_rep: string, buyer: string, urgent: bool, tags: list,
       lines: {sku: string, site: string, qty: number}}
  stock: {fields: {sku: string, site: string, on_hand: number}}
  supply: {nodes: {ordered: {}}, fields: {supplier: string, sku: string}}
"""


def workspace(impact: str, rest: str = "", on: str = "stock") -> Workspace:
    condition = "event.type == 'updated'" if "count" in rest else "key != ''"
    return read_workspace(
        MODEL,
        f'rules:\n  - id: r\n    on: {on}\n    when: "{condition}"\n    impact: {impact}\n    {rest}\n'
        "  - {id: own, when: urgent, owner: sales_rep}\n"
        "  - {id: team, when: urgent, owner: team:warehouse}\n",
    )


class Held:
    """Entities by what they hold, as the store finds them by its index."""

    def __init__(self, **orders: Values) -> None:
        self.orders = orders

    def linked(self, kind: str, field: str, values: Collection[Value]) -> set[str]:
        return {
            key
            for key, found in self.orders.items()
            if kind == "order" and ({key} if field == "key" else set(values_of(found, field))) & set(values)
        }

    def entity_values(self, entities: Collection[Identity]) -> Mapping[Identity, Values]:
        return {("order", key): self.orders[key] for _, key in entities}


def touched(
    impact: str, held: Held, values: Values, key: str = "S-1@SH", rest: str = "", on: str = "stock"
) -> Touching:
    found = workspace(impact, rest, on)
    (touching_,) = touching(found.rules[0], found.rules, found.model, (on, key), values, held)
    return touching_


def line(sku: str, site: str = "SH") -> dict[str, str | float | bool | int]:
    return {"sku": sku, "site": site, "qty": 1.0}


HELD = Held(
    A={"amount": 10.0, "sales_rep": "li.wei", "lines": (line("S-1"), line("S-2", "BJ"))},
    B={"amount": 500.0, "sales_rep": "wang.fang", "lines": (line("S-2"),)},
    C={"lines": (line("S-1", "BJ"), line("S-3"))},
    D={"amount": 7.0},
)


def test_records_of_open_orders_are_found_by_a_field():
    """A stock item finds the orders with a line of it, the most valuable first, with owners and the sum."""
    found = touched("{order: lines.sku == sku}", HELD, {"sku": "S-2", "site": "BJ"})
    assert (found.kind, found.value_field, found.value) == ("order", "amount", 510.0)
    assert [(one.key, one.owners, one.value) for one in found.entities] == [
        ("B", ("wang.fang",), 500.0),
        ("A", ("li.wei",), 10.0),
    ]


def test_several_equalities_hold_within_one_record():
    """Sku and site of one line: an order with this sku from elsewhere and another one from here is not touched."""
    found = touched("{order: lines.sku == sku and lines.site == site}", HELD, {"sku": "S-2", "site": "BJ"})
    assert [one.key for one in found.entities] == ["A"]


def test_either_side_and_the_key_can_be_compared():
    """`sku == lines.sku` is `lines.sku == sku`; where both kinds have a name, theirs stands first."""
    assert workspace("{order: sku == lines.sku}").rules[0].impacts == (
        Impact(kind="order", theirs="lines.sku", own="sku"),
    )
    assert workspace("{supply: sku == sku}").rules[0].impacts == (Impact(kind="supply", theirs="sku", own="sku"),)
    assert workspace("{order: key == site}").rules[0].impacts == (Impact(kind="order", theirs="key", own="site"),)


def test_own_records_and_other_entities_of_the_same_kind():
    """An order finds the other orders with one of its articles, never itself."""
    values: Values = {"lines": (line("S-3"), line("S-2"))}
    orders: dict[str, Values] = {**HELD.orders, "A-9": values}
    held = Held(**orders)
    found = touched("{order: lines.sku == lines.sku}", held, values, key="A-9", on="order")
    assert [one.key for one in found.entities] == ["B", "A", "C"]


def test_a_missing_field_touches_nothing():
    """Nothing is equal to what is not there."""
    assert touched("{order: lines.sku == sku}", HELD, {"site": "BJ"}).entities == ()


def test_a_group_finds_by_the_fields_it_is_for():
    """The incident of a count belongs to no entity; its key holds the values that it groups by."""
    count = "count: {at_least: 2, within: 1d, per: [sku, site]}"
    impact = "{order: lines.sku == sku and lines.site == site}"
    assert [one.key for one in touched(impact, HELD, {}, "S-2|BJ", count).entities] == ["A"]
    assert touched(impact, HELD, {}, "S|2|BJ", count).entities == ()
    one = "count: {at_least: 2, within: 1d, per: sku}"
    assert [found.key for found in touched("{order: lines.sku == sku}", HELD, {}, "S-2", one).entities] == ["B", "A"]


def test_the_value_is_the_amount_else_the_first_number():
    """As people expect; owners are the fields that rules on the kind name, not teams and persons."""
    found = workspace("{order: lines.sku == sku}")
    kinds = found.model.kinds
    assert [value_field(kinds[name]) for name in ("order", "stock", "supply")] == ["amount", "on_hand", None]
    assert owner_fields(found.rules, kinds["order"]) == ("sales_rep",)
    assert linked_fields(found.rules) == {"order": ("lines.sku",)}
    assert touched("{supply: sku == sku}", Held(), {"sku": "S-1"}).value is None


def test_impact_is_no_part_of_the_meaning():
    """It never changes what fires, so it changes no version either."""
    assert workspace("{order: lines.sku == sku}").rules[0].version == workspace("{supply: sku == sku}").rules[0].version


@pytest.mark.parametrize(
    ("impact", "code", "column", "words"),
    [
        ("{ordr: lines.sku == sku}", "unknown_kind", 14, "did you mean order?"),
        ("{order: lines.skuu == sku}", "unknown_field", 21, "did you mean lines.sku?"),
        ("{order: channel == sku and lines.sku == siet}", "unknown_field", 40, "did you mean site?"),
        ("{order: channel == urgent}", "impact_sides", 21, "the other one of stock"),
        ("{order: channel == on_hand}", "wrong_type", 21, "never be equal"),
        ("{order: tags == sku}", "unknown_field", 21, "no field tags"),
        ("{order: lines.qty > 3}", "wrong_value", 21, "equality of fields"),
        ("{order: lines.sku == 'S-1'}", "wrong_value", 21, "equality of fields"),
        ("lines.sku == sku", "wrong_value", 13, "a map"),
    ],
)
def test_mistakes_are_located(impact, code, column, words):
    """At the name that is wrong, with the nearest one that is right."""
    with pytest.raises(InvalidWorkspace) as caught:
        workspace(impact)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.line, problem.place.column) == (code, 5, column), problem
    assert words in problem.message.en


def test_a_group_has_only_the_fields_it_groups_by():
    """What the members' other fields were is not known of a group."""
    with pytest.raises(InvalidWorkspace) as caught:
        workspace("{order: lines.sku == sku}", "count: {at_least: 2, within: 1d, per: site}")
    assert [problem.code for problem in caught.value.problems] == ["impact_sides"]
