"""A store in a file of its own, with readers beside the writer."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, made once: every test that gets a copy of it saves the migrations' time."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    Store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    shutil.copy(migrated, tmp_path / "tocsin.db")
    opened = Store(f"sqlite:///{tmp_path}/tocsin.db", synchronous="NORMAL")
    yield opened
    opened.close()
