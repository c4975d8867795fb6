"""How an acknowledgement model is written: "15m", "lognormal:10m:1.0", "li-wei=never", "22:00-07:00=2h,never=30%".

    [WHO=]DELAY[,nth=2][,never=10%][,awake]

DELAY is a duration, `lognormal:MEDIAN:SIGMA`, `store` (as the service's record has it) or `never`. WHO is a person, a
channel or hours, or several of them joined by "+"; without it, the model is for all that no other one is about.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from escalation.contacts import Contacts
from escalation.hours import MINUTES_A_DAY
from rules.errors import RulesError, guess
from rules.worktime.durations import DurationError, parse_duration
from simulator.escalation.acknowledging import (
    Acknowledging,
    Curves,
    Delay,
    Failing,
    Fixed,
    Habit,
    LogNormal,
    Never,
    Recorded,
    Those,
)
from simulator.escalation.night import Night
from streams.instants import MINUTE, Micros
from streams.text import Text

DEFAULT: Final = Habit(delay=Fixed(after=15 * MINUTE))
_HOURS: Final = re.compile(r"(\d\d?):([0-5]\d)\s*-\s*(\d\d?):([0-5]\d)")
_SHARE: Final = re.compile(r"(\d+(?:\.\d+)?)(%?)")


class WordsError(RulesError):
    """A text that is no acknowledgement model; `message` says why."""

    def __init__(self, message: Text) -> None:
        self.message = message
        super().__init__(message.en)


def read_model(texts: Iterable[str], contacts: Contacts, night: Night, record: Callable[[], Curves]) -> Acknowledging:
    """`record` reads what the store teaches, where that is wanted. Raises WordsError."""
    habit, others = DEFAULT, []
    for text in texts:
        who, equals, words = text.partition("=")
        if equals and "," not in who:
            others.append((_those(who, contacts), _habit(words, record)))
        else:
            habit = _habit(text, record)
    return Acknowledging(habit=habit, others=tuple(others), night=night)


def read_failing(texts: Iterable[str], contacts: Contacts) -> Failing:
    """Each "CHANNEL=5%": the share of its messages that do not arrive. Raises WordsError."""
    shares = {}
    for text in texts:
        channel, equals, share = text.partition("=")
        if not equals:
            raise _wrong(text, zh="通道=比例，如 sms=5%", en="CHANNEL=SHARE, such as sms=5%")
        if channel not in contacts.channels:
            end = guess(channel, contacts.channels)
            raise WordsError(Text(zh=f"没有通道 {channel}{end.zh}", en=f"there is no channel {channel}{end.en}"))
        shares[channel] = _share(share)
    return Failing(shares=shares)


def read_night(text: str) -> Night:
    """Raises WordsError."""
    found = _HOURS.fullmatch(text.strip())
    first, last = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
    if first == last or first >= MINUTES_A_DAY or last > MINUTES_A_DAY:
        raise _wrong(text, zh="时段，如 22:00-07:00", en="hours such as 22:00-07:00")
    return Night(first=first, last=last)


def _those(text: str, contacts: Contacts) -> Those:
    person = channel = hours = None
    for part in (one.strip() for one in text.split("+")):
        if part in contacts.people:
            person = part
        elif part in contacts.channels:
            channel = part
        elif _HOURS.fullmatch(part):
            hours = read_night(part)
        else:
            end = guess(part, (*contacts.people, *contacts.channels))
            raise WordsError(
                Text(
                    zh=f"{part} 不是人员、通道或时段（如 22:00-07:00）{end.zh}",
                    en=f"{part} is no person, channel or hours (such as 22:00-07:00){end.en}",
                )
            )
    return Those(person=person, channel=channel, hours=hours)


def _habit(text: str, record: Callable[[], Curves]) -> Habit:
    first, *words = (one.strip() for one in text.split(","))
    nth, never, awake = 1, 0.0, False
    for word in words:
        name, _, value = word.partition("=")
        if name == "nth" and value.isdecimal() and int(value) > 0:
            nth = int(value)
        elif name == "never":
            never = _share(value)
        elif word == "awake":
            awake = True
        else:
            raise _wrong(word, zh="nth=2、never=10% 或 awake", en="nth=2, never=10% or awake")
    return Habit(delay=_delay(first, record), nth=nth, never=never, awake=awake)


def _delay(text: str, record: Callable[[], Curves]) -> Delay:
    match text.split(":"):
        case ["never"]:
            return Never()
        case ["store"]:
            return Recorded(curves=record())
        case ["lognormal", median, sigma]:
            return LogNormal(median=_duration(median), sigma=_number(sigma))
        case _:
            return Fixed(after=_duration(text))


def _duration(text: str) -> Micros:
    try:
        return parse_duration(text, {}).micros
    except DurationError:
        raise _wrong(
            text,
            zh="时长（如 15m）、lognormal:10m:1.0、store 或 never",
            en="a duration such as 15m, lognormal:10m:1.0, store or never",
        ) from None


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 10:
        raise _wrong(text, zh="0 到 10 的数，如 1.0", en="a number from 0 to 10, such as 1.0")
    return found


def _share(text: str) -> float:
    found = _SHARE.fullmatch(text.strip())
    share = (float(found[1]) / (100 if found[2] else 1)) if found else -1.0
    if not 0 <= share <= 1:
        raise _wrong(text, zh="比例，如 10% 或 0.1", en="a share such as 10% or 0.1")
    return share


def _wrong(text: str, *, zh: str, en: str) -> WordsError:
    return WordsError(Text(zh=f"{text!r}：应为{zh}", en=f"{text!r}: expected {en}"))
