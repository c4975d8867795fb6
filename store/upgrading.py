"""Brings a database to the tables of this version, with the migrations that are shipped in the package."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from store.errors import NewerDatabase, OtherDatabase

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, all in one transaction. Raises NewerDatabase."""
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == _head():
            return
        config = configuration(connection)
        scripts = ScriptDirectory.from_config(config)
        if current is not None and not _is_known(scripts, current):
            raise NewerDatabase(
                f"The database is at migration {current}, which this version of Tocsin does not know: a newer one has"
                " used it. Start that newer version, or put back the backup made before it was installed.",
                f"数据库处于迁移 {current}，本版本的 Tocsin 不认识：它已被更新的版本使用过。"
                "请启动那个更新的版本，或恢复安装它之前的备份。",
            )
        command.upgrade(config, "head")


def require_newest(connection: Connection) -> None:
    """Raises OtherDatabase where the tables are not those of this version."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current != _head():
        raise OtherDatabase(
            f"This is no database of this version of Tocsin (migration: {current}). If it is one of an older version, "
            "start the service on it once, which brings it up to date.",
            f"这不是本版本 Tocsin 的数据库（迁移：{current}）。如果是旧版本的，请先用本版本启动一次服务。",
        )


@cache
def _head() -> str | None:
    """The newest migration: to find it, all of them are loaded."""
    return ScriptDirectory.from_config(configuration(None)).get_current_head()


def configuration(connection: Connection | None) -> Config:
    """Alembic's settings, without a file: it works on the connection given."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    try:
        return scripts.get_revision(revision) is not None
    except CommandError:
        return False
