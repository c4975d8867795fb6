"""A rule's sentence to its core keys, which are then read as if they had been written.

Every character of a core key keeps the place of the word in the sentence that it comes from.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from typing import Final

from rules.errors import Place, spanning
from rules.files.deadline_keys import DEADLINES
from rules.files.document import Entry, Items, Leaf, Map, Node
from rules.sentences.answers import report_ambiguous, report_kinds, report_not_understood, report_too_long
from rules.sentences.matching import Reading, furthest, furthest_of, readings
from rules.sentences.spelling import Sentence
from rules.sentences.vocabulary import Vocabulary
from rules.worktime.calendars import Calendar
from streams.model import Model
from streams.text import nfkc

SENTENCE: Final = "sentence"
_TOGETHER: Final = ((*DEADLINES, "after", "within"), ("before", "stages"))  # keys that say one thing
_SLOT: Final = re.compile(r"\{(\w+)\}")
_PARTS: Final = re.compile(r"(\{\w+\})")
_MOST_CHARACTERS: Final = 500  # no template is near to it, and reading takes its square
_SEVERITY: Final = "major"  # of a rule that names none


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceLeaf(Leaf):
    """A part of a core key that a sentence gives: `origins` says where in it each character comes from."""

    sentence: Leaf
    origins: tuple[int, ...]

    def locate(self, offset: int) -> Place:
        return self.sentence.locate(self.origins[max(0, min(offset, len(self.origins) - 1))])


@dataclass(frozen=True, kw_only=True)
class Vocabularies:
    """The words of all kinds of a workspace."""

    model: Model
    calendars: Mapping[str, Calendar]

    @cached_property
    def whole(self) -> Mapping[str, Vocabulary]:
        return {kind: Vocabulary.of(self.model, kind, self.calendars) for kind in self.model.kinds}

    @cached_property
    def short(self) -> Mapping[str, Vocabulary]:
        """The same, and Chinese labels may be cut behind."""
        return {kind: Vocabulary.of(self.model, kind, self.calendars, short=True) for kind in self.model.kinds}


def expand(entry: Map, words: Vocabularies, default_kind: str) -> Map | None:
    """The entry with core keys in place of its sentence; None, with a problem, where that cannot be understood."""
    if SENTENCE not in entry:
        return entry
    leaf = entry.leaf(SENTENCE)
    kinds = _kinds(entry, words.model, default_kind)
    if leaf is None or not any(kinds):
        return None
    if len(leaf.raw) > _MOST_CHARACTERS:
        report_too_long(leaf, _MOST_CHARACTERS)
        return None
    sentence = Sentence.of(leaf.raw)
    reading = _understood(leaf, sentence, words, kinds)
    if reading is None:
        return None
    given = _Core(leaf, sentence, reading).entries(entry)
    kept = {key: one for key, one in entry.entries.items() if key == SENTENCE or not _in_the_way(entry, key, given)}
    kind = reading.way.vocabulary.kind.name
    return Map(source=entry.source, place=entry.place, entries=_with(kept, given, kind, leaf))


def _kinds(entry: Map, model: Model, default: str) -> tuple[tuple[str, ...], ...]:
    """The kinds that the sentence may be about, those first that go before the others."""
    if "on" in entry:
        on = entry.entries["on"].node
        return (tuple(name for name in model.kinds if isinstance(on, Leaf) and name == nfkc(on.raw)),)
    return tuple(name for name in model.kinds if name == default), tuple(
        name for name in model.kinds if name != default
    )


def _with(kept: Mapping[str, Entry], given: Mapping[str, Entry], kind: str, leaf: Leaf) -> dict[str, Entry]:
    """The core keys where the sentence stood, and the kind that it is about."""
    entries: dict[str, Entry] = {}
    for key, one in kept.items():
        if key != SENTENCE:
            entries.setdefault(key, one)
            continue
        if "on" not in kept:
            entries["on"] = _entry("on", _part(leaf, kind, (0,) * len(kind), 0))
        entries.update(given)
    return entries


def _in_the_way(entry: Map, key: str, given: Mapping[str, Entry]) -> bool:
    """Whether a key stands beside a sentence that says the same; reported."""
    if key == "severity" and "stages" in given:  # the stage has taken it over
        return True
    by = key if key in given else next((other for other in given if key in excluded_by(other)), None)
    if by is None:
        return False
    said = given[by].node
    value = f" ({said.raw})" if isinstance(said, Leaf) else ""
    entry.problems.error(
        entry.key_place(key),
        "beside_sentence",
        zh=f"sentence 已给出 {by}{value}，旁边不能再写 {key}；请删去其一",
        en=f"the sentence gives {by}{value} already, so {key} cannot stand beside it; take out one of the two",
    )
    return True


def excluded_by(given: str) -> tuple[str, ...]:
    """The keys that cannot stand beside a sentence which gives this one."""
    return next((keys for keys in _TOGETHER if given in keys), (given,))


def _understood(leaf: Leaf, sentence: Sentence, words: Vocabularies, kinds: Sequence[Sequence[str]]) -> Reading | None:
    """The one reading of a sentence; what there is instead is reported."""
    for vocabularies, names in product((words.whole, words.short), kinds):
        found = {name: list(readings(sentence, vocabularies[name])) for name in names}
        found = {name: one for name, one in found.items() if one}
        if found:
            return _single(leaf, sentence, found)
    stops = [stop for name in chain(*kinds) for stop in furthest(sentence, words.short[name])]
    report_not_understood(leaf, sentence, furthest_of(stops))
    return None


def _single(leaf: Leaf, sentence: Sentence, found: Mapping[str, Sequence[Reading]]) -> Reading | None:
    if len(found) > 1:
        report_kinds(leaf, found)
        return None
    ways = {_Core(leaf, sentence, reading).text: reading for one in found.values() for reading in one}
    if len(ways) > 1:
        report_ambiguous(leaf, ways)
        return None
    return next(iter(ways.values()))


class _Core:
    """What a reading gives in the core form."""

    def __init__(self, leaf: Leaf, sentence: Sentence, reading: Reading) -> None:
        self._leaf = leaf
        self._sentence = sentence
        self._reading = reading

    @property
    def text(self) -> str:
        """On one line, for messages and to tell readings apart."""
        parts: list[str] = []
        for key, template in self._reading.way.form.core.items():
            named = {key: template} if isinstance(template, str) else template
            for name, one in named.items():
                written = self._written(one)
                if written is not None:
                    parts.append(f"{name}: {written[0]}")
        return ", ".join(parts)

    def entries(self, entry: Map) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for key, template in self._reading.way.form.core.items():
            node = self._node(key, template, entry)
            if node is not None:
                found[key] = _entry(key, node)
        return found

    def _node(self, key: str, template: str | Mapping[str, str], entry: Map) -> Node | None:
        if isinstance(template, str):
            leaf = self._filled(template)
            return self._stages(leaf, entry) if key == "stages" and leaf is not None else leaf
        filled = {name: self._filled(one) for name, one in template.items()}
        entries = {name: _entry(name, leaf) for name, leaf in filled.items() if leaf is not None}
        return Map(source=self._leaf.source, place=self._leaf.place, entries=entries)

    def _stages(self, late: SentenceLeaf, entry: Map) -> Items:
        """One stage that long after the deadline, with the rule's own severity."""
        written = entry.leaf("severity") if "severity" in entry else None
        severity = written or _part(self._leaf, _SEVERITY, (late.origins[0],) * len(_SEVERITY), late.origins[-1])
        stage = {"at": _entry("at", late), "severity": _entry("severity", severity)}
        source = self._leaf.source
        return Items(source=source, place=late.place, nodes=(Map(source=source, place=late.place, entries=stage),))

    def _filled(self, template: str) -> SentenceLeaf | None:
        written = self._written(template)
        if written is None:
            return None
        text, origins, end = written
        places = self._sentence.origins
        return _part(self._leaf, text, tuple(places[origin] for origin in origins), places[end] - 1)

    def _written(self, template: str) -> tuple[str, list[int], int] | None:
        """The template with what stands in its slots, where that comes from, and the end of the last of them.

        None where a slot is empty.
        """
        text, last, end = "", 0, 0
        origins: list[int] = []
        for part in _PARTS.split(template):
            slot = _SLOT.fullmatch(part)
            found = None if slot is None else self._reading.bound.get(slot[1])
            if slot is not None and found is None:
                return None
            text += part if found is None else found.core
            origins.extend([last] * len(part) if found is None else found.origins)
            last = origins[-1] if origins else last
            end = end if found is None else max(end, found.end)
        return text, origins, end


def _part(leaf: Leaf, text: str, origins: tuple[int, ...], last: int) -> SentenceLeaf:
    """`last` is the last character of the words that it stands for."""
    return SentenceLeaf(
        source=leaf.source,
        place=spanning(leaf.locate(origins[0]), leaf.locate(last)),
        raw=text,
        style=None,
        start=leaf.start,
        end=leaf.end,
        sentence=leaf,
        origins=origins,
    )


def _entry(key: str, node: Node) -> Entry:
    source = node.source
    name = Leaf(source=source, place=node.place, raw=key, style=None, start=0, end=0)
    return Entry(key=name, node=node)
