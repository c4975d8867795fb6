"""Rules over a history to incidents."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from rules.rule import Rule
from simulator.frames import INCIDENTS
from simulator.reading.histories import ColumnHistory
from simulator.replay import Progress
from simulator.replay_columns import replay_columns
from simulator.results import By
from streams.instants import Instant
from streams.model import Model

_ORDER: Final = ("opened_at", "rule", "key", "detected_at", "resolved_at")


def evaluate(
    model: Model,
    rules: Sequence[Rule],
    history: ColumnHistory,
    *,
    until: Instant | None = None,
    by: By = "occurred_at",
    progress: Progress = lambda taken: None,
) -> pl.DataFrame:
    """The incidents of a history, cut at `until` (None: the last event). One that is replayed by recorded_at must have
    been read for that.
    """
    return replay_columns(model, rules, history, by=by, until=until, progress=progress).incidents


def evaluate_versions(
    model: Model,
    versions: Sequence[Sequence[Rule]],
    history: ColumnHistory,
    *,
    until: Instant | None = None,
    by: By = "occurred_at",
    progress: Progress = lambda taken: None,
) -> list[pl.DataFrame]:
    """The incidents of several sets of rules, each with ids of its own, in one pass over the history.

    A rule that means the same in several sets is judged once.
    """
    distinct = {(rule.id, rule.version): rule for rules in versions for rule in rules if rule.mode != "off"}
    names = {identity: f"{place}" for place, identity in enumerate(distinct)}
    judged = [replace(rule, id=names[identity]) for identity, rule in distinct.items()]
    found = evaluate(model, judged, history, until=until, by=by, progress=progress)
    by_name: Mapping[object, pl.DataFrame] = {
        name: part for (name,), part in found.partition_by("rule", as_dict=True).items()
    }
    tables = []
    for rules in versions:
        own = {rule.id: by_name.get(names.get((rule.id, rule.version), "")) for rule in rules if rule.mode != "off"}
        parts = [part.with_columns(rule=pl.lit(id_)) for id_, part in own.items() if part is not None]
        whole = pl.concat(parts) if parts else pl.DataFrame(schema=INCIDENTS)
        tables.append(whole.sort(_ORDER, nulls_last=True))
    return tables
