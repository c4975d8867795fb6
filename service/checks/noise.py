"""How often rules would have opened: a rule that rings all day is one that nobody reads any more."""

from typing import Final

from rules.errors import Problems
from rules.workspace import Workspace
from simulator.reading.histories import ColumnHistory
from simulator.replay import Progress
from simulator.replay_columns import replay_columns
from simulator.results import Found
from streams.instants import DAY

MOST_A_DAY: Final = 50
MOST_OF_ENTITIES: Final = 0.5  # openings, by entities of the kind
FEWEST: Final = 20  # fewer openings than this are no noise, however few entities there were


def lint_noise(workspace: Workspace, history: ColumnHistory, progress: Progress, problems: Problems) -> None:
    """Replay a history and warn of each rule that opened too often in it."""
    if history.occurred_at is None:
        return
    found = replay_columns(workspace.model, workspace.rules, history, only_counts=True, progress=progress).found
    entities = {kind: sum(len(part.keys) for part in history.partitions(kind)) for kind in history.kinds}
    days = max(1.0, (history.occurred_at.last - history.occurred_at.first) / DAY)
    for rule in workspace.rules:
        count, among = found.get(rule.id, Found()).opened, entities.get(rule.on, 1)
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
