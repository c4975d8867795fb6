"""What leads a rule to its deadline, worked out without the engine: from the definition (semantics.md, section 3).

Snapshots come from the fold, conditions are judged by walking their trees, and deadlines are counted by
rules/worktime alone, so that what a boundary case expects has not come out of what it tests.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from rules.language.evaluation import Situation, holds, value_of
from rules.language.expression import Expression
from rules.rule import By, Clear, For, NoDeadline, OverdueAfter, OverduePromise, Pulse, Rule
from rules.testing.timeline import Case
from streams.entity import Fold, Step, new_entity
from streams.event import Event
from streams.firing import Severity
from streams.instants import Instant, Micros
from streams.model import Kind, Model, Value, Values
from streams.totals import Totals

Threshold = tuple[Instant, Severity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Events, all on time, after which the condition of a rule holds and only time is missing until it fires."""

    events: tuple[Event, ...]
    key: str  # the entity that is judged
    values: Values  # its snapshot in the end
    counted_from: Instant  # what the deadline is counted from
    thresholds: tuple[Threshold, ...]  # when the severity rises; the first one opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is known of an entity from an instant on, totals included."""

    at: Instant
    values: Values


def plot(rule: Rule, model: Model, events: Iterable[Event], key: str) -> Scene | None:
    """The scene that these events make; None where they do not, or where the rule fires before their end."""
    kind = model.kinds[rule.on]
    totals = any(total.kind == rule.on and total.name in reads(rule) for total in model.totals)
    # Other entities of the kind might fire too; those of other kinds matter to totals alone.
    kept = tuple(event for event in events if (event.key == key if event.kind == rule.on else totals))
    found = snapshots(model, kind, kept, key)
    run: Instant | None = None
    counted: tuple[Instant, tuple[Threshold, ...]] | None = None
    for place, snapshot in enumerate(found):
        run = None if not condition_holds(rule, snapshot.values) else snapshot.at if run is None else run
        counted = None if run is None else count(rule, kind, snapshot.values, run)
        over = found[place + 1].at if place + 1 < len(found) else None
        if over is not None and counted is not None and counted[1] and counted[1][0][0] < over:
            return None
    if counted is None or not counted[1] or clears(rule, found[-1].values):
        return None
    last = max(event.occurred_at for event in kept)
    if counted[1][0][0] <= last and not isinstance(rule.deadline, NoDeadline):
        return None  # the last event opens it, not time
    start, thresholds = counted
    return Scene(events=kept, key=key, values=found[-1].values, counted_from=start, thresholds=thresholds)


def snapshots(model: Model, kind: Kind, events: Sequence[Event], key: str) -> list[Snapshot]:
    """Of one entity from its first event on: its own steps, and those at which its totals change."""
    own = steps_of(kind, events, key)
    totals = Totals(model)
    changes: list[tuple[Instant, str, str, dict[str, int]]] = []  # from when on who contributes what
    for source, other in sorted({(event.kind, event.key) for event in events if totals.feeds(event.kind)}):
        for step in steps_of(model.kinds[source], events, other):
            given = totals.given(source, step.values)
            mine = {total: units for (owner, name, total), units in given.items() if (owner, name) == (kind.name, key)}
            changes.append((step.at, source, other, mine))
    instants = sorted({step.at for step in own} | {change[0] for change in changes if own and change[0] >= own[0].at})
    return [Snapshot(at=at, values=_values_at(own, changes, at)) for at in instants]


def _values_at(own: Sequence[Step], changes: Sequence[tuple[Instant, str, str, dict[str, int]]], at: Instant) -> Values:
    current = {(source, other): mine for begun, source, other, mine in changes if begun <= at}
    sums: Counter[str] = Counter()
    for mine in current.values():
        sums.update(mine)
    last = [step.values for step in own if step.at <= at][-1]
    return {**last, **{total: units / 10**6 for total, units in sums.items()}}


def until_opening(case: Case, opened_at: Instant) -> tuple[Event, ...]:
    """What was known then and not taken back, as if it had been known at once."""
    retracted = {event.retracts for event in case.events}
    return tuple(
        replace(event, recorded_at=event.occurred_at)
        for event in case.events
        if max(event.occurred_at, event.recorded_at) <= opened_at
        and event.retracts is None
        and event.id not in retracted
    )


def steps_of(kind: Kind, events: Iterable[Event], key: str) -> list[Step]:
    """The steps of one entity, each with the events that made it."""
    own = sorted((event for event in events if (event.kind, event.key) == (kind.name, key)), key=_fold_order)
    return list(Fold(kind).steps(new_entity(kind.name, key), own, judge_events=True))


def condition_holds(rule: Rule, values: Values) -> bool:
    return holds(rule.condition.condition, Situation(values=values))


def clears(rule: Rule, values: Values) -> bool:
    match rule.ending:
        case Clear(expression=expression):
            return holds(expression.condition, Situation(values=values))
        case _:
            return False


def count(rule: Rule, kind: Kind, values: Values, run: Instant) -> tuple[Instant, tuple[Threshold, ...]] | None:
    """What the deadline is counted from, and when the severity rises while the condition goes on to hold."""
    start: object
    deadline: object
    match rule.deadline:
        case NoDeadline():
            start = deadline = run
        case For(duration=duration):
            start, deadline = run, duration.after(run)
        case By(expression=expression):
            start = deadline = value_of(expression.operand, Situation(values=values))
        case OverdueAfter(after=after, within=within):
            start = values.get(f"{after}.at")
            deadline = within.after(start) if isinstance(start, int) else None
        case OverduePromise(node=node):
            deadline = values.get(f"{node}.due")
            lead = kind.nodes[node].lead
            start = deadline if lead is None else values.get(f"{lead.after}.at", deadline)
    if not isinstance(start, int) or not isinstance(deadline, int):
        return None
    return start, _rising(rule, deadline)


def _rising(rule: Rule, deadline: Instant) -> tuple[Threshold, ...]:
    found: list[Threshold] = []
    for stage in rule.stages:
        at = stage.offset.subtract(deadline) if stage.early else stage.offset.add(deadline)
        if at is not None:
            found.append((at, stage.severity))
    found.sort(key=lambda threshold: (threshold[0], -threshold[1]))
    rising: list[Threshold] = []
    for threshold in found:
        if not rising or threshold[1] > rising[-1][1]:
            rising.append(threshold)
    return tuple(rising)


def shifted(events: Iterable[Event], by: Micros) -> tuple[Event, ...]:
    """The same some time later (negative: earlier), instants in the data included."""
    return tuple(
        replace(
            event,
            occurred_at=event.occurred_at + by,
            recorded_at=event.recorded_at + by,
            data={name: _later(value, by) for name, value in event.data.items()},
        )
        for event in events
    )


def _later(value: Value | None, by: Micros) -> Value | None:
    """Only instants are integers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value + by
    return value


def _fold_order(event: Event) -> tuple[Instant, Instant, str, str]:
    return event.order


def reads(rule: Rule) -> frozenset[str]:
    """Fields and promises that decide when the rule fires and how severe it is."""
    expressions: list[Expression | None] = [rule.condition, *(row.condition for row in rule.decisions)]
    names: set[str] = set()
    match rule.deadline:
        case By(expression=expression):
            expressions.append(expression)
        case OverduePromise(node=node):
            names.add(f"{node}.due")
    match rule.ending:
        case Clear(expression=ending) | Pulse(until=ending):
            expressions.append(ending)
    if rule.count is not None:
        names.update(rule.count.per, [] if rule.count.distinct is None else [rule.count.distinct])
    for one in expressions:
        names.update(() if one is None else one.fields)
    return frozenset(name.removeprefix("before.").removeprefix("event.") for name in names)
