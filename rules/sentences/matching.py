"""Reading a sentence by the patterns of the templates: all ways in which it can be read, or how far reading came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.sentences.lengths import calendar_wanted
from rules.sentences.patterns import Category, Item, Maybe, Slot, Word
from rules.sentences.spelling import Sentence
from rules.sentences.templates import FORMS, Form
from rules.sentences.vocabulary import Vocabulary
from rules.sentences.words import Found
from streams.text import Language

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

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
    for way in _ways(vocabulary):
        if all(item.any_of.search(sentence.text) for item in way.pattern if isinstance(item, Word)):
            yield from _Reader(sentence, way).readings()


def furthest(sentence: Sentence, vocabulary: Vocabulary) -> list[Stop]:
    """Where a sentence stops being understood: of all stops those that are furthest on."""
    stops: list[Stop] = []
    for way in _ways(vocabulary):
        reader = _Reader(sentence, way)
        list(reader.readings())
        stops.extend(reader.stops)
    return furthest_of(stops)


def furthest_of(stops: Sequence[Stop]) -> list[Stop]:
    most = max((stop.at for stop in stops), default=0)
    return [stop for stop in stops if stop.at == most]


def _ways(vocabulary: Vocabulary) -> Iterator[Way]:
    for form in FORMS:
        for language in LANGUAGES:
            for pattern in form.patterns[language]:
                yield Way(form=form, language=language, pattern=pattern, vocabulary=vocabulary)


class _Reader:
    """Reads a sentence in one way, going back wherever there is a choice."""

    def __init__(self, sentence: Sentence, way: Way) -> None:
        self.stops: list[Stop] = []
        self._sentence = sentence
        self._way = way

    def readings(self) -> Iterator[Reading]:
        for start in self._way.vocabulary.starts(self._sentence):
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
        text, start = self._sentence.text, self._sentence.skip(index)
        if word.any_of.match(text, start) is None:
            self._stop(start, bound, word)
            return []
        matches = (one.match(text, start) for one in word.each)
        return sorted({found.end() for found in matches if found is not None}, reverse=True)

    def _things(self, slot: Slot, index: int, bound: Bound) -> list[Found]:
        start = self._sentence.skip(index)
        found = list(self._way.vocabulary.at(slot.category, self._sentence, start))
        if slot.category is Category.DURATION:
            wanted = calendar_wanted(self._sentence, start)
            if wanted is not None and all(one.end <= wanted for one in found):
                self._stop(wanted, bound, Category.CALENDAR)
        if not found:
            self._stop(start, bound, slot)
        return found

    def _stop(self, at: int, bound: Bound, wanted: Wanted) -> None:
        self.stops.append(Stop(way=self._way, bound=bound, at=self._sentence.skip(at), wanted=wanted))
