"""What a rule says, as one text: kept with its version, so that it can be read again when the files say otherwise."""

import json
from collections.abc import Mapping

from rules.errors import Problems
from rules.files.document import Data, Items, Leaf, Map, Node, as_data, read_text
from rules.files.rule_file import DEFAULT_KIND, RuleSet, Surroundings, read_rules
from rules.rule import Rule
from rules.worktime.calendars import Calendar
from streams.model import Model
from streams.text import nfkc


def definition_of(entry: Map) -> str:
    """The entry of a rule in its core form, without its tests, as JSON."""
    data = {key: _plain(key, node) for key, node in entry.items() if key != "tests"}
    return json.dumps(data, ensure_ascii=False)


def _plain(key: str, node: Node) -> Data:
    return as_data(node) if key == "count" else _as_written(node)  # a number of times is the only number in a rule


def _as_written(node: Node) -> Data:
    """Scalars as text: `id: 007` and a cell such as `sku: 00123` are no numbers."""
    match node:
        case Leaf(raw=raw):
            return None if node.empty else raw
        case Items():
            return [_as_written(item) for item in node]
        case Map():
            return {key: _as_written(item) for key, item in node.items()}


def kind_of(definition: str) -> str:
    """The kind that a rule is about."""
    return nfkc(json.loads(definition).get("on", DEFAULT_KIND))


def read_definition(definition: str, model: Model, calendars: Mapping[str, Calendar]) -> Rule | None:
    """The rule that a definition means with this model and these calendars; None where it means none with them."""
    problems = Problems()
    root = read_text(f'{{"rules": [{definition}]}}', "(an earlier version)", problems)
    found = RuleSet()
    if root is not None:
        read_rules(root, Surroundings(model=model, calendars=calendars), found)
    return next(iter(found.rules.values()), None)
