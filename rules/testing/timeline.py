"""A test of a rule as values: what happens, and which changes are expected of it."""

from dataclasses import dataclass
from enum import StrEnum

from rules.errors import Place
from streams.event import Event
from streams.firing import Reason, Severity
from streams.instants import Instant
from streams.text import Text


class Word(StrEnum):
    """What may change about an incident. All but the first three are brought by late data alone."""

    OPEN = "open"
    SEVERITY = "severity"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    AMENDED = "amended"  # its times were others than had been known
    WITHDRAWN = "withdrawn"  # it never was


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One change that the engine told; `at` is the incident's own time, `known` when the service learned of it."""

    at: Instant
    key: str
    word: Word
    known: Instant
    severity: Severity | None = None  # of `open` and `severity`
    reason: Reason | None = None  # of `resolved` and `withdrawn`

    def __str__(self) -> str:
        return _words(self.word, self.severity, self.reason if self.word is Word.RESOLVED else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One change that has to happen at exactly that instant; what is None may be anything."""

    at: Instant
    key: str
    word: Word
    severity: Severity | None = None
    reason: Reason | None = None
    known: Instant | None = None

    def accepts(self, happened: Happened) -> bool:
        if (self.at, self.key) != (happened.at, happened.key):
            return False
        # A withdrawal of what was open is a resolution too: by late data (semantics.md, section 4).
        word = self.word is happened.word or (self.word is Word.RESOLVED and happened.word is Word.WITHDRAWN)
        return (
            word
            and self.severity in (None, happened.severity)
            and self.reason in (None, happened.reason)
            and self.known in (None, happened.known)
        )

    def __str__(self) -> str:
        return _words(self.word, self.severity, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A person closes the incident of a pulse rule."""

    at: Instant
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test of one rule. Events stand in the order in which they are written, and have ids in that order."""

    rule: str
    name: Text
    place: Place
    events: tuple[Event, ...]
    expected: tuple[Expected, ...]
    until: Instant  # the last entry: what comes later is not looked at
    closings: tuple[Closing, ...] = ()
    generated: bool = False

    @property
    def fires(self) -> bool:
        return any(expected.word is Word.OPEN for expected in self.expected)


def event_id(place: int) -> str:
    """Ids sort as the entries stand: events of one instant are folded in the order in which they are written."""
    return f"{place:06d}"


def _words(word: Word, severity: Severity | None, reason: Reason | None) -> str:
    if word is Word.SEVERITY and severity is not None:
        return severity.word
    parts = [word.value, None if severity is None else severity.word, None if reason is None else reason.value]
    return " ".join(part for part in parts if part is not None)
