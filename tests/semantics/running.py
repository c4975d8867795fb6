"""The product's side of the comparison: replays, and a live service reduced to the engine, the ledger and the store."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from rules.judging.judge import Judge
from rules.matching.matcher import MatcherName
from simulator.history import deduplicate
from simulator.replay import replay
from simulator.results import By, incident_rows
from streams.engine import Engine
from streams.event import Event
from streams.firing import Firing
from streams.instants import parse_instant
from tests.semantics.drawing import Drawn
from tests.semantics.firings import Row

UTC = ZoneInfo("UTC")
SEEDS = st.integers(0, 2**40)
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # check_world makes the worlds smaller, not the numbers


def few(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), phases=_PHASES)


def many(examples: int) -> settings:
    return settings(few(examples), database=None)


def engine_of(drawn: Drawn, matcher: MatcherName = "compiled") -> Engine:
    return Engine(drawn.read_model, Judge(drawn.read_rules, matcher))


def row_of(firing: Firing) -> Row:
    return Row(
        rule=firing.rule,
        kind=firing.kind,
        key=firing.key,
        opened_at=firing.opened_at,
        resolved_at=firing.resolved_at,
        reason=None if firing.reason is None else firing.reason.value,
        stages=tuple((stage.severity.word, stage.at) for stage in firing.stages),
        pulses=firing.pulses,
        detected_at=firing.detected_at,
        closed_at=firing.closed_at,
        found_late=firing.found_late,
    )


def rows_of(firings: Iterable[Firing]) -> list[Row]:
    return [row_of(firing) for firing in firings]


def rows_of_table(incidents: pl.DataFrame) -> list[Row]:
    """Of simulator.frames.INCIDENTS."""
    return [
        Row(
            rule=row["rule"],
            kind=row["kind"],
            key=row["key"],
            opened_at=instant(row["opened_at"]),
            resolved_at=None if row["resolved_at"] is None else instant(row["resolved_at"]),
            reason=None if row["reason"] == "end" else row["reason"],
            stages=tuple((stage["severity"], instant(stage["at"])) for stage in row["stages"]),
            pulses=row["pulses"],
            detected_at=instant(row["detected_at"]),
            closed_at=None if row["closed_at"] is None else instant(row["closed_at"]),
            found_late=row["found_late"],
        )
        for row in incident_rows(incidents)
    ]


def instant(text: str) -> int:
    return parse_instant(text, UTC)


def replayed(drawn: Drawn, by: By, until: int, matcher: MatcherName = "compiled") -> list[Row]:
    events = deduplicate(drawn.events)
    return rows_of(replay(engine_of(drawn, matcher), events, by=by, until=until).firings)


def assert_same(found: Iterable[Row], wanted: Iterable[Row]) -> None:
    """The same rows, each as often."""
    _assert_equal(list(found), list(wanted))


def assert_same_firings(found: Iterable[Row], wanted: Iterable[Row]) -> None:
    """The same but for detected_at, closed_at and found_late; what late data has withdrawn does not count."""
    _assert_equal([row.firing for row in found if row.reason != "late_data"], [row.firing for row in wanted])


def _assert_equal(found: Sequence[Any], wanted: Sequence[Any]) -> None:
    only_found, only_wanted = Counter(found) - Counter(wanted), Counter(wanted) - Counter(found)
    difference = (list(only_found.elements()), list(only_wanted.elements()))
    assert difference == ([], []), f"found {difference[0]}\nwanted {difference[1]}"


def by_knowledge(events: Iterable[Event]) -> list[tuple[int, list[Event]]]:
    """Steps of knowledge: (recorded_at, what became known then), in order."""
    steps: dict[int, list[Event]] = {}
    for event in events:
        steps.setdefault(event.recorded_at, []).append(event)
    return sorted(steps.items())
