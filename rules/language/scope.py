"""What names mean in an expression: the fields, nodes and totals of one kind, and whether single events can be seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from rules.language.tree import Type
from streams.lead_times import LeadTimes
from streams.model import FieldType, Kind, Model

# A list of records has no type in conditions: its fields appear in totals and impact only.
FIELD_TYPES: Final[Mapping[FieldType, Type]] = {
    FieldType.NUMBER: Type.NUMBER,
    FieldType.STRING: Type.STRING,
    FieldType.BOOL: Type.BOOL,
    FieldType.TIMESTAMP: Type.TIMESTAMP,
    FieldType.LIST: Type.LIST,
}
NODE_PARTS: Final[Mapping[str, Type]] = {"at": Type.TIMESTAMP, "done": Type.BOOL, "due": Type.TIMESTAMP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`pulse_allowed`: whether event, before and changed may be used here."""

    kind: Kind
    zone: ZoneInfo
    pulse_allowed: bool
    totals: tuple[str, ...] = ()
    lead_times: LeadTimes | None = None

    @classmethod
    def of(cls, model: Model, kind_name: str, *, pulse: bool, totals: bool = True) -> "Scope":
        """The scope of a kind. `totals` is False where they are not allowed: in a total's own `where`."""
        names = tuple(total.name for total in model.totals if total.kind == kind_name) if totals else ()
        return cls(
            kind=model.kinds[kind_name],
            zone=model.zone,
            pulse_allowed=pulse,
            totals=names,
            lead_times=model.lead_times,
        )

    def field_type(self, name: str) -> Type | None:
        field = self.kind.fields.get(name)
        return None if field is None else FIELD_TYPES.get(field.type)

    def fields(self) -> tuple[str, ...]:
        """Those that a condition can use."""
        return tuple(name for name, field in self.kind.fields.items() if field.type in FIELD_TYPES)

    def node_names(self) -> tuple[str, ...]:
        return tuple(f"{node}.{part}" for node in self.kind.nodes for part in NODE_PARTS)

    def names(self) -> tuple[str, ...]:
        """Everything that can stand for a value of the snapshot."""
        return (*self.fields(), *self.totals, *self.node_names(), "closed", "key")
