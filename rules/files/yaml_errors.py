"""What authors did where a file is no YAML: the parser's words told again, with the place where to look."""

import re
from collections.abc import Mapping
from typing import Final

import yaml

from rules.errors import Place
from rules.files.positions import Lines
from streams.text import Text

# By what libyaml and PyYAML say. `_AT_START` are told where the thing began, not where it was given up.
_SAID: Final[Mapping[str, Text]] = {
    "tab character": Text(zh="缩进只能用空格，不能用制表符", en="indent with blanks: a tab cannot stand here"),
    "could not find expected ':'": Text(
        zh="这一行缺少冒号，或冒号后缺少空格（键: 值）",
        en="a colon is missing here, or the blank behind it (key: value)",
    ),
    "mapping values are not allowed": Text(
        zh="此处不能有冒号：含“: ”的文本要加引号；否则请检查本行及上一行的缩进",
        en="a colon cannot stand here: put a text with a colon and a blank in quotes, else look at the indentation of "
        "this line and the one before",
    ),
    "did not find expected key": Text(
        zh="此处应为一个键：引号内的文本到引号为止，其后不能再有内容；否则请检查缩进",
        en="a key should stand here: a text in quotes ends with its quote, and nothing follows it; else look at the "
        "indentation",
    ),
    "unexpected end of stream": Text(zh="引号没有闭合", en="a quote is not closed"),
    "',' or ']'": Text(zh="方括号 [ 没有闭合，或缺少逗号", en="a bracket [ is not closed, or a comma is missing"),
    "',' or '}'": Text(
        zh="花括号 { 没有闭合，或缺少逗号；含“: ”的文本要加引号",
        en="a brace { is not closed, or a comma is missing; a text with a colon goes in quotes",
    ),
    "'-' indicator": Text(
        zh="缩进不一致：同一项的键要对齐", en="the indentation is uneven: the keys of one entry stand below each other"
    ),
    "cannot start any token": Text(zh="文本不能以此字符开头，请加引号", en="a text cannot begin so: put it in quotes"),
    "undefined alias": Text(zh="以 * 开头的文本要加引号", en="a text that begins with * goes in quotes"),
    "alphabetic or numeric character": Text(
        zh="以 & 或 * 开头的文本要加引号", en="a text that begins with & or * goes in quotes"
    ),
    "tags such as": Text(
        zh="以 ! 开头的文本要加引号；条件中请写 not",
        en="a text that begins with ! goes in quotes; in conditions write not",
    ),
    "comment or line break": Text(
        zh="以 > 或 | 开头的文本要加引号", en="a text that begins with > or | goes in quotes"
    ),
    "unknown escape": Text(
        zh="双引号中的反斜杠有特殊含义：请写 \\\\，或改用单引号",
        en="in double quotes a backslash means something else: write \\\\, or use single quotes",
    ),
    "expected node content": Text(zh="此处应有内容", en="something should stand here"),
    "leads back to itself": Text(zh="引用（*）指回了自身", en="an alias leads back to itself"),
    "nested too deeply": Text(zh="嵌套过深", en="nested too deeply"),
    "single document": Text(zh="一个文件只能有一份文档，请删去 ---", en="a file holds one document: remove the ---"),
}
_AT_START: Final = ("could not find expected ':'", "unexpected end of stream")
_WIDE_KEY: Final = re.compile(r"\s*(?:-\s+)*[^\s:：#'\"{\[]+(：)")  # a key with the colon of Chinese text behind it
_WIDE_COMMA: Final = Text(zh="；全角的 ， 应写作半角的 ,", en="; write , for the wide ，")
_WIDE_COLON: Final = Text(zh="；全角的 ： 应写作半角的 : 加空格", en="; write : and a blank for the wide ：")


def explain(error: yaml.MarkedYAMLError, lines: Lines, file: str) -> tuple[Place, Text]:
    """Where to look, and what to say."""
    said = error.problem or error.context or "the text cannot be read"
    needle = next((one for one in _SAID if one in said), "")
    mark = error.context_mark if needle in _AT_START and error.context_mark else error.problem_mark
    mark = mark or error.context_mark
    line, column = lines.position(0 if mark is None else lines.index(mark.line, mark.column))
    for one in (line, line - 1):
        wide = _WIDE_KEY.match(lines.line(one)) if one > 0 else None
        if wide is not None:
            line, column = one, wide.start(1) + 1
    told = _SAID.get(needle, Text(zh=said, en=said))
    if needle in ("',' or ']'", "',' or '}'") and "，" in lines.line(line):
        told = Text(zh=told.zh + _WIDE_COMMA.zh, en=told.en + _WIDE_COMMA.en)
    if any("：" in lines.line(one).partition("#")[0] for one in (line, line - 1)):
        told = Text(zh=told.zh + _WIDE_COLON.zh, en=told.en + _WIDE_COLON.en)
    return Place(file=file, line=line, column=column), told
