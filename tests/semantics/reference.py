"""The rule language by brute force: semantics.md sentence by sentence, slow and without any state.

It shares no code with the evaluators. It reads the words of the files (dictionaries as YAML gives them); for every
question it folds the events from the beginning, and asks the definitions of section 3 at every instant at which
anything could change. The live sequence of section 4 is I(w) at every w at which it can change, matched as the page
says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from streams.event import Event
from tests.rules.evaluator import World
from tests.semantics.working_time import Lengths

SEVERITIES = ("info", "minor", "major", "critical")
ALWAYS = -(2**70)  # the deadline of a rule without one
Entity = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """An incident as result files have it, without its rule's version; a firing where the last three are not set."""

    rule: str
    kind: str
    key: str
    opened_at: int
    resolved_at: int | None
    reason: str | None
    stages: tuple[tuple[str, int], ...]
    pulses: int = 0
    detected_at: int = 0
    closed_at: int | None = None
    found_late: bool = False

    @property
    def firing(self) -> tuple[Any, ...]:
        """Everything but detected_at, closed_at and found_late."""
        return (
            self.rule,
            self.kind,
            self.key,
            self.opened_at,
            self.resolved_at,
            self.reason,
            self.stages,
            self.pulses,
        )


@dataclass(kw_only=True)
class Stretch:
    """A firing, not cut yet."""

    opened_at: int
    stages: list[tuple[str, int]]
    resolved_at: int | None = None
    reason: str | None = None
    pulses: list[int] = field(default_factory=list)

    def instants(self) -> Iterator[int]:
        yield from (at for _, at in self.stages)
        yield from self.pulses
        if self.resolved_at is not None:
            yield self.resolved_at

    def cut(self, rule: str, entity: Entity, w: int) -> Row | None:
        if self.opened_at > w:
            return None
        over = self.resolved_at is not None and self.resolved_at <= w
        return Row(
            rule=rule,
            kind=entity[0],
            key=entity[1],
            opened_at=self.opened_at,
            resolved_at=self.resolved_at if over else None,
            reason=self.reason if over else None,
            stages=tuple((severity, at) for severity, at in self.stages if at <= w),
            pulses=sum(at <= w for at in self.pulses),
        )


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


class Reference:
    def __init__(self, model: Mapping[str, Any], rules: Sequence[Mapping[str, Any]], calendars: dict[str, Any]) -> None:
        self.kinds = model["kinds"]
        self.zone = ZoneInfo(model.get("zone", "UTC"))
        self.rules = [rule for rule in rules if rule.get("mode") != "off"]
        self.lengths = Lengths(calendars)
        self._found: dict[tuple[Any, ...], list[Stretch]] = {}

    # What is asked -----------------------------------------------------------------------------------------------

    def true_by(self, w: int, events: Sequence[Event]) -> list[Row]:
        """I(w), all the events being known."""
        known = standing(first_received(events))
        rows = (
            stretch.cut(rule["id"], entity, w)
            for entity, own in known.items()
            for rule in self.rules_on(entity)
            for stretch in self.stretches(rule, own)
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
            for rule, entity in {
                *incidents,
                *((one["id"], begun) for begun in known for one in self.rules_on(begun)),
            }:
                written = next(one for one in self.rules if one["id"] == rule)
                found = self.stretches(written, known.get(entity, []))
                later = {at for stretch in found for at in stretch.instants() if w < at < following}
                for now in (w, *sorted(later)):
                    cut = [row for stretch in found if (row := stretch.cut(rule, entity, now)) is not None]
                    incidents[rule, entity] = match(incidents.get((rule, entity), []), cut, now)
        return [row for rows in incidents.values() for row in rows]

    def rules_on(self, entity: Entity) -> list[Mapping[str, Any]]:
        return [rule for rule in self.rules if rule.get("on", "order") == entity[0]]

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

    def world(self, values: Mapping[str, Any], before: Mapping[str, Any] | None = None, event: Any = None) -> World:
        return World(values, before or {}, event, self.zone)

    # Firings (section 3) -----------------------------------------------------------------------------------------

    def stretches(self, rule: Mapping[str, Any], events: Sequence[Event]) -> list[Stretch]:
        """The firings of one rule for one entity, for ever; asked again for the same events they are the same."""
        asked = (rule["id"], tuple((event.source, event.id, event.recorded_at) for event in events))
        if asked not in self._found:
            self._found[asked] = self._stretches(rule, events) if events else []
        return self._found[asked]

    def _stretches(self, rule: Mapping[str, Any], events: Sequence[Event]) -> list[Stretch]:
        kind, key = events[0].kind, events[0].key
        steps = sorted({event.occurred_at for event in events})
        snapshots = [self.snapshot([one for one in events if one.occurred_at <= at], key, kind) for at in steps]
        if is_pulse(rule):
            return self.pulsing(rule, events, steps, snapshots)
        c = [self.condition(rule, values) for values in snapshots]
        starts: list[list[tuple[str, int | None]]] = []  # of each interval: severity, from when
        for i in range(len(steps)):
            b = self.deadline(rule, steps, snapshots, c, i) if c[i] else None
            starts.append([(severity, self.moved(b, offset)) for severity, offset in stages(rule)])

        def severity(t: int) -> str | None:
            i = max(i for i, at in enumerate(steps) if at <= t)
            held = [word for word, start in starts[i] if c[i] and start is not None and t >= start]
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

    def deadline_at(self, rule: Mapping[str, Any], entity: Entity, known: Iterable[Event], t: int) -> int | None:
        """b(t), where the condition holds."""
        events = standing(first_received(known))[entity]
        steps = sorted({event.occurred_at for event in events if event.occurred_at <= t})
        snapshots = [
            self.snapshot([one for one in events if one.occurred_at <= at], entity[1], entity[0]) for at in steps
        ]
        c = [self.condition(rule, values) for values in snapshots]
        return self.deadline(rule, steps, snapshots, c, len(steps) - 1)

    def moved(self, b: int | None, offset: str) -> int | None:
        return b if b is None or b == ALWAYS else self.lengths.add(b, offset)

    def pulsing(
        self, rule: Mapping[str, Any], events: Sequence[Event], steps: list[int], snapshots: list[dict[str, Any]]
    ) -> list[Stretch]:
        kind, key = events[0].kind, events[0].key
        pulses = [
            event.occurred_at
            for n, event in enumerate(events)
            if self.condition(
                rule, self.snapshot(events[: n + 1], key, kind), self.snapshot(events[:n], key, kind), event
            )
        ]
        expires = self.lengths.plain(rule["expires"]) if "expires" in rule else None
        until = {
            at: "until" in rule and self.world(values).holds(rule["until"])
            for at, values in zip(steps, snapshots, strict=True)
        }
        found: list[Stretch] = []
        for at in sorted(set(pulses)):
            own = [at] * pulses.count(at)
            last = found[-1] if found else None
            if last is not None and (last.resolved_at is None or at < last.resolved_at):
                last.pulses += own
            elif not until[at]:
                found.append(Stretch(opened_at=at, stages=[(rule.get("severity", "major"), at)], pulses=own))
            else:
                continue
            self._end_pulse(found[-1], expires, [step for step in steps if until[step]])
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


def unbroken(course: list[tuple[int, str | None]], ended: Mapping[int, str]) -> list[Stretch]:
    """The maximal stretches in which there is a severity."""
    found: list[Stretch] = []
    current: Stretch | None = None
    for at, severity in course:
        if severity is None:
            if current is not None:
                current.resolved_at, current.reason = at, ended[at]
            current = None
        elif current is None:
            current = Stretch(opened_at=at, stages=[(severity, at)])
            found.append(current)
        elif severity != current.stages[-1][0]:
            current.stages.append((severity, at))
    return found


def hysteresis(course: list[tuple[int, str | None]], clears: Mapping[int, bool]) -> list[Stretch]:
    """Opens where there is a severity and no clear, resolves at the first clear."""
    found: list[Stretch] = []
    current: Stretch | None = None
    clear = False
    for at, severity in course:
        clear = clears.get(at, clear)
        if clear:
            if current is not None:
                current.resolved_at, current.reason = at, "cleared"
            current = None
        elif severity is not None and current is None:
            current = Stretch(opened_at=at, stages=[(severity, at)])
            found.append(current)
        elif severity is not None and current is not None and severity != current.stages[-1][0]:
            current.stages.append((severity, at))
    return found


def held_open(found: list[Stretch], length: int) -> list[Stretch]:
    """Stretches closer than `length` are one, and each lasts so much longer."""
    joined: list[Stretch] = []
    for stretch in found:
        last = joined[-1] if joined else None
        if last is None or last.resolved_at is None or stretch.opened_at - last.resolved_at >= length:
            joined.append(stretch)
            continue
        last.stages += [
            stage for stage in stretch.stages if stage[0] != last.stages[-1][0] or stage != stretch.stages[0]
        ]
        last.resolved_at, last.reason = stretch.resolved_at, stretch.reason
    for stretch in joined:
        if stretch.resolved_at is not None:
            stretch.resolved_at += length
    return joined


def match(old: list[Row], new: list[Row], w: int) -> list[Row]:
    """Section 4: what is known of a rule and entity before w, and I(w), to what is known after it."""
    withdrawn = [row for row in old if row.reason == "late_data"]
    waiting = sorted((row for row in old if row.reason != "late_data"), key=lambda row: row.opened_at)
    free = sorted(new, key=lambda row: row.opened_at)
    pairs: list[tuple[Row, Row]] = []
    for row in list(waiting):
        equal = next((one for one in free if one.opened_at == row.opened_at), None)
        if equal is not None:
            pairs.append((row, equal))
            free.remove(equal)
            waiting.remove(row)
    for row in list(waiting):
        overlapping = next((one for one in free if _overlap(row, one)), None)
        if overlapping is not None:
            pairs.append((row, overlapping))
            free.remove(overlapping)
            waiting.remove(row)
    after = [*withdrawn]
    for row in waiting:
        was_open = row.resolved_at is None
        after.append(
            replace(
                row,
                reason="late_data",
                resolved_at=w if was_open else row.resolved_at,
                closed_at=w if was_open else row.closed_at,
            )
        )
    for before, now in pairs:
        closed_at = None if now.resolved_at is None else w if before.resolved_at is None else before.closed_at
        after.append(replace(now, detected_at=before.detected_at, closed_at=closed_at, found_late=before.found_late))
    for row in free:
        over = row.resolved_at is not None
        after.append(replace(row, detected_at=w, closed_at=w if over else None, found_late=over))
    return after


def _overlap(one: Row, other: Row) -> bool:
    return (other.resolved_at is None or one.opened_at < other.resolved_at) and (
        one.resolved_at is None or other.opened_at < one.resolved_at
    )
