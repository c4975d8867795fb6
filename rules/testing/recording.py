"""A test from what really happened: the events of some orders, and the changes that they led to, as YAML."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from rules.errors import Place
from rules.matching.matcher import MatcherName
from rules.rule import Rule
from rules.testing.moments import quoted, written_instant, written_value
from rules.testing.reading import DEFAULT_KEY
from rules.testing.running import Runner
from rules.testing.scenes import reads
from rules.testing.timeline import Case, Happened, event_id
from streams.event import Event
from streams.instants import Instant
from streams.model import Kind, Model
from streams.text import Text

_INDENT = " " * 6  # of the items under `tests:`, as the documentation writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A test as text, ready for `tests:`, and how many changes it expects."""

    text: str
    changes: int


def record(
    model: Model, rule: Rule, events: Iterable[Event], until: Instant, name: str, matcher: MatcherName = "compiled"
) -> Recorded:
    """The test of a rule that these events make (each (source, id) once), with every change up to `until`.

    Data is trimmed to what the rule reads. That events came late is written down where it made a difference.
    """
    kept = _numbered(_trimmed(model, rule, events))
    keys = {event.key for event in kept}
    if len(keys) == 1 and "key" not in reads(rule):
        kept = [replace(event, key=DEFAULT_KEY) for event in kept]
    on_time = [replace(event, recorded_at=event.occurred_at) for event in kept]
    runner = Runner(model, rule, matcher)
    try:
        happened, simple = (runner.run(_case(rule, found, until)) for found in (kept, on_time))
    finally:
        runner.close()
    late = [_plain(one) for one in happened] != [_plain(one) for one in simple]
    lines = [f"{_INDENT}- name: {quoted(name)}", f"{_INDENT}  timeline:"]
    lines += [f"{_INDENT}    - {line}" for line in _lines(model, rule, kept if late else on_time, happened)]
    return Recorded(text="\n".join(lines), changes=len(happened))


def _trimmed(model: Model, rule: Rule, events: Iterable[Event]) -> Iterator[Event]:
    """The events with the fields that matter; those that then say nothing are left out, unless events are judged.

    The first one is kept: it begins the entity.
    """
    names = reads(rule)
    for place, event in enumerate(sorted(events, key=attrgetter("order"))):
        data = {name: value for name, value in event.data.items() if name in names}
        moves = _moves(model.kinds[event.kind], event.type)
        if place == 0 or data or moves or event.retracts is not None or rule.condition.pulse:
            yield replace(event, data=data)


def _moves(kind: Kind, type_: str) -> bool:
    declared = kind.events.get(type_)
    return bool(kind.reaches.get(type_)) or (declared is not None and bool(declared.resets))


def _numbered(events: Iterable[Event]) -> list[Event]:
    """Named by the order in which they are folded."""
    ordered = list(events)
    ids = {(event.source, event.id): event_id(place) for place, event in enumerate(ordered, start=1)}
    return [
        replace(
            event,
            source="test",
            id=ids[event.source, event.id],
            retracts=None if event.retracts is None else ids.get((event.source, event.retracts)),
        )
        for event in ordered
    ]


def _case(rule: Rule, events: Sequence[Event], until: Instant) -> Case:
    return Case(
        rule=rule.id,
        name=Text.plain(rule.id),
        place=Place.parse(rule.where),
        events=tuple(events),
        expected=(),
        until=until,
    )


def _plain(happened: Happened) -> tuple[object, ...]:
    return (happened.at, happened.key, happened.word, happened.severity, happened.reason)


def _lines(model: Model, rule: Rule, events: Sequence[Event], happened: Sequence[Happened]) -> Iterator[str]:
    """Entries by time, events before the changes of the same instant."""
    taken_back = {event.retracts for event in events}
    many = len({event.key for event in events}) > 1
    entries = [
        (event.occurred_at, 0, _event(event, rule, model.zone, named=event.id in taken_back)) for event in events
    ]
    entries += [(one.at, 1, _expectation(one, model.zone, keyed=many or rule.count is not None)) for one in happened]
    for _, _, line in sorted(entries, key=lambda entry: entry[:2]):
        yield f"{{{line}}}"


def _event(event: Event, rule: Rule, zone: ZoneInfo, *, named: bool) -> str:
    parts = [f"at: {written_instant(event.occurred_at, zone)}", f"event: {quoted(event.type)}"]
    if event.kind != rule.on:
        parts.append(f"kind: {quoted(event.kind)}")
    if event.key != DEFAULT_KEY:
        parts.append(f"key: {quoted(event.key)}")
    if event.recorded_at != event.occurred_at:
        parts.append(f"known: {written_instant(event.recorded_at, zone)}")
    if named:
        parts.append(f"id: {_name(event.id)}")
    if event.retracts is not None:
        parts.append(f"retracts: {_name(event.retracts)}")
    if event.data:
        fields = (f"{quoted(name)}: {written_value(value, zone)}" for name, value in sorted(event.data.items()))
        parts.append(f"data: {{{', '.join(fields)}}}")
    return ", ".join(parts)


def _name(id_: str) -> str:
    return f"e{int(id_)}"


def _expectation(happened: Happened, zone: ZoneInfo, *, keyed: bool) -> str:
    parts = [f"at: {written_instant(happened.at, zone)}", f"expect: {happened}"]
    if keyed or happened.key != DEFAULT_KEY:
        parts.append(f"key: {quoted(happened.key)}")
    return ", ".join(parts)
