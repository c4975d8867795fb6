"""What one rule makes of one entity: why it fired, why not, when it would (`tocsin rules explain`).

The events are learned once more in the order in which they became known, by the same engine that the service runs on
and by this rule alone. So what is told is what a live service would hold at that instant.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from rules.decisions import decided_record
from rules.explain import deadline_record, members_record
from rules.judging.judge import Judge
from rules.judging.program import compile_program
from rules.language.tree import Learned, leaves, operands_of, parts_of
from rules.language.truth import Truth, truth_tree
from rules.rule import By, Clear, For, Pulse, Rule
from streams.engine import Engine
from streams.entity import Entity, Identity, Judged, Step, new_entity
from streams.event import Event
from streams.firing import Change, Evidence, Findings, Firing, Severity, Transition
from streams.instants import DAY, Instant, format_instant
from streams.learning import learn
from streams.memory import MemoryLedger
from streams.model import Model, Value

Record = dict[str, Any]
Progress = Callable[[int], None]  # called with the number of events taken since the last call

_FAR: Final = 800 * DAY  # what is due later than that is not looked for
_MOST_STEPS: Final = 10_000
_FIRING: Final = (Change.OPENED, Change.REOPENED)


def account(
    model: Model,
    rule: Rule,
    key: str,
    events: Iterable[Event],
    at: Instant,
    progress: Progress = lambda taken: None,
) -> Record | None:
    """The account of one rule and entity as known at `at`; None where nothing was known of the entity by then.

    `events` are accepted ones: those of the entity, and for a rule that counts or reads totals those of the others too.
    """
    told = _Told(model, rule, key)
    told.learn([event for event in events if event.recorded_at <= at], at, progress)
    entity = told.entity
    if not told.of_entity and not (rule.count is not None and told.members()):
        return None
    evidence, values = told.evidence(), dict(entity.values)
    truth = truth_tree(rule.condition, evidence.values, evidence.before, evidence.event)
    firings, members = told.firings(), told.members()
    count = None if rule.count is None else _count(rule, told.group, members, at)
    record: Record = {
        "rule": rule.id,
        "version": rule.version,
        "mode": rule.mode,
        "kind": rule.on,
        "key": key,
        "at": format_instant(at),
        "begun_at": None if entity.begun_at is None else format_instant(entity.begun_at),
        "values": {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()},
        "fires": any(firing.open for firing in firings),
        "truth": truth.to_json(),
        "false": _false(truth),
        "event": None if evidence.event is None else _event(evidence.event),
        "deadline": deadline_record(rule, model.kinds[rule.on], evidence),
        "stages": _stages(rule, evidence.deadline, at),
        "guard": _guard(rule, values),
        "count": count,
        "decided": decided_record(rule, values),
        "lead_times": _lead_times(model, rule),
        "firings": [_firing(firing) for firing in firings],
        "late": told.late,
    }
    record["next"] = told.next_opening(at)
    return record


class _Watched(Judge):
    """A judge of one rule that remembers the last step of one entity."""

    def __init__(self, rule: Rule, identity: Identity) -> None:
        super().__init__([replace(rule, mode="live", since=None, retired_at=None)], "compiled")
        self._identity = identity
        self.judged: Judged | None = None

    def step(self, entity: Entity, step: Step, known_at: Instant | None, out: Findings) -> None:
        super().step(entity, step, known_at, out)
        if step.judged and (entity.kind, entity.key) == self._identity:
            self.judged = step.judged[-1]


class _Told:
    """The history of one entity as it became known."""

    def __init__(self, model: Model, rule: Rule, key: str) -> None:
        self._rule = rule
        self._identity: Identity = (rule.on, key)
        self._judge = _Watched(rule, self._identity)
        self._engine = Engine(model, self._judge)
        self._ledger = MemoryLedger()
        self.of_entity = 0  # events
        self.late: list[Record] = []

    @property
    def entity(self) -> Entity:
        return self._ledger.load([self._identity]).get(self._identity) or new_entity(*self._identity)

    @property
    def group(self) -> str:
        """Of a rule that counts: the group that the entity belongs to; without such an entity the one called so."""
        if self.entity.begun_at is None:
            return self._identity[1]
        found = self._ledger.members_from([self._identity])[self._identity]
        if found:
            return found[-1].group
        per = () if self._rule.count is None else self._rule.count.per
        values = self.entity.values
        return "|".join(str(values.get(name, "")) for name in per)

    def learn(self, events: Sequence[Event], at: Instant, progress: Progress) -> None:
        known = sorted(events, key=attrgetter("recorded_at"))
        for recorded_at, found in groupby(known, key=attrgetter("recorded_at")):
            self._pass_time(recorded_at - 1)
            self._take(list(found), recorded_at)
            progress(1)
        self._pass_time(at)

    def _take(self, events: list[Event], now: Instant) -> None:
        before = self.entity
        applied, values = max(before.step_at, before.changed_at), dict(before.values)
        own = [event for event in events if (event.kind, event.key) == self._identity]
        learned = learn(self._engine, self._ledger, events, now)
        self._ledger.record(learned.transitions)
        self.of_entity += len(own)
        noted = [note for event in own if (note := _note(event, applied, now)) is not None]
        if noted:
            changed = _changed(values, self.entity.values)
            firings = [_change(one) for one in learned.transitions if self._is_ours(one.firing)]
            self.late += [note | {"changed": changed, "firings": firings} for note in noted]

    def _pass_time(self, upto: Instant) -> None:
        while (due := self._ledger.next_due()) is not None and due <= upto:
            self._ledger.record(learn(self._engine, self._ledger, (), due).transitions)

    def _is_ours(self, firing: Firing) -> bool:
        return (firing.kind, firing.key) == self._name

    @property
    def _name(self) -> Identity:
        return self._identity if self._rule.count is None else (self._rule.on, self.group)

    def firings(self) -> list[Firing]:
        """All that there were, the withdrawn ones too."""
        return sorted(self._ledger.firings_of(self._name), key=attrgetter("opened_at", "number"))

    def members(self) -> Sequence[Any]:
        return self._ledger.members_of(self._rule.id, self._rule.version, self.group, None)

    def evidence(self) -> Evidence:
        """What the rule sees of the entity: its snapshot, of a pulse its last event; and the deadline on it."""
        entity, rule = self.entity, self._rule
        if rule.condition.pulse:
            judged = self._judge.judged
            if judged is None:
                return Evidence(values=entity.values)
            return Evidence(values=judged.after, before=judged.before, event=judged.event)
        program = compile_program(rule)
        progress = entity.progress.get(program.slot)
        run = None if progress is None else progress.run
        if isinstance(rule.deadline, For) and run is None:
            return Evidence(values=entity.values)
        basis = None if entity.begun_at is None else program.basis(entity.values, run or entity.step_at)
        deadline = None if basis is None else program.deadline(basis)
        return Evidence(values=entity.values, deadline=deadline, since=run)

    def next_opening(self, at: Instant) -> Record | None:
        """The next instant at which it fires, or its severity rises, if no event comes. Uses the history up."""
        for _ in range(_MOST_STEPS):
            due = self._ledger.next_due()
            if due is None or due > at + _FAR:
                return None
            transitions = learn(self._engine, self._ledger, (), due).transitions
            self._ledger.record(transitions)
            for one in transitions:
                if self._is_ours(one.firing):
                    return _change(one)
        return None


def _note(event: Event, applied: Instant, now: Instant) -> Record | None:
    """Of an event that did not simply come next."""
    if event.retracts is not None:
        how = "retraction"
    elif event.occurred_at <= applied:
        how = "late"
    elif event.occurred_at > now:
        how = "ahead"
    else:
        return None
    return {"how": how, "retracts": event.retracts, **_event(event)}


def _event(event: Event) -> Record:
    return {
        "type": event.type,
        "source": event.source,
        "id": event.id,
        "occurred_at": format_instant(event.occurred_at),
        "recorded_at": format_instant(event.recorded_at),
    }


def _changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[str]:
    names = dict.fromkeys([*before, *after])
    return [name for name in names if before.get(name) != after.get(name)]


def _change(transition: Transition) -> Record:
    return {
        "change": transition.change.value,
        "at": format_instant(transition.at),
        "severity": transition.firing.severity.word,
        **{name: value for name, value in _firing(transition.firing).items() if name in ("opened_at", "resolved_at")},
    }


def _firing(firing: Firing) -> Record:
    return {
        "number": firing.number,
        "opened_at": format_instant(firing.opened_at),
        "detected_at": format_instant(firing.detected_at),
        "resolved_at": None if firing.resolved_at is None else format_instant(firing.resolved_at),
        "reason": None if firing.reason is None else firing.reason.value,
        "severity": firing.severity.word,
        "found_late": firing.found_late,
        "pulses": firing.pulses,
    }


def _false(truth: Truth) -> list[str]:
    """The parts that would have to change: of `and` those that do not hold, of `or` all alternatives."""
    if truth.holds:
        return []
    if truth.how == "and":
        return [text for part in truth.parts for text in _false(part)]
    return [truth.text]


def _stages(rule: Rule, deadline: Instant | None, at: Instant) -> list[Record]:
    found = []
    for instant, severity in compile_program(rule).thresholds(deadline):
        found.append(
            {"severity": Severity(severity).word, "at": format_instant(instant), "reached": instant <= at},
        )
    return found


def _guard(rule: Rule, values: Mapping[str, Value]) -> Record | None:
    """The `clear` or `until` of the rule, and whether it holds."""
    match rule.ending:
        case Clear(expression=expression):
            return {"key": "clear", "truth": truth_tree(expression, values).to_json()}
        case Pulse(until=until) if until is not None:
            return {"key": "until", "truth": truth_tree(until, values).to_json()}
        case _:
            return None


def _count(rule: Rule, group: str, members: Sequence[Any], at: Instant) -> Record | None:
    """The group at that instant: the members in its window, how many are missing, and when the next one leaves."""
    if rule.count is None:
        return None
    inside = [one for one in members if at - rule.count.within < one.at <= at]
    found = members_record(rule.count, inside)
    return {
        "group": group,
        **found,
        "missing": max(0, rule.count.at_least - found["found"]),
        "leaves_at": format_instant(inside[0].at + rule.count.within) if inside else None,
    }


def _lead_times(model: Model, rule: Rule) -> Record | None:
    """Of a rule that uses lead(): which file the values are from."""
    found = model.lead_times
    operands = [operand for leaf in leaves(rule.condition.condition) for operand in operands_of(leaf)]
    if isinstance(rule.deadline, By):
        operands.append(rule.deadline.expression.operand)
    if found is None or not any(isinstance(part, Learned) for operand in operands for part in parts_of(operand)):
        return None
    learned_at = None if found.learned_at is None else format_instant(found.learned_at)
    return {"version": found.version, "learned_at": learned_at, "learned_from": found.learned_from}


def kinds_needed(model: Model, rule: Rule) -> frozenset[str]:
    """The kinds of which all entities matter: where the rule counts, and where it reads totals."""
    needed = {rule.on} if rule.count is not None else set()
    needed |= {total.of for total in model.totals if total.kind == rule.on and total.name in rule.reads}
    return frozenset(needed)
