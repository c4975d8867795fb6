"""An incident as one sentence (console.md: the sentence first), for messages and for the console."""

from typing import Final
from zoneinfo import ZoneInfo

from notifiers.facts import Facts
from notifiers.localise import one_line
from notifiers.sentence_en import open_en, resolved_en
from notifiers.sentence_zh import open_zh, resolved_zh
from notifiers.summary import render_summary
from notifiers.timing import timing_of
from streams.instants import Instant
from streams.text import Language

LONGEST: Final = 300


def sentence(facts: Facts, language: Language, zone: ZoneInfo, now: Instant) -> str:
    """What is the matter, or how it ended if it is over; the rule's own summary where it has one that works.

    One line of at most 300 characters. Never raises for what the files or the events say.
    """
    if facts.resolved_at is not None:
        return one_line(resolved_zh(facts) if language == "zh" else resolved_en(facts), LONGEST)
    own = render_summary(facts, language, zone, now)
    if own is None:
        times = timing_of(facts, language, zone, now)
        own = open_zh(facts, times) if language == "zh" else open_en(facts, times)
    return one_line(own + _touching(facts, language), LONGEST)


def _touching(facts: Facts, language: Language) -> str:
    """How many open entities of other kinds are concerned, where there are any."""
    found = [(label.say(language), count) for label, count in facts.touched if count]
    if not found:
        return ""
    if language == "zh":
        return "，涉及 " + "、".join(f"{count} 个未结{label}" for label, count in found)
    return "; touches " + " and ".join(f"{count} open {_plural(label.lower(), count)}" for label, count in found)


def _plural(label: str, count: int) -> str:
    if count == 1 or label.endswith("s"):
        return label
    return f"{label[:-1]}ies" if label.endswith("y") and label[-2:-1] not in "aeiou" else f"{label}s"
