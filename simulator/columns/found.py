"""What the columnar evaluator finds: the firings of one rule, in columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Instants, Rows
from streams.firing import Firing, Reason, Severity, Stage
from streams.instants import LAST

OPEN: Final = LAST + 1  # resolved_at of what is open at the end
REASONS: Final = tuple(Reason)
REASON_OF: Final = {reason: place for place, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Firings:
    """Row n is one firing of `owner[n]`: an entity, or of rules that count a group.

    Its severities are rows stage_starts[n] to stage_starts[n + 1] of `stage_severity` and `stage_at`.
    """

    owner: Rows
    step: Rows  # in which it opened; of groups 0
    opened_at: Instants
    resolved_at: Instants  # OPEN: open at the end
    reason: NDArray[np.int8]  # place in REASONS; of no meaning where it is open
    stage_starts: Rows
    stage_severity: NDArray[np.int8]
    stage_at: Instants
    pulses: Rows | None = None  # None: 0

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: Rows) -> "Firings":
        lengths = np.diff(self.stage_starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        stage = np.arange(starts[-1]) + np.repeat(self.stage_starts[rows] - starts[:-1], lengths)
        return Firings(
            owner=self.owner[rows],
            step=self.step[rows],
            opened_at=self.opened_at[rows],
            resolved_at=self.resolved_at[rows],
            reason=self.reason[rows],
            stage_starts=starts,
            stage_severity=self.stage_severity[stage],
            stage_at=self.stage_at[stage],
            pulses=None if self.pulses is None else self.pulses[rows],
        )

    def one_by_one(self, rule: str, version: str, kind: str, keys: Sequence[str]) -> Iterator[Firing]:
        """As the live engine has them: known as they happen; `keys` are those of the owners."""
        severities, instants = self.stage_severity.tolist(), self.stage_at.tolist()
        starts = self.stage_starts.tolist()
        for row, owner in enumerate(self.owner.tolist()):
            over = int(self.resolved_at[row])
            resolved_at = None if over == OPEN else over
            stages = range(starts[row], starts[row + 1])
            opened_at = int(self.opened_at[row])
            yield Firing(
                rule=rule,
                version=version,
                kind=kind,
                key=keys[owner],
                number=row + 1,
                opened_at=opened_at,
                detected_at=opened_at,
                stages=tuple(Stage(Severity(severities[place]), instants[place]) for place in stages),
                resolved_at=resolved_at,
                closed_at=resolved_at,
                reason=None if resolved_at is None else REASONS[self.reason[row]],
                pulses=0 if self.pulses is None else int(self.pulses[row]),
            )


def reason_codes(reason: Reason, count: int) -> NDArray[np.int8]:
    return np.full(count, REASON_OF[reason], np.int8)
