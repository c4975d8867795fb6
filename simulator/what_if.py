"""What-if on order data: a history as it would have been, had something gone otherwise. Pure, with a seed.

Promises stay as they were made, and fields too: only times move. Later events of an entity move with the one that is
moved, and none comes before what it follows. Nothing is guessed of other entities: an order that would have had to wait
for goods that come later does not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import Final

import msgspec

from streams.entity import Identity
from streams.event import Event
from streams.instants import MINUTE, WEEK, Instant, Micros
from streams.model import Kind, Model, Value

_COPY: Final = "~"  # between the key of an entity and the number of its copy
_WEEKS: Final = 4  # a copy begins no more than so many weeks away
_JITTER: Final = 20 * MINUTE
_PROMISE: Final = ".due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Entities whose last value of a field is this one."""

    field: str
    value: str | float | bool

    def has(self, events: Sequence[Event]) -> bool:
        said = (event.data[self.field] for event in reversed(events) if self.field in event.data)
        return next(said, None) == self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """The time from one node to another is multiplied, and then longer by so much (shorter, where below zero)."""

    kind: str
    start: str
    end: str
    factor: float = 1.0
    longer: Micros = 0
    where: Segment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What was promised comes later: the promised node of these entities, for a share of them."""

    kind: str
    where: Segment
    by: Micros
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """So many times the entities: copies of whole ones, under new keys, begun at the same hour in another week."""

    kind: str
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Nothing goes on from `begin` until `end`, but new entities begin."""

    kind: str
    begin: Instant
    end: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """A share is cancelled on its way; `type` is the event that says so."""

    kind: str
    type: str
    share: float
    where: Segment | None = None


Change = Dwell | Late | Volume | Closed | Cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbed:
    """`touched`: how many entities each change moved, made or cancelled."""

    events: tuple[Event, ...]
    touched: tuple[int, ...]


Entities = Mapping[Identity, Sequence[Event]]
_Outcome = Iterator[Sequence[Event]]  # what becomes of one entity: itself, itself and copies


def perturb(events: Sequence[Event], model: Model, changes: Sequence[Change], *, seed: int) -> Perturbed:
    """The history with these changes, one after the other. Whom a share takes depends on the seed and the key alone."""
    entities: Entities = _by_entity(events)
    touched = []
    for place, change in enumerate(changes):
        changed: dict[Identity, Sequence[Event]] = {}
        count = 0
        becomes = _becoming(change, model.kinds[change.kind], entities, f"{seed}/{place}")
        for identity, own in entities.items():
            if identity[0] != change.kind:
                changed[identity] = own
                continue
            found = list(becomes(own))
            changed |= {(one[0].kind, one[0].key): one for one in found}
            count += sum(one is not own for one in found) if found else 1
        entities = changed
        touched.append(count)
    return Perturbed(events=tuple(event for own in entities.values() for event in own), touched=tuple(touched))


def _becoming(change: Change, kind: Kind, entities: Entities, seed: str) -> Callable[[Sequence[Event]], _Outcome]:
    match change:
        case Dwell():
            return lambda own: _one(_dwell(own, kind, change))
        case Late():
            return lambda own: _one(_late(own, kind, change, seed))
        case Volume():
            begun = [own[0].occurred_at for (name, _), own in entities.items() if name == change.kind]
            return lambda own: _copies(own, kind, change, (min(begun), max(begun)), seed)
        case Closed():
            return lambda own: _one(_closed(own, change))
        case Cancelled():
            return lambda own: _one(_cancelled(own, change, seed))


def _one(own: Sequence[Event]) -> _Outcome:
    yield own


def _by_entity(events: Sequence[Event]) -> Entities:
    entities: dict[Identity, list[Event]] = {}
    for event in events:
        entities.setdefault((event.kind, event.key), []).append(event)
    for own in entities.values():
        own.sort(key=lambda event: event.order)
    return entities


# --- one entity ----------------------------------------------------------------------------------------------------


def _dwell(own: Sequence[Event], kind: Kind, change: Dwell) -> Sequence[Event]:
    start, end = _reached(own, kind, change.start), _reached(own, kind, change.end)
    if start is None or end is None or end < start or not _concerned(own, change.where):
        return own
    span = own[end].occurred_at - own[start].occurred_at
    return _moved(own, end, round(span * (change.factor - 1)) + change.longer)


def _late(own: Sequence[Event], kind: Kind, change: Late, seed: str) -> Sequence[Event]:
    promised = (name.removesuffix(_PROMISE) for event in own for name in event.data if name.endswith(_PROMISE))
    node = next((name for name in promised if name in kind.nodes), _last_node(kind))
    place = None if node is None else _reached(own, kind, node)
    if place is None or not change.where.has(own) or not _drawn(own, seed, change.share):
        return own
    return _moved(own, place, change.by)


def _closed(own: Sequence[Event], change: Closed) -> Sequence[Event]:
    """What falls into the window, and all that follows it, comes so much later that the first of it is at its end."""
    for place, event in enumerate(own):
        if place and change.begin <= event.occurred_at < change.end:
            return _moved(own, place, change.end - event.occurred_at)
    return own


def _cancelled(own: Sequence[Event], change: Cancelled, seed: str) -> Sequence[Event]:
    """Halfway to its second event, or at its only one; what would have followed does not happen."""
    if any(event.type == change.type for event in own):
        return own
    if not _concerned(own, change.where) or not _drawn(own, seed, change.share):
        return own
    first = own[0]
    later = next((event.occurred_at for event in own if event.occurred_at > first.occurred_at), first.occurred_at)
    at = (first.occurred_at + later) // 2
    event = msgspec.structs.replace(
        first, id=f"{first.id}{_COPY}{change.type}", type=change.type, occurred_at=at, recorded_at=at, data={}
    )
    return [*(one for one in own if one.occurred_at <= first.occurred_at), event]


def _copies(own: Sequence[Event], kind: Kind, change: Volume, span: tuple[Instant, Instant], seed: str) -> _Outcome:
    """The entity and its copies; with a factor below 1, perhaps not even itself."""
    random = Random(f"{seed}/{own[0].kind}/{own[0].key}")
    wanted = int(change.factor) + (random.random() < change.factor % 1)
    if wanted:
        yield own
    # What is still under way when the history ends would stand still for ever, were it to begin earlier.
    open_ = all(_reached(own, kind, node) is None for node in kind.closed_by)
    begins, (first, last) = own[0].occurred_at, span
    earliest = 0 if open_ else -min(_WEEKS, (begins - first) // WEEK)
    latest = min(_WEEKS, (last - begins) // WEEK)
    for number in range(1, wanted):
        jitter = random.randint(0 if open_ else -_JITTER, _JITTER)
        shift = random.randint(earliest, latest) * WEEK + jitter
        yield [_copied(event, number, shift) for event in own]


def _copied(event: Event, number: int, shift: Micros) -> Event:
    end = f"{_COPY}{number}"
    return msgspec.structs.replace(
        event,
        id=event.id + end,
        key=event.key + end,
        occurred_at=event.occurred_at + shift,
        recorded_at=event.recorded_at + shift,
        retracts=None if event.retracts is None else event.retracts + end,
        data={name: _shifted(name, value, shift) for name, value in event.data.items()},
    )


def _shifted(name: str, value: Value | None, shift: Micros) -> Value | None:
    """A copy that begins at another time was also promised for another time."""
    return value + shift if name.endswith(_PROMISE) and isinstance(value, int) else value


def _moved(own: Sequence[Event], place: int, shift: Micros) -> Sequence[Event]:
    """The events from `place` on, later by `shift`, or earlier, but never before what they follow."""
    if shift < 0:
        at = own[place].occurred_at
        # Not at the same instant either: there the order could turn round.
        shift = max(shift, min(0, own[place - 1].occurred_at + 1 - at) if place else 0)
    if shift == 0:
        return own
    later = (
        msgspec.structs.replace(event, occurred_at=event.occurred_at + shift, recorded_at=event.recorded_at + shift)
        for event in own[place:]
    )
    return [*own[:place], *later]


def _reached(own: Sequence[Event], kind: Kind, node: str) -> int | None:
    """The place of the first event that reaches a node."""
    return next((place for place, event in enumerate(own) if node in kind.reaches.get(event.type, ())), None)


def _last_node(kind: Kind) -> str | None:
    return next((name for name in reversed(list(kind.nodes)) if not kind.nodes[name].off_path), None)


def _concerned(own: Sequence[Event], where: Segment | None) -> bool:
    return where is None or where.has(own)


def _drawn(own: Sequence[Event], seed: str, share: float) -> bool:
    text = f"{seed}/{own[0].kind}/{own[0].key}"
    drawn = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
    return drawn < share
