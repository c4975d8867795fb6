"""Why a condition holds: the tree with what was seen, as text and plain JSON."""

import json

from rules.language.truth import truth_tree
from streams.model import Value
from tests.rules.language import HOUR, NOON, event, read


def test_tree_of_a_condition() -> None:
    """Parts in their normal form, each with its answer and the values of its operands."""
    expression = read("paid.done and not (amount < 10 or urgent) and (channel == 'web' or tags is not None)")
    tree = truth_tree(expression, {"paid.at": NOON, "amount": 12.0, "urgent": True, "closed": False})
    assert not tree.holds
    assert tree.how == "and"
    assert [(part.text, part.holds) for part in tree.parts] == [
        ("paid.done", True),
        ("amount >= 10", True),
        ("not urgent", False),
        ('channel == "web" or tags is not None', False),
    ]
    assert [(bound.text, bound.value) for bound in tree.parts[1].operands] == [("amount", 12.0)]
    assert [part.text for part in tree.parts[3].parts] == ['channel == "web"', "tags is not None"]
    assert tree.parts[3].parts[0].operands[0].value is None


def test_tree_as_json() -> None:
    """The record is plain JSON; timestamps are text, durations microseconds, missing is null."""
    expression = read("promised_at - placed.at > hours(3) and shipped.due < before.promised_at and changed(tags)")
    values: dict[str, Value] = {"promised_at": NOON + 4 * HOUR, "placed.at": NOON, "tags": ("a", "b")}
    found = truth_tree(expression, values, {"promised_at": NOON, "tags": ("b",)}, event()).to_json()
    assert json.loads(json.dumps(found)) == found
    first, second, third = found["parts"]
    assert first["text"] == "promised_at - placed.at > hours(3)"
    assert first["holds"] is True
    assert first["operands"] == [{"text": "promised_at - placed.at", "type": "duration", "value": 4 * HOUR}]
    assert second["holds"] is False
    assert second["operands"] == [
        {"text": "shipped.due", "type": "timestamp", "value": None},
        {"text": "before.promised_at", "type": "timestamp", "value": "2026-03-02T09:00:00.000000Z"},
    ]
    assert third["operands"] == [
        {"text": "before.tags", "type": "list", "value": ["b"]},
        {"text": "tags", "type": "list", "value": ["a", "b"]},
    ]


def test_tree_of_one_leaf() -> None:
    """A condition of one comparison is a leaf."""
    tree = truth_tree(read('event.type == "refund"'), {}, None, event("refund"))
    assert (tree.how, tree.holds, tree.parts) == ("leaf", True, ())
    assert tree.operands[0].value == "refund"
