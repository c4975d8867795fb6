"""The key `impact` of a rule: `{order: lines.sku == sku}`, how an incident finds the open entities that it touches."""

import re
from collections.abc import Mapping
from typing import Final

from rules.errors import guess
from rules.files.document import Leaf, Map, as_leaf
from rules.files.nodes import wrong
from rules.files.total_file import read_kind
from rules.rule import Count, Impact
from streams.model import FieldType, Kind, Model
from streams.text import nfkc

_NAME: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)?"
_EQUALITY: Final = re.compile(rf"\s*({_NAME})\s*==\s*({_NAME})\s*")
_AND: Final = re.compile(r"\band\b")
_COMPARED: Final = (FieldType.STRING, FieldType.NUMBER, FieldType.BOOL, FieldType.TIMESTAMP)


def read_impacts(entry: Map, kind: Kind, model: Model, count: Count | None) -> tuple[Impact, ...]:
    """By kind one equality of fields, or several joined by `and`; what is wrong is reported."""
    body = entry.map("impact")
    found: list[Impact] = []
    for item in () if body is None else body.entries.values():
        touched, leaf = read_kind(item.key, model), as_leaf(item.node)
        if touched is None or leaf is None:
            continue
        offset = 0
        for part in _AND.split(leaf.raw):
            impact = _impact(leaf, part, offset, touched, kind, count)
            offset += len(part) + len("and")
            found += [] if impact is None else [impact]
    return tuple(found)


def _impact(leaf: Leaf, text: str, offset: int, touched: Kind, kind: Kind, count: Count | None) -> Impact | None:
    equality = _EQUALITY.fullmatch(nfkc(text))
    if equality is None:
        wrong(
            leaf,
            zh="字段相等，如 lines.sku == sku，多个用 and 连接",
            en="an equality of fields such as lines.sku == sku, several joined by and",
        )
        return None
    theirs, own = _names(touched), _own_names(kind, count)
    left, right = equality[1], equality[2]
    if left in theirs and right in own:
        names = left, right
    elif right in theirs and left in own:
        names = right, left
    else:
        _report_names(leaf, offset + equality.start(1), (left, right), touched, kind, count)
        return None
    if theirs[names[0]] is not own[names[1]]:
        types = theirs[names[0]].value, own[names[1]].value
        leaf.source.problems.error(
            leaf.locate(offset + equality.start(1)),
            "wrong_type",
            zh=f"类型不同，永不相等：{touched.name} 的 {names[0]} 是 {types[0]}，"
            f"{kind.name} 的 {names[1]} 是 {types[1]}",
            en=f"these can never be equal: {names[0]} of {touched.name} is a {types[0]} and "
            f"{names[1]} of {kind.name} a {types[1]}",
        )
        return None
    return Impact(kind=touched.name, theirs=names[0], own=names[1])


def _names(kind: Kind) -> Mapping[str, FieldType]:
    """What can be compared: `key`, plain fields, and the columns of lists of records."""
    found = {"key": FieldType.STRING}
    for field in kind.fields.values():
        if field.type is FieldType.RECORDS:
            found.update({f"{field.name}.{column}": type_ for column, type_ in field.columns.items()})
        elif field.type in _COMPARED:
            found[field.name] = field.type
    return found


def _own_names(kind: Kind, count: Count | None) -> Mapping[str, FieldType]:
    """The incident of a count belongs to a group: of its fields only those by which it groups are known."""
    names = _names(kind)
    return names if count is None else {name: names[name] for name in count.per if name in names}


def _report_names(
    leaf: Leaf, offset: int, names: tuple[str, str], touched: Kind, kind: Kind, count: Count | None
) -> None:
    theirs, own = _names(touched), _names(kind)
    problems, place = leaf.source.problems, leaf.locate(offset)
    unknown = [name for name in names if name not in theirs and name not in own]
    if unknown:
        end = guess(unknown[0], dict.fromkeys([*theirs, *own]), labels={**kind.labels, **touched.labels})
        kinds = dict.fromkeys([touched.name, kind.name])
        problems.error(
            place,
            "unknown_field",
            zh=f"{'、'.join(kinds)} 没有可比较的字段 {unknown[0]}{end.zh}",
            en=f"{' and '.join(kinds)} {'has' if len(kinds) == 1 else 'have'} no field {unknown[0]} to compare{end.en}",
        )
        return
    owner = f"{kind.name} (per)" if count is not None else kind.name
    problems.error(
        place,
        "impact_sides",
        zh=f"一边应为 {touched.name} 的字段，另一边应为 {owner} 的字段",
        en=f"one side is a field of {touched.name}, the other one of {owner}",
    )
