"""What happened to the rows of a mapped table besides the events that they gave."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class MappingReport:
    """Counts that grow while the rows are read."""

    file: str = ""
    rows: int = 0
    without_key: int = 0  # no entities of this kind: counted, not listed
    without_event: int = 0  # rows with a key and nothing that happened
    ignored: int = 0  # long: of a type that the mapping ignores
    backwards: Counter[tuple[str, str]] = field(default_factory=Counter)  # (node, predecessor later than it) -> rows
    known_from_start: tuple[str, ...] = ()  # wide: fields and promises that travel on the earliest event
    unknown_types: Counter[str] = field(default_factory=Counter)  # long: rows of each
