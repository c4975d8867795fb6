"""Whole numbers and durations in sentences: `48h`, `2 working days`, `两周`, `2天(cn-workdays)`."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.sentences.spelling import Sentence, end_of_word, fold
from rules.sentences.words import Found, Words
from streams.text import Language

_WHOLE: Final = re.compile(r"[0-9]+|[一二两三四五六七八九十](?![一二三四五六七八九十])")
_NUMERALS: Final = {word: str(number) for number, word in enumerate("零一二三四五六七八九十")} | {"两": "2"}
_UNITS: Final[Mapping[str, tuple[str, ...]]] = {  # the core form's unit: as authors write it
    "w": ("个星期", "星期", "个礼拜", "礼拜", "周", "weeks", "week", "w"),
    "d": ("天", "日", "days", "day", "d"),
    "h": ("个小时", "小时", "个钟头", "钟头", "hours", "hour", "hrs", "hr", "h"),
    "m": ("分钟", "分", "minutes", "minute", "mins", "min", "m"),
    "s": ("秒钟", "秒", "seconds", "second", "secs", "sec", "s"),
}
_WORKING_UNITS: Final[Mapping[str, tuple[str, ...]]] = {  # in a calendar
    "d": ("个工作日", "工作日", "个工作天", "工作天", "working days", "working day", "business days", "business day"),
    "h": (
        "个工作小时",
        "工作小时",
        "个工时",
        "工时",
        "working hours",
        "working hour",
        "business hours",
        "business hour",
    ),
}
_SAID_UNITS: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {"w": "周", "d": "天", "h": "小时", "m": "分钟", "s": "秒"},
    "en": {"w": "w", "d": "d", "h": "h", "m": "m", "s": "s"},
}
_CORE_PART: Final = re.compile(r"([0-9]+)\s*([^\W\d]+)\s*")
_UNIT_OF: Final = {fold(word): unit for unit, words in _UNITS.items() for word in words}
_UNIT_PATTERNS: Final = sorted(
    (
        (re.compile(re.escape(word).replace(r"\ ", r"\s+") + end_of_word(word)), unit, working)
        for units, working in ((_UNITS, False), (_WORKING_UNITS, True))
        for unit, words in units.items()
        for word in words
    ),
    key=lambda one: -len(one[0].pattern),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Length:
    """Numbers with units: each in the core form and where it begins; `working`: a unit is one of working time."""

    parts: tuple[tuple[str, int], ...]
    end: int
    working: bool


def read_whole(sentence: Sentence, index: int) -> Found | None:
    found = _WHOLE.match(sentence.text, index)
    if found is None:
        return None
    core = _NUMERALS.get(found[0], found[0])
    return Found(end=found.end(), core=core, origins=(index,) * len(core))


def read_durations(sentence: Sentence, index: int, calendars: Words, known: Sequence[str]) -> Iterator[Found]:
    """The duration that begins there, with and without a calendar; working days alone mean the only calendar known."""
    length = _length(sentence, index)
    if length is None:
        return
    for calendar, start, end in _calendars_behind(sentence, length.end, calendars):
        yield _duration((*length.parts, (calendar, start)), end)
    if not length.working:
        yield _duration(length.parts, length.end)
    elif len(known) == 1:
        yield _duration((*length.parts, (known[0], index)), length.end)


def calendar_wanted(sentence: Sentence, index: int) -> int | None:
    """Where a calendar should stand behind the duration that begins there: in its brackets, or behind working days."""
    length = _length(sentence, index)
    if length is None:
        return None
    start = sentence.skip(length.end)
    if sentence.text[start : start + 1] == "(":
        return sentence.skip(start + 1)
    return start if length.working else None


def say_duration(core: str, language: Language, calendars: Collection[str]) -> str | None:
    """A duration of the core form in a sentence; None where it is none."""
    parts: list[str] = []
    index = 0
    while (found := _CORE_PART.match(core, index)) is not None and fold(found[2]) in _UNIT_OF:
        parts.append(f"{found[1]}{_SAID_UNITS[language][_UNIT_OF[fold(found[2])]]}")
        index = found.end()
    calendar = core[index:].strip()
    if not parts or (calendar and calendar not in calendars):
        return None
    length = ("" if language == "zh" else " ").join(parts)
    if not calendar:
        return length
    return f"{length}({calendar})" if language == "zh" else f"{length} ({calendar})"


def _length(sentence: Sentence, index: int) -> _Length | None:
    parts: list[tuple[str, int]] = []
    end, working = index, False
    while (number := read_whole(sentence, sentence.skip(end))) is not None:
        unit = _unit(sentence, number.end)
        if unit is None:
            break
        parts.append((f"{number.core}{unit[0]}", number.origins[0]))
        end, working = unit[1], working or unit[2]
    return _Length(parts=tuple(parts), end=end, working=working) if parts else None


def _unit(sentence: Sentence, index: int) -> tuple[str, int, bool] | None:
    """The unit that stands there, where it ends, and whether it is one of working time."""
    start = sentence.skip(index)
    for pattern, unit, working in _UNIT_PATTERNS:
        found = pattern.match(sentence.text, start)
        if found is not None:
            return unit, found.end(), working
    return None


def _calendars_behind(sentence: Sentence, index: int, calendars: Words) -> Iterator[tuple[str, int, int]]:
    """In brackets or without: the name, where it begins, and where reading goes on."""
    start = sentence.skip(index)
    bracket = sentence.text[start : start + 1] == "("
    start = sentence.skip(start + 1) if bracket else start
    for found in calendars.at(sentence, start):
        end = sentence.skip(found.end)
        if not bracket:
            yield found.core, start, found.end
        elif sentence.text[end : end + 1] == ")":
            yield found.core, start, end + 1


def _duration(parts: Sequence[tuple[str, int]], end: int) -> Found:
    core = " ".join(text for text, _ in parts)
    origins = [origin for text, origin in parts for origin in (origin,) * (len(text) + 1)]
    return Found(end=end, core=core, origins=tuple(origins[: len(core)]))
