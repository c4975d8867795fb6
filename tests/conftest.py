"""What all tests share: nothing leaves the machine, and what needs an absent program says so."""

import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, StaticPool, create_engine, inspect

from store.upgrading import upgrade as migrate

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """Drawn examples have no time limit: it would say what else the machine does, such as the tests beside this one."""
    settings.register_profile("tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("tocsin")


def need_program(*names: str) -> str:
    """The path of the first of these programs that is installed. Without one: see `missing`."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    missing(f"{' or '.join(names)} is not installed")


def missing(reason: str) -> NoReturn:
    """Skip by name in `make test`; in `make check` (TOCSIN_REQUIRE_ALL=1) nothing may be missing."""
    if os.environ.get("TOCSIN_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def shared_data(*parts: str) -> Path:
    """A file of the shared real histories, which are not part of the product: skipped where they are absent."""
    path = SHARED_DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the shared data is not here: {'/'.join(parts)}")
    return path


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that tries to reach another machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


@pytest.fixture
def chromium() -> str:
    return str(need_program("chromium", "chromium-browser"))


@pytest.fixture(scope="session", autouse=True)
def migrated_once() -> Iterator[None]:
    """New databases of tests are copies of one over which the migrations ran: that takes longer than most tests.

    What has tables already is brought up to date by the migrations, as ever.
    """
    tables = sqlite3.connect(":memory:", check_same_thread=False)
    made = create_engine("sqlite://", creator=lambda: tables, poolclass=StaticPool)
    migrate(made)

    def upgrade(engine: Engine) -> None:
        if not inspect(engine).get_table_names():
            with engine.connect() as new:
                empty = new.connection.driver_connection
                assert isinstance(empty, sqlite3.Connection)
                tables.backup(empty)
        else:
            migrate(engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("store.database.upgrade", upgrade)
        yield
    made.dispose()
    tables.close()
