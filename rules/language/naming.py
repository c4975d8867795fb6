"""What a name or a dotted name stands for, and what to tell an author who wrote one that stands for nothing."""

import ast
from collections.abc import Mapping
from typing import Final

from rules.errors import called, guess, nearest
from rules.language.functions import FUNCTIONS
from rules.language.scope import NODE_PARTS, Scope
from rules.language.syntax import Report
from rules.language.tree import Changed, Done, Lookup, Operand, Side, Type
from streams.model import FieldType
from streams.text import Text

_LITERALS: Final[Mapping[str, str]] = {"true": "True", "false": "False", "null": "None", "none": "None", "nil": "None"}
_ALLOWED: Final[Mapping[str, Text]] = {
    "event": Text(zh="type、at 和字段", en="type, at and fields"),
    "before": Text(zh="字段、节点的 .at .done .due 和 closed", en="fields, NODE.at, NODE.done, NODE.due and closed"),
    "changed": Text(zh="字段、节点.at 和 节点.due", en="fields, NODE.at and NODE.due"),
}


def resolve(node: ast.Name | ast.Attribute, scope: Scope, report: Report) -> Operand | None:
    path = _path(node)
    if path is None:
        report.error(
            node,
            "not_supported",
            zh="点号前只能是名称，如 shipped.at 或 before.amount",
            en="only a name can stand before the dot, as in shipped.at or before.amount",
        )
        return None
    if path[0] in ("event", "before") and len(path) > 1:
        if not pulse_allowed(node, path[0], scope, report):
            return None
        return _of_event(node, path, scope, report) if path[0] == "event" else _before(node, path, scope, report)
    return _of_snapshot(node, path, scope, report)


def resolve_changed(node: ast.expr, scope: Scope, report: Report) -> Changed | None:
    """The argument of changed(): a field, NODE.at or NODE.due."""
    path = _path(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if path is None or path[0] in ("event", "before"):
        report.error(
            node,
            "changed_argument",
            zh="changed 只接受字段、节点.at 或 节点.due，如 changed(promised_at)",
            en="changed takes a field, NODE.at or NODE.due, for example changed(promised_at)",
        )
        return None
    operand = _of_snapshot(node, path, scope, report)
    if operand is None:
        return None
    if not isinstance(operand, Lookup) or operand.always:
        _not_behind(node, ".".join(path), "changed", scope, report)
        return None
    return Changed(name=operand.name, type=operand.type)


def pulse_allowed(node: ast.AST, word: str, scope: Scope, report: Report) -> bool:
    if not scope.pulse_allowed:
        report.error(
            node,
            "pulse_not_here",
            zh=f"此处不能用 {word}：clear、until、by、decide 的行和合计的 where 只看快照，不看单个事件",
            en=f"{word} is not allowed here: clear, until, by, rows of decide and a total's where see snapshots, "
            "not single events",
        )
    return scope.pulse_allowed


def text_without_quotes(node: ast.expr, scope: Scope) -> str | None:
    """A name that stands for nothing here and resembles nothing: probably a text whose quotes were forgotten."""
    if not isinstance(node, ast.Name) or node.id in FUNCTIONS or node.id in _LITERALS or node.id == "now":
        return None
    known = (*scope.names(), *scope.kind.nodes, *scope.kind.fields)
    resembles = node.id in known or called(node.id, known, scope.kind.labels) or nearest(node.id, known)
    return None if resembles else node.id


def _path(node: ast.expr) -> list[str] | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return [node.id, *reversed(parts)]


def _of_snapshot(node: ast.expr, path: list[str], scope: Scope, report: Report) -> Operand | None:
    name, *rest = path
    if name in scope.kind.nodes and rest:
        return _of_node(node, Side.SNAPSHOT, name, rest, scope, report)
    if rest and (name in scope.kind.fields or name in scope.totals or name in ("closed", "key")):
        _no_parts(node, name, rest, scope, report)
        return None
    found = None if rest else _plain(name, scope)
    if found is None:
        _unknown(node, ".".join(path), scope, report)
    return found


def _plain(name: str, scope: Scope) -> Lookup | None:
    type_ = scope.field_type(name)
    if type_ is not None:
        return Lookup(side=Side.SNAPSHOT, name=name, type=type_)
    if name in scope.totals:
        return Lookup(side=Side.SNAPSHOT, name=name, type=Type.NUMBER, always=True)
    if name == "closed":
        return Lookup(side=Side.SNAPSHOT, name=name, type=Type.BOOL, always=True)
    if name == "key":
        return Lookup(side=Side.SNAPSHOT, name=name, type=Type.STRING, always=True)
    return None


def _of_node(
    node: ast.expr, side: Side, name: str, rest: list[str], scope: Scope, report: Report
) -> Lookup | Done | None:
    if len(rest) == 1 and rest[0] == "done":
        return Done(side=side, node=name)
    if len(rest) == 1 and rest[0] in NODE_PARTS:
        return Lookup(side=side, name=f"{name}.{rest[0]}", type=NODE_PARTS[rest[0]])
    written = ".".join(filter(None, (side.value, name, *rest)))
    end = guess(rest[0], NODE_PARTS) if rest else guess("", NODE_PARTS)
    report.error(
        node,
        "unknown_name",
        zh=f"没有 {written}：节点 {name} 有 .at、.done 和 .due{end.zh}",
        en=f"there is no {written}: the node {name} has .at, .done and .due{end.en}",
    )
    return None


def _of_event(node: ast.expr, path: list[str], scope: Scope, report: Report) -> Lookup | None:
    name = path[1]
    written = ".".join(path)
    if len(path) == 2:
        if name == "type":
            return Lookup(side=Side.EVENT, name=name, type=Type.STRING, always=True)
        if name == "at":
            return Lookup(side=Side.EVENT, name=name, type=Type.TIMESTAMP, always=True)
        type_ = scope.field_type(name)
        if type_ is not None:
            return Lookup(side=Side.EVENT, name=name, type=type_)
    if name in scope.totals or name in scope.kind.nodes or name in ("closed", "key"):
        _not_behind(node, ".".join(path[1:]), "event", scope, report)
        return None
    end = guess(name, ("type", "at", *scope.fields()), labels=scope.kind.labels)
    report.error(
        node,
        "unknown_name",
        zh=f"没有 {written}：event 之后是 type、at 或事件自带的字段{end.zh}",
        en=f"there is no {written}: behind event stand type, at or a field of the event's own data{end.en}",
    )
    return None


def _before(node: ast.expr, path: list[str], scope: Scope, report: Report) -> Operand | None:
    name, *rest = path[1:]
    if name in scope.kind.nodes and rest:
        return _of_node(node, Side.BEFORE, name, rest, scope, report)
    type_ = scope.field_type(name)
    if type_ is not None and not rest:
        return Lookup(side=Side.BEFORE, name=name, type=type_)
    if name == "closed" and not rest:
        return Lookup(side=Side.BEFORE, name=name, type=Type.BOOL, always=True)
    if name in scope.totals or name == "key":
        _not_behind(node, name, "before", scope, report)
        return None
    known = (*scope.fields(), *scope.node_names(), "closed")
    end = guess(".".join(path[1:]), known, labels=scope.kind.labels)
    report.error(
        node, "unknown_name", zh=f"未知的名称 {'.'.join(path)}{end.zh}", en=f"unknown name {'.'.join(path)}{end.en}"
    )
    return None


def _not_behind(node: ast.expr, name: str, word: str, scope: Scope, report: Report) -> None:
    if name in scope.totals:
        zh, en = f"合计 {name}", f"the total {name}"
    else:
        zh, en = name, name
    allowed = _ALLOWED[word]
    report.error(
        node,
        "not_behind",
        zh=f"{zh} 不能用于 {word}；那里可用{allowed.zh}",
        en=f"{en} cannot be used with {word}; it takes {allowed.en}",
    )


def _no_parts(node: ast.expr, name: str, rest: list[str], scope: Scope, report: Report) -> None:
    field = scope.kind.fields.get(name)
    if field is not None and field.type is FieldType.RECORDS:
        _records(node, name, report)
        return
    report.error(
        node,
        "unknown_name",
        zh=f"{name} 不是节点，没有 .{rest[0]}；请只写 {name}",
        en=f"{name} is no node and has no .{rest[0]}; write {name} alone",
    )


def _records(node: ast.expr, name: str, report: Report) -> None:
    report.error(
        node,
        "records",
        zh=f"{name} 是明细列表，只能用于合计（totals）和影响（impact），不能用于条件",
        en=f"{name} is a list of records: it appears in totals and impact only, not in conditions",
    )


def _unknown(node: ast.expr, name: str, scope: Scope, report: Report) -> None:
    field = scope.kind.fields.get(name)
    if name == "now":
        zh = "条件中没有 now：时间只通过 for、by 和 overdue 进入规则，例如 for: 48h 或 by: promised_at"
        en = "there is no now in a condition: time enters through for, by and overdue alone, for example for: 48h"
        report.error(node, "now", zh=zh, en=en)
    elif field is not None:
        _records(node, name, report)
    elif name in scope.kind.nodes:
        zh = f"{name} 是节点：请写 {name}.done（已到达）、{name}.at（何时到达）或 {name}.due（应到时间）"
        en = f"{name} is a node: write {name}.done, {name}.at (when it was reached) or {name}.due (when it is due)"
        report.error(node, "node_alone", zh=zh, en=en)
    elif name in _LITERALS:
        meant = _LITERALS[name]
        report.error(node, "unknown_name", zh=f"应写作 {meant}，而不是 {name}", en=f"write {meant}, not {name}")
    elif name in FUNCTIONS:
        example = FUNCTIONS[name].example
        zh, en = f"{name} 是函数；用法：{example}", f"{name} is a function; write it as in {example}"
        report.error(node, "function_alone", zh=zh, en=en)
    elif name in ("event", "before"):
        zh = f"{name} 之后要写字段，如 {name}.amount"
        report.error(node, "unknown_name", zh=zh, en=f"{name} needs a field behind it, as in {name}.amount")
    else:
        end = _meant(name, scope)
        kind = scope.kind.name
        zh, en = f"{kind} 没有名为 {name} 的字段或节点{end.zh}", f"{kind} has no field or node {name}{end.en}"
        report.error(node, "unknown_name", zh=zh, en=en)


def _meant(name: str, scope: Scope) -> Text:
    """The end of the message: the name that the author had in mind, by its label, else the nearest."""
    head, _, part = name.partition(".")
    names, labels = scope.names(), scope.kind.labels
    node = called(head, scope.kind.nodes, labels)
    if node is not None:
        return guess(f"{node}.{part or 'done'}", names)
    near = nearest(head, scope.kind.nodes)
    if called(name, names, labels) is None and nearest(name, names) is None and near is not None:
        return Text(zh=f"；是否应为 {near}？", en=f"; did you mean {near}?")
    return guess(name, names, labels=labels)
