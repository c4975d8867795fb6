"""What a caller hears when the database does not take what it hands in."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from service.wiring import Service
from service.workspace_template import write_workspace
from streams.embedded import Busy


@pytest.mark.parametrize("error", [OperationalError("INSERT", {}, Exception("database is locked")), TimeoutError()])
def test_a_database_that_cannot_take_events_now_is_told_as_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A locked or full database makes the source try again later: nothing is lost, and copies are taken once."""
    write_workspace(tmp_path / "shop", "en")
    service = Service(tmp_path / "shop")

    def refuse(item: object, *, always: bool = False) -> "Future[Any]":
        failed: Future[Any] = Future()
        failed.set_exception(error)
        return failed

    monkeypatch.setattr(service._runner, "submit", refuse)
    try:
        with pytest.raises(Busy):
            service.submit([])
    finally:
        monkeypatch.undo()
        service.start()
        service.stop()
