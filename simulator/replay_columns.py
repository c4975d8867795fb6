"""A history through the columnar evaluator."""

from collections.abc import Sequence

import polars as pl

from rules.rule import Rule
from simulator.columns.collecting import Counts, Incidents
from simulator.columns.evaluator import Progress, evaluate
from simulator.frames import INCIDENTS
from simulator.reading.histories import ColumnHistory
from simulator.results import By, Results
from streams.instants import Instant
from streams.model import Model


def replay_columns(
    model: Model,
    rules: Sequence[Rule],
    history: ColumnHistory,
    *,
    by: By = "occurred_at",
    until: Instant | None = None,
    only_counts: bool = False,
    progress: Progress = lambda taken: None,
) -> Results:
    """The same as simulator.replay.replay. `only_counts`: the incidents themselves are not kept."""
    end = last_instant(history, by) if until is None else until
    sink = Counts() if only_counts else Incidents()
    if end is not None:
        evaluate(model, rules, history, end, sink, by=by, progress=progress)
    return Results(
        by=by,
        until=end,
        events=history.count,
        entities=history.entities,
        found=sink.found,
        incidents=sink.frame() if isinstance(sink, Incidents) else pl.DataFrame(schema=INCIDENTS),
    )


def last_instant(history: ColumnHistory, by: By) -> Instant | None:
    """Where a replay ends that nobody ends before; None: there are no events."""
    spans = (history.occurred_at,) if by == "occurred_at" else (history.occurred_at, history.recorded_at)
    return max((span.last for span in spans if span is not None), default=None)
