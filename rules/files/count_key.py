"""The key `count` of a rule: how many members a group needs within how long, and which group a member belongs to."""

from typing import Final

from rules.errors import guess
from rules.files import keys
from rules.files.document import Leaf, Map, wrong
from rules.rule import Count
from rules.worktime.durations import read_plain
from streams.model import FieldType, Kind
from streams.text import nfkc

_NOT_BESIDE: Final = ("clear", "until", "expires", "stages", "before")


def read_count(entry: Map, kind: Kind) -> Count | None:
    """`{at_least: 3, within: 7d, per: supplier, distinct: key}`; what is wrong is reported."""
    body = entry.map("count")
    if body is None:
        return None
    body.only(*keys.COUNT)
    for key in _NOT_BESIDE:
        if key in entry:
            entry.problems.error(
                entry.key_place(key),
                "not_for_counts",
                zh=f"计数规则不能有 {key}；事件组只用 keep_open_for",
                en=f"a count has no {key}; of these keys a group has keep_open_for only",
            )
    at_least, within = _at_least(body), _within(body)
    per = tuple(_field(leaf, kind) for leaf in body.strings("per") or ()) if "per" in body else ()
    distinct_leaf = body.leaf("distinct")
    distinct = None if distinct_leaf is None else _field(distinct_leaf, kind)
    if at_least is None or within is None:
        return None
    return Count(at_least=at_least, within=within, per=tuple(name for name in per if name), distinct=distinct)


def _at_least(body: Map) -> int | None:
    found = body.integer("at_least", required=True)
    leaf = body.leaf("at_least")
    if leaf is not None and found is not None and found < 1:
        wrong(leaf, zh="1 或更大的整数", en="a whole number from 1 on")
        return None
    return found


def _within(body: Map) -> int | None:
    leaf = body.leaf("within", required=True)
    found = None if leaf is None else read_plain(leaf)
    if leaf is not None and found == 0:
        wrong(leaf, zh="大于 0 的时长", en="a duration above 0")
        return None
    return found


def _field(leaf: Leaf, kind: Kind) -> str | None:
    """A string field of the entity, or `key`."""
    name = nfkc(leaf.raw)
    field = kind.fields.get(name)
    if name == "key" or (field is not None and field.type is FieldType.STRING):
        return name
    strings = [name for name, one in kind.fields.items() if one.type is FieldType.STRING]
    end = guess(name, (*strings, "key"), labels=kind.labels)
    leaf.source.problems.error(
        leaf.place,
        "unknown_field",
        zh=f"{name} 不是 {kind.name} 的文本字段{end.zh}",
        en=f"{name} is no string field of {kind.name}{end.en}",
    )
    return None
