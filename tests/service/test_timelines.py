"""Every timeline under tests/scenarios/service: from events to people, through the whole service."""

import shutil
from pathlib import Path

import pytest

from store.database import Store
from tests.service.timelines import play, read_timeline

TIMELINES = sorted((Path(__file__).parents[1] / "scenarios" / "service").glob("*.yaml"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations leave it, made once."""
    path: Path = tmp_path_factory.mktemp("empty") / "tocsin.db"
    Store(f"sqlite:///{path}").close()
    return path


@pytest.mark.parametrize("path", TIMELINES, ids=lambda path: path.stem)
def test_timeline(path: Path, tmp_path: Path, empty: Path) -> None:
    """What the timeline expects is told when it says, to whom it says, and nothing else."""
    shutil.copy(empty, tmp_path / "tocsin.db")
    play(read_timeline(path), tmp_path)


def test_there_are_timelines() -> None:
    """A folder that nobody finds would pass every test."""
    assert len(TIMELINES) >= 15
