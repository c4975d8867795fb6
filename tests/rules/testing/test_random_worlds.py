"""Random models, rules and histories: tests written from what happened pass, and so do all boundary cases."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from rules.errors import Problems
from rules.files.document import read_text
from rules.rule import Rule
from rules.testing.boundaries import boundary_cases
from rules.testing.comparing import compare
from rules.testing.reading import Around, read_cases
from rules.testing.recording import record
from rules.testing.running import Runner
from rules.testing.timeline import Case
from rules.workspace import Workspace
from simulator.history import deduplicate
from streams.event import Event
from streams.instants import DAY
from tests.semantics.drawing import a_world
from tests.semantics.running import SEEDS, few, many


def check(seed: int) -> None:
    """Each rule's history as a test: printed, read again and run; then the boundary cases with and without it."""
    drawn = a_world(seed)
    workspace = Workspace(model=drawn.read_model, rules=drawn.read_rules, calendars={})
    events = deduplicate(drawn.events)
    for rule in workspace.rules:
        placed = replace(rule, where="rules/drawn.yaml:1:1")
        recorded = printed_and_read(workspace, placed, events, drawn.end)
        generated = [boundary_cases(workspace, placed, written).cases for written in ((), recorded)]
        runner = Runner(workspace.model, placed)
        for case in (*recorded, *generated[0], *generated[1]):
            assert compare(case, runner.run(case)).passed, (seed, rule.id, case.name.en)
        runner.close()


def printed_and_read(workspace: Workspace, rule: Rule, events: Sequence[Event], until: int) -> tuple[Case, ...]:
    recorded = record(workspace.model, rule, events, until, "what happened")
    problems = Problems()
    root = read_text(f"tests:\n{recorded.text}", "drawn.yaml", problems)
    assert root is not None
    items = root.list("tests")
    assert items is not None
    cases, found = read_cases(items, Around(model=workspace.model, rule=rule, skew=100_000 * DAY))
    assert ([*problems.found, *found], len(cases), len(cases[0].expected)) == ([], 1, recorded.changes)
    return cases


@few(12)
@given(SEEDS)
def test_what_happened_and_its_boundaries_pass(seed: int) -> None:
    """Round trips and boundary cases of a few worlds."""
    check(seed)


@pytest.mark.soak
@many(1_500)
@given(SEEDS)
def test_what_happened_and_its_boundaries_pass_for_long(seed: int) -> None:
    """The same of many."""
    check(seed)
