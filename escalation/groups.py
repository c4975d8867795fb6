"""Incidents of groups (rules that count): they belong to no entity, and are about the values that make the group."""

from rules.rule import Rule
from streams.model import Values
from streams.text import Text


def group_values(rule: Rule, key: str) -> Values:
    """The fields that all members of a group have in common, by name."""
    per = () if rule.count is None else rule.count.per
    parts = key.split("|", len(per) - 1) if per else []
    return dict(zip(per, parts, strict=False))


def values_of(rule: Rule | None, key: str, values: Values) -> Values:
    """What an incident is about: the entity's snapshot, which is given, or the group's fields."""
    return values if rule is None or rule.count is None else group_values(rule, key)


def group_subject(rule: Rule, key: str, kind_label: Text) -> Text:
    """Such as "supplier S4"; of a group of all: "all orders"."""
    values = group_values(rule, key)
    if not values:
        return Text(zh=f"全部{kind_label.zh}", en=f"{kind_label.en} (all)")
    named = " · ".join(str(value) if name == "key" else f"{name} {value}" for name, value in values.items())
    if "key" in values:
        return Text(zh=f"{kind_label.zh} {named}", en=f"{kind_label.en} {named}")
    return Text.plain(named[:1].upper() + named[1:])
