"""Every timeline under tests/scenarios: the contract of `advance`, rule by rule."""

import shutil
from pathlib import Path

import pytest

from store.database import Store
from tests.escalation.timelines import numbers, play, read_scenario

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))
BUILT = set(range(1, 15)) - {12}  # silences come later


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations leave it, made once."""
    path: Path = tmp_path_factory.mktemp("empty") / "tocsin.db"
    Store(f"sqlite:///{path}").close()
    return path


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_timeline(path: Path, tmp_path: Path, empty: Path) -> None:
    """What the scenario expects is sent when it says, and nothing else."""
    shutil.copy(empty, tmp_path / "tocsin.db")
    play(read_scenario(path), tmp_path)


def test_every_numbered_rule_has_a_timeline() -> None:
    """A rule of the contract without a timeline would be a promise that nobody checks."""
    played = set[int]().union(*(numbers(read_scenario(path).contract) for path in SCENARIOS))
    assert played >= BUILT
    assert len(SCENARIOS) >= 25
