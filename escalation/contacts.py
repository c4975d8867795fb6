"""All that people.yaml, chains.yaml and channels.yaml say, as one value (files/workspace_files.py reads it)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from escalation.chain import Chain, DurationText
from escalation.people import Person, Team
from notifiers.config import Channel
from rules.decisions import chain_of
from rules.errors import Problem
from rules.rule import Rule
from rules.worktime.calendars import Calendar
from rules.worktime.durations import Duration, DurationError, parse_duration
from streams.instants import DAY, LAST, Instant
from streams.model import Model, Values
from streams.text import nfkc


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """Mappings keep the order of the files. Every name in them is declared: the reader has checked it."""

    model: Model
    calendars: Mapping[str, Calendar]
    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    chains: Mapping[str, Chain] = field(default_factory=dict)
    default_chain: str | None = None
    channels: Mapping[str, Channel] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    def chain_for(self, rule: Rule, values: Values) -> Chain | None:
        """The chain that an incident of `rule` gets when it opens on this snapshot; None: nobody is told."""
        return self.chain_called(chain_of(rule, values)) if rule.mode == "live" else None

    def decided_chain(self, rule: Rule, values: Values) -> Chain | None:
        """The same where the rule's table decides chains; None where it does not."""
        return self.chain_for(rule, values) if any(row.chain is not None for row in rule.decisions) else None

    def chain_called(self, written: str | None) -> Chain | None:
        """The chain that a live rule names; the default one where it names none."""
        name = self.default_chain if written is None else nfkc(written)
        return None if name is None else self.chains.get(name)

    def named(self, text: str) -> Person | None:
        """Who a field's value means: a person's id, or a name or contact that exactly one person has."""
        person = self.people.get(nfkc(text))
        if person is not None:
            return person
        holders = self._holders.get(fold(text), frozenset())
        return self.people[next(iter(holders))] if len(holders) == 1 else None

    def after(self, duration: DurationText, start: Instant) -> Instant:
        """`start` plus a duration of a chain.

        Plain time counts where the calendar is no longer in the files, or has no end to offer within its reach: a chain
        must go on.
        """
        counted = self._duration(duration)
        found = counted.add(start)
        return min(LAST, start + counted.days * DAY + counted.span) if found is None else found

    def working(self, duration: DurationText, instant: Instant) -> Instant:
        """The next instant, `instant` included, that is working time in a duration's calendar, if it names one."""
        calendar = self._duration(duration).calendar
        found = None if calendar is None else calendar.next_working(instant)
        return instant if found is None else found

    def _duration(self, text: DurationText) -> Duration:
        if text not in self._durations:
            try:
                self._durations[text] = parse_duration(text, self.calendars)
            except DurationError as error:
                self._durations[text] = parse_duration(text[: error.offset], {})
        return self._durations[text]

    @cached_property
    def _durations(self) -> dict[DurationText, Duration]:
        """Those of chains, once they have been asked for."""
        return {}

    @cached_property
    def _holders(self) -> Mapping[str, frozenset[str]]:
        """Folded name or contact -> ids of the people who have it."""
        found: dict[str, frozenset[str]] = {}
        for person in self.people.values():
            for text in (person.name, *person.contacts.values()):
                found[fold(text)] = found.get(fold(text), frozenset()) | {person.id}
        return found


def fold(text: str) -> str:
    """The form in which names and contacts are compared: NFKC, case ignored."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
