"""A small model with rules, and an engine over a ledger in memory that tests tell what happened, hour by hour."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rules.judging.judge import Judge
from rules.workspace import read_workspace
from streams.engine import Engine
from streams.event import Event
from streams.firing import Firing, Transition
from streams.instants import HOUR, Instant, parse_instant
from streams.learning import Learned, learn
from streams.memory import MemoryLedger

MODEL = """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}, cancelled: {}}
    closed_by: [cancelled]
    fields: {amount: number, urgent: bool}
    events: {change: {}}
"""
BEGIN: Instant = parse_instant("2026-03-02T00:00:00Z", ZoneInfo("UTC"))


def hour(n: float) -> Instant:
    return BEGIN + int(n * HOUR)


def an_event(id: str, type: str, at: float, *, known: float | None = None, **more: Any) -> Event:
    """An event that occurred `at` hours and was known at `known` hours."""
    values: dict[str, Any] = {"source": "shop", "kind": "order", "key": "A-1", "data": {}} | more
    return Event(id=id, type=type, occurred_at=hour(at), recorded_at=hour(at if known is None else known), **values)


class Live:
    """An engine with rules (the lines of rule files) and what it has come to."""

    def __init__(self, *rules: str) -> None:
        listed = "".join(f"  - {{id: r{number}, {rule}}}\n" for number, rule in enumerate(rules, start=1))
        workspace = read_workspace(MODEL, f"rules:\n{listed}")
        self.engine = Engine(workspace.model, Judge(workspace.rules, "compiled"))
        self.ledger = MemoryLedger()
        self.told: list[Transition] = []

    def learn(self, at: float, *events: Event) -> Learned:
        learned = learn(self.engine, self.ledger, events, hour(at))
        self.ledger.record(learned.transitions)
        self.told += learned.transitions
        return learned

    @property
    def firings(self) -> Sequence[Firing]:
        return self.ledger.firings()

    @property
    def changes(self) -> list[str]:
        return [transition.change.value for transition in self.told]
