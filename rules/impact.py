"""What an incident touches: the open entities that its rule's `impact` finds, with their owners and their value.

It never changes what fires. Entities are found by the values of a few fields, of which an index is kept
(store/impact_index.py); the entity of the incident itself is never among them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rules.rule import Impact, Rule
from streams.entity import Identity
from streams.model import FieldType, Kind, Model, Value, Values

_VALUE_FIELDS: Final = ("amount", "value", "金额")


class Lookup(Protocol):
    """Entities by the values of their fields."""

    def linked(self, kind: str, field: str, values: Collection[Value]) -> set[str]:
        """The keys of the open entities one of whose values of a field is among these."""

    def entity_values(self, entities: Collection[Identity]) -> Mapping[Identity, Values]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One open entity."""

    key: str
    owners: tuple[str, ...]
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touching:
    """What an incident touches of one kind: the most valuable first."""

    kind: str
    value_field: str | None
    entities: tuple[Touched, ...]

    @property
    def value(self) -> float | None:
        """The sum, where the kind has such a field."""
        if self.value_field is None:
            return None
        return sum(one.value for one in self.entities if one.value is not None)


def touching(
    rule: Rule, rules: Iterable[Rule], model: Model, identity: Identity, values: Values, lookup: Lookup
) -> list[Touching]:
    """By kind, in the order of the file. `values`: the snapshot of the incident's entity (a group has none)."""
    own = {**(values if rule.count is None else _of_group(rule, identity[1])), "key": identity[1]}
    found = []
    for kind in dict.fromkeys(impact.kind for impact in rule.impacts):
        if kind in model.kinds:
            impacts = [impact for impact in rule.impacts if impact.kind == kind]
            of_kind = _matching(impacts, own, lookup)
            of_kind.pop(identity[1] if kind == identity[0] else None, None)
            found.append(_touching(model.kinds[kind], of_kind, owner_fields(rules, model.kinds[kind])))
    return found


def linked_fields(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """By kind, the fields that an index is needed of."""
    found: dict[str, dict[str, None]] = {}
    for rule in rules:
        for impact in rule.impacts:
            found.setdefault(impact.kind, {})[impact.theirs] = None
    return {kind: tuple(sorted(names)) for kind, names in sorted(found.items())}


def value_field(kind: Kind) -> str | None:
    """The number that says what an entity is worth: amount, value or 金额, else the kind's first number."""
    numbers = [field.name for field in kind.fields.values() if field.type is FieldType.NUMBER]
    return next((name for name in _VALUE_FIELDS if name in numbers), next(iter(numbers), None))


def owner_fields(rules: Iterable[Rule], kind: Kind) -> tuple[str, ...]:
    """The fields of a kind that rules on it name as owner."""
    named = (rule.owner for rule in rules if rule.on == kind.name and rule.owner in kind.fields)
    return tuple(dict.fromkeys(name for name in named if name is not None))


def values_of(values: Mapping[str, Value], name: str) -> list[Value]:
    """Of a field; of a column of records those of all records."""
    field, dot, column = name.partition(".")
    if not dot:
        found = values.get(field)
        return [] if found is None else [found]
    return [record[column] for record in _records(values, field) if column in record]


def _records(values: Mapping[str, Value], field: str) -> Sequence[Mapping[str, Value]]:
    found = values.get(field)
    return [record for record in found if isinstance(record, Mapping)] if isinstance(found, tuple | list) else []


def _matching(impacts: Sequence[Impact], own: Mapping[str, Value], lookup: Lookup) -> dict[str | None, Values]:
    """All equalities have to hold, those on one list within one record of it."""
    kind = impacts[0].kind
    keys: set[str] | None = None
    for impact in impacts:
        linked = lookup.linked(kind, impact.theirs, values_of(own, impact.own))
        keys = linked if keys is None else keys & linked
    entities = lookup.entity_values([(kind, key) for key in sorted(keys or ())])
    found: dict[str | None, Values] = {key: values for (_, key), values in entities.items()}
    if len(impacts) == 1:
        return found
    wanted = _rows(own, [impact.own for impact in impacts])
    theirs = [impact.theirs for impact in impacts]
    return {key: values for key, values in found.items() if wanted & _rows({**values, "key": key or ""}, theirs)}


def _rows(values: Mapping[str, Value], names: Sequence[str]) -> set[tuple[Value, ...]]:
    """The combinations of values of these names: columns of one list come from one record."""
    rows: list[dict[str, Value]] = [{name: values[name] for name in names if name in values}]
    for field in dict.fromkeys(name.partition(".")[0] for name in names if "." in name):
        records = _records(values, field)
        rows = [row | {f"{field}.{name}": one for name, one in record.items()} for row in rows for record in records]
    return {tuple(row[name] for name in names) for row in rows if all(name in row for name in names)}


def _touching(kind: Kind, found: Mapping[str | None, Values], owners: Sequence[str]) -> Touching:
    worth = value_field(kind)
    entities = [
        Touched(
            key=str(key),
            owners=tuple(dict.fromkeys(str(values[name]) for name in owners if values.get(name))),
            value=_number(values.get(worth or "")),
        )
        for key, values in found.items()
    ]
    entities.sort(key=lambda one: (-(one.value or 0.0), one.key))
    return Touching(kind=kind.name, value_field=worth, entities=tuple(entities))


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _of_group(rule: Rule, key: str) -> dict[str, Value]:
    """The values that a group is for, as far as its key tells them apart."""
    names = () if rule.count is None else rule.count.per
    parts = [key] if len(names) == 1 else key.split("|")
    return dict(zip(names, parts, strict=True)) if len(parts) == len(names) else {}
