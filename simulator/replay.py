"""A history through the engine in virtual time (semantics.md, section 4)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from simulator.frames import incident_frame
from simulator.results import By, Found, Results
from streams.engine import Engine
from streams.entity import Identity
from streams.event import Event
from streams.firing import Firing, Member, Transition
from streams.groups import Group, GroupName, judge_group
from streams.instants import LAST, Instant
from streams.learning import learn
from streams.memory import MemoryLedger
from streams.totals import Delta

Progress = Callable[[int], None]  # called with the number of events taken since the last call


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The incidents of a history, cut at `until`."""

    by: By
    until: Instant | None  # None: the history is empty
    events: int
    entities: int
    firings: tuple[Firing, ...]  # in the order of result files


def replay(
    engine: Engine,
    events: Sequence[Event],
    *,
    by: By = "occurred_at",
    until: Instant | None = None,
    progress: Progress = lambda taken: None,
) -> Replayed:
    """Replay accepted events, each (source, id) once. By occurred_at: what was true. By recorded_at: what was known."""
    if until is None and events:
        until = max(event.occurred_at for event in events)
        if by == "recorded_at":
            until = max(until, *(event.recorded_at for event in events))
    if until is None:
        return Replayed(by=by, until=None, events=0, entities=0, firings=())
    run = _by_occurrence if by == "occurred_at" else _by_knowledge
    firings, entities = run(engine, events, until, progress)
    firings.sort(key=_ended)
    firings.sort(key=_order)
    return Replayed(by=by, until=until, events=len(events), entities=entities, firings=tuple(firings))


def _by_occurrence(
    engine: Engine, events: Sequence[Event], until: Instant, progress: Progress
) -> tuple[list[Firing], int]:
    retracted = {(event.source, event.retracts) for event in events if event.retracts is not None}
    entities: dict[Identity, list[Event]] = {}
    for event in events:
        if event.retracts is None and retracted and (event.source, event.id) in retracted:
            continue
        identity = (event.kind, event.key)
        if identity in entities:
            entities[identity].append(event)
        else:
            entities[identity] = [event]
    deltas = _totals(engine, entities, until)
    firings: list[Firing] = []
    groups: dict[GroupName, list[Member]] = {}
    for (kind, key), own in entities.items():
        outcome = engine.fold(kind, key, own, until, deltas.get((kind, key), ()))
        firings += _latest(outcome.transitions)
        for member in outcome.members:
            groups.setdefault(member.name, []).append(member)
        progress(len(own))
    for (rule, key), members in groups.items():
        counting = engine.counts[rule]
        members.sort(key=attrgetter("at"))
        group = Group(rule, key, counting.version, counting.kind)
        firings += _latest(judge_group(group, counting, members, until, None))
    return firings, len(entities)


def _totals(
    engine: Engine, entities: Mapping[Identity, Sequence[Event]], until: Instant
) -> Mapping[Identity, Sequence[Delta]]:
    """How the totals of each entity change, whoever changes them."""
    found: dict[Identity, list[Delta]] = {}
    for (kind, key), events in entities.items():
        if engine.totals.feeds(kind):
            for feed in engine.feeds_of(kind, key, events, until):
                found.setdefault(feed.owner, []).append(feed.delta)
    return found


def _latest(transitions: Iterable[Transition]) -> Iterable[Firing]:
    """Each firing as it came to be in the end."""
    return {(one.firing.rule, one.firing.number): one.firing for one in transitions}.values()


def _by_knowledge(
    engine: Engine, events: Sequence[Event], until: Instant, progress: Progress
) -> tuple[list[Firing], int]:
    ledger = MemoryLedger()
    known = sorted((event for event in events if event.recorded_at <= until), key=attrgetter("recorded_at"))
    for recorded_at, group in groupby(known, key=attrgetter("recorded_at")):
        _pass_time(engine, ledger, recorded_at - 1)
        batch = list(group)
        ledger.record(learn(engine, ledger, batch, recorded_at).transitions)
        progress(len(batch))
    _pass_time(engine, ledger, until)
    return ledger.firings(), len(ledger.entities)


def _pass_time(engine: Engine, ledger: MemoryLedger, upto: Instant) -> None:
    """Let every due instant up to and including `upto` be learned at its own time."""
    while (due := ledger.next_due()) is not None and due <= upto:
        ledger.record(learn(engine, ledger, (), due).transitions)


_order = attrgetter("opened_at", "rule", "key", "detected_at")


def _ended(firing: Firing) -> Instant:
    """Open ones come last."""
    return LAST + 1 if firing.resolved_at is None else firing.resolved_at


def results_of(replayed: Replayed) -> Results:
    """As a table, and counted."""
    opened = Counter(firing.rule for firing in replayed.firings)
    still = Counter(firing.rule for firing in replayed.firings if firing.open)
    return Results(
        by=replayed.by,
        until=replayed.until,
        events=replayed.events,
        entities=replayed.entities,
        found={rule: Found(opened=count, open_at_end=still[rule]) for rule, count in opened.items()},
        incidents=incident_frame(replayed.firings),
    )
