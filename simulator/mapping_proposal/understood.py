"""What a mapping makes of its whole table, counted, before anything runs."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from streams.event import Event, Refusal
from streams.instants import Instant
from streams.model import FieldType, Kind, Model
from streams.sources.mapped_table import MappedTable
from streams.sources.mapping import TableMapping
from streams.sources.mapping_report import MappingReport

_STEP = 5_000
_EXAMPLES = 3
_FEW_VALUES = 12


@dataclass(frozen=True, slots=True)
class Backwards:
    """Entities that reached a node before the one that comes first; examples with both instants."""

    node: str
    before: str
    count: int
    examples: tuple[tuple[str, Instant, Instant], ...]  # key, when the node was reached, when the one before


@dataclass(frozen=True, slots=True)
class Promised:
    node: str
    promised: int
    late: int  # reached after the promise
    never: int  # promised and not reached


@dataclass(frozen=True, slots=True)
class FieldFound:
    name: str
    filled: int  # entities that have a value
    values: tuple[tuple[str, int], ...]  # the last one of each entity, where there are few


@dataclass(frozen=True, slots=True)
class Understood:
    rows: int
    keys: int
    events: int
    first: Instant | None
    last: Instant | None
    nodes: Mapping[str, int]  # how many entities reached each
    fields: tuple[FieldFound, ...]
    promised: tuple[Promised, ...]
    backwards: tuple[Backwards, ...]
    refused: Mapping[str, int]  # by code
    refusals: tuple[Refusal, ...]  # the first of each code
    report: MappingReport


def understand(
    path: Path, mapping: TableMapping, model: Model, progress: Callable[[int], None] = lambda taken: None
) -> Understood:
    """Raises UnreadableSource."""
    table = MappedTable(path, mapping, model)
    counted = _Counted(model.kinds[mapping.kind])
    told = 0
    for item in table.events():
        counted.take(item)
        if table.report.rows - told >= _STEP:
            progress(table.report.rows - told)
            told = table.report.rows
    return counted.understood(mapping, table.report)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Counted:
    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._events = 0
        self._keys: set[str] = set()
        self._first: Instant | None = None
        self._last: Instant | None = None
        self._reached: dict[str, dict[str, Instant]] = defaultdict(dict)  # key -> node -> first reached
        self._fields: dict[str, dict[str, object]] = defaultdict(dict)  # field or NODE.due -> key -> value
        self._refused: Counter[str] = Counter()
        self._refusals: dict[str, Refusal] = {}

    def take(self, item: Event | Refusal) -> None:
        if isinstance(item, Refusal):
            self._refused[item.code] += 1
            self._refusals.setdefault(item.code, item)
            return
        self._events += 1
        self._keys.add(item.key)
        at = item.occurred_at
        self._first = at if self._first is None else min(self._first, at)
        self._last = at if self._last is None else max(self._last, at)
        for node in self._kind.reaches[item.type]:
            reached = self._reached[item.key]
            reached[node] = min(at, reached.get(node, at))
        for name, value in item.data.items():
            self._fields[name][item.key] = value

    def understood(self, mapping: TableMapping, report: MappingReport) -> Understood:
        nodes = Counter(node for reached in self._reached.values() for node in reached)
        records = {name for name, table in mapping.tables.items() if table.fields}
        return Understood(
            rows=report.rows,
            keys=len(self._keys),
            events=self._events,
            first=self._first,
            last=self._last,
            nodes={name: nodes[name] for name in self._kind.nodes if nodes[name]},
            fields=tuple(self._field(name) for name in (*mapping.fields, *sorted(records))),
            promised=tuple(self._promised(node) for node in mapping.due),
            backwards=tuple(self._backwards()),
            refused=dict(self._refused.most_common()),
            refusals=tuple(self._refusals.values()),
            report=report,
        )

    def _field(self, name: str) -> FieldFound:
        found = self._fields[name]
        said = self._kind.fields[name].type in (FieldType.STRING, FieldType.BOOL)
        values = Counter(_shown(value) for value in found.values()) if said else Counter()
        few = values.most_common() if len(values) <= min(_FEW_VALUES, len(found) // 2) else []
        return FieldFound(name, len(found), tuple(few))

    def _promised(self, node: str) -> Promised:
        due = self._fields[f"{node}.due"]
        reached = {key: self._reached[key].get(node) for key in due}
        late = sum(at is not None and at > due[key] for key, at in reached.items())  # type: ignore[operator]
        return Promised(node, len(due), late, sum(at is None for at in reached.values()))

    def _backwards(self) -> list[Backwards]:
        """As the report of the mapping counts them, with examples."""
        way = [node.name for node in self._kind.nodes.values() if not node.off_path]
        counts: Counter[tuple[str, str]] = Counter()
        examples: dict[tuple[str, str], list[tuple[str, Instant, Instant]]] = defaultdict(list)
        for key, reached in self._reached.items():
            for before, after in pairwise([name for name in way if name in reached]):
                if reached[after] < reached[before]:
                    counts[after, before] += 1
                    if len(examples[after, before]) < _EXAMPLES:
                        examples[after, before].append((key, reached[after], reached[before]))
        return [Backwards(*pair, count, tuple(examples[pair])) for pair, count in counts.most_common()]
