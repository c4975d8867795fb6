"""How often rules would have opened: a rule that rings all day is one that nobody reads any more."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rules.errors import Problems
from rules.judging.judge import Judge
from rules.workspace import Workspace
from simulator.replay import Progress, replay
from streams.engine import Engine
from streams.event import Event
from streams.instants import DAY

MOST_A_DAY: Final = 50
MOST_OF_ENTITIES: Final = 0.5  # openings, by entities of the kind
FEWEST: Final = 20  # fewer openings than this are no noise, however few entities there were


def lint_noise(workspace: Workspace, events: Sequence[Event], progress: Progress, problems: Problems) -> None:
    """Replay a history, by the plain matcher, and warn of each rule that opened too often in it."""
    if not events:
        return
    replayed = replay(Engine(workspace.model, Judge(workspace.rules, "compiled")), events, progress=progress)
    opened = Counter(firing.rule for firing in replayed.firings)
    entities = Counter(kind for kind, _ in {(event.kind, event.key) for event in events})
    days = max(1.0, (max(event.occurred_at for event in events) - min(event.occurred_at for event in events)) / DAY)
    for rule in workspace.rules:
        count, among = opened[rule.id], max(1, entities[rule.on])
        if count < FEWEST or (count / days <= MOST_A_DAY and count / among <= MOST_OF_ENTITIES):
            continue
        problems.warning(
            workspace.place_of(rule),
            "noisy",
            zh=f"规则 {rule.id} 在 {days:.0f} 天的历史中触发 {count} 次：每天 {count / days:.1f} 次，"
            f"每 100 个 {rule.on} {100 * count / among:.0f} 次"
            f"（界限：每天 {MOST_A_DAY} 次，每 100 个 {100 * MOST_OF_ENTITIES:.0f} 次）",
            en=f"the rule {rule.id} opened {count} times in {days:.0f} days of history: {count / days:.1f} a day, "
            f"{100 * count / among:.0f} for 100 entities of {rule.on} (thresholds: {MOST_A_DAY} a day, "
            f"{100 * MOST_OF_ENTITIES:.0f} for 100)",
        )
