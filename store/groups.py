"""Groups of rules that count: their members, and how far each group has come."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, select, tuple_, union
from sqlalchemy.dialects import sqlite

from store.connected import Connected, Rows, by_kind, chunks
from store.tables import groups, members
from streams.entity import Identity
from streams.firing import Member
from streams.groups import Group, GroupName, decode_group, encode_group
from streams.instants import Instant

_columns: Final = ("rule", "version", "group", "at", "kind", "key", "distinct")
_add: Final = Rows(sqlite.insert(members), _columns)
_member: Final = select(*[members.c[name] for name in _columns])
_from: Final = _member.where(
    members.c.kind == bindparam("of_kind"), members.c.key.in_(bindparam("keys", expanding=True))
)
_drop: Final = delete(members).where(members.c.kind == bindparam("of_kind"), members.c.key == bindparam("of_key"))
_window: Final = _member.where(
    members.c.rule == bindparam("of_rule"),
    members.c.version == bindparam("of_version"),
    members.c.group == bindparam("of_group"),
    members.c.at > bindparam("after"),
).order_by(members.c.at)
_load: Final = select(groups.c.state).where(tuple_(groups.c.rule, groups.c.key).in_(bindparam("names", expanding=True)))
_insert: Final = sqlite.insert(groups)
_save: Final = Rows(
    _insert.on_conflict_do_update(
        index_elements=["rule", "key"], set_={name: _insert.excluded[name] for name in ("state", "due_at")}
    ),
    ("rule", "key", "state", "due_at"),
)
_due: Final = (
    select(groups.c.rule, groups.c.key)
    .where(groups.c.due_at <= bindparam("now"))
    .order_by(groups.c.due_at, groups.c.rule, groups.c.key)
    .limit(bindparam("most"))
)
_next_due: Final = select(func.min(groups.c.due_at)).where(groups.c.due_at.is_not(None))
_others: Final = select(groups.c.state).where(groups.c.rule.not_in(bindparam("rules", expanding=True)))
_before_all: Final = -(2**63)


class GroupStates(Connected):
    """The part of the ledger that keeps groups."""

    def add_members(self, members: Sequence[Member]) -> None:
        _add.insert(
            self._connection,
            [(one.rule, one.version, one.group, one.at, one.kind, one.key, one.distinct) for one in members],
        )

    def drop_members(self, identity: Identity) -> None:
        """All that an entity adds to groups."""
        self._connection.execute(_drop, {"of_kind": identity[0], "of_key": identity[1]})

    def members_from(self, identities: Iterable[Identity]) -> Mapping[Identity, list[Member]]:
        found: dict[Identity, list[Member]] = {}
        for kind, keys in by_kind(identities).items():
            for some in chunks(keys):
                for row in self._connection.execute(_from, {"of_kind": kind, "keys": some}):
                    member = Member(*row)
                    found.setdefault((member.kind, member.key), []).append(member)
        return found

    def members_of(self, rule: str, version: str, group: str, since: Instant | None) -> list[Member]:
        """Those later than `since`, by time."""
        after = _before_all if since is None else since
        asked = {"of_rule": rule, "of_version": version, "of_group": group, "after": after}
        return [Member(*row) for row in self._connection.execute(_window, asked)]

    def load_groups(self, names: Iterable[GroupName]) -> Mapping[GroupName, Group]:
        found = {}
        for some in chunks(list(names)):
            for (state,) in self._connection.execute(_load, {"names": some}):
                group = decode_group(state)
                found[group.name] = group
        return found

    def save_groups(self, groups: Iterable[Group]) -> None:
        _save.insert(self._connection, [(one.rule, one.key, encode_group(one), one.due_at) for one in groups])

    def due_groups(self, now: Instant, limit: int) -> list[GroupName]:
        return [(rule, key) for rule, key in self._connection.execute(_due, {"now": now, "most": limit})]

    def next_due_group(self) -> Instant | None:
        found: Instant | None = self._connection.scalar(_next_due)
        return found

    def groups_of(self, rule: str) -> list[GroupName]:
        """Every group of a rule, known by its members or by what is kept of it."""
        known = select(groups.c.key).where(groups.c.rule == rule)
        fed = select(members.c.group).where(members.c.rule == rule)
        return sorted((rule, key) for (key,) in self._connection.execute(union(known, fed)))

    def groups_of_others(self, rules: Collection[str]) -> list[Group]:
        """What is kept of groups of rules that are none of these."""
        return [decode_group(state) for (state,) in self._connection.execute(_others, {"rules": list(rules)})]

    def forget_members(self, rule: str, but: str | None) -> None:
        """Drop the members of a rule but those of one version; with None its groups too."""
        dropped = delete(members).where(members.c.rule == rule)
        self._connection.execute(dropped if but is None else dropped.where(members.c.version != but))
        if but is None:
            self._connection.execute(delete(groups).where(groups.c.rule == rule))
