"""Function calls in expressions: their arguments checked, and what comes out."""

import ast
from datetime import date
from typing import Literal, Protocol, cast

from rules.errors import guess
from rules.language.functions import FUNCTIONS, UNITS, date_start
from rules.language.leading import read_lead
from rules.language.naming import pulse_allowed, resolve_changed
from rules.language.scope import Scope
from rules.language.syntax import Report
from rules.language.tree import Call, Changed, Constant, Operand, TextTest, Type, quoted, say
from rules.language.wording import TYPE_WORDS, mismatch_hint
from streams.text import nfc


class Operands(Protocol):
    """The reader, as far as arguments need it."""

    scope: Scope
    report: Report

    def operand(self, node: ast.expr) -> Operand | None: ...


def read_call(node: ast.Call, reader: Operands) -> Operand | TextTest | Changed | None:
    name = node.func.id if isinstance(node.func, ast.Name) else None
    if name is None or name not in FUNCTIONS:
        written = name or ast.unparse(node.func)
        end = guess(written, FUNCTIONS, listed=len(FUNCTIONS))
        zh, en = f"没有函数 {written}{end.zh}", f"there is no function {written}{end.en}"
        reader.report.error(node.func, "unknown_function", zh=zh, en=en)
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                reader.operand(argument)
        return None
    if not _takes(name, node, reader.report):
        return None
    match name:
        case "changed":
            if not pulse_allowed(node, "changed", reader.scope, reader.report):
                return None
            return resolve_changed(node.args[0], reader.scope, reader.report)
        case "startswith" | "contains":
            return _text_test(name, node, reader)
        case "date":
            return _date(node, reader)
        case "lead":
            return read_lead(node, reader.scope, reader.report)
        case _:
            return _value(name, node, reader)


def _takes(name: str, node: ast.Call, report: Report) -> bool:
    function = FUNCTIONS[name]
    count = len(node.args)
    plain = not node.keywords and not any(isinstance(argument, ast.Starred) for argument in node.args)
    if plain and count >= function.least and (function.most is None or count <= function.most):
        return True
    number = str(function.least) if function.most == function.least else f"{function.least}+"
    report.error(
        node,
        "wrong_arguments",
        zh=f"{name} 需要 {number} 个参数，如 {function.example}",
        en=f"{name} takes {number} argument{'' if number == '1' else 's'}, as in {function.example}",
    )
    return False


def _text_test(name: Literal["startswith", "contains"], node: ast.Call, reader: Operands) -> TextTest | None:
    operand = reader.operand(node.args[0])
    literal = node.args[1]
    text = literal.value if isinstance(literal, ast.Constant) else None
    if not isinstance(text, str):
        reader.report.error(
            literal,
            "not_literal",
            zh=f"{name} 的第二个参数必须是引号中的文本，如 {FUNCTIONS[name].example}",
            en=f"the second argument of {name} is a text in quotes, as in {FUNCTIONS[name].example}",
        )
    allowed = (Type.STRING,) if name == "startswith" else (Type.STRING, Type.LIST)
    if operand is not None and operand.type not in allowed:
        wanted = "文本" if name == "startswith" else "文本或文本列表", " or ".join(TYPE_WORDS[t].en for t in allowed)
        found = TYPE_WORDS[operand.type]
        reader.report.error(
            node.args[0],
            "wrong_type",
            zh=f"{name} 需要{wanted[0]}，而 {say(operand)} 是{found.zh}",
            en=f"{name} wants {wanted[1]}, and {say(operand)} is {found.en}",
        )
        return None
    if operand is None or not isinstance(text, str):
        return None
    return TextTest(function=name, operand=operand, text=nfc(text))


def _date(node: ast.Call, reader: Operands) -> Constant | None:
    argument = node.args[0]
    text = argument.value if isinstance(argument, ast.Constant) else None
    day = None
    if isinstance(text, str) and len(text) == 10 and text.isascii():
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
    start = date_start(day, reader.scope.zone) if day is not None else None
    if start is None:
        reader.report.error(
            argument,
            "bad_date",
            zh='date 需要引号中的日期，如 date("2026-01-31")',
            en='date takes a day in quotes that exists, as in date("2026-01-31")',
        )
        return None
    return Constant(type=Type.TIMESTAMP, value=start, text=f"date({quoted(cast(str, text))})")


def _value(name: str, node: ast.Call, reader: Operands) -> Call | None:
    operands = [reader.operand(argument) for argument in node.args]
    known = [(operand, place) for operand, place in zip(operands, node.args, strict=True) if operand is not None]
    fits = True
    for operand, place in known:
        fits &= _fits(name, operand, known[0][0], place, reader.report)
    if not fits or len(known) < len(operands):
        return None
    day = name in ("start_of_day", "end_of_day")
    type_ = Type.DURATION if name in UNITS else known[0][0].type
    return Call(
        function=name,
        operands=tuple(operand for operand, _ in known),
        type=type_,
        zone=reader.scope.zone if day else None,
    )


def _fits(name: str, operand: Operand, first: Operand, place: ast.expr, report: Report) -> bool:
    allowed: tuple[Type, ...]
    if name in UNITS:
        allowed = (Type.NUMBER,)
    elif name in ("start_of_day", "end_of_day"):
        allowed = (Type.TIMESTAMP,)
    elif name == "abs":
        allowed = (Type.NUMBER, Type.DURATION)
    else:
        allowed = (Type.NUMBER, Type.DURATION, Type.TIMESTAMP)
    found = TYPE_WORDS[operand.type]
    if operand.type not in allowed:
        zh = "、".join(TYPE_WORDS[type_].zh for type_ in allowed)
        en = " or ".join(TYPE_WORDS[type_].en for type_ in allowed)
        report.error(
            place,
            "wrong_type",
            zh=f"{name} 需要{zh}，而 {say(operand)} 是{found.zh}",
            en=f"{name} wants {en}, and {say(operand)} is {found.en}",
        )
        return False
    if operand.type is not first.type and first.type in allowed:
        hint, wish = mismatch_hint(first, operand), TYPE_WORDS[first.type]
        report.error(
            place,
            "wrong_type",
            zh=f"{name} 的参数类型应相同：{say(first)} 是{wish.zh}，{say(operand)} 是{found.zh}{hint.zh}",
            en=f"the arguments of {name} must be of one type: {say(first)} is {wish.en}, "
            f"{say(operand)} is {found.en}{hint.en}",
        )
        return False
    return True
