"""What entities give to totals of others: one row for each change of a contribution."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import sqlite

from store.connected import Connected, Rows, by_kind, chunks
from store.tables import contributions
from streams.entity import Identity
from streams.totals import Delta, Feed

_columns: Final = ("from_kind", "from_key", "kind", "key", "total", "at", "units")
_insert: Final = Rows(sqlite.insert(contributions), _columns)
_from: Final = (contributions.c.from_kind == bindparam("kind"), contributions.c.from_key == bindparam("key"))
_given: Final = select(*[contributions.c[name] for name in _columns[2:]]).where(*_from)
_drop: Final = delete(contributions).where(*_from)
_changes: Final = select(*[contributions.c[name] for name in _columns[3:]]).where(
    contributions.c.kind == bindparam("kind"), contributions.c.key.in_(bindparam("keys", expanding=True))
)


class TotalsLog(Connected):
    """The part of the ledger that keeps contributions."""

    def add_feeds(self, feeds: Sequence[tuple[Identity, Feed]]) -> None:
        _insert.insert(
            self._connection,
            [(*giver, *feed.owner, feed.delta.total, feed.delta.at, feed.delta.units) for giver, feed in feeds],
        )

    def drop_feeds(self, identity: Identity) -> None:
        self._connection.execute(_drop, {"kind": identity[0], "key": identity[1]})

    def feeds_of(self, identity: Identity) -> list[Feed]:
        """All that an entity gives."""
        rows = self._connection.execute(_given, {"kind": identity[0], "key": identity[1]})
        return [Feed((kind, key), Delta(at, total, units)) for kind, key, total, at, units in rows]

    def deltas_of(self, identities: Iterable[Identity]) -> Mapping[Identity, list[Delta]]:
        """How the totals of entities change, whoever changes them."""
        found: dict[Identity, list[Delta]] = {}
        for kind, keys in by_kind(identities).items():
            found.update({(kind, key): [] for key in keys})
            for some in chunks(keys):
                for key, total, at, units in self._connection.execute(_changes, {"kind": kind, "keys": some}):
                    found[kind, key].append(Delta(at, total, units))
        return found
