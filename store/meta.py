"""What the service itself keeps: secrets it made, its places in what it reads, how far knowledge was applied."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import sqlite

from store.connected import Connected
from store.tables import applied_knowledge, meta
from streams.instants import Instant

_get: Final = select(meta.c.value).where(meta.c.key == bindparam("name"))
_insert: Final = sqlite.insert(meta)
_put: Final = _insert.on_conflict_do_update(index_elements=["key"], set_={"value": _insert.excluded.value})
_known: Final = select(applied_knowledge.c.known_at).where(applied_knowledge.c.partition == bindparam("place"))
_insert_known: Final = sqlite.insert(applied_knowledge)
_know: Final = _insert_known.on_conflict_do_update(
    index_elements=["partition"],
    set_={"known_at": _insert_known.excluded.known_at},
    where=applied_knowledge.c.known_at < _insert_known.excluded.known_at,
)


class MetaReading(Connected):
    def meta(self, name: str) -> bytes | None:
        return self._connection.scalar(_get, {"name": name})

    def known_at(self, partition: int = 0) -> Instant | None:
        """Up to which instant knowledge was applied; None: never yet."""
        return self._connection.scalar(_known, {"place": partition})


class MetaWriting(MetaReading):
    def set_meta(self, name: str, value: bytes) -> None:
        self._connection.execute(_put, {"key": name, "value": value})

    def secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The secret of this name, made where there is none yet."""
        kept = self.meta(name)
        if kept is None:
            kept = make()
            self.set_meta(name, kept)
        return kept

    def know(self, at: Instant, partition: int = 0) -> None:
        """Knowledge is applied up to `at`; an earlier instant changes nothing."""
        self._connection.execute(_know, {"partition": partition, "known_at": at})
