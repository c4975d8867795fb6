"""Groups: rules that count pulses or firings of many entities (semantics.md, section 3, count).

A group fires while the window (t - within, t] holds at least so many (distinct) members. Its members are kept by the
ledger; a group itself remembers only its open firing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from streams.entity import OpenFiring
from streams.firing import Change, Evidence, Member, Reason, Transition
from streams.instants import Instant, Micros

GroupName = tuple[str, str]  # (rule, group key)

_NEVER: Final = -(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What a group is judged by: a rule that counts."""

    rule: str
    version: str
    kind: str
    severity: int
    at_least: int
    within: Micros
    keep_open: Micros | None


class Group(msgspec.Struct, array_like=True, gc=False):
    """How far a group has come. Mutable: a working copy of what the ledger keeps."""

    rule: str
    key: str
    version: str
    kind: str
    open: OpenFiring | None = None
    number: int = 0  # firings so far
    applied_at: Instant = _NEVER  # its newest change
    due_at: Instant | None = None  # when it changes if no member comes

    @property
    def name(self) -> GroupName:
        return (self.rule, self.key)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Group)


def encode_group(group: Group) -> bytes:
    return _encoder.encode(group)


def decode_group(state: bytes) -> Group:
    return _decoder.decode(state)


def since(group: Group, counting: Counting) -> Instant:
    """Members from before this instant count no more for what is still to come."""
    return group.applied_at - counting.within


def judge_group(
    group: Group, counting: Counting, members: Sequence[Member], upto: Instant, known_at: Instant | None
) -> list[Transition]:
    """Bring a group from its newest change to `upto`.

    `members` by time: all that count since then, the new ones newer than the newest change. `known_at` is when the
    service learns of it, None for the instants themselves.
    """
    out: list[Transition] = []
    window = _Window(members, counting.within)
    for at in _instants(counting, members, group.applied_at, upto):
        window.move(at)
        _expire(group, counting, at, known_at, out)
        _settle(group, counting, at, window, known_at, out)
        group.applied_at = at
    _expire(group, counting, upto, known_at, out)
    window.move(upto)
    group.due_at = _next_due(group, counting, window)
    return out


def _instants(counting: Counting, members: Sequence[Member], after: Instant, upto: Instant) -> list[Instant]:
    """Each instant after `after`, up to `upto`, at which a member comes or goes."""
    found = {member.at for member in members if after < member.at <= upto}
    found |= {end for member in members if after < (end := member.at + counting.within) <= upto}
    return sorted(found)


class _Window:
    """The members that count at an instant; it only moves on."""

    __slots__ = ("_counts", "_first", "_last", "_members", "_within")

    def __init__(self, members: Sequence[Member], within: Micros) -> None:
        self._members = members
        self._within = within
        self._first = self._last = 0
        self._counts: Counter[object] = Counter()

    @property
    def size(self) -> int:
        """How many (distinct) members."""
        return len(self._counts)

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(self._members[self._first : self._last])

    def move(self, at: Instant) -> None:
        while self._last < len(self._members) and self._members[self._last].at <= at:
            self._counts[self._counted(self._last)] += 1
            self._last += 1
        while self._first < self._last and self._members[self._first].at + self._within <= at:
            self._drop()

    def falls_below(self, size: int) -> Instant | None:
        """When it will hold fewer if no member comes; the window is used up by asking."""
        while self._first < self._last:
            at = self._members[self._first].at
            self._drop()
            if self.size < size:
                return at + self._within
        return None

    def _drop(self) -> None:
        counted = self._counted(self._first)
        self._first += 1
        self._counts[counted] -= 1
        if not self._counts[counted]:
            del self._counts[counted]

    def _counted(self, place: int) -> object:
        """What makes a member another one."""
        distinct = self._members[place].distinct
        return place if distinct is None else distinct


def _settle(
    group: Group,
    counting: Counting,
    at: Instant,
    window: _Window,
    known_at: Instant | None,
    out: list[Transition],
) -> None:
    current = group.open
    if window.size >= counting.at_least:
        if current is None:
            group.number += 1
            learned = at if known_at is None else known_at
            group.open = OpenFiring(group.number, at, learned, ((counting.severity, at),))
            firing = group.open.firing(counting.rule, counting.version, counting.kind, group.key)
            evidence = Evidence(values={}, members=window.members)
            out.append(Transition(change=Change.OPENED, at=at, firing=firing, evidence=evidence))
        else:
            current.broken_at = None
    elif current is not None and counting.keep_open is None:
        _resolve(group, counting, current, at, window.members, known_at, out)
    elif current is not None and current.broken_at is None:
        current.broken_at = at


def _expire(group: Group, counting: Counting, upto: Instant, known_at: Instant | None, out: list[Transition]) -> None:
    """End a firing that has been broken for as long as it may be, by `upto`."""
    current = group.open
    if current is None or current.broken_at is None or counting.keep_open is None:
        return
    ends = current.broken_at + counting.keep_open
    if ends <= upto:
        _resolve(group, counting, current, ends, (), known_at, out)
        group.applied_at = max(group.applied_at, ends)


def _resolve(
    group: Group,
    counting: Counting,
    current: OpenFiring,
    at: Instant,
    inside: tuple[Member, ...],
    known_at: Instant | None,
    out: list[Transition],
) -> None:
    learned = at if known_at is None else known_at
    firing = current.firing(counting.rule, counting.version, counting.kind, group.key, at, learned, Reason.WINDOW)
    evidence = Evidence(values={}, members=inside)
    out.append(Transition(change=Change.RESOLVED, at=at, firing=firing, evidence=evidence))
    group.open = None


def _next_due(group: Group, counting: Counting, window: _Window) -> Instant | None:
    """When the open firing breaks or ends."""
    current = group.open
    if current is None:
        return None
    if current.broken_at is not None and counting.keep_open is not None:
        return current.broken_at + counting.keep_open
    return window.falls_below(counting.at_least)
