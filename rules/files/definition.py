"""What a rule says, as one text: kept with its version, so that it can be read again when the files say otherwise."""

import json
from collections.abc import Mapping

from rules.errors import Problems
from rules.files.document import Map, as_data, read_text
from rules.files.rule_file import RuleSet, Surroundings, read_rules
from rules.rule import Rule
from rules.worktime.calendars import Calendar
from streams.model import Model


def definition_of(entry: Map) -> str:
    """The entry of a rule in its core form, without its tests, as JSON."""
    data = {key: as_data(node) for key, node in entry.items() if key != "tests"}
    return json.dumps(data, ensure_ascii=False)


def read_definition(definition: str, model: Model, calendars: Mapping[str, Calendar]) -> Rule | None:
    """The rule that a definition means with this model and these calendars; None where it means none with them."""
    problems = Problems()
    root = read_text(f'{{"rules": [{definition}]}}', "(an earlier version)", problems)
    found = RuleSet()
    if root is not None:
        read_rules(root, Surroundings(model=model, calendars=calendars), found)
    return next(iter(found.rules.values()), None)
