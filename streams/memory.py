"""The ledger in memory: for replay by recorded_at, and for tests."""

import heapq
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter

from streams.entity import Entity, Identity
from streams.event import Event
from streams.firing import Firing, Member, Transition
from streams.groups import Group, GroupName
from streams.instants import Instant
from streams.ports import Appended
from streams.totals import Delta, Feed


class MemoryTotals:
    """The part of the ledger that keeps what entities give to totals."""

    def __init__(self) -> None:
        self._feeds: dict[Identity, list[Feed]] = {}
        self._deltas: dict[Identity, Counter[Delta]] = {}

    def add_feeds(self, feeds: Sequence[tuple[Identity, Feed]]) -> None:
        for giver, feed in feeds:
            self._feeds.setdefault(giver, []).append(feed)
            self._deltas.setdefault(feed.owner, Counter())[feed.delta] += 1

    def drop_feeds(self, identity: Identity) -> None:
        for feed in self._feeds.pop(identity, ()):
            self._deltas[feed.owner][feed.delta] -= 1

    def feeds_of(self, identity: Identity) -> Sequence[Feed]:
        return self._feeds.get(identity, ())

    def deltas_of(self, identities: Iterable[Identity]) -> Mapping[Identity, Sequence[Delta]]:
        return {identity: list(self._deltas.get(identity, Counter()).elements()) for identity in identities}


class MemoryGroups:
    """The part of the ledger that keeps the members of groups, and the groups."""

    def __init__(self) -> None:
        self._members: dict[Identity, list[Member]] = {}
        self._windows: dict[tuple[str, str, str], list[Member]] = {}  # (rule, version, group), by time
        self._groups: dict[GroupName, Group] = {}

    def add_members(self, members: Sequence[Member]) -> None:
        for member in members:
            self._members.setdefault((member.kind, member.key), []).append(member)
            window = self._windows.setdefault((member.rule, member.version, member.group), [])
            insort(window, member, key=_at)

    def drop_members(self, identity: Identity) -> None:
        for member in self._members.pop(identity, ()):
            self._windows[member.rule, member.version, member.group].remove(member)

    def members_from(self, identities: Iterable[Identity]) -> Mapping[Identity, Sequence[Member]]:
        return {identity: self._members.get(identity, ()) for identity in identities}

    def members_of(self, rule: str, version: str, group: str, since: Instant | None) -> Sequence[Member]:
        window = self._windows.get((rule, version, group), [])
        return window if since is None else window[bisect_right(window, since, key=_at) :]

    def load_groups(self, names: Iterable[GroupName]) -> Mapping[GroupName, Group]:
        return {name: self._groups[name] for name in names if name in self._groups}

    def save_groups(self, groups: Iterable[Group]) -> None:
        for group in groups:
            self._groups[group.name] = group

    def due_groups(self, now: Instant, limit: int) -> list[GroupName]:
        due = [name for name, group in self._groups.items() if group.due_at is not None and group.due_at <= now]
        return due[:limit]

    def groups_of(self, rule: str) -> list[GroupName]:
        named = {(rule, group) for other, _, group in self._windows if other == rule}
        return sorted(named | {name for name in self._groups if name[0] == rule})

    def groups_of_others(self, rules: Collection[str]) -> list[Group]:
        return [group for (rule, _), group in self._groups.items() if rule not in rules]

    def forget_members(self, rule: str, but: str | None) -> None:
        for identity in list(self._members):
            kept = [one for one in self._members[identity] if one.rule != rule or one.version == but]
            self._members[identity] = kept
        self._windows = {name: kept for name, kept in self._windows.items() if name[0] != rule or name[1] == but}
        if but is None:
            self._groups = {name: group for name, group in self._groups.items() if name[0] != rule}

    def _next_due_group(self) -> Instant | None:
        return min((group.due_at for group in self._groups.values() if group.due_at is not None), default=None)


_at = attrgetter("at")


class MemoryLedger(MemoryTotals, MemoryGroups):
    """streams.ports.Ledger."""

    def __init__(self) -> None:
        MemoryTotals.__init__(self)
        MemoryGroups.__init__(self)
        self.entities: dict[Identity, Entity] = {}
        self._events: dict[tuple[str, str], Event] = {}
        self._logs: dict[Identity, list[Event]] = {}
        self._retracted: set[tuple[str, str]] = set()
        self._firings: dict[Identity, dict[tuple[str, int], Firing]] = {}
        self._heap: list[tuple[Instant, Identity]] = []

    def append(self, events: Sequence[Event]) -> Appended:
        new: list[Event] = []
        conflicting: list[Event] = []
        copies: list[Event] = []
        touched: set[Identity] = set()
        for event in events:
            name = (event.source, event.id)
            known = self._events.get(name)
            if known is not None:
                same = (known.kind, known.key, known.type, known.occurred_at, known.data, known.retracts) == (
                    (event.kind, event.key, event.type, event.occurred_at, event.data, event.retracts)
                )
                (copies if same else conflicting).append(event)
                continue
            self._events[name] = event
            if event.retracts is None:
                if name in self._retracted:
                    continue
            else:
                target = (event.source, event.retracts)
                self._retracted.add(target)
                found = self._events.get(target)
                if found is not None and found.retracts is None:
                    touched.add((found.kind, found.key))
            self._log(event)
            new.append(event)
        if touched:
            new = [event for event in new if not self._is_retracted(event)]
        return Appended(
            new=tuple(new),
            conflicting=tuple(conflicting),
            copies=tuple(copies),
            touched=frozenset(touched),
        )

    def _log(self, event: Event) -> None:
        identity = (event.kind, event.key)
        log = self._logs.get(identity)
        if log is None:
            self._logs[identity] = [event]
        else:
            log.append(event)

    def _is_retracted(self, event: Event) -> bool:
        return event.retracts is None and (event.source, event.id) in self._retracted

    def load(self, identities: Iterable[Identity]) -> Mapping[Identity, Entity]:
        found: dict[Identity, Entity] = {}
        for identity in identities:
            entity = self.entities.get(identity)
            if entity is not None:
                found[identity] = entity
        return found

    def save(self, entities: Iterable[Entity]) -> None:
        for entity in entities:
            identity = (entity.kind, entity.key)
            self.entities[identity] = entity
            if entity.due_at is not None:
                heapq.heappush(self._heap, (entity.due_at, identity))

    def due(self, now: Instant, limit: int) -> list[Identity]:
        found: dict[Identity, None] = {}
        heap = self._heap
        while heap and heap[0][0] <= now and len(found) < limit:
            due_at, identity = heapq.heappop(heap)
            if self.entities[identity].due_at == due_at:
                found[identity] = None
        return list(found)

    def next_due(self) -> Instant | None:
        heap = self._heap
        while heap and self.entities[heap[0][1]].due_at != heap[0][0]:
            heapq.heappop(heap)
        due = heap[0][0] if heap else None
        if not self._groups:
            return due
        dues = (due, self._next_due_group())
        return min((due for due in dues if due is not None), default=None)

    def stale(self, generation: int, limit: int, first: Collection[str]) -> list[Identity]:
        found = [name for name, one in self.entities.items() if one.generation != generation and not one.idle]
        return sorted(found, key=lambda name: (name[0] not in first, name))[:limit]

    def stale_left(self, generation: int) -> int:
        return len(self.stale(generation, len(self.entities), ()))

    def kinds(self) -> Collection[str]:
        return {entity.kind for entity in self.entities.values()}

    def settle(self, generation: int, kinds: Collection[str], limit: int) -> int:
        stale = [name for name in self.stale(generation, len(self.entities), ()) if name[0] in kinds][:limit]
        for name in stale:
            self.entities[name].generation = generation
        return len(stale)

    def log_of(self, identity: Identity) -> Sequence[Event]:
        return [event for event in self._logs.get(identity, []) if not self._is_retracted(event)]

    def firings_of(self, identity: Identity) -> Sequence[Firing]:
        return list(self._firings.get(identity, {}).values())

    def record(self, transitions: Iterable[Transition]) -> None:
        """Keep the firings that the transitions tell of (in the store the incidents do that)."""
        for transition in transitions:
            firing = transition.firing
            identity = (firing.kind, firing.key)
            if identity not in self._firings:
                self._firings[identity] = {}
            self._firings[identity][firing.rule, firing.number] = firing

    def firings(self) -> list[Firing]:
        return [firing for found in self._firings.values() for firing in found.values()]
