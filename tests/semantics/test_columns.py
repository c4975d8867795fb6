"""The columnar evaluator and the live engine give the same incidents (semantics.md, section 6, first point)."""

import pytest
from hypothesis import given

import simulator.columns.gathering as gathering
import simulator.columns.parts as parts_of_history
from simulator.columns.collecting import Incidents
from simulator.columns.evaluator import evaluate
from simulator.history import History, deduplicate
from simulator.reading.histories import ColumnHistory, of_history
from simulator.reading.kept import parts
from simulator.replay_columns import replay_columns
from simulator.results import By
from tests.semantics.drawing import HALF_HOUR, Drawn
from tests.semantics.firings import Row
from tests.semantics.running import SEEDS, assert_same, few, many, replayed, rows_of_table
from tests.semantics.shrinking import check_world

LATER = (0, 0, HALF_HOUR, 6 * HALF_HOUR, 200 * HALF_HOUR, -2 * HALF_HOUR, -7 * HALF_HOUR)


def history_of(drawn: Drawn, by: By) -> ColumnHistory:
    history = History(events=deduplicate(drawn.events), refusals=(), left_out={}, copies=0)
    return of_history(history, drawn.read_model, keep_retracted=by == "recorded_at")


def in_columns(drawn: Drawn, by: By, until: int) -> list[Row]:
    results = replay_columns(drawn.read_model, drawn.read_rules, history_of(drawn, by), by=by, until=until)
    return rows_of_table(results.incidents)


def compare(drawn: Drawn) -> None:
    until = drawn.end + LATER[drawn.seed % len(LATER)]
    for by in ("occurred_at", "recorded_at"):
        assert_same(in_columns(drawn, by, until), replayed(drawn, by, until))


class Apart:
    """A history in parts of one entity each."""

    def __init__(self, history: ColumnHistory) -> None:
        self._history = history
        self.kinds = history.kinds

    def partitions(self, kind: str):
        return parts(self._history.events(kind), 1)


def compare_parts(drawn: Drawn) -> None:
    until = drawn.end
    for by in ("occurred_at", "recorded_at"):
        found = Incidents()
        evaluate(drawn.read_model, drawn.read_rules, Apart(history_of(drawn, by)), until, found, by=by)
        assert_same(rows_of_table(found.frame()), in_columns(drawn, by, until))


@few(60)
@given(SEEDS)
def test_columns_give_what_the_live_engine_gives(seed: int) -> None:
    """Every construct, by occurred_at and by recorded_at: identical incidents, stages and reasons included."""
    check_world(seed, compare)


@few(20)
@given(SEEDS)
def test_parts_of_a_history_change_nothing(seed: int) -> None:
    """A history judged entity by entity gives what it gives as a whole, groups and totals included."""
    check_world(seed, compare_parts)


@few(15)
@given(SEEDS)
def test_few_facts_at_once_change_nothing(seed: int) -> None:
    """What was known is judged some versions at a time where there are many: of any number, the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_of_history, "AT_ONCE", 1 + seed % 20)
        patch.setattr(gathering, "AT_ONCE", 1 + seed % 20)
        check_world(seed, compare)


@pytest.mark.soak
@many(5_000)
@given(SEEDS)
def test_columns_and_the_live_engine_for_long(seed: int) -> None:
    """The same, thousands of times."""
    check_world(seed, compare)
    check_world(seed, compare_parts)
