"""Versions of rules: which are in force, and what each said."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import sqlite

from rules.versions import RuleVersion, Scope
from store.connected import Rows
from store.meta import MetaReading, MetaWriting
from store.tables import rule_versions
from streams.instants import Instant

_GENERATION: Final = "rules.generation"
_SWEEPING: Final = "rules.sweeping"

_names: Final = ("rule", "added_at", "version", "mode", "definition", "since", "retired_at")
_in_force: Final = (
    select(*[rule_versions.c[name] for name in _names])
    .where(rule_versions.c.ended_at.is_(None))
    .order_by(rule_versions.c.added_at, rule_versions.c.rule)
)
_insert: Final = sqlite.insert(rule_versions)
_save: Final = Rows(
    _insert.on_conflict_do_update(
        index_elements=["rule", "added_at"],
        set_={name: _insert.excluded[name] for name in _names if name not in ("rule", "added_at")},
    ),
    _names,
)
_end: Final = (
    update(rule_versions)
    .where(rule_versions.c.rule == bindparam("of"), rule_versions.c.added_at == bindparam("since_then"))
    .values(ended_at=bindparam("at"))
)


class RuleVersionReading(MetaReading):
    def rule_versions(self) -> list[RuleVersion]:
        """Those in force, retired ones included, the oldest first."""
        return [RuleVersion(**row._mapping) for row in self._connection.execute(_in_force)]

    def generation(self) -> int:
        """How often the rules have changed so that entities had to be judged again."""
        return int(self.meta(_GENERATION) or b"0")

    def pending_sweep(self) -> Scope | None:
        """What is still to be judged again; None: nothing."""
        kept = self.meta(_SWEEPING)
        return msgspec.json.decode(kept, type=Scope) if kept else None


class RuleVersionWriting(RuleVersionReading, MetaWriting):
    def keep_rule_versions(self, versions: Sequence[RuleVersion], now: Instant) -> None:
        """From `now` on these are in force."""
        kept = {(one.rule, one.added_at) for one in versions}
        gone = [one for one in self.rule_versions() if (one.rule, one.added_at) not in kept]
        if gone:
            self._connection.execute(_end, [{"of": one.rule, "since_then": one.added_at, "at": now} for one in gone])
        _save.insert(self._connection, [tuple(getattr(one, name) for name in _names) for one in versions])

    def begin_sweep(self, scope: Scope) -> None:
        """All entities are of an earlier generation from now on."""
        self.set_meta(_GENERATION, str(self.generation() + 1).encode())
        self.set_meta(_SWEEPING, msgspec.json.encode(scope))

    def end_sweep(self) -> None:
        self.set_meta(_SWEEPING, b"")
