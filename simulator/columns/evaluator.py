"""Whole histories through all rules, in columns: the same firings as the live engine (semantics.md, 1, 3 and 4)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Protocol

import numpy as np

from rules.rule import Rule
from simulator.columns.events import EventColumns
from simulator.columns.feeding import Feeds
from simulator.columns.found import Firings
from simulator.columns.gathering import Gathering
from simulator.columns.judging import KindJudge
from simulator.columns.knowledge import Versions
from simulator.columns.learned import live_sequence
from simulator.columns.parts import part_of
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
            part = part_of(events, until, by, deltas)
            judge = KindJudge(part.steps(model.kinds[kind]))
            for rule in own:
                if rule.count is None:
                    _tell(sink, rule, judge.firings(rule), part.keys, part.versions)
                else:
                    groups[rule.id].take(judge.members(rule, rule.count), part)
            progress(len(events))
        for rule in own:
            if rule.id in groups:
                _tell(sink, rule, *groups[rule.id].firings(until))


def _feeds(model: Model, rules: Sequence[Rule], history: Partitioned, until: Instant, by: By) -> dict[str, Feeds]:
    """The changes of the totals that some rule reads, by the kind that has them; mostly there are none."""
    read = {(rule.on, name) for rule in rules for name in rule.reads}
    needed = [total for total in model.totals if (total.kind, total.name) in read]
    feeds = {kind: Feeds([one for one in needed if one.kind == kind]) for kind in {one.kind for one in needed}}
    for kind in {total.of for total in needed}:
        for events in history.partitions(kind):
            part = part_of(events, until, by)
            steps = part.steps(model.kinds[kind])
            for feed in feeds.values():
                feed.take(part, steps)
    return feeds


def _tell(sink: Sink, rule: Rule, firings: Firings, keys: Sequence[str], versions: Versions | None) -> None:
    """What was found of each version of what was known: the live sequence where there are several."""
    if versions is None:
        sink.take(rule, firings, keys)
        return
    several = versions.several[firings.owner]
    once = firings.take(np.flatnonzero(~several))
    sink.take(rule, replace(once, owner=versions.owner[once.owner]), keys)
    again = firings.take(np.flatnonzero(several))
    whose = versions.owner[again.owner]
    found = replace(again, owner=whose).one_by_one(rule.id, rule.version, rule.on, keys)
    known = zip(whose.tolist(), again.owner.tolist(), found, strict=True)
    for owner, of_owner in groupby(known, key=itemgetter(0)):
        by_version = {
            version: [one for _, _, one in of_version] for version, of_version in groupby(of_owner, itemgetter(1))
        }
        first, last = np.searchsorted(versions.owner, [owner, owner + 1]).tolist()
        starts = versions.start[first:last].tolist()
        sequence = [(start, by_version.get(version, ())) for version, start in enumerate(starts, first)]
        sink.take_learned(rule, live_sequence(sequence))
