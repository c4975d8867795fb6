"""What the tests of the whole service share."""

from collections.abc import Iterator

import pytest

from tests.service.whole import FragileStore


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    """Every database that a process of the test left open, as one that is killed does, is closed behind it."""
    yield
    while FragileStore.opened:
        FragileStore.opened.pop().close()
