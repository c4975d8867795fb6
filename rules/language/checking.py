"""What types go together in a comparison, and which comparisons can never hold."""

import ast
from collections.abc import Iterable, Sequence

from rules.errors import guess
from rules.language.scope import Scope
from rules.language.syntax import Report
from rules.language.tree import Comparison, Constant, Done, Learned, Lookup, Operand, Side, Type, say
from rules.language.wording import TYPE_WORDS, mismatch_hint

_ORDERED = (Type.NUMBER, Type.STRING, Type.TIMESTAMP, Type.DURATION)


def check_comparison(left: ast.expr, right: ast.expr, comparison: Comparison, scope: Scope, report: Report) -> bool:
    """Whether the two can be compared so. `left` and `right` are where they stand."""
    sign, one, other = comparison.sign, comparison.left, comparison.right
    words, other_words = TYPE_WORDS[one.type], TYPE_WORDS[other.type]
    if one.type is not other.type:
        hint = mismatch_hint(one, other)
        report.error(
            left,
            "wrong_type",
            zh=f"{say(one)} 是{words.zh}，{say(other)} 是{other_words.zh}，不能比较{hint.zh}",
            en=f"{say(one)} is {words.en} and {say(other)} {other_words.en}: they cannot be compared{hint.en}",
        )
        return False
    if sign not in ("==", "!=") and one.type not in _ORDERED:
        report.error(
            left,
            "no_order",
            zh=f"{words.zh}没有大小顺序，不能用 {sign}；请写 == 或 !=",
            en=f"{words.en} has no order, so {sign} can never hold; write == or !=",
        )
        return False
    check_constant(left, (one, other), report)
    check_event_types(((one, other, right), (other, one, left)), scope, report)
    return True


def check_membership(
    left: ast.expr,
    listed: ast.List,
    operand: Operand,
    choices: Sequence[Constant],
    scope: Scope,
    report: Report,
) -> bool:
    if not choices:
        report.error(
            listed,
            "empty_list",
            zh="列表为空，in [] 永不成立；请列出值或删去此条件",
            en="the list is empty: in [] can never hold; list the values or remove the condition",
        )
        return False
    fits = True
    words = TYPE_WORDS[operand.type]
    for choice, place in zip(choices, listed.elts, strict=True):
        if choice.type is not operand.type:
            fits = False
            hint = mismatch_hint(operand, choice)
            found = TYPE_WORDS[choice.type]
            report.error(
                place,
                "wrong_type",
                zh=f"{say(operand)} 是{words.zh}，列表中的 {choice.text} 是{found.zh}{hint.zh}",
                en=f"{say(operand)} is {words.en} and {choice.text} in the list {found.en}{hint.en}",
            )
    check_constant(left, (operand,), report)
    check_event_types(
        ((operand, choice, place) for choice, place in zip(choices, listed.elts, strict=True)), scope, report
    )
    return fits


def check_presence(node: ast.expr, operand: Operand, negated: bool, report: Report) -> bool:
    """is None on what is never missing can never hold; is not None on it always does, which harms nothing."""
    if isinstance(operand, Constant) and operand.value is None:
        check_constant(node, (operand,), report)
        return True
    if not never_missing(operand):
        return True
    name = say(operand)
    if negated:
        report.warning(
            node,
            "always_holds",
            zh=f"{name} 从不缺失，此条件总是成立；可以删去",
            en=f"{name} is never missing: this always holds and can be left out",
        )
        return True
    report.error(
        node,
        "never_missing",
        zh=f"{name} 从不缺失，is None 永不成立；请删去此条件或改查字段",
        en=f"{name} is never missing: is None can never hold; remove it or ask for a field",
    )
    return False


def check_constant(node: ast.expr, operands: Iterable[Operand], report: Report) -> None:
    """Literals alone: the answer is always the same."""
    if all(isinstance(operand, Constant) for operand in operands):
        report.warning(
            node,
            "constants_only",
            zh="此比较只有常量，结果永远不变；请与字段比较或删去",
            en="this compares literals alone, so its answer never changes; compare with a field or remove it",
        )


def check_event_types(pairs: Iterable[tuple[Operand, Operand, ast.expr]], scope: Scope, report: Report) -> None:
    """A literal beside event.type that names no type of the kind holds for no event that is taken."""
    known = scope.kind.reaches
    for operand, literal, place in pairs:
        if is_event_type(operand) and isinstance(literal, Constant) and literal.value not in known:
            end = guess(str(literal.value), known, labels=scope.kind.labels)
            report.warning(
                place,
                "unknown_event_type",
                zh=f"{scope.kind.name} 没有事件类型 {literal.text}{end.zh}",
                en=f"{scope.kind.name} has no event type {literal.text}{end.en}",
            )


def is_event_type(operand: Operand) -> bool:
    return isinstance(operand, Lookup) and operand.side is Side.EVENT and operand.name == "type"


def never_missing(operand: Operand) -> bool:
    match operand:
        case Constant(value=value):
            return value is not None
        case Lookup(always=always):
            return always
        case Done() | Learned():
            return True
        case _:
            return False
