"""Answers as people gave them, by person, channel and time of day, out of the record of a service.

Who was told and did not answer before somebody else did, before it was over or before the record ends, would have
answered later or never: nobody knows. The Kaplan-Meier estimator takes them for what they are: not answered until then
(E. L. Kaplan, P. Meier: Nonparametric Estimation from Incomplete Observations, 1958). It takes for granted that it does
not depend on the person when that happens.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final, Literal

from escalation.contacts import Contacts
from simulator.escalation.acknowledging import Told
from simulator.escalation.night import Night
from simulator.escalation.zones import zone_of
from store.answers import Answer
from streams.instants import Micros

ENOUGH: Final = 20  # answers on record below which those of more people are asked

# Of this person by this channel at this time of day, of this person at all, of their team, of all; no record.
Level = Literal["moment", "person", "team", "everybody", "nothing"]
Group = tuple[str | None, str | None, bool | None]  # person or team, channel, at night


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """`shares[i]` of all have answered within `waits[i]`, both growing; the rest is not seen to answer."""

    waits: tuple[Micros, ...]
    shares: tuple[float, ...]

    def waited(self, pace: float) -> Micros | None:
        """How long whoever is at this place (0 to 1) from the quickest on waits to answer; None: they never do."""
        place = bisect_left(self.shares, pace)
        return self.waits[place] if place < len(self.waits) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Where what a person does by a channel at a time of day is taken from, and on how many messages it rests."""

    person: str | None
    channel: str
    at_night: bool
    level: Level
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCurves:
    """simulator.escalation.acknowledging.Curves. Only the first message of an incident to somebody counts."""

    night: Night
    curves: Mapping[tuple[str | None, str, bool], Curve]
    bases: tuple[Basis, ...]

    def waited(self, told: Told, pace: float) -> Micros | None:
        if told.number > 1:
            return None
        at_night = self.night.until(told.at, told.zone) is not None
        curve = self.curves.get((told.person, told.channel, at_night))
        if curve is None:  # somebody whom only the files that are compared have
            curve = self.curves.get((None, told.channel, at_night))
        return None if curve is None else curve.waited(pace)


def learn_answers(answers: Iterable[Answer], contacts: Contacts, night: Night) -> RecordedCurves:
    """For every person (None: somebody in a group), channel and time of day. Too few answers: those of the team count,
    then those of everybody.
    """
    samples: dict[Group, list[Answer]] = {}
    teams = _teams(contacts)
    for answer in answers:
        zone = zone_of(contacts, answer.person)
        at_night = night.until(answer.told_at, zone) is not None
        groups: list[Group] = [(answer.person, answer.channel, at_night), (answer.person, None, None)]
        groups += [(f"team:{team}", None, None) for team in teams.get(answer.person, ())]
        for group in (*groups, (None, None, None)):
            samples.setdefault(group, []).append(answer)
    curves = {group: curve_of(own) for group, own in samples.items()}
    found: dict[tuple[str | None, str, bool], Curve] = {}
    bases = []
    for person in (*contacts.people, None):
        for channel in contacts.channels:
            for at_night in (False, True):
                level, group = _level(person, channel, at_night, samples, teams)
                if group in curves:
                    found[person, channel, at_night] = curves[group]
                bases.append(
                    Basis(
                        person=person,
                        channel=channel,
                        at_night=at_night,
                        level=level,
                        messages=len(samples.get(group, ())),
                    )
                )
    return RecordedCurves(night=night, curves=found, bases=tuple(bases))


def curve_of(answers: Sequence[Answer]) -> Curve:
    """Kaplan-Meier: at equal times an answer comes before what cuts another one off."""
    at_risk = len(answers)
    unanswered, waits, shares = 1.0, [], []
    for waited, together in groupby(sorted(answers, key=attrgetter("waited")), key=attrgetter("waited")):
        own = list(together)
        given = sum(one.acknowledged for one in own)
        if given:
            unanswered *= 1 - given / at_risk
            waits.append(waited)
            shares.append(1 - unanswered)
        at_risk -= len(own)
    return Curve(waits=tuple(waits), shares=tuple(shares))


def _teams(contacts: Contacts) -> Mapping[str, Sequence[str]]:
    """The teams of each person, in the order of the file."""
    found: dict[str, list[str]] = {}
    for team in contacts.teams.values():
        for member in team.members:
            found.setdefault(member, []).append(team.id)
    return found


def _level(
    person: str | None,
    channel: str,
    at_night: bool,
    samples: Mapping[Group, Sequence[Answer]],
    teams: Mapping[str, Sequence[str]],
) -> tuple[Level, Group]:
    ladder: list[tuple[Level, Group]] = []
    if person is not None:
        ladder = [("moment", (person, channel, at_night)), ("person", (person, None, None))]
        ladder += [("team", (f"team:{team}", None, None)) for team in teams.get(person, ())]
    everybody: Group = (None, None, None)
    for level, group in ladder:
        if len(samples.get(group, ())) >= ENOUGH:
            return level, group
    return ("everybody" if everybody in samples else "nothing"), everybody
