"""Every timeline under tests/scenarios: the contract of `advance`, rule by rule."""

from pathlib import Path

import pytest

from tests.escalation.timelines import numbers, play, read_scenario

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))
BUILT = set(range(1, 15)) - {12}  # silences come later


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_timeline(path: Path, tmp_path: Path) -> None:
    """What the scenario expects is sent when it says, and nothing else."""
    play(read_scenario(path), tmp_path)


def test_every_numbered_rule_has_a_timeline() -> None:
    """A rule of the contract without a timeline would be a promise that nobody checks."""
    played = set[int]().union(*(numbers(read_scenario(path).contract) for path in SCENARIOS))
    assert played >= BUILT
    assert len(SCENARIOS) >= 25
