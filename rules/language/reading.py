"""From Python's tree to ours: names resolved, types checked, chains split, `not` pushed to the leaves."""

import ast
from dataclasses import replace
from math import isfinite
from typing import Final, TypeVar

from rules.errors import Problems
from rules.language.calling import read_call
from rules.language.checking import check_comparison, check_constant, check_membership, check_presence, is_event_type
from rules.language.evaluation import Situation, value_of
from rules.language.functions import SIGNS
from rules.language.naming import resolve, text_without_quotes
from rules.language.scope import Scope
from rules.language.syntax import Report, Source
from rules.language.tree import (
    MIRRORED,
    NEGATED,
    Absence,
    Arithmetic,
    ArithmeticSign,
    Call,
    Changed,
    Comparison,
    ComparisonSign,
    Condition,
    Constant,
    Membership,
    Negative,
    Operand,
    Plain,
    TextTest,
    Type,
    both,
    either,
    quoted,
    say,
)
from rules.language.wording import TYPE_WORDS, mismatch_hint
from streams.text import nfc, nfkc

_SIGNS: Final[dict[type[ast.operator], ArithmeticSign]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: Final[dict[type[ast.cmpop], ComparisonSign]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_NOWHERE: Final = Situation(values={})
# Python's other constructs that authors reach for, and what the language has instead.
_INSTEAD: Final[dict[type[ast.AST], tuple[str, str]]] = {
    ast.BitAnd: ("请写 and", "write and"),
    ast.BitOr: ("请写 or", "write or"),
    ast.Invert: ("请写 not", "write not"),
    ast.UAdd: ("请去掉正号", "leave the plus sign out"),
    ast.IfExp: ("请用 and、or、not 连接条件", "join conditions with and, or, not"),
    ast.NamedExpr: ("比较是否相等请写 ==", "to compare, write =="),
    ast.List: ("列表只能写在 in 之后", "a list stands behind in only"),
    ast.Tuple: (
        "请用 and 或 or 连接条件；in 之后写 [ ]；数字中间不写逗号",
        'join conditions with "and" or "or"; behind "in" write [ ]; no comma stands inside a number',
    ),
    ast.Set: ("in 之后写 [ ]", "behind in write [ ]"),
}


class Reader:
    """Reads one expression; every problem goes to `problems`, and None stands for what could not be read."""

    def __init__(self, *, scope: Scope, source: Source, problems: Problems) -> None:
        self.scope = scope
        self.report = Report(source=source, problems=problems)

    def wanted(self, node: ast.expr, want: Type) -> Operand | None:
        """An operand of the wanted type."""
        operand = self.operand(node)
        if operand is None or operand.type is want:
            return operand
        found, wish = TYPE_WORDS[operand.type], TYPE_WORDS[want]
        hint = mismatch_hint(Constant(type=want, value=None, text=""), operand)
        self.report.error(
            node,
            "wrong_type",
            zh=f"此处需要{wish.zh}，而 {say(operand)} 是{found.zh}{hint.zh}",
            en=f"{wish.en} is wanted here, and {say(operand)} is {found.en}{hint.en}",
        )
        return None

    # --- conditions ------------------------------------------------------------------------------------------------

    def condition(self, node: ast.expr, negated: bool = False) -> Condition | None:
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = [self.condition(value, negated) for value in values]
                found = [part for part in parts if part is not None]
                if len(found) < len(parts):
                    return None
                return both(*found) if isinstance(op, ast.And) != negated else either(*found)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.condition(operand, not negated)
            case ast.Compare():
                return self._chain(node, negated)
            case ast.Call():
                return self._called(node, negated)
            case _:
                return self._bare(node, self.operand(node), negated)

    def _called(self, node: ast.Call, negated: bool) -> Condition | None:
        found = read_call(node, self)
        match found:
            case TextTest(operand=operand, text=text):
                check_constant(node, (operand,), self.report)
                return replace(found, text=nfkc(text) if is_event_type(operand) else text, negated=negated)
            case Changed():
                return replace(found, negated=negated)
            case _:
                return self._bare(node, found, negated)

    def _bare(self, node: ast.expr, operand: Operand | None, negated: bool) -> Condition | None:
        """A field alone: x means x == True."""
        if operand is None:
            return None
        if operand.type is not Type.BOOL:
            found, name = TYPE_WORDS[operand.type], say(operand)
            self.report.error(
                node,
                "no_condition",
                zh=f"此处需要条件，而 {name} 是{found.zh}；请作比较，或写 {name} is not None",
                en=f"a condition is wanted here, and {name} is {found.en}; compare it, or write {name} is not None",
            )
            return None
        check_constant(node, (operand,), self.report)
        return Comparison(sign="==", left=operand, right=_truth(not negated))

    def _chain(self, node: ast.Compare, negated: bool) -> Condition | None:
        """a < b < c is a < b and b < c."""
        places = [node.left, *node.comparators]
        parts = [
            self._pair(op, left, right, negated)
            for op, left, right in zip(node.ops, places[:-1], places[1:], strict=True)
        ]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            return None
        return either(*found) if negated else both(*found)

    def _pair(self, op: ast.cmpop, left: ast.expr, right: ast.expr, negated: bool) -> Condition | None:
        match op:
            case ast.Is() | ast.IsNot():
                return self._presence(left, right, isinstance(op, ast.IsNot) != negated)
            case ast.In() | ast.NotIn():
                return self._membership(left, right, isinstance(op, ast.NotIn) != negated)
            case _:
                return self._comparison(_COMPARISONS[type(op)], left, right, negated)

    def _presence(self, left: ast.expr, right: ast.expr, negated: bool) -> Absence | None:
        operand = self.operand(left)
        if not _is_none(right):
            self.report.error(
                right,
                "is_not_none",
                zh="is 之后只能是 None；比较值请写 == 或 !=",
                en="behind is stands None only; to compare values write == or !=",
            )
            return None
        if operand is None or not check_presence(left, operand, negated, self.report):
            return None
        return Absence(operand=operand, negated=negated)

    def _membership(self, left: ast.expr, right: ast.expr, negated: bool) -> Membership | None:
        operand = self.operand(left)
        if not isinstance(right, ast.List):
            self.report.error(
                right,
                "not_literal",
                zh='in 之后是方括号中的字面值，如 channel in ["web", "b2b"]；查文本或列表之中请写 contains(x, "…")',
                en='behind in stands a list of literals, as in channel in ["web", "b2b"]; to look into '
                'a text or a list write contains(x, "...")',
            )
            return None
        choices = [self._choice(element) for element in right.elts]
        found = [choice for choice in choices if choice is not None]
        if operand is None or len(found) < len(choices):
            return None
        found = [as_type_name(operand, choice) for choice in found]
        if not check_membership(left, right, operand, found, self.scope, self.report):
            return None
        return Membership(operand=operand, choices=tuple(dict.fromkeys(found)), negated=negated)

    def _choice(self, node: ast.expr) -> Constant | None:
        plain = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
        if isinstance(plain, ast.Constant) and plain.value is not None:
            found = self.operand(node)
            return found if isinstance(found, Constant) else None
        if _is_none(plain):
            zh, en = "列表中不能有 None；请另写 x is None", "None cannot stand in a list; write x is None beside it"
        else:
            zh = "列表中只能是字面值：数字、文本、True 或 False"
            en = "a list holds literals only: numbers, strings, bools"
            bare = text_without_quotes(plain, self.scope)
            if bare is not None:
                zh, en = f'{zh}；文本要加引号："{bare}"', f'{en}; a text goes in quotes: "{bare}"'
        self.report.error(node, "not_literal", zh=zh, en=en)
        return None

    def _comparison(self, sign: ComparisonSign, left: ast.expr, right: ast.expr, negated: bool) -> Comparison | None:
        for place, other in ((left, right), (right, left)):
            if _is_none(place):
                self.operand(other)
                word = "is not None" if sign == "!=" else "is None"
                zh, en = f"缺失与否请写 {word}", f"whether something is missing is asked with {word}"
                self.report.error(place, "compared_with_none", zh=zh, en=en)
                return None
        one = self.operand(left)
        bare = text_without_quotes(right, self.scope) if one is not None and one.type is Type.STRING else None
        if bare is not None:
            zh = f'{bare} 不是字段或节点；文本要加引号："{bare}"'
            en = f'{bare} is no field or node; a text goes in quotes: "{bare}"'
            self.report.error(right, "unknown_name", zh=zh, en=en)
            return None
        other_one = self.operand(right)
        if one is None or other_one is None:
            return None
        one, other_one = as_type_name(other_one, one), as_type_name(one, other_one)
        written = Comparison(sign=sign, left=one, right=other_one)
        if not check_comparison(left, right, written, self.scope, self.report):
            return None
        return _normal(written, negated)

    # --- operands --------------------------------------------------------------------------------------------------

    def operand(self, node: ast.expr) -> Operand | None:
        match node:
            case ast.Constant(value=value):
                return self._literal(node, value)
            case ast.Name() | ast.Attribute():
                return resolve(node, self.scope, self.report)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self._negative(node, inner)
            case ast.BinOp(op=op) if type(op) in _SIGNS:
                return self._arithmetic(node, _SIGNS[type(op)])
            case ast.Call():
                found = read_call(node, self)
                if isinstance(found, TextTest | Changed):
                    self._condition_as_value(node)
                    return None
                return self._folded(node, found)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                self.condition(node)
                self._condition_as_value(node)
                return None
            case _:
                self._unsupported(node)
                return None

    def _condition_as_value(self, node: ast.expr) -> None:
        self.report.error(
            node,
            "condition_as_value",
            zh="条件不能作为值来比较或计算；请用 and、or、not 连接",
            en="a condition cannot be compared or computed with; join conditions with and, or, not",
        )

    def _literal(self, node: ast.Constant, value: object) -> Constant | None:
        match value:
            case bool():
                return _truth(value)
            case int() | float():
                return self._number(node, value)
            case str():
                text = nfc(value)
                return Constant(type=Type.STRING, value=text, text=quoted(text))
        if value is None:
            zh, en = "None 只能写在 is 或 is not 之后", "None stands behind is or is not only"
            self.report.error(node, "compared_with_none", zh=zh, en=en)
            return None
        self._unsupported(node)
        return None

    def _number(self, node: ast.Constant, value: float) -> Constant | None:
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if not isfinite(number):
            zh, en = "数字过大：必须是有限的双精度数", "the number is too large for a finite double"
            self.report.error(node, "number_too_large", zh=zh, en=en)
            return None
        return Constant(type=Type.NUMBER, value=number, text=ast.unparse(node))

    def _negative(self, node: ast.UnaryOp, inner: ast.expr) -> Operand | None:
        operand = self.operand(inner)
        if operand is None:
            return None
        if operand.type not in (Type.NUMBER, Type.DURATION):
            found = TYPE_WORDS[operand.type]
            self.report.error(
                node,
                "wrong_type",
                zh=f"负号只用于数字和时长，而 {say(operand)} 是{found.zh}",
                en=f"a minus sign goes with numbers and durations, and {say(operand)} is {found.en}",
            )
            return None
        return self._folded(node, Negative(operand=operand))

    def _arithmetic(self, node: ast.BinOp, sign: ArithmeticSign) -> Operand | None:
        left, right = self.operand(node.left), self.operand(node.right)
        if left is None or right is None:
            return None
        # number * duration and duration + timestamp are the same the other way round
        if (sign, left.type, right.type) in (
            ("*", Type.NUMBER, Type.DURATION),
            ("+", Type.DURATION, Type.TIMESTAMP),
        ):
            left, right = right, left
        known = SIGNS.get((sign, left.type, right.type))
        if known is None:
            one, other = TYPE_WORDS[left.type], TYPE_WORDS[right.type]
            hint = mismatch_hint(left, right)
            self.report.error(
                node,
                "wrong_type",
                zh=f"{one.zh} {sign} {other.zh}不能计算（{say(left)}、{say(right)}）{hint.zh}",
                en=f"{one.en} {sign} {other.en} cannot be computed ({say(left)}, {say(right)}){hint.en}",
            )
            return None
        return self._folded(node, Arithmetic(sign=sign, left=left, right=right, type=known[0]))

    def _folded(self, node: ast.expr, operand: Operand | None) -> Operand | None:
        """An operand of literals alone is one literal."""
        match operand:
            case Negative(operand=inner):
                parts: tuple[Operand, ...] = (inner,)
            case Arithmetic(left=left, right=right):
                parts = (left, right)
            case Call(operands=operands):
                parts = operands
            case _:
                return operand
        if not all(isinstance(part, Constant) for part in parts):
            return operand
        value: Plain | None = value_of(operand, _NOWHERE)  # type: ignore[assignment]
        if value is None:
            self.report.warning(
                node,
                "always_missing",
                zh=f"{say(operand)} 没有结果（除以零或超出范围），总是缺失",
                en=f"{say(operand)} has no result (division by zero, or out of range): it is always missing",
            )
        text = say(operand)
        return Constant(type=operand.type, value=value, text=f"({text})" if isinstance(operand, Arithmetic) else text)

    def _unsupported(self, node: ast.expr) -> None:
        kind: ast.AST = node
        if isinstance(node, ast.BinOp | ast.UnaryOp):
            kind = node.op
        zh, en = _INSTEAD.get(type(kind), ("", ""))
        self.report.error(
            node,
            "not_supported",
            zh=f"规则语言中没有 {_shown(node)}{'；' + zh if zh else ''}",
            en=f"the rule language has no {_shown(node)}{'; ' + en if en else ''}",
        )


AnyOperand = TypeVar("AnyOperand", bound=Operand)


def as_type_name(beside: Operand, operand: AnyOperand) -> AnyOperand:
    """Names of event types are compared in NFKC, so a literal beside event.type is read so too."""
    if is_event_type(beside) and isinstance(operand, Constant) and isinstance(operand.value, str):
        name = nfkc(operand.value)
        return replace(operand, value=name, text=quoted(name))
    return operand


def _normal(comparison: Comparison, negated: bool) -> Comparison:
    """One form for one meaning: literals on the right; x != True is x == False."""
    sign, left, right = comparison.sign, comparison.left, comparison.right
    sign = NEGATED[sign] if negated else sign
    if isinstance(left, Constant) and not isinstance(right, Constant):
        sign, left, right = MIRRORED[sign], right, left
    if isinstance(right, Constant) and right.type is Type.BOOL and sign == "!=":
        sign, right = "==", _truth(not right.value)
    return Comparison(sign=sign, left=left, right=right)


def _truth(value: bool) -> Constant:
    return Constant(type=Type.BOOL, value=value, text=str(value))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _shown(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:39]}…"
