"""The words that can stand in the slots of a sentence about one kind: names and labels of its model, numbers, times."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rules.language.expression import Scope
from rules.language.tree import Type, quoted
from rules.sentences.lengths import read_durations, read_whole, say_duration
from rules.sentences.patterns import Category
from rules.sentences.spelling import Sentence, word_pattern
from rules.sentences.synonyms import SIGNS
from rules.sentences.words import Found, Words
from rules.worktime.calendars import Calendar
from streams.model import Kind, Model
from streams.text import Language, Text

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(?![a-z0-9_.])")
_SIGN_WORDS: Final = Words(
    (sign, word, Text(zh=words[0], en=words[1].replace("_", " "))) for sign, words in SIGNS.items() for word in words
)


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
            whole = read_whole(sentence, index)
            if whole is not None:
                yield whole
        elif category is Category.DURATION:
            yield from read_durations(sentence, index, self.words[Category.CALENDAR], tuple(self.calendars))

    def say(self, category: Category, core: str, language: Language) -> str | None:
        """How a sentence says what stands in the core form; None: it cannot."""
        if category is Category.DURATION:
            return say_duration(core, language, self.calendars)
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
