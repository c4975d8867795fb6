"""Whole histories through all rules, in columns: the same firings as the live engine (semantics.md, 1, 3 and 4)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from rules.rule import Rule
from simulator.columns.events import EventColumns
from simulator.columns.feeding import Feeds
from simulator.columns.found import Firings
from simulator.columns.gathering import Gathering
from simulator.columns.judging import KindJudge
from simulator.columns.knowledge import Versions
from simulator.columns.learned import LiveSequence, changes
from simulator.columns.parts import parts_of
from simulator.results import By
from streams.firing import Firing
from streams.instants import Instant
from streams.model import Model

Progress = Callable[[int], None]  # called with the number of events taken since the last call


class Partitioned(Protocol):
    """A history as columns: each part holds whole entities of one kind."""

    @property
    def kinds(self) -> Sequence[str]: ...
    def partitions(self, kind: str) -> Iterator[EventColumns]: ...


class Sink(Protocol):
    """Takes what is found, rule by rule and part by part."""

    def take(self, rule: Rule, firings: Firings, keys: Sequence[str]) -> None:
        """Known as they happen; `keys` are those of the owners."""

    def take_learned(self, rule: Rule, firings: Sequence[Firing]) -> None:
        """Of an owner of which something was known late."""


def evaluate(
    model: Model,
    rules: Sequence[Rule],
    history: Partitioned,
    until: Instant,
    sink: Sink,
    *,
    by: By = "occurred_at",
    progress: Progress = lambda taken: None,
) -> None:
    """All firings over the history, cut at `until`. Rules in mode off are not judged."""
    judged = [rule for rule in rules if rule.mode != "off"]
    feeds = _feeds(model, judged, history, until, by)
    for kind in history.kinds:
        own = [rule for rule in judged if rule.on == kind]
        groups = {rule.id: Gathering(rule, rule.count) for rule in own if rule.count is not None}
        for events in history.partitions(kind) if own else ():
            deltas = feeds[kind].deltas(events.keys) if kind in feeds else None
            tellers = {rule.id: _Teller(rule, events.keys, sink) for rule in own if rule.count is None}
            for part in parts_of(events, until, by, deltas):
                judge = KindJudge(part.steps(model.kinds[kind]))
                for rule in own:
                    if rule.count is None:
                        tellers[rule.id].take(judge.firings(rule), part.versions)
                    else:
                        groups[rule.id].take(judge.members(rule, rule.count), part)
            for teller in tellers.values():
                teller.end()
            for gathering in groups.values():
                gathering.entities += len(events.keys)
            progress(len(events))
        for rule in own:
            if rule.id in groups:
                teller = _Teller(rule, groups[rule.id].keys, sink)
                for firings, versions in groups[rule.id].firings(until):
                    teller.take(firings, versions)
                teller.end()


def _feeds(model: Model, rules: Sequence[Rule], history: Partitioned, until: Instant, by: By) -> dict[str, Feeds]:
    """The changes of the totals that some rule reads, by the kind that has them; mostly there are none."""
    read = {(rule.on, name) for rule in rules for name in rule.reads}
    needed = [total for total in model.totals if (total.kind, total.name) in read]
    feeds = {kind: Feeds([one for one in needed if one.kind == kind]) for kind in {one.kind for one in needed}}
    for kind in {total.of for total in needed}:
        for events in history.partitions(kind):
            for part in parts_of(events, until, by):
                steps = part.steps(model.kinds[kind])
                for feed in feeds.values():
                    feed.take(part, steps)
            for feed in feeds.values():
                feed.givers += len(events.keys)
    return feeds


class _Teller:
    """Tells a sink what is found of one rule: as it happens, or the live sequence where something was known late."""

    def __init__(self, rule: Rule, keys: Sequence[str], sink: Sink) -> None:
        self._rule = rule
        self._keys = keys
        self._sink = sink
        self._sequences: dict[int, LiveSequence] = {}

    def take(self, firings: Firings, versions: Versions | None) -> None:
        rule = self._rule
        if versions is None:
            self._sink.take(rule, firings, self._keys)
            return
        once = firings.take(np.flatnonzero(~versions.several[firings.owner]))
        self._sink.take(rule, replace(once, owner=versions.owner[once.owner]), self._keys)
        again = firings.take(np.flatnonzero(versions.several[firings.owner]))
        owned = replace(again, owner=versions.owner[again.owner])
        for version, same, rows in changes(again, versions):
            owner = int(versions.owner[version])
            if not rows and owner not in self._sequences:
                continue
            found = owned.take(np.arange(rows.start, rows.stop)).one_by_one(rule.id, rule.version, rule.on, self._keys)
            sequence = self._sequences.setdefault(owner, LiveSequence())
            sequence.learn(int(versions.start[version]), same, list(found))

    def end(self) -> None:
        for sequence in self._sequences.values():
            self._sink.take_learned(self._rule, sequence.firings)
