"""Reading a sentence by the patterns of the templates: all ways in which it can be read, or how far reading came."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from rules.sentences.lengths import calendar_wanted
from rules.sentences.patterns import Category, Item, Maybe, Slot, Word
from rules.sentences.spelling import Sentence
from rules.sentences.templates import FORMS, Form
from rules.sentences.vocabulary import Vocabulary
from rules.sentences.words import Found
from streams.text import Language

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
_LATIN: Final = re.compile(r"[a-z]")  # after folding

Bound = Mapping[str, Found]  # by the names of slots
Wanted = Word | Slot | Category | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One pattern of one form, and the words of the kind that it is read with."""

    form: Form
    language: Language
    pattern: tuple[Item, ...]
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A sentence understood: what stands in the slots of a form."""

    way: Way
    bound: Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where reading by one way came to an end; `wanted` None: the sentence should have ended there."""

    way: Way
    bound: Bound
    at: int
    wanted: Wanted


def readings(sentence: Sentence, vocabulary: Vocabulary) -> Iterator[Reading]:
    """All ways to understand a sentence as one about a kind."""
    places = _Places(sentence, vocabulary)
    present = {word.word for word in _words() if word.any_of.search(sentence.text)}
    for form, language, pattern, words in _patterns():
        if words <= present:
            way = Way(form=form, language=language, pattern=pattern, vocabulary=vocabulary)
            yield from _Reader(places, way).readings()


def furthest(sentence: Sentence, vocabulary: Vocabulary) -> list[Stop]:
    """Where a sentence stops being understood: of all stops those that are furthest on.

    An English template is none for a sentence without a Latin letter, though a label may be understood in both.
    """
    latin = _LATIN.search(sentence.text) is not None
    stops: list[Stop] = []
    places = _Places(sentence, vocabulary)
    for form, language, pattern, _ in _patterns():
        if language == "en" and sentence.text and not latin:
            continue
        reader = _Reader(places, Way(form=form, language=language, pattern=pattern, vocabulary=vocabulary))
        list(reader.readings())
        stops.extend(reader.stops)
    return furthest_of(stops)


def furthest_of(stops: Sequence[Stop]) -> list[Stop]:
    most = max((stop.at for stop in stops), default=0)
    return [stop for stop in stops if stop.at == most]


@cache
def _patterns() -> tuple[tuple[Form, Language, tuple[Item, ...], frozenset[str]], ...]:
    """All that there are, each with the words that it cannot do without."""
    return tuple(
        (form, language, pattern, frozenset(item.word for item in pattern if isinstance(item, Word)))
        for form in FORMS
        for language in LANGUAGES
        for pattern in form.patterns[language]
    )


@cache
def _words() -> tuple[Word, ...]:
    """Those that some pattern cannot do without."""
    found = {item.word: item for _, _, pattern, _ in _patterns() for item in pattern if isinstance(item, Word)}
    return tuple(found.values())


class _Places:
    """What stands at the places of a sentence: looked up once, as many patterns ask for the same."""

    def __init__(self, sentence: Sentence, vocabulary: Vocabulary) -> None:
        self.sentence = sentence
        self.starts = vocabulary.starts(sentence)
        self._vocabulary = vocabulary
        self._things: dict[tuple[Category, int], list[Found]] = {}
        self._ends: dict[tuple[str, int], list[int]] = {}

    def things(self, category: Category, start: int) -> list[Found]:
        key = (category, start)
        if key not in self._things:
            self._things[key] = list(self._vocabulary.at(category, self.sentence, start))
        return self._things[key]

    def ends(self, word: Word, start: int) -> list[int]:
        """Where the word can end, or one that may stand for it; the longest first."""
        key = (word.word, start)
        if key not in self._ends:
            text = self.sentence.text
            matches = (one.match(text, start) for one in word.each) if word.any_of.match(text, start) else ()
            self._ends[key] = sorted({found.end() for found in matches if found is not None}, reverse=True)
        return self._ends[key]


class _Reader:
    """Reads a sentence in one way, going back wherever there is a choice."""

    def __init__(self, places: _Places, way: Way) -> None:
        self.stops: list[Stop] = []
        self._places = places
        self._sentence = places.sentence
        self._way = way

    def readings(self) -> Iterator[Reading]:
        for start in self._places.starts:
            for end, bound in self._match(self._way.pattern, start, {}):
                if self._sentence.skip(end) == len(self._sentence.text):
                    yield Reading(way=self._way, bound=bound)
                else:
                    self._stop(end, bound, None)

    def _match(self, items: Sequence[Item], index: int, bound: Bound) -> Iterator[tuple[int, Bound]]:
        """Every way to read these items from a place on: where it ends, and what stands in the slots."""
        if not items:
            yield index, bound
            return
        first, rest = items[0], items[1:]
        match first:
            case Maybe(items=inner):
                yield from self._match((*inner, *rest), index, bound)
                yield from self._match(rest, index, bound)
            case Word():
                for end in self._ends(first, index, bound):
                    yield from self._match(rest, end, bound)
            case Slot(name=name):
                for found in self._things(first, index, bound):
                    yield from self._match(rest, found.end, {**bound, name: found})

    def _ends(self, word: Word, index: int, bound: Bound) -> list[int]:
        start = self._sentence.skip(index)
        found = self._places.ends(word, start)
        if not found:
            self._stop(start, bound, word)
        return found

    def _things(self, slot: Slot, index: int, bound: Bound) -> list[Found]:
        start = self._sentence.skip(index)
        found = self._places.things(slot.category, start)
        if slot.category is Category.DURATION:
            wanted = calendar_wanted(self._sentence, start)
            if wanted is not None and all(one.end <= wanted for one in found):
                self._stop(wanted, bound, Category.CALENDAR)
        if not found:
            self._stop(start, bound, slot)
        return found

    def _stop(self, at: int, bound: Bound, wanted: Wanted) -> None:
        self.stops.append(Stop(way=self._way, bound=bound, at=self._sentence.skip(at), wanted=wanted))
