"""What can be said of an incident."""

from zoneinfo import ZoneInfo

from escalation.facts import facts_of
from escalation.firings import new_incident
from notifiers.sentence import sentence
from rules.workspace import read_workspace
from streams.firing import Firing, Severity, Stage
from streams.instants import parse_instant
from streams.model import Values

MODEL = """
kinds:
  order: {nodes: {placed: {}}, fields: {lines: {sku: string, qty: number}}}
  stock: {fields: {on_hand: number}}
totals: {stock.demand: {of: order, each: lines, sum: qty, key: sku}}
"""
RULES = """
rules:
  - {id: short, on: stock, when: on_hand < demand, summary: "{{ fields.on_hand }} of {{ fields.demand }} {{ key }}"}
"""
NOON = parse_instant("2026-03-02T12:00:00Z", ZoneInfo("UTC"))


def test_a_summary_may_name_totals():
    """Fields and totals are there to be said; what every entity has, and the times of nodes, are no fields."""
    workspace = read_workspace(MODEL, RULES)
    firing = Firing(
        rule="short",
        version="v",
        kind="stock",
        key="tea",
        number=1,
        opened_at=NOON,
        detected_at=NOON,
        stages=(Stage(Severity.MAJOR, NOON),),
    )
    values: Values = {"key": "tea", "closed": False, "placed.at": NOON, "on_hand": 8.0, "demand": 24.0}
    facts = facts_of(new_incident(1, firing, "live"), workspace.rules[0], workspace.model.kinds["stock"], values)
    assert facts.values == {"on_hand": 8.0, "demand": 24.0}
    assert sentence(facts, "en", ZoneInfo("UTC"), NOON) == "8 of 24 tea"
