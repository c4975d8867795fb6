"""What is kept of a rule with its version is read again as the same rule."""

import pytest

from rules.files.definition import definition_of, kind_of, read_definition
from tests.rules.workspace_texts import load

RULES = [
    "{id: 007, when: urgent}",
    "{id: 0x1f, when: urgent, owner: 0042, chain: '007', labels: {plant: 010}, runbook: 1e3}",
    "{id: a, name: {zh: 付款后未发货, en: Paid, not shipped}, when: urgent}",
    "{id: a, when: changed(amount), count: {at_least: 3, within: 7d, per: [channel, key]}}",
    "{id: a, on: ｏｒｄｅｒ, when: urgent}",
]


@pytest.mark.parametrize("text", RULES)
def test_a_definition_is_read_again_as_the_same_rule(text: str) -> None:
    """Also names that look like numbers, and what an author wrote without quotes."""
    workspace = load(f"rules: [{text}]")
    (rule,) = workspace.rules
    again = read_definition(definition_of(workspace.core[rule.id]), workspace.model, workspace.calendars)
    assert again is not None
    for name in ("id", "name", "on", "version", "owner", "chain", "labels", "runbook", "count"):
        assert getattr(again, name) == getattr(rule, name), name


def test_the_kind_of_a_definition_is_the_models_name_of_it() -> None:
    """A kind written in full width is not taken for one that the model has lost."""
    workspace = load("rules: [{id: a, on: ｏｒｄｅｒ, when: urgent}]")
    assert kind_of(workspace.definitions["a"]) == "order"
