"""Boundary cases of rules that look at single events: when they expire."""

from collections.abc import Iterator, Sequence

from rules.language.evaluation import Situation, holds
from rules.rule import Pulse, Rule
from rules.testing.causes import Cause
from rules.testing.generated import MOMENT, make_case
from rules.testing.scenes import steps_of, until_opening
from rules.testing.timeline import Case, Expected, Word
from streams.entity import Judged, Step
from streams.event import Event
from streams.firing import Reason
from streams.instants import Instant
from streams.model import Kind
from streams.text import Text


def pulse_cases(rule: Rule, kind: Kind, starts: Sequence[tuple[tuple[Event, ...], str]]) -> Iterator[Case]:
    """Of the first of `starts` (events, and the key judged) that ends with the first pulse of the rule."""
    for events, key in starts:
        pulse = first_pulse(rule, kind, events, key)
        if pulse is not None:
            own = tuple(event for event in events if (event.kind, event.key) == (kind.name, key))
            yield from _cases(rule, kind, own, pulse)
            return


def first_pulse(rule: Rule, kind: Kind, events: Sequence[Event], key: str) -> Event | None:
    """The last event, where it is the first at which the condition holds, and leaves the incident open."""
    steps = steps_of(kind, events, key)
    judged = [(place, one) for place, step in enumerate(steps) for one in step.judged if holds_at(rule, one)]
    if len(judged) != 1 or judged[0][0] != len(steps) - 1 or _is_over(rule, steps[-1]):
        return None
    return judged[0][1].event


def holds_at(rule: Rule, judged: Judged) -> bool:
    situation = Situation(values=judged.after, before=judged.before, event=judged.event)
    return holds(rule.condition.condition, situation)


def starts_of(written: Sequence[Case]) -> list[tuple[tuple[Event, ...], str]]:
    """What had come in when the rule opened first, in each written test in which it fires."""
    found = []
    for case in written:
        opening = next((expected for expected in case.expected if expected.word is Word.OPEN), None)
        if opening is not None and not case.closings:
            found.append((until_opening(case, opening.at), opening.key))
    return found


def _is_over(rule: Rule, step: Step) -> bool:
    match rule.ending:
        case Pulse(until=until) if until is not None:
            return holds(until.condition, Situation(values=step.values))
        case _:
            return False


def _cases(rule: Rule, kind: Kind, events: tuple[Event, ...], pulse: Event) -> Iterator[Case]:
    if not isinstance(rule.ending, Pulse) or rule.ending.expires is None:
        return
    expires = rule.ending.expires
    at, key = pulse.occurred_at, pulse.key
    over = at + expires
    opened = _opens(at, key)
    name = Text(zh="期满前 1 微秒", en="1 µs before it expires")
    yield make_case(rule, name, events, (opened,), over - MOMENT)
    name = Text(zh="恰好期满", en="exactly when it expires")
    yield make_case(rule, name, events, (opened, _expires(over, key)), over)
    again = Cause(type=pulse.type, data=pulse.data)
    for name, back, expected in (
        (
            Text(
                zh="期满前 1 微秒再次发生：同一异常，重新计时",
                en="again 1 µs before it expires: one incident, counted anew",
            ),
            over - MOMENT,
            (opened, _expires(over - MOMENT + expires, key)),
        ),
        (
            Text(zh="恰好期满时再次发生：两个异常", en="again exactly when it expires: two incidents"),
            over,
            (opened, _expires(over, key), _opens(over, key), _expires(over + expires, key)),
        ),
    ):
        both = (*events, again.at(kind.name, key, back))
        last = steps_of(kind, both, key)[-1]
        if len(last.judged) == 1 and holds_at(rule, last.judged[0]) and not _is_over(rule, last):
            yield make_case(rule, name, both, expected, back + expires)


def _opens(at: Instant, key: str) -> Expected:
    return Expected(at=at, key=key, word=Word.OPEN)


def _expires(at: Instant, key: str) -> Expected:
    return Expected(at=at, key=key, word=Word.RESOLVED, reason=Reason.EXPIRED)
