"""Entities: the state that the engine keeps of each, and when each has to be looked at again."""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import ColumnElement, bindparam, func, not_, select, update
from sqlalchemy.dialects import sqlite

from store.connected import Connected, Rows, by_kind, chunks, to_json, values_from_json
from store.impact_index import ImpactIndex
from store.tables import entities
from streams.entity import Entity, Identity, decode_entity, encode_entity
from streams.instants import Instant
from streams.model import Values

_load: Final = select(entities.c.state, entities.c.generation).where(
    entities.c.kind == bindparam("kind"), entities.c.key.in_(bindparam("keys", expanding=True))
)
_values: Final = select(entities.c.key, entities.c["values"]).where(
    entities.c.kind == bindparam("kind"),
    entities.c.key.in_(bindparam("keys", expanding=True)),
    entities.c.begun_at.is_not(None),
)
_insert: Final = sqlite.insert(entities)
_changing: Final = ("state", "values", "due_at", "begun_at", "changed_at", "generation", "idle")
_save: Final = Rows(
    _insert.on_conflict_do_update(
        index_elements=["kind", "key"], set_={name: _insert.excluded[name] for name in _changing}
    ),
    ("kind", "key", *_changing),
)
_due: Final = (
    select(entities.c.kind, entities.c.key)
    .where(entities.c.due_at <= bindparam("now"))
    .order_by(entities.c.due_at, entities.c.kind, entities.c.key)
    .limit(bindparam("most"))
)
_next_kind: Final = select(func.min(entities.c.kind)).where(entities.c.kind > bindparam("after"))
_next_due: Final = select(func.min(entities.c.due_at)).where(entities.c.due_at.is_not(None))


class EntityStates(ImpactIndex):
    def load(self, identities: Iterable[Identity]) -> dict[Identity, Entity]:
        """Those entities that there are, each a copy of its own."""
        found: dict[Identity, Entity] = {}
        for kind, keys in by_kind(identities).items():
            for some in chunks(keys):
                for state, generation in self._connection.execute(_load, {"kind": kind, "keys": some}).all():
                    entity = decode_entity(state)
                    entity.generation = generation
                    found[kind, entity.key] = entity
        return found

    def save(self, entities: Iterable[Entity]) -> None:
        """Insert or overwrite; of several with one identity the last one stays."""
        entities = list(entities)
        self.update_impacts(entities)
        _save.insert(
            self._connection,
            [
                (
                    entity.kind,
                    entity.key,
                    encode_entity(entity),
                    to_json(entity.values),
                    entity.due_at,
                    entity.begun_at,
                    max(entity.step_at, entity.changed_at),
                    entity.generation,
                    entity.idle,
                )
                for entity in entities
            ],
        )

    def due(self, now: Instant, limit: int) -> list[Identity]:
        """Entities whose due time has come, the longest overdue first."""
        return [(kind, key) for kind, key in self._connection.execute(_due, {"now": now, "most": limit})]

    def next_due_entity(self) -> Instant | None:
        """When the next entity is due."""
        found: Instant | None = self._connection.scalar(_next_due)
        return found


class Sweeping(Connected):
    """Which entities were folded by rules of another generation (streams/sweeping.py)."""

    def stale(
        self, generation: int, limit: int, first: Collection[str], of: Collection[str] | None = None
    ) -> list[Identity]:
        """Those that are not idle; of the kinds `first` before the others. Kind by kind, as the index has them."""
        found: list[Identity] = []
        for kind in sorted(self.kinds() if of is None else of, key=lambda kind: (kind not in first, kind)):
            of_kind = select(entities.c.key).where(entities.c.kind == kind, *_is_stale(generation))
            found += [(kind, key) for key in self._connection.scalars(of_kind.limit(limit - len(found)))]
            if len(found) == limit:
                break
        return found

    def stale_left(self, generation: int) -> int:
        return self._connection.scalar(select(func.count()).select_from(entities).where(*_is_stale(generation))) or 0

    def kinds(self) -> list[str]:
        """Of which there are entities, also where the model no longer has them; by jumping from one to the next."""
        found: list[str] = []
        while (kind := self._connection.scalar(_next_kind, {"after": found[-1] if found else ""})) is not None:
            found.append(kind)
        return found

    def settle(self, generation: int, kinds: Collection[str], limit: int) -> int:
        """Up to `limit` entities of these kinds are as the rules of today have them; how many were not yet."""
        stale = self.stale(generation, limit, (), kinds)
        for kind, keys in by_kind(stale).items():
            for some in chunks(keys):
                change = update(entities).where(entities.c.kind == kind, entities.c.key.in_(some))
                self._connection.execute(change.values(generation=generation))
        return len(stale)


def _is_stale(generation: int) -> tuple[ColumnElement[bool], ...]:
    return (entities.c.generation < generation, not_(entities.c.idle))


class EntityValues(Connected):
    def entity_values(self, entities: Collection[Identity]) -> dict[Identity, Values]:
        """The snapshots of those entities that there are."""
        found: dict[Identity, Values] = {}
        for kind, keys in by_kind(entities).items():
            for some in chunks(keys):
                for key, values in self._connection.execute(_values, {"kind": kind, "keys": some}).all():
                    found[kind, key] = values_from_json(values)
        return found
