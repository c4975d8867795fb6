"""Single events for boundary cases: what ends the condition of a scene, and what makes it hold again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rules.language.tree import Comparison, Constant, Done, Side, leaves, lookups
from rules.rule import OverdueAfter, OverduePromise, Rule
from rules.testing.scenes import Scene, condition_holds, snapshots
from rules.testing.timeline import Case, event_id
from streams.event import Event
from streams.instants import Instant
from streams.model import Kind, Model, Value

_BEHIND: Final = 900_000  # ids that sort after those of any written entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    type: str
    data: Mapping[str, Value | None] = field(default_factory=dict)

    def at(self, kind: str, key: str, at: Instant, *, known: Instant | None = None, nth: int = 0) -> Event:
        return Event(
            source="test",
            id=event_id(_BEHIND + nth),
            kind=kind,
            key=key,
            type=self.type,
            occurred_at=at,
            recorded_at=at if known is None else known,
            data=self.data,
        )


def find_stop(rule: Rule, model: Model, scene: Scene, written: Sequence[Case]) -> Cause | None:
    """What ends the condition: a node that it waits for, an event that tests show, a field that goes missing."""
    kind = model.kinds[rule.on]
    at = scene.thresholds[-1][0] + 1
    for cause in _candidates(rule, kind, scene, written):
        found = snapshots(model, kind, (*scene.events, cause.at(kind.name, scene.key, at)), scene.key)
        if not condition_holds(rule, found[-1].values):
            return cause
    return None


def find_return(kind: Kind, scene: Scene, stop: Cause) -> Cause | None:
    """What undoes it: the fields as they were, or an event that resets the node."""
    if stop.data:
        return Cause(type="updated", data={name: scene.values.get(name) for name in stop.data})
    reached = set(kind.reaches.get(stop.type, ()))
    return next((Cause(type=name) for name, event in kind.events.items() if reached & set(event.resets)), None)


def _candidates(rule: Rule, kind: Kind, scene: Scene, written: Sequence[Case]) -> Iterator[Cause]:
    if isinstance(rule.deadline, OverdueAfter | OverduePromise):
        yield Cause(type=rule.deadline.node)
    for leaf in leaves(rule.condition.condition):
        match leaf:
            case Comparison(left=Done(side=Side.SNAPSHOT, node=node), right=Constant(value=False)):
                yield Cause(type=node)
    for case in written:
        for event in case.events:
            if (event.kind, event.key) == (kind.name, scene.key) and event.retracts is None:
                yield Cause(type=event.type, data=event.data)
    for name in sorted({one.name for one in lookups(rule.condition.condition)}):
        if name in kind.fields:
            yield Cause(type="updated", data={name: None})
