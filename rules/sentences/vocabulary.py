"""The words that can stand in the slots of a sentence about one kind: names and labels of its model, numbers, times."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rules.language.expression import Scope
from rules.language.tree import Type, quoted
from rules.sentences.patterns import Category
from rules.sentences.spelling import Sentence, end_of_word, fold, word_pattern
from rules.sentences.synonyms import SIGNS
from rules.worktime.calendars import Calendar
from streams.model import Kind, Model
from streams.text import Language, Text, nfkc

_SHORT: Final = 2  # the least characters of a Chinese label that can stand for the whole
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(?![a-z0-9_.])")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands at a place of the sentence: up to `end`, and what it is in the core form.

    `origins` says for each character of `core` where in the sentence it comes from.
    """

    end: int
    core: str
    origins: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    pattern: re.Pattern[str]
    written: str
    core: str
    is_name: bool


class Words:
    """What can be named in one category: names, and labels for them."""

    def __init__(self, names: Iterable[tuple[str, str, Text]], *, short: bool = False) -> None:
        """`names`: what it is in the core form, its name, its label. `short`: Chinese labels may be cut behind."""
        self._said: dict[str, tuple[str, Text]] = {}
        words: list[_Word] = []
        for core, name, label in names:
            self._said.setdefault(core, (name, label))
            words.append(_word(name, core, is_name=True))
            words.extend(_word(one, core) for one in dict.fromkeys((label.zh, label.en)) if one and one != name)
        if short:
            words.extend(_shortened(words))
        self._by_first: dict[str, list[_Word]] = {}
        for word in sorted(words, key=lambda word: -len(word.written)):
            self._by_first.setdefault(fold(word.written)[:1], []).append(word)
        self.known = tuple(dict.fromkeys(word.written for word in words))

    def at(self, sentence: Sentence, index: int) -> Iterator[Found]:
        """What can be meant there, the longest word first; a name as the author wrote it goes before all else."""
        ends: dict[int, list[_Word]] = {}
        for word in self._by_first.get(sentence.text[index : index + 1], ()):
            found = word.pattern.match(sentence.text, index)
            if found is not None:
                ends.setdefault(found.end(), []).append(word)
        for end, words in ends.items():
            written = nfkc(sentence.written(index, end))
            exact = [word for word in words if word.is_name and word.written == written]
            for core in dict.fromkeys(word.core for word in exact or words):
                yield Found(end=end, core=core, origins=(index,) * len(core))

    def core_of(self, name: str) -> str | None:
        return next((core for core, (own, _) in self._said.items() if own == name), None)

    def say(self, core: str, language: Language) -> str | None:
        """The label if it is in that language and says which is meant, else the name."""
        if core not in self._said:
            return None
        name, label = self._said[core]
        word = label.say(language)
        word = word.lower() if language == "en" else word
        fits = word.isascii() == (language == "en")
        return word if word and fits and self._means(word) == [core] else name

    def _means(self, word: str) -> list[str]:
        sentence = Sentence.of(word)
        return [found.core for found in self.at(sentence, 0) if found.end == len(sentence.text)]


def _word(written: str, core: str, *, is_name: bool = False) -> _Word:
    return _Word(pattern=word_pattern(written), written=written, core=core, is_name=is_name)


def _shortened(words: Iterable[_Word]) -> list[_Word]:
    """The beginnings of Chinese labels that begin one of them only: 变更 for 变更申请."""
    whole = {word.written for word in words}
    cores: dict[str, set[str]] = {}
    for word in words:
        if _CHINESE.fullmatch(word.written):
            for length in range(_SHORT, len(word.written)):
                cores.setdefault(word.written[:length], set()).add(word.core)
    return [
        _word(start, core) for start, found in cores.items() if start not in whole and len(found) == 1 for core in found
    ]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words of one kind. `short`: also Chinese labels cut behind, where no whole word fits."""

    kind: Kind
    scope: Scope
    calendars: Mapping[str, Calendar]
    short: bool = False

    @classmethod
    def of(cls, model: Model, kind: str, calendars: Mapping[str, Calendar], *, short: bool = False) -> "Vocabulary":
        scope = Scope.of(model, kind, pulse=True)
        return cls(kind=model.kinds[kind], scope=scope, calendars=calendars, short=short)

    @cached_property
    def words(self) -> Mapping[Category, Words]:
        numbers = tuple(self._fields(Type.NUMBER))
        numbers += tuple((total, total, Text.plain(total)) for total in self.scope.totals)
        groups = (*self._fields(Type.STRING), ("key", "key", Text.plain("key")))
        named: dict[Category, Iterable[tuple[str, str, Text]]] = {
            Category.NODE: ((node.name, node.name, node.label) for node in self.kind.nodes.values()),
            Category.TYPE: self._types(),
            Category.FIELD: self._fields(*Type),
            Category.GROUP: groups,
            Category.NUMBER: numbers,
            Category.AMOUNT: numbers,
            Category.CALENDAR: ((name, name, Text.plain(name)) for name in self.calendars),
        }
        return {category: Words(names, short=self.short) for category, names in named.items()} | {
            Category.SIGN: _SIGN_WORDS
        }

    @cached_property
    def _kind_words(self) -> tuple[re.Pattern[str], ...]:
        words = dict.fromkeys((self.kind.name, self.kind.label.zh, self.kind.label.en))
        return tuple(word_pattern(form) for word in words for form in (word, f"{word}s") if form)

    def starts(self, sentence: Sentence) -> tuple[int, ...]:
        """Where a sentence begins: it may name its kind first, 订单付款后…, orders not shipped ..."""
        found = (pattern.match(sentence.text, sentence.skip(0)) for pattern in self._kind_words)
        return (0, *dict.fromkeys(one.end() for one in found if one is not None))

    def at(self, category: Category, sentence: Sentence, index: int) -> Iterator[Found]:
        """What of a category can stand at a place of a sentence."""
        if category in self.words:
            yield from self.words[category].at(sentence, index)
        if category is Category.AMOUNT:
            found = _NUMBER.match(sentence.text, index)
            if found is not None:
                yield Found(end=found.end(), core=found[0], origins=tuple(range(index, found.end())))
        elif category is Category.COUNT:
            found = _WHOLE.match(sentence.text, index)
            if found is not None:
                core = _number(found[0])
                yield Found(end=found.end(), core=core, origins=(index,) * len(core))
        elif category is Category.DURATION:
            yield from self._durations(sentence, index)

    def say(self, category: Category, core: str, language: Language) -> str | None:
        """How a sentence says what stands in the core form; None: it cannot."""
        if category is Category.DURATION:
            return self._say_duration(core, language)
        if category is Category.COUNT or (category is Category.AMOUNT and _NUMBER.fullmatch(core)):
            return core
        return self.words[category].say(core, language)

    def _fields(self, *types: Type) -> Iterator[tuple[str, str, Text]]:
        for name, field in self.kind.fields.items():
            if self.scope.field_type(name) in types:
                yield name, name, field.label or Text.plain(name)

    def _types(self) -> Iterator[tuple[str, str, Text]]:
        """Event types, and nodes: all types that reach them."""
        for name in self.kind.reaches:
            if name in self.kind.nodes:
                types = sorted(type_ for type_, nodes in self.kind.reaches.items() if name in nodes)
                label = self.kind.nodes[name].label
            else:
                types = [name]
                label = self.kind.events[name].label if name in self.kind.events else Text.plain(name)
            listed = ", ".join(map(quoted, types))
            yield (f"event.type == {listed}" if len(types) == 1 else f"event.type in [{listed}]"), name, label

    def _durations(self, sentence: Sentence, index: int) -> Iterator[Found]:
        """`48h`, `2天(cn-workdays)`, `1d 12h cn-workdays`, `2个工作日` where there is one calendar only."""
        parts: list[tuple[str, int]] = []
        working = False
        end = index
        while (found := _WHOLE.match(sentence.text, sentence.skip(end))) is not None:
            unit = _unit(sentence, found.end())
            if unit is None:
                break
            parts.append((f"{_number(found[0])}{unit[0]}", found.start()))
            end, working = unit[1], working or unit[2]
        if not parts:
            return
        for calendar, start, after in self._calendar_behind(sentence, end):
            yield _duration([*parts, (calendar, start)], after)
        if not working:
            yield _duration(parts, end)
        elif len(self.calendars) == 1:
            yield _duration([*parts, (next(iter(self.calendars)), index)], end)

    def _calendar_behind(self, sentence: Sentence, index: int) -> Iterator[tuple[str, int, int]]:
        start = sentence.skip(index)
        bracket = sentence.text[start : start + 1] == "("
        start = sentence.skip(start + 1) if bracket else start
        for found in self.words[Category.CALENDAR].at(sentence, start):
            end = sentence.skip(found.end)
            if not bracket:
                yield found.core, start, found.end
            elif sentence.text[end : end + 1] == ")":
                yield found.core, start, end + 1

    def _say_duration(self, core: str, language: Language) -> str | None:
        parts = []
        index = 0
        while (found := _CORE_PART.match(core, index)) is not None:
            unit = _UNIT_OF.get(fold(found[2]))
            if unit is None:
                break
            parts.append(f"{found[1]}{_SAID_UNITS[language][unit]}")
            index = found.end()
        calendar = core[index:].strip()
        if not parts or (calendar and calendar not in self.calendars):
            return None
        length = ("" if language == "zh" else " ").join(parts)
        if not calendar:
            return length
        return f"{length}({calendar})" if language == "zh" else f"{length} ({calendar})"


def calendar_wanted(sentence: Sentence, index: int) -> int | None:
    """Where a calendar should stand behind the duration that begins there: in its brackets, or behind working days."""
    end, working = index, False
    while (found := _WHOLE.match(sentence.text, sentence.skip(end))) is not None:
        unit = _unit(sentence, found.end())
        if unit is None:
            break
        end, working = unit[1], working or unit[2]
    start = sentence.skip(end)
    if end > index and sentence.text[start : start + 1] == "(":
        return sentence.skip(start + 1)
    return start if end > index and working else None


def _number(word: str) -> str:
    return _NUMERALS.get(word, word)


def _unit(sentence: Sentence, index: int) -> tuple[str, int, bool] | None:
    """The unit that stands there, where it ends, and whether it is one of working time."""
    start = sentence.skip(index)
    for pattern, unit, working in _UNIT_PATTERNS:
        found = pattern.match(sentence.text, start)
        if found is not None:
            return unit, found.end(), working
    return None


def _duration(parts: list[tuple[str, int]], end: int) -> Found:
    core = " ".join(text for text, _ in parts)
    origins = [origin for text, origin in parts for origin in (origin,) * (len(text) + 1)]
    return Found(end=end, core=core, origins=tuple(origins[: len(core)]))


_SIGN_WORDS: Final = Words(
    (sign, word, Text(zh=words[0], en=words[1].replace("_", " "))) for sign, words in SIGNS.items() for word in words
)
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
