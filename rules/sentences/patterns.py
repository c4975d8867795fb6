"""What the templates of sentences are made of: words, slots that hold one category of things, and optional parts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.sentences.spelling import word_pattern
from rules.sentences.synonyms import SYNONYMS
from streams.text import Text


class Category(StrEnum):
    """What can stand in a slot."""

    NODE = "node"
    TYPE = "type"
    FIELD = "field"
    GROUP = "group"
    NUMBER = "number"
    AMOUNT = "amount"
    SIGN = "sign"
    DURATION = "duration"
    CALENDAR = "calendar"
    COUNT = "count"


CATEGORIES: Final[Mapping[Category, Text]] = {
    Category.NODE: Text(zh="节点", en="a node"),
    Category.TYPE: Text(zh="事件类型", en="an event type"),
    Category.FIELD: Text(zh="字段", en="a field"),
    Category.GROUP: Text(zh="文本字段或 key", en="a string field or key"),
    Category.NUMBER: Text(zh="数字字段", en="a number field"),
    Category.AMOUNT: Text(zh="数字字段或数字", en="a number field or a number"),
    Category.SIGN: Text(zh="比较词（低于、超过……）", en="a comparison (below, exceeds ...)"),
    Category.DURATION: Text(zh="时长（48小时、2天……）", en="a duration (48h, 2d ...)"),
    Category.CALENDAR: Text(zh="日历", en="a calendar"),
    Category.COUNT: Text(zh="次数", en="a number of times"),
}

SLOTS: Final[Mapping[str, Category]] = {
    "node": Category.NODE,
    "after": Category.NODE,
    "type": Category.TYPE,
    "field": Category.FIELD,
    "per": Category.GROUP,
    "left": Category.NUMBER,
    "more": Category.NUMBER,
    "right": Category.AMOUNT,
    "sign": Category.SIGN,
    "within": Category.DURATION,
    "ahead": Category.DURATION,
    "late": Category.DURATION,
    "lasting": Category.DURATION,
    "times": Category.COUNT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of the template itself. `any_of` finds it or one that may stand for it, `each` are all of these."""

    word: str
    any_of: re.Pattern[str]
    each: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, word: str) -> "Word":
        each = tuple(word_pattern(one) for one in sorted(SYNONYMS.get(word, (word,)), key=len, reverse=True))
        return cls(word=word, any_of=re.compile("|".join(one.pattern for one in each)), each=each)

    @property
    def said(self) -> str:
        return self.word.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    name: str

    @property
    def category(self) -> Category:
        return SLOTS[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maybe:
    items: tuple["Item", ...]


Item = Word | Slot | Maybe


def read_pattern(text: str) -> tuple[Item, ...]:
    tokens = iter(text.replace("[", " [ ").replace("]", " ] ").split())
    return tuple(_items(tokens))


def _items(tokens: Iterator[str]) -> Iterator[Item]:
    for token in tokens:
        if token == "]":
            return
        if token == "[":
            yield Maybe(items=tuple(_items(tokens)))
        elif token.startswith("{"):
            yield Slot(name=token[1:-1])
        else:
            yield Word.of(token)
