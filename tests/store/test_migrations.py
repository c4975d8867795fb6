"""The migrations that are shipped in the package."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from store.database import Store
from store.errors import NewerDatabase, StoreError, UnsupportedDatabase
from store.tables import metadata
from store.upgrading import upgrade
from tests.store.making import an_event


@pytest.fixture(autouse=True)
def from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here new databases are no copies (tests/conftest.py)."""
    monkeypatch.setattr("store.database.upgrade", upgrade)


def test_migrations_make_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    """From an empty file: tables, columns, types, indexes and their conditions, foreign keys."""
    Store(f"sqlite:///{tmp_path}/tocsin.db").close()
    engine = create_engine(f"sqlite:///{tmp_path}/tocsin.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        migrated = _schema(connection)
    engine.dispose()
    direct = create_engine("sqlite://")
    metadata.create_all(direct)
    with direct.connect() as connection:
        assert migrated == _schema(connection)
    direct.dispose()


def _schema(connection: Connection) -> set[str]:
    """What SQLite says of its tables, indexes and keys: autogenerate does not compare conditions of indexes."""
    query = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    found = {" ".join(row.sql.split()) for row in connection.execute(query)}
    inspector = inspect(connection)
    for table in metadata.tables:
        found.add(f"{table}: {inspector.get_foreign_keys(table)} {inspector.get_pk_constraint(table)}")
        found.add(f"{table}: {[(column['name'], column['nullable']) for column in inspector.get_columns(table)]}")
    return found


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    """What was kept is still there."""
    url = f"sqlite:///{tmp_path}/tocsin.db"
    for number in (1, 2):
        store = Store(url)
        with store.begin() as transaction:
            transaction.ledger.append([an_event(str(number))])
            assert len(transaction.ledger.log_of(("order", "A-1"))) == number
        store.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """The message says what to do, and the database is left as it was."""
    url = f"sqlite:///{tmp_path}/tocsin.db"
    Store(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(NewerDatabase, match="at migration 0999, which this version of Tocsin does not know"):
        Store(url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0999"
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "message"),
    [("postgresql://u:secret@localhost/t", "postgresql is not supported yet"), ("tocsin.db", "none")],
)
def test_another_database_is_refused(url: str, message: str) -> None:
    """In a sentence that does not repeat the password."""
    with pytest.raises(UnsupportedDatabase, match=message) as error:
        Store(url)
    assert "secret" not in str(error.value)
    assert isinstance(error.value, StoreError)
