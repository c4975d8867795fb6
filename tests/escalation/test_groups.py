"""What is said of incidents of groups, which belong to no order."""

from zoneinfo import ZoneInfo

import pytest

from escalation.facts import facts_of
from escalation.firings import new_incident
from notifiers.sentence import sentence
from rules.workspace import read_workspace
from streams.firing import Firing, Severity, Stage
from streams.instants import parse_instant

MODEL = "kinds: {supply: {label: {zh: 采购, en: Purchase}, fields: {supplier: string, sku: string}}}"
RULE = (
    "rules: [{id: slips, name: {zh: 反复延期, en: Slips again}, on: supply, when: event.type == 'updated', count: %s}]"
)
NOON = parse_instant("2026-03-02T12:00:00Z", ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("per", "key", "zh", "en"),
    [
        (
            "per: supplier",
            "S4",
            "Supplier S4：反复延期：7 天内达到 3 次",
            "Supplier S4: Slips again: 3 or more within 7 d",
        ),
        (
            "per: [supplier, sku]",
            "S4|A|1",
            "Supplier S4 · sku A|1：反复延期：7 天内达到 3 次",
            "Supplier S4 · sku A|1: Slips again: 3 or more within 7 d",
        ),
        ("per: key", "P-1", "采购 P-1：反复延期：7 天内达到 3 次", "Purchase P-1: Slips again: 3 or more within 7 d"),
        (
            "distinct: key",
            "",
            "全部采购：反复延期：7 天内达到 3 次",
            "Purchase (all): Slips again: 3 or more within 7 d",
        ),
    ],
)
def test_the_sentence_of_a_group(per: str, key: str, zh: str, en: str):
    """It names the values that make the group, and how many within how long."""
    workspace = read_workspace(MODEL, RULE % f"{{at_least: 3, within: 7d, {per}}}")
    stage = Stage(Severity.MAJOR, NOON)
    firing = Firing(
        rule="slips", version="v", kind="supply", key=key, number=1, opened_at=NOON, detected_at=NOON, stages=(stage,)
    )
    facts = facts_of(new_incident(1, firing, "live"), workspace.rules[0], workspace.model.kinds["supply"], {})
    assert sentence(facts, "zh", ZoneInfo("UTC"), NOON) == zh
    assert sentence(facts, "en", ZoneInfo("UTC"), NOON) == en
