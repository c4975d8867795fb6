"""The database: one writer at a time, readers beside it, migrations at the start."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Pool, QueuePool, StaticPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from store.errors import UnsupportedDatabase, UnusableDatabase
from store.transaction import Reader, Transaction
from store.upgrading import require_newest, upgrade

BUSY_FOR: Final = 10.0  # seconds that a writer waits for one in another process (tocsin import, a backup)

# FULL is the default: an event is acknowledged to its sender, and `sending` is kept before the call, only when the disk
# has it. Killing the process loses nothing either way; with NORMAL a power failure would take the last transactions.
Synchronous = Literal["FULL", "NORMAL"]
_WRITER: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-65536",  # KiB
    "PRAGMA journal_size_limit=67108864",  # a WAL that a long read made grow shrinks again
    "PRAGMA temp_store=MEMORY",
)
_READER: Final = ("PRAGMA query_only=ON", "PRAGMA cache_size=-16384", "PRAGMA temp_store=MEMORY")


class Store:
    """The database at a URL such as `sqlite:///tocsin.db`, brought up to date. Safe to use from several threads.

    `sqlite://` is a database in memory, for tests: its readers take turns with the writer. Raises StoreError where the
    database cannot be used.
    """

    def __init__(self, url: str, *, synchronous: Synchronous = "FULL") -> None:
        writer = (*_WRITER, f"PRAGMA synchronous={synchronous}")
        parsed = _sqlite_url(url)
        self._writing = threading.RLock()
        if _is_in_memory(parsed):
            self._writer = self._readers = _engine(parsed, "BEGIN IMMEDIATE", writer, StaticPool)
            self._reading: AbstractContextManager[object] = self._writing
        else:
            self._writer = _engine(parsed, "BEGIN IMMEDIATE", writer, QueuePool)
            self._readers = _engine(parsed, "BEGIN", _READER, QueuePool)
            self._reading = nullcontext()
        try:
            with self._writing:
                upgrade(self._writer)
        except DatabaseError as error:
            self.close()
            raise _unusable(parsed, error) from None
        except BaseException:
            self.close()
            raise

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Write: committed at the end of the block, rolled back where it raises.

        Within the process writers queue at a lock, because SQLite makes one that waits sleep and look again, up to
        100 ms too long.
        """
        with self._writing, self._writer.begin() as connection:
            yield Transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Read what was committed when the block's first question was asked."""
        with self._reading, self._readers.begin() as connection:
            yield Reader(connection)

    def close(self) -> None:
        """Close all connections; the last one to leave writes the log back into the database file."""
        self._readers.dispose()
        with self._writing:
            self._writer.dispose()


@contextmanager
def look_at(path: Path) -> Iterator[Reader]:
    """A service's database file as it is: nothing is written, a service may be running. Raises StoreError."""
    url = URL.create(
        "sqlite+pysqlite", database=f"file:{quote(str(path.resolve()))}", query={"mode": "ro", "uri": "true"}
    )
    engine = _engine(url, "BEGIN", _READER, QueuePool)
    try:
        with engine.begin() as connection:
            require_newest(connection)
            yield Reader(connection)
    except DatabaseError as error:
        raise _unusable(url, error) from None
    finally:
        engine.dispose()


def _sqlite_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnsupportedDatabase(
            "The database's URL is none; expected something like sqlite:///tocsin.db",
            "数据库的 URL 无效；应如 sqlite:///tocsin.db",
        ) from None
    if parsed.get_backend_name() != "sqlite":
        name = parsed.get_backend_name()
        raise UnsupportedDatabase(
            f"{name} is not supported yet; expected sqlite:///FILE", f"暂不支持 {name}；应为 sqlite:///文件"
        )
    return parsed.set(drivername="sqlite+pysqlite")


def _unusable(url: URL, error: DatabaseError) -> UnusableDatabase:
    said = str(error.orig)
    return UnusableDatabase(
        f"The database {url.database} cannot be used: {said}. Put its folder, its rights or the disk right,"
        " or put back a backup.",
        f"数据库 {url.database} 无法使用：{said}。请检查其文件夹、权限和磁盘，或恢复备份。",
    )


def _is_in_memory(url: URL) -> bool:
    return url.database in (None, "", ":memory:")


def _engine(url: URL, begin: str, pragmas: tuple[str, ...], pool: type[Pool]) -> Engine:
    """An engine whose transactions begin as said: the sqlite3 module's own guesses are switched off."""
    engine = create_engine(url, poolclass=pool, connect_args={"timeout": BUSY_FOR, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
