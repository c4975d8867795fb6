"""Incidents of a table as the transitions that the engine would have told, one by one, by when it knew them."""

from collections import Counter
from collections.abc import Iterator
from operator import itemgetter

import polars as pl
from msgspec.structs import replace

from simulator.frames import INCIDENTS
from streams.firing import Change, Firing, Reason, Severity, Stage, Transition
from streams.instants import Instant

_STAGES = pl.List(pl.Struct({"severity": pl.Int64, "at": pl.Int64}))
_SEVERITIES = tuple(Severity)


def transitions(incidents: pl.DataFrame) -> list[tuple[Instant, Transition]]:
    """(when it was known, transition) of a table of INCIDENTS, by time; of one entity the end goes before the next.

    The table does not say when a later stage became known: that is when it was reached, or the opening where that was
    known later.
    """
    found = [
        (at, firing.number, place, transition)
        for firing in _firings(incidents)
        for place, (at, transition) in enumerate(_course(firing))
    ]
    found.sort(key=itemgetter(0, 1, 2))
    return [(at, transition) for at, _, _, transition in found]


def _firings(incidents: pl.DataFrame) -> Iterator[Firing]:
    instants = [name for name, type_ in INCIDENTS.items() if type_ == INCIDENTS["opened_at"]]
    plain = incidents.select(*INCIDENTS).sort("opened_at", "detected_at", "resolved_at", nulls_last=True)
    plain = plain.with_columns(pl.col(instants).cast(pl.Int64), pl.col("stages").cast(_STAGES))
    numbers = Counter[tuple[str, str, str]]()
    for row in plain.iter_rows(named=True):
        identity = (row["rule"], row["kind"], row["key"])
        numbers[identity] += 1
        yield Firing(
            rule=row["rule"],
            version=row["version"],
            kind=row["kind"],
            key=row["key"],
            number=numbers[identity],
            opened_at=row["opened_at"],
            detected_at=row["detected_at"],
            stages=tuple([Stage(_SEVERITIES[stage["severity"]], stage["at"]) for stage in row["stages"]]),
            resolved_at=row["resolved_at"],
            closed_at=row["closed_at"],
            reason=None if row["resolved_at"] is None else Reason(row["reason"]),
            pulses=row["pulses"],
            found_late=row["found_late"],
        )


def _course(firing: Firing) -> Iterator[tuple[Instant, Transition]]:
    known_at = firing.detected_at
    if firing.found_late:
        yield known_at, Transition(change=Change.OPENED, at=firing.opened_at, firing=firing)
        return
    known = 1 + sum(stage.at <= known_at for stage in firing.stages[1:])
    standing = replace(firing, resolved_at=None, closed_at=None, reason=None, stages=firing.stages[:known])
    yield known_at, Transition(change=Change.OPENED, at=firing.opened_at, firing=standing)
    for place, stage in enumerate(firing.stages[known:], start=known + 1):
        risen = replace(standing, stages=firing.stages[:place])
        yield stage.at, Transition(change=Change.SEVERITY, at=stage.at, firing=risen)
    if firing.resolved_at is not None:
        closed_at = firing.resolved_at if firing.closed_at is None else firing.closed_at
        change = Change.WITHDRAWN if firing.reason is Reason.LATE_DATA else Change.RESOLVED
        yield max(closed_at, known_at), Transition(change=change, at=firing.resolved_at, firing=firing)
