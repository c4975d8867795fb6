"""Where versions of rules come from: a rule with some keys changed, and the rules of another file."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rules.errors import Place, Problems
from rules.files.definition import definition_of
from rules.files.document import Map, read_file, read_text
from rules.files.rule_file import RuleSet, Surroundings, read_rules
from rules.rule import Rule
from rules.workspace import Workspace
from streams.model import Model

# Not within quotes: an even number of them follows.
_SEPARATOR: Final = re.compile(r""";(?=\s*[a-z_]+(?:\.[a-z_0-9]+)*\s*=(?!=))(?=(?:[^"']*["'][^"']*["'])*[^"']*$)""")
_CHANGE: Final = re.compile(r"\s*([a-z_]+(?:\.[a-z_0-9]+)*)\s*=(?!=)\s*(.*?)\s*", re.DOTALL)
_FIXED: Final = ("id", "tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One of the sets of rules that are compared; `name` is how the reader tells it from the others."""

    name: str
    model: Model
    rules: tuple[Rule, ...]

    def rule(self, id_: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == id_), None)


def rules_of_file(path: Path, workspace: Workspace, problems: Problems) -> tuple[Rule, ...]:
    """The rules of a file, read with the model and the calendars of a workspace."""
    root = read_file(path, path.name, problems)
    return () if root is None else tuple(_read(root, workspace).values())


def changed_rule(rule: Rule, text: str, workspace: Workspace, problems: Problems) -> Rule | None:
    """The rule with other values for some keys: "within=24h", "count.at_least=4", "stages.0.at=-8h; severity=minor".

    A value is written as in the rule file (lists and maps in one line), without quotes around it; an empty one takes
    the key away. Keys and conditions of a sentence are those of its core form (`tocsin rules show`).
    """
    definition: dict[str, Any] = json.loads(workspace.definitions[rule.id])
    definition.pop("sentence", None)
    place = Place(file=text, line=1, column=1)
    for part in _SEPARATOR.split(text):
        found = _CHANGE.fullmatch(part)
        if found is None or found[1].split(".")[0] in _FIXED:
            problems.error(
                place,
                "no_change",
                zh=f"“{part}”不是对规则的改动；应如 within=24h 或 count.at_least=4",
                en=f'"{part}" is no change of a rule; expected something like within=24h or count.at_least=4',
            )
            return None
        if not _put(definition, found[1].split("."), found[2], problems):
            problems.error(
                place,
                "unknown_key",
                zh=f"规则 {rule.id} 没有 {found[1]}",
                en=f"the rule {rule.id} has no {found[1]}",
            )
            return None
    root = read_text(json.dumps({"rules": [definition]}, ensure_ascii=False), text, problems)
    return None if root is None else _read(root, workspace).get(rule.id)


def _put(within: Any, path: list[str], value: str, problems: Problems) -> bool:
    """Set what `path` leads to; False where it leads nowhere."""
    *upper, last = path
    for step in upper:
        within = _inside(within, step)
    if isinstance(within, list) and last.isdecimal() and int(last) < len(within):
        within[int(last)] = _data(value, last, within[int(last)], problems)
    elif isinstance(within, dict) and not value:
        within.pop(last, None)
    elif isinstance(within, dict):
        within[last] = _data(value, last, within.get(last), problems)
    else:
        return False
    return True


def _inside(within: Any, step: str) -> Any:
    if isinstance(within, list) and step.isdecimal() and int(step) < len(within):
        return within[int(step)]
    return within.get(step) if isinstance(within, dict) else None


def _data(value: str, key: str, was: Any, problems: Problems) -> Any:
    """A value as a definition has it: numbers only where numbers were, conditions and durations as text."""
    if value[:1] in ("[", "{"):
        read = read_text(f"{{{key}: {value}}}", value, problems)
        return value if read is None else json.loads(definition_of(read))[key]
    return int(value) if isinstance(was, int) and value.isdecimal() else value


def _read(root: Map, workspace: Workspace) -> dict[str, Rule]:
    found = RuleSet()
    read_rules(root, Surroundings(model=workspace.model, calendars=workspace.calendars), found)
    return found.rules
