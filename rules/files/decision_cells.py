"""One cell of a decision table: what stands beside a field's name, read as a condition of the rule language.

`channel: [web, app]` is `channel in ["web", "app"]`, `amount: 10..20` is `amount >= 10 and amount < 20`. Quotes around
a cell make no difference: they are YAML's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rules.files.document import Items, Leaf, Map, Node, wrong
from rules.language.expression import Expression, Scope, Type, parse, parse_operand
from rules.language.tree import Done, Lookup, Operand, quoted, say
from rules.language.wording import TYPE_WORDS
from streams.text import Text, nfkc

_PRESENCE: Final = {"missing": "is None", "缺失": "is None", "present": "is not None", "有值": "is not None"}
_TRUTHS: Final = {"true": "", "是": "", "false": "not ", "否": "not "}
_NUMBER: Final = r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_LITERAL: Final = re.compile(_NUMBER)
_COMPARISON: Final = re.compile(rf"(>=|<=|>|<)\s*({_NUMBER})")
_RANGE: Final = re.compile(rf"({_NUMBER})?\s*\.\.\s*({_NUMBER})?")
_CONTAINS: Final = re.compile(r"(?:contains|含)\s+(.+)", re.DOTALL)
_SIGNS: Final = str.maketrans({"≥": ">=", "≤": "<="})
_ABSENCE_ONLY: Final = Text(
    zh="missing 或 present（缺失、有值）；比较时间请把 if 写成一个条件，如 if: promised_at < paid.at",
    en="missing or present; to compare times write the if as a condition, as in if: promised_at < paid.at",
)
_FORMS: Final[Mapping[Type, Text]] = {
    Type.NUMBER: Text(
        zh='数字、比较（">= 10"）、范围（10..20 即 >= 10 且 < 20）、missing 或 present',
        en='a number, a comparison (">= 10"), a range (10..20: >= 10 and < 20), missing or present',
    ),
    Type.STRING: Text(zh="文本、missing 或 present", en="a text, missing or present"),
    Type.BOOL: Text(zh="true、false、missing 或 present", en="true, false, missing or present"),
    Type.LIST: Text(zh="contains 值（含 值）、missing 或 present", en="contains VALUE, missing or present"),
    Type.TIMESTAMP: _ABSENCE_ONLY,
    Type.DURATION: _ABSENCE_ONLY,
}


def read_cell(column: Leaf, node: Node, scope: Scope) -> Expression | None:
    """A cell as a condition on its column; None, with a problem, where it cannot be read."""
    operand = _column(column, scope)
    if operand is None:
        return None
    if isinstance(node, Map) or (isinstance(node, Items) and not node.nodes):
        _refuse(node, operand)
        return None
    leaves = list(node) if isinstance(node, Items) else [node]
    parts = [_part(leaf, operand) for leaf in leaves]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    expression, problems = parse(_joined(operand, found), scope, Type.BOOL, lambda _offset: node.place)
    column.source.problems.extend(problems)
    return expression


def _column(column: Leaf, scope: Scope) -> Lookup | Done | None:
    operand, problems = parse_operand(column.raw, scope, column.locate)
    column.source.problems.extend(problems)
    if operand is None or isinstance(operand, Lookup | Done):
        return operand
    column.source.problems.error(
        column.place,
        "no_column",
        zh=f"列应为字段，而 {column.raw} 是算式；请把 if 写成一个条件",
        en=f"a column is a field, and {column.raw} is computed: write the if as a condition",
    )
    return None


def _joined(operand: Operand, parts: Iterable[tuple[str, str]]) -> str:
    """Any of the parts; those that are literals stand together behind one `in`."""
    name = say(operand)
    literals: list[str] = []
    others: list[str] = []
    for literal, condition in parts:
        (literals if literal else others).append(literal or condition)
    if len(literals) == 1:
        others.insert(0, f"{name} == {literals[0]}")
    elif literals:
        others.insert(0, f"{name} in [{', '.join(literals)}]")
    return " or ".join(f"({one})" for one in others) if len(others) > 1 else others[0]


def _part(node: Node, operand: Operand) -> tuple[str, str] | None:
    """(literal, "") or ("", condition)."""
    if not isinstance(node, Leaf) or node.empty:
        _refuse(node, operand)
        return None
    name, word = say(operand), nfkc(node.raw).strip()
    if word in _PRESENCE:
        return "", f"{name} {_PRESENCE[word]}"
    if operand.type in (Type.STRING, Type.LIST) and (held := _CONTAINS.fullmatch(node.raw)):
        return "", f"contains({name}, {quoted(_unquoted(held[1]))})"
    found = next(_readings(node.raw, word.translate(_SIGNS), name, operand.type), None)
    if found is None:
        _refuse(node, operand)
    return found


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _readings(raw: str, word: str, name: str, type_: Type) -> Iterator[tuple[str, str]]:
    match type_:
        case Type.NUMBER:
            yield from _number(word, name)
        case Type.BOOL if word.lower() in _TRUTHS:
            yield "", f"{_TRUTHS[word.lower()]}{name}"
        case Type.STRING if not _COMPARISON.fullmatch(word):
            yield quoted(raw), ""


def _number(word: str, name: str) -> Iterator[tuple[str, str]]:
    if _LITERAL.fullmatch(word):
        yield _plain(word), ""
    elif compared := _COMPARISON.fullmatch(word):
        yield "", f"{name} {compared[1]} {_plain(compared[2])}"
    elif (between := _RANGE.fullmatch(word)) and _rises(between[1], between[2]):
        low = f"{name} >= {_plain(between[1])}" if between[1] else ""
        high = f"{name} < {_plain(between[2])}" if between[2] else ""
        yield "", " and ".join(filter(None, (low, high)))


def _plain(number: str) -> str:
    """As Python writes it: without a plus sign and leading zeros."""
    return re.sub(r"^(-?)0+(?=[0-9])", r"\1", number.removeprefix("+"))


def _rises(low: str | None, high: str | None) -> bool:
    if low is None or high is None:
        return low is not high
    return float(low) < float(high)


def _refuse(node: Node, operand: Operand) -> None:
    """Say what can stand in the column."""
    words, forms = TYPE_WORDS[operand.type], _FORMS[operand.type]
    name = say(operand)
    wrong(
        node,
        zh=f"{forms.zh}，或它们的列表（{name} 是{words.zh}）",
        en=f"{forms.en}, or a list of these, as {name} is {words.en}",
        code="wrong_cell",
    )
