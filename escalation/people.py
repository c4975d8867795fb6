"""People and teams as people.yaml declares them: how each wants to be told, and when not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from escalation.hours import Hours
from streams.firing import Severity
from streams.instants import Instant, Micros
from streams.text import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """`via` is a channel's id; `after` counts from when the entry before it was due."""

    via: str
    after: Micros = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """From in, until out: `end` is the first instant of the first day back."""

    start: Instant
    end: Instant
    deputy: str | None = None

    def covers(self, instant: Instant) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which a person's messages are held, unless the incident is at least `except_severity`."""

    hours: Hours
    zone: ZoneInfo  # the person's
    except_severity: Severity | None = None

    def until(self, instant: Instant) -> Instant | None:
        """When the quiet time around `instant` ends; None: it is not quiet then."""
        return self.hours.until(instant, self.zone)

    def breaks(self, severity: Severity) -> bool:
        return self.except_severity is not None and severity >= self.except_severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: str
    name: str
    language: Language
    zone: ZoneInfo
    contacts: Mapping[str, str] = field(default_factory=dict)  # phone, email, dingtalk
    normal: tuple[PlanEntry, ...] = ()
    important: tuple[PlanEntry, ...] = ()
    quiet: Quiet | None = None
    absences: tuple[Absence, ...] = ()

    def plan(self, *, important: bool) -> tuple[PlanEntry, ...]:
        """Each of the two plans stands in for the other where that one is missing."""
        return (self.important or self.normal) if important else (self.normal or self.important)

    def absence(self, instant: Instant) -> Absence | None:
        """The absence at `instant`; of overlapping ones the first in the file that names a deputy."""
        found = [absence for absence in self.absences if absence.covers(instant)]
        return next((absence for absence in found if absence.deputy is not None), found[0] if found else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    id: str
    members: tuple[str, ...]
