"""What a history says of entities at an instant: owners, fields that name people, conditions of steps."""

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter

from simulator.results import By
from streams.entity import Fold, Identity, new_entity
from streams.event import Event
from streams.instants import Instant
from streams.model import Model, Values


class Snapshots:
    """Of these entities; totals are left out. By recorded_at: what was known at the instant."""

    def __init__(self, model: Model, events: Iterable[Event], entities: Iterable[Identity], by: By) -> None:
        self._folds = {name: Fold(kind) for name, kind in model.kinds.items()}
        self._by = by
        self._events: dict[Identity, list[Event]] = {identity: [] for identity in entities}
        events = list(events)
        retracted = {(event.source, event.retracts) for event in events if event.retracts is not None}
        for event in events:
            own = self._events.get((event.kind, event.key))
            if own is not None and (event.source, event.id) not in retracted:
                own.append(event)
        for own in self._events.values():
            own.sort(key=attrgetter("order"))
        self._steps: dict[tuple[Identity, int], tuple[list[Instant], list[Values]]] = {}

    def __call__(self, kind: str, key: str, at: Instant) -> Values:
        identity = (kind, key)
        events = self._events.get(identity, [])
        if self._by == "recorded_at":
            events = [event for event in events if event.recorded_at <= at]
        known = (identity, len(events))
        if known not in self._steps:
            steps = list(self._folds[kind].snapshots(new_entity(kind, key), events)) if events else []
            self._steps[known] = [instant for instant, _ in steps], [values for _, values in steps]
        instants, snapshots = self._steps[known]
        place = bisect_right(instants, at)
        return snapshots[place - 1] if place else {}
