"""Saying things in the patterns of the templates, with the words of a model: examples of every sentence it allows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.sentences.matching import Way
from rules.sentences.patterns import SLOTS, Category, Item, Maybe, Slot, Word
from rules.sentences.templates import FORMS, Form, Template
from rules.sentences.vocabulary import Vocabulary
from streams.model import FieldType
from streams.text import Language

_FEW: Final = 3  # number fields, so that the sum of two can be compared with a third
_LENGTHS: Final[Mapping[str, str]] = {"within": "48h", "ahead": "2d", "late": "4h", "lasting": "2h", "times": "3"}
_REPEATED_WITHIN: Final = "7d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A sentence that the model of a workspace allows."""

    template: Template
    kind: str
    sentence: str


def say(pattern: Sequence[Item], words: Mapping[str, str], optional: Collection[str]) -> str | None:
    """The pattern with these words in its slots; of the optional parts those that have one of these slots."""
    said: list[str] = []
    for item in pattern:
        match item:
            case Word():
                said.append(item.said)
            case Slot(name=name):
                if name not in words:
                    return None
                said.append(words[name])
            case Maybe(items=inner):
                part = say(inner, words, optional)
                if part is not None and any(isinstance(one, Slot) and one.name in optional for one in inner):
                    said.append(part)
    return " ".join(said)


def examples(vocabulary: Vocabulary, language: Language) -> Iterator[Example]:
    """One sentence for each form of each template, as far as the kind has what it speaks of."""
    for form in FORMS:
        words = _words(_sample(vocabulary, form), vocabulary, language)
        said = say(form.patterns[language][0], words, words)
        if said is not None:
            yield Example(template=form.template, kind=vocabulary.kind.name, sentence=said)


def example_like(way: Way, words: Mapping[str, str]) -> str | None:
    """A sentence in a pattern that somebody tried, with these words and others for the slots that are still empty."""
    pattern = way.pattern if words else way.form.patterns[way.language][0]
    others = _words(_sample(way.vocabulary, way.form), way.vocabulary, way.language)
    return say(pattern, others | dict(words), words)


def _words(cores: Mapping[str, str], vocabulary: Vocabulary, language: Language) -> dict[str, str]:
    said = {name: vocabulary.say(SLOTS[name], core, language) for name, core in cores.items()}
    return {name: word for name, word in said.items() if word is not None}


def _sample(vocabulary: Vocabulary, form: Form) -> dict[str, str]:
    """For each slot something that is likely to make sense, in the core form; none where the kind has nothing."""
    kind = vocabulary.kind
    found = dict(_LENGTHS) | {"sign": "<"}
    if form.template == "repeated problem":
        found["within"] = _REPEATED_WITHIN
    way = [node.name for node in kind.nodes.values() if not node.off_path]
    if len(way) > 1:
        found["after"] = way[(len(way) - 1) // 3]
    if way:
        found["node"] = way[min((len(way) + 1) // 2, len(way) - 1)]
    type_ = next((name for name, event in kind.events.items() if not event.resets), None)
    types = vocabulary.words[Category.TYPE]
    core = None if type_ is None else types.core_of(type_)
    if core is not None:
        found["type"] = core
    numbers = [name for name, one in kind.fields.items() if one.type is FieldType.NUMBER]
    numbers += vocabulary.scope.totals
    if numbers:
        found |= {"left": numbers[0], "right": numbers[-1] if len(numbers) > 1 else "10"}
        found |= {"more": numbers[1]} if len(numbers) >= _FEW else {}
    fields = vocabulary.scope.fields()
    if fields:
        found["field"] = next((name for name in fields if name in numbers), fields[0])
    found["per"] = next((name for name, one in kind.fields.items() if one.type is FieldType.STRING), "key")
    return found
