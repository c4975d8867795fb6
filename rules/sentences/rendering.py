"""Core keys to the sentence that says them: the table of templates, read the other way."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from rules.files.document import Items, Leaf, Map
from rules.language.expression import BUILT_IN, Scope, Type, parse
from rules.language.tree import conjuncts
from rules.language.tree import say as say_condition
from rules.sentences.expansion import excluded_by
from rules.sentences.matching import LANGUAGES
from rules.sentences.patterns import SLOTS, Category
from rules.sentences.saying import say
from rules.sentences.templates import FORMS, Core, Form
from rules.sentences.vocabulary import Vocabulary
from streams.text import Language, nfkc

_MOST_PARTS: Final = 3  # of a condition that a template could say
_IN_CORE: Final[Mapping[Category, str]] = {
    Category.NODE: r"\w+",
    Category.FIELD: r"\w+",
    Category.GROUP: r"\w+",
    Category.NUMBER: r"\w+",
    Category.AMOUNT: r"-?\w+(?:\.\w+)?",
    Category.TYPE: r"event\.type [^()]+",
    Category.SIGN: r"[<>=]+",
    Category.DURATION: r".+",
    Category.COUNT: r"[0-9]+",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence in both languages, the core keys in whose place it stands, and the severity to be written beside."""

    sentences: Mapping[Language, str]
    keys: tuple[str, ...]
    severity: Leaf | None = None


def said(core: Map, vocabulary: Vocabulary) -> Iterator[Said]:
    """The sentences that could stand in place of an entry's core keys, those that say most first."""
    for form in sorted(FORMS, key=lambda form: -len(form.core)):
        keys = tuple(key for key in form.core if key in core)
        beside = [key for key in core if key not in keys]
        if not keys or any(key in excluded_by(given) for given in keys for key in beside):
            continue
        slots = _slots(core, form, keys, vocabulary.scope)
        sentences = {} if slots is None else _sentences(form, slots, vocabulary)
        if len(sentences) == len(LANGUAGES):
            yield Said(sentences=sentences, keys=keys, severity=_stage(core, "severity") if "stages" in keys else None)


def _sentences(form: Form, slots: Mapping[str, str], vocabulary: Vocabulary) -> dict[Language, str]:
    found: dict[Language, str] = {}
    for language in LANGUAGES:
        words = {name: vocabulary.say(SLOTS[name], core, language) for name, core in slots.items()}
        known = {name: word for name, word in words.items() if word is not None}
        sentence = say(form.patterns[language][0], known, known) if len(known) == len(words) else None
        if sentence is not None:
            found[language] = sentence
    return found


def _slots(core: Map, form: Form, keys: tuple[str, ...], scope: Scope) -> dict[str, str] | None:
    """What the core keys put into the slots of a form; None where they do not have its shape."""
    found: dict[str, str] = {}
    for key in keys:
        part = _part(core, key, form.core[key], scope)
        if part is None:
            return None
        found |= part
    return found


def _part(core: Map, key: str, template: Core, scope: Scope) -> dict[str, str] | None:
    node = core.entries[key].node
    if not isinstance(template, str):
        return _inner(node, template) if isinstance(node, Map) else None
    if key == "stages":
        late = _stage(core, "at")
        return None if late is None else _match(template, late.raw.lstrip("+"))
    if not isinstance(node, Leaf):
        return None
    if key != "when":
        return _match(template, nfkc(node.raw).strip())
    expression, _ = parse(node.raw, scope, Type.BOOL, BUILT_IN)
    parts = () if expression is None else tuple(map(say_condition, conjuncts(expression.condition)))
    orders = permutations(parts) if 0 < len(parts) <= _MOST_PARTS else ()
    matches = (_match(template, " and ".join(order)) for order in orders)
    return next((match for match in matches if match is not None), None)


def _inner(node: Map, template: Mapping[str, str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for key, one in node.items():
        leaf = one.nodes[0] if isinstance(one, Items) and len(one.nodes) == 1 else one
        part = _match(template[key], nfkc(leaf.raw)) if key in template and isinstance(leaf, Leaf) else None
        if part is None:
            return None
        found |= part
    return found


def _stage(core: Map, key: str) -> Leaf | None:
    """A key of the one stage that lies after the deadline."""
    stages = core.entries["stages"].node
    only = stages.nodes[0] if isinstance(stages, Items) and len(stages.nodes) == 1 else None
    entry = only.entries.get(key) if isinstance(only, Map) else None
    return entry.node if entry is not None and isinstance(entry.node, Leaf) else None


def _match(template: str, text: str) -> dict[str, str] | None:
    pattern = re.sub(r"\\\{(\w+)\\\}", lambda slot: f"(?P<{slot[1]}>{_IN_CORE[SLOTS[slot[1]]]})", re.escape(template))
    found = re.fullmatch(pattern, text)
    return None if found is None else found.groupdict()
