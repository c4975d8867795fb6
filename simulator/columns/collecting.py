"""What becomes of found firings: counts of each rule, or all of them as a table."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from rules.rule import Rule
from simulator.columns.column import Instants
from simulator.columns.found import OPEN, REASONS, Firings
from simulator.frames import INCIDENTS, INSTANT, STAGES, incident_frame
from simulator.results import Found
from streams.firing import Firing

_ORDER: Final = ("opened_at", "rule", "key", "detected_at", "resolved_at")  # rule-files.md, Results
_REASONS: Final = pl.Series([reason.value for reason in REASONS])


class Counts:
    """Only how many: a history of any size needs no memory for what is found."""

    def __init__(self) -> None:
        self.found: dict[str, Found] = {}

    def take(self, rule: Rule, firings: Firings, keys: Sequence[str]) -> None:
        self._add(rule, len(firings), int(np.count_nonzero(firings.resolved_at == OPEN)))

    def take_learned(self, rule: Rule, firings: Sequence[Firing]) -> None:
        self._add(rule, len(firings), sum(firing.open for firing in firings))

    def _add(self, rule: Rule, opened: int, open_at_end: int) -> None:
        before = self.found.get(rule.id, Found())
        self.found[rule.id] = Found(opened=before.opened + opened, open_at_end=before.open_at_end + open_at_end)


class Incidents(Counts):
    """All firings, as the table of simulator.frames."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[pl.DataFrame] = []
        self._learned: list[Firing] = []

    def take(self, rule: Rule, firings: Firings, keys: Sequence[str]) -> None:
        super().take(rule, firings, keys)
        if len(firings):
            self._parts.append(firing_frame(rule, firings, keys))

    def take_learned(self, rule: Rule, firings: Sequence[Firing]) -> None:
        super().take_learned(rule, firings)
        self._learned += firings

    def frame(self) -> pl.DataFrame:
        """In the order of result files."""
        found = pl.concat([incident_frame(self._learned), *self._parts])
        return found.sort(
            "opened_at", "rule", "key", "detected_at", "resolved_at", nulls_last=True, maintain_order=True
        )


def firing_frame(rule: Rule, firings: Firings, keys: Sequence[str]) -> pl.DataFrame:
    """The firings of one rule, known as they happen."""
    count = len(firings)
    resolved_at = _instants(firings.resolved_at)
    columns: dict[str, Any] = {
        "rule": pl.repeat(rule.id, count, eager=True),
        "version": pl.repeat(rule.version, count, eager=True),
        "kind": pl.repeat(rule.on, count, eager=True),
        "key": pl.Series(keys, dtype=pl.String).gather(firings.owner),
        "severity": np.maximum.reduceat(firings.stage_severity, firings.stage_starts[:-1]),
        "opened_at": _instants(firings.opened_at),
        "resolved_at": resolved_at,
        "reason": _REASONS.gather(firings.reason),
        "stages": _stages(firings),
        "detected_at": _instants(firings.opened_at),
        "closed_at": resolved_at,
        "found_late": pl.repeat(False, count, eager=True),
        "pulses": pl.repeat(0, count, dtype=pl.Int64, eager=True) if firings.pulses is None else firings.pulses,
    }
    frame = pl.DataFrame(columns)
    ended = pl.when(pl.col("resolved_at").is_null()).then(pl.lit("end")).otherwise(pl.col("reason"))
    return frame.with_columns(reason=ended).cast(pl.Schema(INCIDENTS))


def _instants(values: Instants) -> pl.Series:
    """OPEN is null."""
    found = pl.Series(values, dtype=pl.Int64)
    return found.set(found == OPEN, None).cast(INSTANT)


def _stages(firings: Firings) -> pl.Series:
    """A list of severities and their instants for each firing."""
    stages = pl.DataFrame({"severity": firings.stage_severity, "at": _instants(firings.stage_at)})
    whose = np.repeat(np.arange(len(firings)), np.diff(firings.stage_starts))
    grouped = stages.select(pl.struct("severity", "at").alias("stage")).with_columns(whose=whose)
    return grouped.group_by("whose", maintain_order=True).agg("stage")["stage"].cast(STAGES)
