"""The rule language by brute force: semantics.md sentence by sentence, slow and without any state.

It shares no code with the evaluators. It reads the words of the files (dictionaries as YAML gives them); for every
question it folds the events from the beginning, and asks the definitions of section 3 at every instant at which
anything could change. The live sequence of section 4 is I(w) at every w at which it can change, matched as the page
says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from streams.event import Event
from tests.rules.evaluator import World
from tests.semantics.counts import Member, counted, groups
from tests.semantics.decisions import decided
from tests.semantics.firings import Entity, Row, Stretch, held_open, hysteresis, match, unbroken
from tests.semantics.totals import Course, Known, Totals, asked, values_at
from tests.semantics.working_time import Lengths

SEVERITIES = ("info", "minor", "major", "critical")
ALWAYS = -(2**70)  # the deadline of a rule without one


def first_received(events: Iterable[Event]) -> list[Event]:
    """Of several copies of one (source, id) the first received counts."""
    found: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=lambda event: event.recorded_at):
        found.setdefault((event.source, event.id), event)
    return list(found.values())


def standing(events: Sequence[Event]) -> dict[Entity, list[Event]]:
    """Entity -> its events that no known event retracts, in fold order."""
    gone = {(event.source, event.retracts) for event in events if event.retracts is not None}
    found: dict[Entity, list[Event]] = {}
    for event in sorted(events, key=lambda one: (one.occurred_at, one.recorded_at, one.source, one.id)):
        if event.retracts is not None or (event.source, event.id) not in gone:
            found.setdefault((event.kind, event.key), []).append(event)
    return found


@dataclass(frozen=True)
class Life:
    """An entity with every instant at which it changes, and what it is from then on."""

    entity: Entity
    events: Sequence[Event]
    totals: Course
    steps: list[int]
    snapshots: list[dict[str, Any]]
    asked: tuple[Any, ...]  # the same for lives that are the same

    def place(self, t: int) -> int:
        """Of the interval that t is in."""
        return max(i for i, at in enumerate(self.steps) if at <= t)


class Reference:
    """`leads`: learned lead times as texts, by both nodes and the share; the same for every kind."""

    def __init__(
        self,
        model: Mapping[str, Any],
        rules: Sequence[Mapping[str, Any]],
        calendars: dict[str, Any],
        leads: Mapping[tuple[str, str, float], str] | None = None,
    ) -> None:
        self.kinds = model["kinds"]
        self.zone = ZoneInfo(model.get("zone", "UTC"))
        self.rules = [rule for rule in rules if rule.get("mode") != "off"]
        self.lengths = Lengths(calendars)
        self.leads = {place: self.lengths.plain(text) for place, text in (leads or {}).items()}
        self.totals = Totals(model.get("totals", {}), self)
        self._lives: dict[tuple[Any, ...], Life] = {}
        self._found: dict[tuple[Any, ...], list[Stretch]] = {}

    # What is asked -----------------------------------------------------------------------------------------------

    def true_by(self, w: int, events: Sequence[Event]) -> list[Row]:
        """I(w), all the events being known."""
        known = standing(first_received(events))
        rows = (
            stretch.cut(rule["id"], entity, w)
            for rule in self.rules
            for entity, found in self.firings(rule, known).items()
            for stretch in found
        )
        return [row for row in rows if row is not None]

    def replayed(self, events: Sequence[Event], until: int) -> list[Row]:
        """Replay by occurred_at: everything is learned when it happens."""
        return [
            replace(row, detected_at=row.opened_at, closed_at=row.resolved_at) for row in self.true_by(until, events)
        ]

    def lived(self, events: Sequence[Event], until: int) -> list[Row]:
        """Replay by recorded_at: I(w) at every w at which it can change, each matched with what was there before."""
        taken = first_received(events)
        steps = sorted({event.recorded_at for event in taken if event.recorded_at <= until})
        incidents: dict[tuple[str, Entity], list[Row]] = {}
        for w, following in pairwise([*steps, until + 1]):
            known = standing([event for event in taken if event.recorded_at <= w])
            for rule in self.rules:
                found = self.firings(rule, known)
                before = {entity for id_, entity in incidents if id_ == rule["id"]}
                for entity in {*found, *before}:
                    own = found.get(entity, [])
                    later = {at for stretch in own for at in stretch.instants() if w < at < following}
                    for now in (w, *sorted(later)):
                        cut = [row for stretch in own if (row := stretch.cut(rule["id"], entity, now)) is not None]
                        incidents[rule["id"], entity] = match(incidents.get((rule["id"], entity), []), cut, now)
        return [row for rows in incidents.values() for row in rows]

    # Snapshots (section 1) ---------------------------------------------------------------------------------------

    def snapshot(self, events: Sequence[Event], key: str, kind: str) -> dict[str, Any]:
        """What the events, in fold order, make of an entity."""
        declared = self.kinds[kind]
        nodes = declared.get("nodes", {})
        reached: dict[str, int] = {}
        fields: dict[str, Any] = {}
        promises: dict[str, Any] = {}
        for event in events:
            for node in (declared.get("events", {}).get(event.type) or {}).get("resets", ()):
                reached.pop(node, None)
            for node, body in nodes.items():
                if event.type == node or event.type in body.get("types", ()):
                    reached.setdefault(node, event.occurred_at)
            for name, value in event.data.items():
                kept: dict[str, Any] = promises if name.endswith(".due") else fields
                if value is None:
                    kept.pop(name, None)
                else:
                    kept[name] = value
        dues = {}
        for node, body in nodes.items():
            lead = body.get("due")
            if lead is not None and lead["after"] in reached:
                dues[f"{node}.due"] = self.lengths.after(reached[lead["after"]], lead["within"])
        closed = any(node in reached for node in declared.get("closed_by", ()))
        ats = {f"{node}.at": at for node, at in reached.items()}
        return {**fields, **ats, **dues, **promises, "closed": closed, "key": key}

    def life(self, entity: Entity, known: Known) -> Life:
        events, course = known[entity], self.totals.course(entity, known)
        key = (entity, asked(events), tuple((at, *values.values()) for at, values in course))
        if key not in self._lives:
            begun = events[0].occurred_at
            steps = sorted({event.occurred_at for event in events} | {at for at, _ in course if at > begun})
            snapshots = [
                self.snapshot([one for one in events if one.occurred_at <= at], entity[1], entity[0])
                | values_at(course, at)
                for at in steps
            ]
            self._lives[key] = Life(entity, events, course, steps, snapshots, key)
        return self._lives[key]

    def world(self, values: Mapping[str, Any], before: Mapping[str, Any] | None = None, event: Any = None) -> World:
        return World(values, before or {}, event, self.zone, self.leads)

    # Firings (section 3) -----------------------------------------------------------------------------------------

    def firings(self, rule: Mapping[str, Any], known: Known) -> dict[Entity, list[Stretch]]:
        """All firings of a rule, for ever, by what they are of: an entity, or the group of a count."""
        lives = [self.life(entity, known) for entity in known if entity[0] == rule.get("on", "order")]
        if "count" not in rule:
            return {life.entity: self.stretches(rule, life) for life in lives}
        members = [member for life in lives for member in self.members(rule, life)]
        within = self.lengths.plain(rule["count"]["within"])
        keep_open = self.lengths.plain(rule["keep_open_for"]) if "keep_open_for" in rule else None
        return {
            (rule.get("on", "order"), key): counted(rule, own, within, keep_open)
            for key, own in groups(rule["count"], members).items()
        }

    def members(self, rule: Mapping[str, Any], life: Life) -> list[Member]:
        if is_pulse(rule):
            pulses = self.pulses(rule, life)
            return [Member(at=event.occurred_at, values=values) for event, values in pulses]
        alone = {name: value for name, value in rule.items() if name not in ("count", "keep_open_for")}
        return [
            Member(at=one.opened_at, values=life.snapshots[life.place(one.opened_at)])
            for one in self.stretches(alone, life)
        ]

    def stretches(self, rule: Mapping[str, Any], life: Life) -> list[Stretch]:
        """The firings of one rule for one entity; asked again for the same events they are the same."""
        key = (rule["id"], life.asked)
        if key not in self._found:
            self._found[key] = self.pulsing(rule, life) if is_pulse(rule) else self._stretches(rule, life)
        return self._found[key]

    def _stretches(self, rule: Mapping[str, Any], life: Life) -> list[Stretch]:
        steps, snapshots = life.steps, life.snapshots
        since = rule.get("since", ALWAYS)  # of a version that judges only steps after this instant
        c = [at > since and self.condition(rule, values) for at, values in zip(steps, snapshots, strict=True)]
        starts: list[list[tuple[str, int | None]]] = []  # of each interval: severity, from when
        for i in range(len(steps)):
            b = self.deadline(rule, steps, snapshots, c, i) if c[i] else None
            starts.append([(severity, self.moved(b, offset)) for severity, offset in stages(rule)])

        def severity(t: int) -> str | None:
            i = max(i for i, at in enumerate(steps) if at <= t)
            held = [word for word, start in starts[i] if c[i] and start is not None and t >= start]
            if held and "decide" in rule and "stages" not in rule and "before" not in rule:
                return self.decided(rule, snapshots[i])
            return max(held, key=SEVERITIES.index, default=None)

        candidates = {*steps}
        for i, listed in enumerate(starts):
            end = steps[i + 1] if i + 1 < len(steps) else None
            candidates |= {at for _, at in listed if at is not None and steps[i] < at and (end is None or at < end)}
        course = [(at, severity(at)) for at in sorted(candidates)]
        ended = dict(zip(steps, ["deadline_moved" if held else "condition" for held in c], strict=True))
        if "clear" in rule:
            clears = {at: self.world(values).holds(rule["clear"]) for at, values in zip(steps, snapshots, strict=True)}
            return hysteresis(course, clears)
        found = unbroken(course, ended)
        return held_open(found, self.lengths.plain(rule["keep_open_for"])) if "keep_open_for" in rule else found

    def condition(
        self,
        rule: Mapping[str, Any],
        values: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
        event: Any = None,
    ) -> bool:
        world = self.world(values, before, event)
        texts = [rule[name] for name in ("where", "when") if name in rule]
        if "overdue" in rule:
            texts += [f"not {rule['overdue']}.done", "not closed"]
        if "after" in rule:
            texts.append(f"{rule['after']}.done")
        return all(world.holds(text) for text in texts)

    def decided(self, rule: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        return decided(rule, self.world(values).holds)

    def deadline(
        self, rule: Mapping[str, Any], steps: list[int], snapshots: list[dict[str, Any]], c: list[bool], i: int
    ) -> int | None:
        """b on the interval i, on which the condition holds."""
        if "for" in rule:
            start = i
            while start > 0 and c[start - 1]:
                start -= 1
            return self.lengths.after(steps[start], rule["for"])
        if "by" in rule:
            found = self.world(snapshots[i]).value(rule["by"])
            return None if found is None else int(found)
        if "after" in rule:
            return self.lengths.after(snapshots[i][f"{rule['after']}.at"], rule["within"])
        if "overdue" in rule:
            due: int | None = snapshots[i].get(f"{rule['overdue']}.due")
            return due
        return ALWAYS

    def deadline_at(self, rule: Mapping[str, Any], entity: Entity, events: Iterable[Event], t: int) -> int | None:
        """b(t), where the condition holds."""
        life = self.life(entity, standing(first_received(events)))
        c = [self.condition(rule, values) for values in life.snapshots]
        return self.deadline(rule, life.steps, life.snapshots, c, life.place(t))

    def moved(self, b: int | None, offset: str) -> int | None:
        return b if b is None or b == ALWAYS else self.lengths.add(b, offset)

    def pulses(self, rule: Mapping[str, Any], life: Life) -> list[tuple[Event, dict[str, Any]]]:
        """The events on which the condition holds, each with the snapshot after it."""
        kind, key = life.entity
        found = []
        for n, event in enumerate(life.events):
            if event.occurred_at <= rule.get("since", ALWAYS):
                continue
            values = self.snapshot(life.events[: n + 1], key, kind) | values_at(life.totals, event.occurred_at)
            if self.condition(rule, values, self.snapshot(life.events[:n], key, kind), event):
                found.append((event, values))
        return found

    def pulsing(self, rule: Mapping[str, Any], life: Life) -> list[Stretch]:
        judged = self.pulses(rule, life)
        pulses = [event.occurred_at for event, _ in judged]
        after = {event.occurred_at: values for event, values in judged}  # the last event of each instant
        expires = self.lengths.plain(rule["expires"]) if "expires" in rule else None
        until = {
            at: "until" in rule and self.world(values).holds(rule["until"])
            for at, values in zip(life.steps, life.snapshots, strict=True)
        }
        found: list[Stretch] = []
        for at in sorted(set(pulses)):
            own = [at] * pulses.count(at)
            last = found[-1] if found else None
            if last is not None and (last.resolved_at is None or at < last.resolved_at):
                last.pulses += own
            elif not until[at]:
                found.append(Stretch(opened_at=at, stages=[(self.decided(rule, after[at]), at)], pulses=own))
            else:
                continue
            self._end_pulse(found[-1], expires, [step for step in life.steps if until[step]])
        return found

    @staticmethod
    def _end_pulse(stretch: Stretch, expires: int | None, untils: list[int]) -> None:
        """When it ends if no further pulse comes."""
        ends = [(at, 0, "until") for at in untils if at > stretch.opened_at]
        if expires is not None:
            ends.append((stretch.pulses[-1] + expires, 1, "expired"))
        if ends:
            stretch.resolved_at, _, stretch.reason = min(ends)


def is_pulse(rule: Mapping[str, Any]) -> bool:
    texts = [rule.get("where", ""), rule.get("when", "")]
    return any(word in text for text in texts for word in ("event.", "before.", "changed("))


def stages(rule: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(severity, offset) of each stage."""
    if "stages" in rule:
        return [(stage["severity"], stage["at"]) for stage in rule["stages"]]
    own = (rule.get("severity", "major"), "0s")
    return [("minor", f"-{rule['before']}"), own] if "before" in rule else [own]
