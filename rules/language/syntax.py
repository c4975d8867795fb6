"""An author's text as Python reads it: positions found again in the file, and what to say where it cannot be read."""

import ast
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rules.errors import Place, Problems, spanning
from streams.text import Text

MOST_DEPTH: Final = 100

_BREAK: Final = re.compile("\r\n|\r|\n")
_LONE_EQUALS: Final = re.compile(r"(?<![=!<>])=(?!=)")
# What authors write in its stead, longest first: other languages' operators, full-width punctuation.
_SLIPS: Final[Mapping[str, str]] = {
    "&&": "and",
    "||": "or",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "!": "not",
    "=": "==",
    "（": "(",
    "）": ")",
    "，": ",",
    "“": '"',
    "”": '"',
    "‘": '"',
    "’": '"',
    "＝": "==",
    "＞": ">",
    "＜": "<",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "。": ".",
    "【": "[",
    "】": "]",
}


# Words for operators, and numbers with a unit: each stands alone among blanks, signs and brackets.
_WORDS: Final[Mapping[str, str]] = {
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "IN": "in",
    "且": "and",
    "并且": "and",
    "而且": "and",
    "或": "or",
    "或者": "or",
    "非": "not",
    "等于": "==",
    "不等于": "!=",
    "是": "==",
    "不是": "!=",
    "大于": ">",
    "小于": "<",
    "大于等于": ">=",
    "小于等于": "<=",
}
_WORD: Final = re.compile(rf"(?<!\w)({'|'.join(_WORDS)})(?!\w)")
_MANY: Final[Mapping[str, int]] = {"千": 1_000, "万": 10_000, "亿": 100_000_000}
_LENGTHS: Final[Mapping[str, str]] = {
    "d": "days",
    "天": "days",
    "h": "hours",
    "小时": "hours",
    "m": "minutes",
    "分钟": "minutes",
}
_WITH_UNIT: Final = re.compile(rf"(?<![\w.])([0-9]+)\s*({'|'.join((*_MANY, *_LENGTHS))})(?!\w)")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")

# By what Python says, which changes from version to version.
_UNREADABLE: Final = Text(zh="此处语法有误", en="it cannot be read on from here")
_REASONS: Final[Mapping[str, Text]] = {
    "was never closed": Text(zh="括号没有闭合", en="a bracket is not closed"),
    "unmatched": Text(zh="括号不成对", en="a bracket closes nothing"),
    "does not match": Text(zh="括号不成对", en="a bracket is closed by one of another kind"),
    "unterminated": Text(zh="引号没有闭合", en="a quote is not closed"),
    "EOL while scanning": Text(zh="引号没有闭合", en="a quote is not closed"),
    "invalid character": Text(zh="此字符不能用在这里", en="this character cannot stand here"),
    "non-printable": Text(zh="此字符不能用在这里", en="this character cannot stand here"),
    "leading zeros": Text(zh="数字不能以零开头", en="a number does not begin with a zero"),
    "invalid decimal literal": Text(zh="数字写法有误", en="this is no number"),
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """The author's text and how places in it are found in the file."""

    text: str
    locate: Callable[[int], Place]

    @property
    def wrapped(self) -> str:
        """What Python reads: in brackets of its own, so that an expression may run over several lines."""
        return f"(\n{self.text}\n)"

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def offset(self, line: int, column: int) -> int | None:
        """Of a position in `wrapped` (line from 1, column in UTF-8 bytes from 0); None outside of the text."""
        index = line - 2
        if not 0 <= index < len(self._lines):
            return None
        start = self._lines[index]
        end = self._lines[index + 1] if index + 1 < len(self._lines) else len(self.text)
        return start + len(self.text[start:end].encode(errors="surrogatepass")[:column].decode(errors="ignore"))

    def place(self, node: ast.AST) -> Place:
        line, column = getattr(node, "lineno", 2), getattr(node, "col_offset", 0)
        start = self.offset(line, column) or 0
        end = self.offset(getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column + 1)) or 0
        return spanning(self.locate(start), self.locate(max(start, end - 1)))


def depth(root: ast.AST) -> int:
    deepest, waiting = 0, [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        if level <= MOST_DEPTH:
            waiting.extend((child, level + 1) for child in ast.iter_child_nodes(node))
    return deepest


def complain(source: Source, error: BaseException | None, problems: Problems) -> None:
    """Say why the text is no expression. `error` is what Python raised for the wrapped text, if it did."""
    if isinstance(error, RecursionError | MemoryError):
        problems.error(
            source.locate(0),
            "too_deep",
            zh="表达式嵌套过深；请拆成几条规则",
            en="nested too deeply; split it into rules",
        )
        return
    null = source.text.find("\0")
    if null >= 0 or (isinstance(error, ValueError) and not isinstance(error, SyntaxError)):
        problems.error(
            source.locate(max(null, 0)),
            "bad_character",
            zh="表达式含有不可用的字符（空字符或残缺的 Unicode）；请删去",
            en="the expression holds a character that cannot be used (null, or broken Unicode); remove it",
        )
        return
    offset, message = _where(source, error if isinstance(error, SyntaxError) else None)
    reason = next((said for needle, said in _REASONS.items() if needle in message), _UNREADABLE)
    slip = _slip(source.text, offset)
    place = source.locate(offset)
    hint = Text(zh="", en="")
    if slip is not None:
        at, word, meant = slip
        place = spanning(source.locate(at), source.locate(at + len(word) - 1))
        hint = Text(zh=f"；{word} 应写作 {meant}", en=f"; write {meant} for {word}")
    problems.error(
        place,
        "syntax",
        zh=f"无法读懂表达式：{reason.zh}{hint.zh}",
        en=f"this is no expression: {reason.en}{hint.en}",
    )


def _where(source: Source, error: SyntaxError | None) -> tuple[int, str]:
    if error is not None and error.lineno is not None and error.offset is not None:
        start = source.offset(error.lineno, 0)
        if start is not None:
            return min(start + max(error.offset - 1, 0), len(source.text)), error.msg
    # The brackets do not pair up: Python names the place when it reads the text without those that we put around it.
    bare = _BREAK.sub(lambda found: " " * len(found[0]), source.text)
    stripped = bare.lstrip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(stripped, mode="eval")
    except SyntaxError as again:
        offset = len(bare) - len(stripped) + (again.offset - 1 if again.offset else len(stripped))  # 0: it breaks off
        return min(offset, len(source.text)), again.msg
    except (ValueError, RecursionError, MemoryError):
        pass
    return 0, error.msg if error is not None else "invalid syntax"


def _slip(text: str, offset: int) -> tuple[int, str, str] | None:
    """Where one of the known slips stands, at the place or right before it, and what was probably meant."""
    for slip, meant in _SLIPS.items():
        at = text.find(slip, max(offset - len(slip), 0), offset + len(slip))
        signs = (text[at : at + 2], text[max(at - 1, 0) : at + 1])
        if at >= 0 and not any(sign in ("==", "!=", "<=", ">=") for sign in signs):
            return at, slip, meant
    found = _LONE_EQUALS.search(text)
    return _word(text) if found is None else (found.start(), "=", "==")


def _word(text: str) -> tuple[int, str, str] | None:
    """The first word or number that Python does not have, outside of quotes."""
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
    word, number = _WORD.search(bare), _WITH_UNIT.search(bare)
    if number is not None and (word is None or number.start() < word.start()):
        count, unit = number[1], number[2]
        meant = str(int(count) * _MANY[unit]) if unit in _MANY else f"{_LENGTHS[unit]}({count})"
        return number.start(), number[0], meant
    return None if word is None else (word.start(), word[0], _WORDS[word[0]])


@dataclass(frozen=True, kw_only=True)
class Report:
    """Problems reported at nodes of Python's tree."""

    source: Source
    problems: Problems

    def error(self, node: ast.AST, code: str, *, zh: str, en: str) -> None:
        self.problems.error(self.source.place(node), code, zh=zh, en=en)

    def warning(self, node: ast.AST, code: str, *, zh: str, en: str) -> None:
        self.problems.warning(self.source.place(node), code, zh=zh, en=en)
