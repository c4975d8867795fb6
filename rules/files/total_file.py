"""The totals of model.yaml: fields that the model computes over other entities."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rules.errors import guess
from rules.files import keys
from rules.files.document import Leaf, Map
from rules.files.names import read_name, report_twice
from rules.language.expression import Expression, Scope, Type, parse
from rules.matching.compiled import Match, compile_conditions
from streams.model import FieldType, Kind, Model, Total, Values
from streams.text import nfc, nfkc

_NAME_IN_TEMPLATE: Final = re.compile(r"\{([^{}]*)\}")


def read_totals(root: Map, model: Model) -> tuple[Total, ...]:
    """`stock.demand: {of: order, each: lines, sum: qty, key: "{sku}", where: not closed}`."""
    totals: dict[tuple[str, str], Total] = {}
    for key, body in root.maps("totals"):
        total = _total(key, body, model)
        if total is None:
            continue
        if (total.kind, total.name) in totals:
            report_twice(key, total.name, total.kind, "total")
        totals.setdefault((total.kind, total.name), total)
    return tuple(totals.values())


def _total(key: Leaf, body: Map, model: Model) -> Total | None:
    body.only(*keys.TOTAL)
    owner = _owner(key, model)
    of = body.leaf("of", required=True)
    source = None if of is None else read_kind(of, model)
    if source is None:
        return None
    each = body.leaf("each")
    columns = _fields(source) if each is None else _columns(each, source)
    if columns is None:
        return None
    sum_ = _sum(body, columns)
    template = _key(body, columns)
    where = _where(body, model, source)
    if owner is None or template is None:
        return None
    return Total(
        kind=owner[0],
        name=owner[1],
        of=source.name,
        each=None if each is None else nfkc(each.raw),
        sum=sum_,
        key=template,
        where=where,
    )


def _owner(key: Leaf, model: Model) -> tuple[str, str] | None:
    """KIND.NAME: the kind that has the total, and the total's name there."""
    kind_name, dot, rest = nfkc(key.raw).partition(".")
    problems = key.source.problems
    kind = model.kinds.get(kind_name)
    if not dot or kind is None:
        end = guess(kind_name, model.kinds)
        problems.error(
            key.place,
            "unknown_kind",
            zh=f"汇总应写成 类型.名称；没有类型 {kind_name}{end.zh}",
            en=f"a total is called KIND.NAME; there is no kind {kind_name}{end.en}",
        )
        return None
    name = read_name(key, rest)
    if name is None:
        return None
    if name in kind.fields or name in kind.nodes:
        report_twice(key, name, kind.name, "field" if name in kind.fields else "node")
        return None
    return kind.name, name


def read_kind(leaf: Leaf, model: Model) -> Kind | None:
    """The kind that a file names; None, with a problem, where the model has none of that name."""
    kind = model.kinds.get(nfkc(leaf.raw))
    if kind is None:
        end = guess(nfkc(leaf.raw), model.kinds, labels={one.name: one.label for one in model.kinds.values()})
        leaf.source.problems.error(
            leaf.place, "unknown_kind", zh=f"未知的类型 {leaf.raw}{end.zh}", en=f"unknown kind {leaf.raw}{end.en}"
        )
    return kind


def _fields(kind: Kind) -> dict[str, FieldType]:
    return {name: field.type for name, field in kind.fields.items()}


def _columns(each: Leaf, kind: Kind) -> Mapping[str, FieldType] | None:
    field = kind.fields.get(nfkc(each.raw))
    if field is not None and field.type is FieldType.RECORDS:
        return field.columns
    end = guess(nfkc(each.raw), (name for name, one in kind.fields.items() if one.type is FieldType.RECORDS))
    each.source.problems.error(
        each.place,
        "unknown_field",
        zh=f"{kind.name} 没有记录列表字段 {each.raw}{end.zh}",
        en=f"{kind.name} has no list of records called {each.raw}{end.en}",
    )
    return None


def _sum(body: Map, columns: Mapping[str, FieldType]) -> str | None:
    leaf = body.leaf("sum")
    counting = body.boolean("count") if "count" in body else None
    if (leaf is None) == (counting is not True):
        body.problems.error(
            body.place,
            "sum_or_count",
            zh="汇总需要 sum: 字段 或 count: true，二者取一",
            en="a total has sum: FIELD or count: true, one of the two",
        )
        return None
    return None if leaf is None else _column(leaf, nfkc(leaf.raw), columns, FieldType.NUMBER)


def _key(body: Map, columns: Mapping[str, FieldType]) -> str | None:
    leaf = body.leaf("key", required=True)
    if leaf is None:
        return None
    bare = "{" not in leaf.raw and "}" not in leaf.raw
    template = "{" + leaf.raw + "}" if bare else nfc(leaf.raw)  # a field alone means the same, also to versions
    text = _NAME_IN_TEMPLATE.sub(lambda found: nfkc(found[0]), template)
    names = _NAME_IN_TEMPLATE.findall(text)
    if not names or "{" in (rest := _NAME_IN_TEMPLATE.sub("", text)) or "}" in rest:
        body.problems.error(
            leaf.place,
            "template",
            zh='key 应为字段名或模板，如 "{sku}@{site}"',
            en='key is a field or a template such as "{sku}@{site}"',
        )
        return None
    found = [name == "key" or _column(leaf, name, columns, FieldType.STRING) is not None for name in names]
    return text if all(found) else None


def _column(leaf: Leaf, name: str, columns: Mapping[str, FieldType], type_: FieldType) -> str | None:
    if columns.get(name) is type_:
        return name
    end = guess(name, _of_type(columns, type_))
    leaf.source.problems.error(
        leaf.place,
        "unknown_field",
        zh=f"{name} 不是此处的 {type_} 字段{end.zh}",
        en=f"{name} is no {type_} field here{end.en}",
    )
    return None


def _of_type(columns: Mapping[str, FieldType], type_: FieldType) -> Iterator[str]:
    return (name for name, one in columns.items() if one is type_)


@dataclass(frozen=True, slots=True, eq=False)
class TotalWhere:
    """streams.model.Where: a condition of the rule language."""

    expression: Expression
    match: Match

    @property
    def meaning(self) -> str:
        return self.expression.canonical

    @property
    def reads(self) -> frozenset[str]:
        return self.expression.fields

    def holds(self, values: Values) -> bool:
        return self.match(values) != 0


def _where(body: Map, model: Model, source: Kind) -> TotalWhere | None:
    leaf = body.leaf("where")
    if leaf is None:
        return None
    scope = Scope.of(model, source.name, pulse=False, totals=False)
    expression, problems = parse(leaf.raw, scope, Type.BOOL, leaf.locate)
    body.problems.extend(problems)
    return None if expression is None else TotalWhere(expression, compile_conditions([expression]))
