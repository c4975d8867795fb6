"""The core form of rules, and the sentences that say the same: `tocsin rules show`."""

from dataclasses import dataclass

from rules.errors import Problems
from rules.files.document import Entry, Leaf, Map, read_text
from rules.files.rule_file import RuleSet, Surroundings, read_rules
from rules.files.writing import to_yaml
from rules.sentences.expansion import SENTENCE
from rules.sentences.rendering import Said, said
from rules.workspace import Workspace
from streams.text import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A rule in its core form, and the same rule as a sentence, where one of the templates says it."""

    id: str
    version: str
    core: Map
    sentence: Said | None
    written: str | None  # the sentence that stands in the file


def shown(workspace: Workspace) -> dict[str, Shown]:
    """All rules, by id, in their order."""
    around = Surroundings(model=workspace.model, calendars=workspace.calendars)
    found: dict[str, Shown] = {}
    for rule in workspace.rules:
        core = workspace.core[rule.id]
        candidates = said(core, around.vocabularies.whole[rule.on])
        fitting = (one for one in candidates if _means(core, one, rule.version, around))
        found[rule.id] = Shown(
            id=rule.id,
            version=rule.version,
            core=core,
            sentence=next(fitting, None),
            written=workspace.written[rule.id].string(SENTENCE) if SENTENCE in workspace.written[rule.id] else None,
        )
    return found


def sentence_form(core: Map, sentence: Said, language: Language) -> Map:
    """The entry with the sentence in place of the core keys that it says."""
    entries: dict[str, Entry] = {}
    for key, entry in core.entries.items():
        if key not in sentence.keys:
            entries[key] = entry
        elif SENTENCE not in entries:
            entries[SENTENCE] = _entry(core, SENTENCE, sentence.sentences[language])
    if sentence.severity is not None:
        entries["severity"] = _entry(core, "severity", sentence.severity.raw)
    return Map(source=core.source, place=core.place, entries=entries)


def _means(core: Map, sentence: Said, version: str, around: Surroundings) -> bool:
    """Whether the rule is the same with the sentence, in each language."""
    return all(_version(sentence_form(core, sentence, language), around) == version for language in sentence.sentences)


def _version(entry: Map, around: Surroundings) -> str | None:
    root = read_text(to_yaml("rules", [entry]), "(a sentence)", Problems())
    found = RuleSet()
    if root is not None:
        read_rules(root, around, found)
    return next((rule.version for rule in found.rules.values()), None)


def _entry(core: Map, key: str, text: str) -> Entry:
    name, value = (
        Leaf(source=core.source, place=core.place, raw=raw, style=None, start=0, end=0) for raw in (key, text)
    )
    return Entry(key=name, node=value)
