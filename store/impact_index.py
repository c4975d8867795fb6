"""The index by which incidents find the open entities that they touch: a few fields of them, by value."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import sqlite

from rules.impact import values_of
from store.connected import Connected, Rows, chunks, from_json, to_json, values_from_json
from store.meta import MetaWriting
from store.tables import entities, impact_index
from streams.entity import Entity
from streams.model import Value

_FIELDS: Final = "impact_fields"  # what is indexed, kept beside it
_AT_ONCE: Final = 2_000

_columns: Final = ("kind", "field", "value", "key")
_insert: Final = Rows(sqlite.insert(impact_index).on_conflict_do_nothing(), _columns)
_of_entities: Final = select(impact_index.c.key, impact_index.c.field, impact_index.c.value).where(
    impact_index.c.kind == bindparam("kind"), impact_index.c.key.in_(bindparam("keys", expanding=True))
)
_delete: Final = delete(impact_index).where(*[impact_index.c[name] == bindparam(f"old_{name}") for name in _columns])
_linked: Final = select(impact_index.c.key).where(
    impact_index.c.kind == bindparam("kind"),
    impact_index.c.field == bindparam("field"),
    impact_index.c.value.in_(bindparam("values", expanding=True)),
)
_open: Final = (
    select(entities.c.key, entities.c["values"])
    .where(
        entities.c.kind == bindparam("kind"),
        entities.c.key > bindparam("after"),
        entities.c.begun_at.is_not(None),
    )
    .order_by(entities.c.key)
    .limit(_AT_ONCE)
)


class ImpactReading(Connected):
    def linked(self, kind: str, field: str, values: Collection[Value]) -> set[str]:
        """The keys of the open entities one of whose values of a field is among these."""
        found: set[str] = set()
        for some in chunks(sorted({_text(value) for value in values})):
            wanted = {"kind": kind, "field": field, "values": some}
            found.update(self._connection.scalars(_linked, wanted))
        return found


class ImpactIndex(ImpactReading):
    _impacts: Mapping[str, Sequence[str]] | None = None

    def index_impacts(self, fields: Mapping[str, Sequence[str]]) -> bool:
        """From now on index these fields, by kind. Where they are not what was indexed so far, all is indexed anew."""
        if {kind: list(names) for kind, names in fields.items()} == self._impact_fields():
            return False
        self._connection.execute(delete(impact_index))
        MetaWriting(self._connection).set_meta(_FIELDS, to_json(fields).encode())
        self._impacts = fields
        for kind in fields:
            after = ""
            while rows := self._connection.execute(_open, {"kind": kind, "after": after}).all():
                found = {key: values_from_json(values) for key, values in rows}
                _insert.insert(
                    self._connection, [row for key in found for row in self._impact_rows(kind, key, found[key])]
                )
                after = rows[-1].key
        return True

    def update_impacts(self, saved: Iterable[Entity]) -> None:
        """Bring the index to what entities are now; most changes of an entity change nothing here."""
        fields = self._impact_fields()
        by_kind: dict[str, dict[str, Entity]] = {}
        for entity in saved if fields else ():
            if entity.kind in fields:
                by_kind.setdefault(entity.kind, {})[entity.key] = entity
        for kind, found in by_kind.items():
            for keys in chunks(list(found)):
                known = self._connection.execute(_of_entities, {"kind": kind, "keys": keys})
                old = {(kind, field, value, key) for key, field, value in known}
                new = {
                    row
                    for key in keys
                    if found[key].begun_at
                    for row in self._impact_rows(kind, key, found[key].values)
                }
                gone = [{f"old_{name}": one for name, one in zip(_columns, row, strict=True)} for row in old - new]
                if gone:
                    self._connection.execute(_delete, gone)
                _insert.insert(self._connection, list(new - old))

    def _impact_fields(self) -> Mapping[str, Sequence[str]]:
        if self._impacts is None:
            kept = MetaWriting(self._connection).meta(_FIELDS)
            self._impacts = {} if kept is None else from_json(kept.decode())
        return self._impacts

    def _impact_rows(self, kind: str, key: str, values: Mapping[str, Value]) -> list[tuple[str, str, str, str]]:
        """Of an open entity; of a closed one none."""
        if values.get("closed"):
            return []
        return [
            (kind, field, _text(value), key)
            for field in self._impact_fields().get(kind, ())
            for value in ([key] if field == "key" else values_of(values, field))
        ]


def _text(value: Value) -> str:
    """Values of one field are of one type, so that their texts are equal where they are."""
    return value if isinstance(value, str) else to_json(value)
