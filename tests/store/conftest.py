"""A store in a file of its own, with readers beside the writer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/tocsin.db")
    yield opened
    opened.close()
