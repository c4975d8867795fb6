"""How a sentence is spelt for comparison: NFKC and without case, every character's place in the author's text kept."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_BETWEEN_WORDS: Final = frozenset(" \t\r\n\u3000,、。;:!'\"“”‘’「」『』")  # after NFKC
_LATIN: Final = re.compile(r"[a-z0-9_]")
_WORD: Final = re.compile(r"[a-z0-9_.\-]+|[^\sa-z0-9_,、。;:!()'\"“”‘’「」『』]+")
_GAP: Final = r"[\s_]+"
_INNER_GAP: Final = re.compile(r"(?<=[^\s_])[\s_]+(?=[^\s_])")


def fold(text: str) -> str:
    """The form in which words are compared."""
    return "".join(part for part, _ in _folded(text))


def word_pattern(word: str) -> re.Pattern[str]:
    """A word or phrase as it may stand in a folded sentence; letters around a Latin one make it another word."""
    parts = [re.escape(part) for part in _INNER_GAP.split(fold(word).strip())]
    start = r"(?<![a-z_])" if re.match(r"[a-z_]", fold(word)) else ""
    return re.compile(start + _GAP.join(parts) + end_of_word(word))


def end_of_word(word: str) -> str:
    """What follows a word in a pattern: Chinese needs no blanks, Latin letters do."""
    last = fold(word)[-1:]
    if not _LATIN.fullmatch(last):
        return ""
    return r"(?![a-z0-9_])" if last.isdigit() else r"(?![a-z_])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """An author's sentence: `text` is compared, `origins[i]` says where its character i stands in `raw`."""

    raw: str
    text: str
    origins: tuple[int, ...]  # one more than characters: the last is the end

    @classmethod
    def of(cls, raw: str) -> "Sentence":
        parts = list(_folded(raw))
        origins = [origin for part, origin in parts for _ in part]
        return cls(raw=raw, text="".join(part for part, _ in parts), origins=(*origins, len(raw)))

    def skip(self, index: int) -> int:
        """The next character that is no blank, comma, full stop or quote."""
        while index < len(self.text) and self.text[index] in _BETWEEN_WORDS:
            index += 1
        return index

    def written(self, start: int, end: int) -> str:
        """What the author wrote for a stretch of `text`."""
        return self.raw[self.origins[start] : self.origins[end]].strip()

    def word(self, index: int) -> tuple[int, int]:
        """The word that stands at a character or around it; empty at the end of the sentence."""
        while 0 < index < len(self.text) and _LATIN.match(self.text[index]) and _LATIN.match(self.text[index - 1]):
            index -= 1
        found = _WORD.match(self.text, index)
        return index, (min(index + 1, len(self.text)) if found is None else found.end())


def _folded(raw: str) -> Iterator[tuple[str, int]]:
    """Characters, each with its combining marks, as they are compared, and where they stand."""
    if raw.isascii():  # then all of this is lower case alone
        yield from zip(raw.lower(), range(len(raw)), strict=True)
        return
    start = 0
    for index in range(1, len(raw) + 1):
        if index == len(raw) or not unicodedata.combining(raw[index]):
            yield unicodedata.normalize("NFKC", raw[start:index].casefold()).casefold(), start
            start = index
