"""Scores: what counts as found, as explained, as neither."""

from typing import Any

import polars as pl

from simulator.frames import INCIDENTS, INSTANT
from simulator.generator.rows import TRUTH
from simulator.generator.scoring import JUDGED_UNTIL, score, unexplained
from streams.instants import DAY

NOW = 1_774_000_000 * 10**6
UNTIL = NOW + 60 * DAY


def truth(*rows: tuple[str, str, int, list[str], list[str]]) -> pl.DataFrame:
    """Fault, key, day, rules, also."""
    told = [(fault, "order", key, NOW + day * DAY, rules, also) for fault, key, day, rules, also in rows]
    frame = pl.DataFrame(told, schema={**TRUTH, "at": pl.Int64}, orient="row")
    return frame.with_columns(pl.col("at").cast(INSTANT))


def incidents(*rows: tuple[str, str, int]) -> pl.DataFrame:
    """Rule, key, day of opening; each over after a day."""
    told: list[dict[str, Any]] = [
        {"rule": rule, "kind": "order", "key": key, "opened_at": NOW + day * DAY, "resolved_at": NOW + (day + 1) * DAY}
        for rule, key, day in rows
    ]
    frame = pl.DataFrame(
        told,
        schema={"rule": pl.String, "kind": pl.String, "key": pl.String}
        | dict.fromkeys(("opened_at", "resolved_at"), pl.Int64),
    )
    times = frame.with_columns(pl.col("opened_at", "resolved_at").cast(INSTANT))
    return pl.concat([pl.DataFrame(schema=INCIDENTS), times], how="diagonal")


def scored(faults: pl.DataFrame, found: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    columns = ("fault", "injected", "found", "recall", "incidents", "unexplained", "precision")
    return {row[0]: row[1:] for row in score(faults, found, UNTIL).select(columns).iter_rows()}


def test_found_and_missed_and_false():
    """Of two faults one is found; one incident of their rule has no reason."""
    faults = truth(("stuck", "A", 1, ["late"], []), ("stuck", "B", 1, ["late"], []))
    found = incidents(("late", "A", 2), ("late", "C", 2))
    assert scored(faults, found) == {"stuck": (2, 1, 0.5, 2, 1, 0.5)}
    assert unexplained(faults, found)["key"].to_list() == ["C"]


def test_every_expected_rule_counts():
    """A fault that two rules should see, seen by one, is half found."""
    assert scored(truth(("stuck", "A", 1, ["late", "slow"], [])), incidents(("late", "A", 2)))["stuck"][:3] == (
        2,
        1,
        0.5,
    )


def test_what_another_fault_explains_is_no_false_alarm():
    """Nor does it count for the fault that did not cause it; what may ring besides is explained too."""
    faults = truth(("stuck", "A", 1, ["late"], []), ("lost", "B", 1, ["gone"], ["late"]))
    found = incidents(("late", "A", 2), ("late", "B", 2), ("gone", "B", 2))
    assert scored(faults, found) == {"stuck": (1, 1, 1.0, 1, 0, 1.0), "lost": (1, 1, 1.0, 1, 0, 1.0)}


def test_faults_near_the_end_are_not_judged():
    """They may be seen only after it; incidents about them are explained all the same."""
    day = (UNTIL - JUDGED_UNTIL - NOW) // DAY
    faults = truth(("stuck", "A", day, ["late"], []), ("stuck", "B", day + 1, ["late"], []))
    assert scored(faults, incidents(("late", "B", day + 2))) == {"stuck": (1, 0, 0.0, 1, 0, 1.0)}


def test_an_incident_long_after_is_another_one():
    """Articles and customers live for ever: an incident far from the fault neither finds it nor is explained by it."""
    faults = truth(("stuck", "A", 1, ["late"], []))
    assert scored(faults, incidents(("late", "A", 30))) == {"stuck": (1, 0, 0.0, 1, 1, 0.0)}
    assert scored(faults, incidents()) == {"stuck": (1, 0, 0.0, 0, 0, None)}
