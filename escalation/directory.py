"""What the files and the entity's snapshot say at an instant, for one incident: all that `advance` may ask.

Nothing here is remembered: names, plans, addresses, calendars and absences are those of today's files, so that a chain
which was copied long ago still reaches the people of today.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from escalation.chain import (
    Chain,
    ChannelTarget,
    DurationText,
    FieldTarget,
    If,
    Owner,
    PersonTarget,
    Target,
    TeamTarget,
)
from escalation.conditions import condition_holds
from escalation.contacts import Contacts
from escalation.people import Person, PlanEntry
from escalation.reasons import Reason
from notifiers.config import Channel, DingtalkRobot
from streams.firing import Severity
from streams.instants import Instant
from streams.model import Values
from streams.text import nfkc


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """How a target led to a person, for the audit: what the step says, what it held, who was passed over."""

    target: str  # as in the file: "owner", "team:warehouse", "field:sales_rep"
    value: str | None = None  # what an owner or field held: "李伟", "team:warehouse"
    absent: tuple[str, ...] = ()  # ids of those who are absent, in the order of their deputies


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    person: str
    trail: Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A name that leads to nobody."""

    name: str
    reason: Reason
    trail: Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Who and what a target leads to, each once, in the order of the files."""

    people: tuple[Reached, ...] = ()
    channels: tuple[str, ...] = ()  # group chats
    dropped: tuple[Dropped, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.people and not self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """`owner` is the rule's, or what its decision table says; `values` is the entity's snapshot of now.

    `restart` is the chain that a restart begins with, where the table decides chains; else it stays the one it was.
    """

    contacts: Contacts
    kind: str
    owner: str | None
    values: Values
    restart: Chain | None = None

    def resolve(self, target: Target, *, owner: str | None, now: Instant) -> Resolution:
        """Who a target of a step leads to at `now`. `owner` is the person the incident was handed over to."""
        return self.resolve_all((target,), owner=owner, now=now)

    def resolve_all(self, targets: Iterable[Target], *, owner: str | None, now: Instant) -> Resolution:
        """Like `resolve`, of several targets: who is named twice is there once, by the first trail."""
        people: dict[str, Reached] = {}
        channels: dict[str, None] = {}
        dropped: dict[tuple[str, Reason], Dropped] = {}
        for found in (one for target in targets for one in self._leads(target, owner, now)):
            match found:
                case Reached():
                    people.setdefault(found.person, found)
                case Dropped():
                    dropped.setdefault((found.name, found.reason), found)
                case str():
                    channels[found] = None
        return Resolution(people=tuple(people.values()), channels=tuple(channels), dropped=tuple(dropped.values()))

    def person(self, person: str) -> Person | None:
        return self.contacts.people.get(person)

    def channel(self, channel: str) -> Channel | None:
        return self.contacts.channels.get(channel)

    def plan(self, person: str, *, important: bool) -> tuple[PlanEntry, ...]:
        """How a person wants to be told; empty where they say nothing or are no longer in the files."""
        found = self.person(person)
        return () if found is None else found.plan(important=important)

    def address(self, person: str, channel: str) -> str | None:
        """Where a channel reaches a person; None is `no_address`.

        In a group chat that is whom to mention, and empty where only the name can be written. A webhook gets the
        person's id.
        """
        found, via = self.person(person), self.channel(channel)
        return None if found is None or via is None else address_of(found, via)

    def quiet_until(self, person: str, severity: Severity, now: Instant) -> Instant | None:
        """Until when messages of this severity are held for a person; None: they go out now."""
        found = self.person(person)
        if found is None or found.quiet is None or found.quiet.breaks(severity):
            return None
        return found.quiet.until(now)

    def holds(self, step: If, *, severity: Severity, now: Instant) -> bool:
        """Whether all parts of an `if` hold at this instant."""
        if step.severity is not None and severity < step.severity:
            return False
        if step.time is not None and not step.time.hours.contain(now, ZoneInfo(step.time.zone)):
            return False
        return step.where is None or condition_holds(step.where, self.contacts.model, self.kind, self.values)

    def after(self, duration: DurationText, start: Instant) -> Instant:
        """`start` plus a duration that may count working time."""
        return self.contacts.after(duration, start)

    def working(self, duration: DurationText, instant: Instant) -> Instant:
        """The next instant, `instant` included, that is working time for the duration's calendar, if it has one."""
        return self.contacts.working(duration, instant)

    def _leads(self, target: Target, owner: str | None, now: Instant) -> Iterator[Reached | Dropped | str]:
        said = str(target)
        match target:
            case Owner():
                yield from self._owner(owner, now)
            case PersonTarget(id=person):
                yield self._acting(person, Trail(target=said), now)
            case TeamTarget(id=team):
                yield from self._team(team, Trail(target=said), now)
            case FieldTarget(name=name):
                yield from self._field(name, said, now)
            case ChannelTarget(id=channel):
                if channel in self.contacts.channels:
                    yield channel
                else:
                    yield Dropped(name=said, reason=Reason.NO_ADDRESS, trail=Trail(target=said))

    def _owner(self, handed_to: str | None, now: Instant) -> Iterator[Reached | Dropped]:
        """Who has it in hand, else what the rule says: a field of the entity, team:NAME or a person."""
        if handed_to is not None:
            yield self._acting(handed_to, Trail(target="owner", value=handed_to), now)
        elif self.owner is None:
            yield Dropped(name="owner", reason=Reason.UNKNOWN_PERSON, trail=Trail(target="owner"))
        elif self._is_field(nfkc(self.owner)):
            yield from self._field(nfkc(self.owner), "owner", now)
        else:
            yield from self._value(self.owner, "owner", now)

    def _is_field(self, name: str) -> bool:
        kind = self.contacts.model.kinds.get(self.kind)
        return kind is not None and name in kind.fields

    def _field(self, name: str, said: str, now: Instant) -> Iterator[Reached | Dropped]:
        held = self.values.get(name)
        texts = [held] if isinstance(held, str) else list(held) if isinstance(held, tuple) else []
        for text in texts:
            if isinstance(text, str):
                yield from self._value(text, said, now)
        if not texts:
            missing = said if said != "owner" else f"field:{name}"
            yield Dropped(name=missing, reason=Reason.UNKNOWN_PERSON, trail=Trail(target=said))

    def _value(self, text: str, said: str, now: Instant) -> Iterator[Reached | Dropped]:
        trail = Trail(target=said, value=text)
        prefix, colon, team = text.partition(":")
        if colon and prefix == "team":
            yield from self._team(nfkc(team), trail, now)
            return
        person = self.contacts.named(text)
        yield self._acting(text if person is None else person.id, trail, now)

    def _team(self, name: str, trail: Trail, now: Instant) -> Iterator[Reached | Dropped]:
        team = self.contacts.teams.get(name)
        if team is None:
            yield Dropped(name=f"team:{name}", reason=Reason.UNKNOWN_PERSON, trail=trail)
            return
        for member in team.members:
            yield self._acting(member, trail, now)

    def _acting(self, name: str, trail: Trail, now: Instant) -> Reached | Dropped:
        """The person, or whoever stands in for them: deputies of deputies, until one is there or the circle closes."""
        absent: list[str] = []
        person = self.person(name)
        if person is None:
            return Dropped(name=name, reason=Reason.UNKNOWN_PERSON, trail=trail)
        while (absence := person.absence(now)) is not None:
            absent.append(person.id)
            deputy = None if absence.deputy is None else self.person(absence.deputy)
            if deputy is None or deputy.id in absent:
                passed = Trail(target=trail.target, value=trail.value, absent=tuple(absent))
                return Dropped(name=name, reason=Reason.ABSENT, trail=passed)
            person = deputy
        return Reached(person=person.id, trail=Trail(target=trail.target, value=trail.value, absent=tuple(absent)))


def address_of(person: Person, channel: Channel) -> str | None:
    """See Directory.address."""
    if channel.contact is not None:
        return person.contacts.get(channel.contact)
    if isinstance(channel.settings, DingtalkRobot):
        return person.contacts.get("dingtalk", "")
    return person.id
