"""Boundary cases of counts: one member too few, exactly enough, and the edges of the window.

The first member in a written test (or made from the constants) is repeated: as often as needed, at the instants that
the case is about, each time as another entity, or as the same where that is what the rule counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from rules.rule import Count, KeepOpen, Rule
from rules.testing.generated import MOMENT, make_case
from rules.testing.pulse_boundaries import holds_at
from rules.testing.scenes import plot, shifted, steps_of
from rules.testing.timeline import Case, Expected, Word, event_id
from streams.event import Event
from streams.firing import Reason
from streams.instants import SECOND, Instant
from streams.model import Kind, Model, Value, Values
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The events of one entity that make it a member of a group, and when it becomes one."""

    events: tuple[Event, ...]
    key: str
    at: Instant
    values: Values


def count_cases(rule: Rule, model: Model, starts: Sequence[tuple[Event, ...]]) -> Iterator[Case]:
    """Of the first of `starts` that holds a member which can be repeated."""
    if rule.count is None:
        return
    for events in starts:
        member = _first_member(rule, model, events)
        if member is not None and _repeatable(rule.count, member):
            made = _Maker(rule, rule.count, model, member)
            yield from (case for case, members in made.cases() if made.members_of(case) == sorted(members))
            return


def _first_member(rule: Rule, model: Model, events: Sequence[Event]) -> Member | None:
    """The first entity, by key, that becomes a member exactly once and is of a group; what others do is left out."""
    kind = model.kinds[rule.on]
    for key in sorted({event.key for event in events if event.kind == kind.name}):
        own = tuple(event for event in events if (event.kind, event.key) == (kind.name, key))
        found = _pulse(rule, kind, own, key) if rule.condition.pulse else _opening(rule, model, own, key)
        if found is not None:
            return found
    return None


def _pulse(rule: Rule, kind: Kind, own: tuple[Event, ...], key: str) -> Member | None:
    for step in steps_of(kind, own, key):
        for judged in step.judged:
            if holds_at(rule, judged):
                until = tuple(event for event in own if event.order <= judged.event.order)
                return Member(events=until, key=key, at=step.at, values=judged.after)
    return None


def _opening(rule: Rule, model: Model, own: tuple[Event, ...], key: str) -> Member | None:
    """By the shortest beginning of its events after which it opens."""
    ordered = sorted(own, key=lambda event: event.order)
    for length in range(1, len(ordered) + 1):
        scene = plot(rule, model, ordered[:length], key)
        if scene is not None:
            return Member(events=scene.events, key=key, at=scene.thresholds[0][0], values=scene.values)
    return None


def _repeatable(count: Count, member: Member) -> bool:
    """Whether other members of the same group can be made of it by another key, or by itself again."""
    names = (*count.per, *([] if count.distinct is None else [count.distinct]))
    if any(name != "key" and not isinstance(member.values.get(name), str) for name in names):
        return False
    if "key" in count.per:  # the same entity again and again: only where one event does it
        return len(member.events) == 1 and count.distinct is None
    return count.distinct not in count.per


class _Maker:
    """Makes the cases of one member."""

    def __init__(self, rule: Rule, count: Count, model: Model, member: Member) -> None:
        self.rule = rule
        self.count = count
        self.model = model
        self.member = member
        named: dict[str, Value] = {**member.values, "key": member.key}
        self.group = "|".join(str(named[name]) for name in count.per)

    def cases(self) -> Iterator[tuple[Case, list[Instant]]]:
        """Each with the instants of its members."""
        at, within, needed = self.member.at, self.count.within, self.count.at_least
        step = min(SECOND, within // (needed + 1))
        near = [at + place * step for place in range(needed)]
        if needed > 1:
            name = Text(zh=f"只有 {needed - 1} 个成员", en=f"one member too few: {needed - 1}")
            yield self._case(name, near[:-1], [], near[-1])
        name = Text(zh=f"恰有 {needed} 个成员", en=f"exactly enough members: {needed}")
        yield self._case(name, near, [self._opens(near[-1])], near[-1])
        if needed > 1:
            over = at + within
            name = Text(zh="最后一个成员恰在窗口结束时", en="the last member exactly when the window is over")
            yield self._case(name, [*near[:-1], over], [], over)
            name = Text(zh="最后一个成员在窗口结束前 1 微秒", en="the last member 1 µs before the window is over")
            expected = [self._opens(over - MOMENT), self._over(over)]
            yield self._case(name, [*near[:-1], over - MOMENT], expected, expected[-1].at)

    def members_of(self, case: Case) -> list[Instant]:
        """When the entities of a case become members: worked out anew, as not all can be moved about."""
        found: list[Instant] = []
        for key in {event.key for event in case.events}:
            if self.rule.condition.pulse:
                steps = steps_of(self.model.kinds[self.rule.on], case.events, key)
                found += [step.at for step in steps for judged in step.judged if holds_at(self.rule, judged)]
            else:
                scene = plot(self.rule, self.model, case.events, key)
                found += [] if scene is None else [scene.thresholds[0][0]]
        return sorted(found)

    def _over(self, broken: Instant) -> Expected:
        """The first member has left the window."""
        kept = self.rule.ending.duration if isinstance(self.rule.ending, KeepOpen) else 0
        return Expected(at=broken + kept, key=self.group, word=Word.RESOLVED, reason=Reason.WINDOW)

    def _opens(self, at: Instant) -> Expected:
        return Expected(at=at, key=self.group, word=Word.OPEN)

    def _case(
        self, name: Text, members: list[Instant], expected: Sequence[Expected], until: Instant
    ) -> tuple[Case, list[Instant]]:
        events = [event for place, at in enumerate(members) for event in self._repeated(place, at)]
        numbered = [replace(event, id=event_id(place)) for place, event in enumerate(events, start=1)]
        return make_case(self.rule, name, numbered, expected, until), members

    def _repeated(self, place: int, at: Instant) -> Iterator[Event]:
        """The member again, as another one of the group, at another instant."""
        for event in shifted(self.member.events, at - self.member.at):
            yield replace(event, key=self._key(place), data=self._data(event, place))

    def _key(self, place: int) -> str:
        return self.member.key if "key" in self.count.per or place == 0 else f"{self.member.key}-{place + 1}"

    def _data(self, event: Event, place: int) -> dict[str, Value | None]:
        data = dict(event.data)
        name = self.count.distinct
        if name is not None and place and isinstance(data.get(name), str):
            data[name] = f"{data[name]}-{place + 1}"
        return data
