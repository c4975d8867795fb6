"""How the pages speak to who looks at them: language, zone, theme; words, times and numbers in that form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast
from zoneinfo import ZoneInfo

from console import words
from console.backend import ConsoleSettings
from escalation.people import Person
from escalation.reasons import NOT_SENT
from notifiers.localise import duration_text, moment_text, number_text, zone_text
from notifiers.words import SEVERITIES
from streams.firing import Severity
from streams.instants import SECOND, Instant, Micros, format_instant, to_datetime
from streams.text import Language, Text

Theme = Literal["auto", "light", "dark"]
Density = Literal["normal", "compact"]
THEMES: Final = ("auto", "light", "dark")
DENSITIES: Final = ("normal", "compact")
LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """`person` is None before sign-in. `now` is the server's, one instant for the whole page."""

    language: Language
    zone: ZoneInfo
    theme: Theme
    density: Density
    now: Instant
    person: Person | None = None

    def t(self, name: str, /, **values: object) -> str:
        return words.say(name, self.language, **values)

    def text(self, text: Text | Mapping[Language, str] | None) -> str:
        match text:
            case None:
                return ""
            case Text():
                return text.say(self.language)
            case _:
                return text.get(self.language) or next(iter(text.values()), "")

    def severity(self, severity: Severity) -> str:
        return SEVERITIES[severity].say(self.language)

    def channel_kind(self, kind: str) -> str:
        return words.either(words.CHANNEL_KINDS, kind, self.language)

    def delivery_state(self, state: str) -> str:
        return words.either(words.DELIVERY_STATES, state, self.language)

    def purpose(self, purpose: str) -> str:
        return words.either(words.PURPOSES, purpose, self.language)

    def not_sent(self, reason: str) -> str:
        return words.either(NOT_SENT, reason, self.language)

    def number(self, number: float) -> str:
        return number_text(number, self.language)

    def span(self, span: Micros) -> str:
        return duration_text(span, self.language)

    def moment(self, instant: Instant) -> str:
        """Mar 2, 09:00 in the viewer's zone."""
        return moment_text(instant, self.language, self.zone, self.now)

    def clock(self, instant: Instant) -> str:
        """The time of day where it is today, else the date with it."""
        local = to_datetime(instant).astimezone(self.zone)
        if local.date() == to_datetime(self.now).astimezone(self.zone).date():
            return local.strftime("%H:%M:%S")
        return self.moment(instant)

    def exact(self, instant: Instant) -> str:
        """To the second, with the zone named."""
        local = to_datetime(instant).astimezone(self.zone)
        return f"{local:%Y-%m-%d %H:%M:%S} {self.zone.key} ({zone_text(instant, self.zone)})"

    def relative(self, instant: Instant) -> str:
        """How far from now: 3 h ago, in 12 min."""
        span = duration_text(instant - self.now, self.language)
        if abs(instant - self.now) < SECOND:
            return "刚刚" if self.language == "zh" else "just now"
        if self.language == "zh":
            return f"{span}前" if instant < self.now else f"{span}后"
        return f"{span} ago" if instant < self.now else f"in {span}"

    def iso(self, instant: Instant) -> str:
        return format_instant(instant)

    @property
    def zone_name(self) -> str:
        return f"{self.zone.key} ({zone_text(self.now, self.zone)})"

    @property
    def html_language(self) -> str:
        return "zh-CN" if self.language == "zh" else "en"


def make_viewer(
    settings: ConsoleSettings, person: Person | None, cookies: Mapping[str, str], accepted: str, now: Instant
) -> Viewer:
    """What was chosen with the switch comes first, then the person's own setting, the browser's wish, the service's."""
    language = _one_of(cookies.get("tocsin_language"), LANGUAGES)
    if language is None:
        language = person.language if person is not None else accepted_language(accepted) or settings.language
    return Viewer(
        language=cast(Language, language),
        zone=settings.zone if person is None else person.zone,
        theme=cast(Theme, _one_of(cookies.get("tocsin_theme"), THEMES) or "auto"),
        density=cast(Density, _one_of(cookies.get("tocsin_density"), DENSITIES) or "normal"),
        now=now,
        person=person,
    )


def accepted_language(header: str) -> Language | None:
    """The first of our languages by the weights of Accept-Language (RFC 9110, 12.5.4)."""
    best: tuple[float, Language] | None = None
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        primary = tag.strip().lower().partition("-")[0]
        if primary in LANGUAGES and weight > 0 and (best is None or weight > best[0]):
            best = (weight, cast(Language, primary))
    return None if best is None else best[1]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _one_of(value: str | None, allowed: tuple[str, ...]) -> str | None:
    return value if value in allowed else None
