"""Fields that the model computes over other entities, added up anew for every question (semantics.md, section 1)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, Protocol

from streams.event import Event
from tests.rules.evaluator import World
from tests.semantics.firings import Entity

MILLION = 1_000_000
MOST = 9 * 10**9
Name = tuple[str, str]  # the kind that has it, and what it is called there
Contribution = Mapping[str, int]  # key of the entity that has the total -> millionths
Known = Mapping[Entity, Sequence[Event]]
Course = list[tuple[int, dict[str, float]]]  # instants of change, and what all totals of an entity are from then on


class Snapshots(Protocol):
    def snapshot(self, events: Sequence[Event], key: str, kind: str) -> dict[str, Any]: ...
    def world(self, values: Mapping[str, Any]) -> World: ...


def asked(events: Sequence[Event]) -> tuple[Any, ...]:
    """Two lists of events of which this is the same are the same."""
    return tuple((event.source, event.id, event.recorded_at) for event in events)


def until_each_step(events: Sequence[Event]) -> Iterator[tuple[int, list[Event]]]:
    """Of events in fold order: every instant, and all of them up to it."""
    for at, _ in groupby(events, key=lambda event: event.occurred_at):
        yield at, [one for one in events if one.occurred_at <= at]


class Totals:
    def __init__(self, written: Mapping[str, Mapping[str, Any]], snapshots: Snapshots) -> None:
        self.written: dict[Name, Mapping[str, Any]] = {}
        for name, body in written.items():
            kind, _, field = name.partition(".")
            self.written[kind, field] = body
        self.snapshots = snapshots
        self._found: dict[tuple[Any, ...], list[tuple[int, Contribution]]] = {}

    def course(self, owner: Entity, known: Known) -> Course:
        """What the totals of an entity are; what the first entry says holds from the beginning of time."""
        names = [name for name in self.written if name[0] == owner[0]]
        courses = [
            (name[1], self.contributions(name, entity, events))
            for name in names
            for entity, events in known.items()
            if entity[0] == self.written[name]["of"]
        ]
        found = [(-(2**62), dict.fromkeys((field for _, field in names), 0.0))]
        for at in sorted({at for _, course in courses for at, _ in course}):
            sums = dict.fromkeys((field for _, field in names), 0)
            for field, course in courses:
                latest = [contribution for step, contribution in course if step <= at][-1:]
                sums[field] += sum(contribution.get(owner[1], 0) for contribution in latest)
            values = {field: float(millionths) / MILLION for field, millionths in sums.items()}
            if values != found[-1][1]:
                found.append((at, values))
        return found

    def contributions(self, name: Name, entity: Entity, events: Sequence[Event]) -> list[tuple[int, Contribution]]:
        """What an entity contributes to a total from each of its steps on."""
        key = (name, entity, asked(events))
        if key not in self._found:
            self._found[key] = [
                (at, self.contribution(name, entity, own)) for at, own in until_each_step(events) if own
            ]
        return self._found[key]

    def contribution(self, name: Name, entity: Entity, events: Sequence[Event]) -> Contribution:
        total = self.written[name]
        values = self.snapshots.snapshot(events, entity[1], entity[0])
        if "where" in total and not self.snapshots.world(values).holds(total["where"]):
            return {}
        records = values.get(total["each"], ()) if "each" in total else [values]
        found: dict[str, int] = {}
        for record in records:
            key = key_of(total["key"], {**record, "key": entity[1]})
            millionths = MILLION if total.get("count") else in_millionths(record.get(total["sum"]))
            if key is not None and millionths is not None:
                found[key] = found.get(key, 0) + millionths
        return found


def values_at(course: Course, t: int) -> dict[str, float]:
    return [values for at, values in course if at <= t][-1]


def key_of(template: str, record: Mapping[str, Any]) -> str | None:
    names = re.findall(r"{(\w+)}", template) or [template]
    if any(record.get(name) is None for name in names):
        return None
    return re.sub(r"{(\w+)}", lambda found: str(record[found[1]]), template) if "{" in template else record[template]


def in_millionths(value: float | None) -> int | None:
    """The integer nearest to the double product (half-even); beyond 9 * 10^9 it is none."""
    return None if value is None or abs(value) > MOST else round(Fraction(value * MILLION))
