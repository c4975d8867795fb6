"""What is said of a sentence that cannot be read: where it stopped, what was understood, the nearest template."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from rules.errors import nearest, spanning
from rules.files.document import Leaf
from rules.sentences.matching import Stop
from rules.sentences.patterns import CATEGORIES, Category, Slot, Word
from rules.sentences.saying import example_like
from rules.sentences.spelling import Sentence, fold
from rules.sentences.templates import TEMPLATES
from streams.text import Text

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_ALIKE: Final = 0.5  # of two Chinese words of two characters, one
_LISTED: Final = 8
_MOST_WANTED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """The known words that are nearest, and how many characters of the sentence they stand for."""

    words: tuple[str, ...]
    length: int


def report_not_understood(leaf: Leaf, sentence: Sentence, stops: Sequence[Stop]) -> None:
    """`stops` are the furthest ones, all at one place."""
    start, end = sentence.word(stops[0].at)
    guess = _guess(sentence.text[start:end], [word for stop in stops for word in _known(stop)])
    stop, example = _nearest(sentence, stops, guess)
    if guess is not None and _CHINESE.search(guess.words[0]):
        end = start + guess.length
    alike = [one for one in stops if one.way.form is stop.way.form and one.way.language == stop.way.language]
    understood = sentence.written(0, start)
    said = [_problem([stop, *alike], sentence.written(start, end), guess)]
    if understood:
        said.append(Text(zh=f"已读懂：“{understood}”。", en=f'Understood so far: "{understood}".'))
    said.append(example)
    if not understood:
        said.append(Text(zh="。所有句式：tocsin rules show --templates", en="(all: tocsin rules show --templates)"))
    leaf.source.problems.error(
        spanning(
            leaf.locate(sentence.origins[start]), leaf.locate(max(sentence.origins[start], sentence.origins[end] - 1))
        ),
        "sentence",
        zh="".join(text.zh for text in said),
        en=" ".join(text.en for text in said),
    )


def report_too_long(leaf: Leaf, most: int) -> None:
    leaf.source.problems.error(
        leaf.place,
        "sentence",
        zh=f"句子有 {len(leaf.raw)} 个字符，最多 {most} 个；请写短些，其他条件写在 where 中",
        en=f"the sentence has {len(leaf.raw)} characters, at most {most} are read; further conditions go under where",
    )


def report_kinds(leaf: Leaf, kinds: Iterable[str]) -> None:
    listed = tuple(kinds)
    leaf.source.problems.error(
        leaf.place,
        "sentence_kinds",
        zh=f"{'、'.join(listed)} 都能读懂这个句子；请用 on: 写明是哪一种",
        en=f"the sentence can be about {' or '.join(listed)}: say with on: which kind is meant",
    )


def report_ambiguous(leaf: Leaf, readings: Iterable[str]) -> None:
    listed = tuple(readings)
    leaf.source.problems.error(
        leaf.place,
        "sentence_ambiguous",
        zh=f"句子有 {len(listed)} 种读法：{'；'.join(listed)}。请改用名称而不是标签，或直接写核心键",
        en=f"the sentence can be read in {len(listed)} ways: {'; '.join(listed)}. Use names in place of labels, "
        "or write the core keys",
    )


def _nearest(sentence: Sentence, stops: Sequence[Stop], guess: _Guess | None) -> tuple[Stop, Text]:
    """The way that fits best of those that the kind has an example for, and the example."""
    fitting = sorted(stops, key=lambda stop: _fit(sentence, stop, guess), reverse=True)
    for stop in fitting:
        example = _example(sentence, stop, guess)
        if example is not None:
            return stop, example
    return fitting[0], Text.plain("")


def _problem(stops: Sequence[Stop], word: str, guess: _Guess | None) -> Text:
    """What should stand where reading stopped; of `stops` the first is the one that fits best."""
    wanted = [stop for stop in stops if stop.wanted is not None]
    if not wanted:
        return Text(
            zh=f"句子应在“{word}”之前结束；其他条件请写在 where 中。",
            en=f'the sentence should end before "{word}"; further conditions go under where.',
        )
    slots = [stop for stop in wanted if not isinstance(stop.wanted, Word)]
    names = list(dict.fromkeys(_say(stop) for stop in (wanted[0], *slots)))[:_MOST_WANTED]
    zh, en = "或".join(name.zh for name in names), " or ".join(name.en for name in names)
    meant = _meant(slots, guess)
    if not word:
        return Text(zh=f"句子不完整，后面还应有{zh}{meant.zh}", en=f"the sentence breaks off: expected {en}{meant.en}")
    return Text(zh=f"读不懂“{word}”：此处应为{zh}{meant.zh}", en=f'"{word}" is not understood: expected {en}{meant.en}')


def _say(stop: Stop) -> Text:
    match stop.wanted:
        case Slot(category=category) | (Category() as category):
            return CATEGORIES[category]
        case Word(said=said):
            return Text(zh=f"“{said}”", en=f'"{said}"')
        case None:
            return Text.plain("")


def _meant(stops: Sequence[Stop], guess: _Guess | None) -> Text:
    if guess is not None:
        return Text(zh=f"；是否应为 {'、'.join(guess.words)}？", en=f"; did you mean {' or '.join(guess.words)}?")
    known = tuple(dict.fromkeys(word for stop in stops for word in _known(stop)))
    if known and len(known) <= _LISTED:
        return Text(zh=f"；可用：{'、'.join(known)}。", en=f"; known: {', '.join(known)}.")
    return Text(zh="。", en=".")


def _example(sentence: Sentence, stop: Stop, guess: _Guess | None) -> Text | None:
    """In the author's words as far as they were understood; None where the kind has nothing for a slot."""
    words = {name: sentence.written(found.origins[0], found.end) for name, found in stop.bound.items()}
    if isinstance(stop.wanted, Slot) and guess is not None and len(guess.words) == 1 and guess.words[0] in _known(stop):
        words[stop.wanted.name] = guess.words[0]
    template, example = TEMPLATES[stop.way.form.template], example_like(stop.way, words)
    if example is None:
        return None
    return Text(zh=f"最接近的句式（{template.zh}）：{example}", en=f"The nearest template ({template.en}): {example}")


def _known(stop: Stop) -> tuple[str, ...]:
    """The words that could stand where reading stopped."""
    match stop.wanted:
        case Word() as word:
            return (word.said,)
        case Slot(category=category) | (Category() as category):
            words = stop.way.vocabulary.words.get(category)
            return () if words is None else words.known
        case None:
            return ()


def _guess(word: str, known: Iterable[str]) -> _Guess | None:
    """The nearest known words. Chinese has no blanks: there as many characters are compared as a known word has."""
    listed = tuple(dict.fromkeys(known))
    if not _CHINESE.search(word):
        meant = nearest(word, tuple(map(fold, listed)))
        found = tuple(one for one in listed if fold(one) == meant)
        return _Guess(words=found[:1], length=len(word)) if found else None
    ratios = {one: SequenceMatcher(None, word[: len(one)], one).ratio() for one in listed if _CHINESE.search(one)}
    best = max(ratios.values(), default=0.0)
    if best < _ALIKE:
        return None
    words = tuple(one for one, ratio in ratios.items() if ratio == best)[:_LISTED]
    return _Guess(words=words, length=min(len(words[0]), len(word)))


def _fit(sentence: Sentence, stop: Stop, guess: _Guess | None) -> tuple[bool, bool, float]:
    """How near a way is to the sentence: a guess for the word, its language, its own words that are there."""
    words = [item for item in stop.way.pattern if isinstance(item, Word)]
    there = sum(item.any_of.search(sentence.text) is not None for item in words)
    chinese = _CHINESE.search(sentence.text) is not None
    return (
        guess is not None and guess.words[0] in _known(stop),
        (stop.way.language == "zh") == chinese,
        there - 0.5 * (len(words) - there) if there else -len(sentence.text),
    )
