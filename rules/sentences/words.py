"""Names and their labels, as they are found in sentences."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rules.sentences.spelling import Sentence, fold, word_pattern
from streams.text import Language, Text, nfkc

_SHORT: Final = 2  # the least characters of a Chinese label that can stand for the whole
_LONG: Final = 20  # and from here on nobody cuts it
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")


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
        self.known = tuple(dict.fromkeys(word.written for word in words))
        if short:
            words.extend(_shortened(words))
        self._by_first: dict[str, list[_Word]] = {}
        for word in sorted(words, key=lambda word: -len(word.written)):
            self._by_first.setdefault(fold(word.written)[:1], []).append(word)

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
            for length in range(_SHORT, min(len(word.written), _LONG)):
                cores.setdefault(word.written[:length], set()).add(word.core)
    return [
        _word(start, core) for start, found in cores.items() if start not in whole and len(found) == 1 for core in found
    ]
