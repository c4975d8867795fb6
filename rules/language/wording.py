"""How the rule language speaks to authors about types."""

from collections.abc import Mapping
from typing import Final

from rules.language.tree import Constant, Operand, Type, quoted
from streams.text import Text

TYPE_WORDS: Final[Mapping[Type, Text]] = {
    Type.NUMBER: Text(zh="数字", en="a number"),
    Type.STRING: Text(zh="文本", en="a string"),
    Type.BOOL: Text(zh="布尔值", en="a bool"),
    Type.TIMESTAMP: Text(zh="时间点", en="a timestamp"),
    Type.DURATION: Text(zh="时长", en="a duration"),
    Type.LIST: Text(zh="文本列表", en="a list of strings"),
}

NO_HINT: Final = Text(zh="", en="")


def mismatch_hint(one: Operand, other: Operand) -> Text:
    """What to write instead where two types do not go together; begins with ";" or is empty."""
    return _hint(one, other) or _hint(other, one) or NO_HINT


def _hint(one: Operand, other: Operand) -> Text | None:
    """`other` is taken as the slip."""
    literal = other if isinstance(other, Constant) else None
    match one.type, other.type:
        case (Type.TIMESTAMP, Type.STRING) if literal is not None:
            return Text(zh='；日期应写作 date("2026-01-31")', en='; write a date as date("2026-01-31")')
        case ((Type.DURATION | Type.TIMESTAMP), Type.NUMBER):
            example = f"hours({literal.text})" if literal is not None else "hours(...)"
            return Text(
                zh=f"；时长应带单位，如 {example}", en=f"; write a duration with its unit, for example {example}"
            )
        case (Type.STRING, (Type.NUMBER | Type.BOOL)) if literal is not None:
            return Text(
                zh=f"；文本应加引号：{quoted(literal.text)}", en=f"; put a string in quotes: {quoted(literal.text)}"
            )
        case (Type.NUMBER, Type.STRING) if literal is not None:
            return Text(zh="；数字不加引号", en="; write a number without quotes")
        case (Type.BOOL, (Type.NUMBER | Type.STRING)) if literal is not None:
            return Text(zh="；布尔值是 True 或 False", en="; a bool is True or False")
        case (Type.LIST, Type.STRING):
            return Text(zh='；应写作 contains(列表, "…")', en='; write contains(LIST, "...")')
    return None
