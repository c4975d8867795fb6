"""What authors are told where a file is no YAML."""

import pytest

from rules.errors import Problem, Problems
from rules.files.document import read_text

HEAD = "rules:\n  - id: a\n"


def told(text: str) -> Problem:
    problems = Problems()
    assert read_text(text, "r.yaml", problems) is None
    return problems.found[-1]


@pytest.mark.parametrize(
    ("text", "line", "column", "en", "zh"),
    [
        (f"{HEAD}\twhen: x\n", 3, 1, "a tab", "制表符"),
        (f"{HEAD}    when:x\n    name: y\n", 3, 5, "a colon is missing", "缺少冒号"),
        (f'{HEAD}    when: channel == "a: b"\n', 3, 24, "in quotes", "加引号"),
        (f'{HEAD}    when: "a" == channel\n', 3, 15, "ends with its quote", "到引号为止"),
        (f"{HEAD}    name: 'x\n    on: b\n", 3, 11, "a quote is not closed", "引号没有闭合"),
        (f"{HEAD}    stages: [{{at: 0h}}\n    on: order\n", 4, 5, "[ is not closed", "[ 没有闭合"),
        (f"{HEAD}   when: x\n", 3, 4, "indentation", "缩进"),
        (f"{HEAD}    when: *x\n", 3, 11, "begins with *", "以 * 开头"),
        (f"{HEAD}    when: !x y\n", 3, 11, "write not", "请写 not"),
        (f"{HEAD}    when: >= 3\n", 3, 12, "begins with > or |", "以 > 或 | 开头"),
        (f'{HEAD}    name: "a\\qb"\n', 3, 13, "backslash", "反斜杠"),
        ("rules：\n  - id: a\n", 1, 6, "wide ：", "全角"),
        ("rules:\n  - id： a\n    when: x\n", 2, 7, "wide ：", "全角"),
        (f"{HEAD}    if: {{a: 1， b: 2}}\n", 3, 17, "wide ，", "全角的 ，"),
        (f"{HEAD}---\nrules: []\n", 3, 1, "one document", "一份文档"),
    ],
)
def test_slips_are_told_in_the_author_s_words(text, line, column, en, zh):
    """Where to look and what to write, in both languages, and never the parser's own words."""
    problem = told(text)
    assert (problem.code, problem.place.line, problem.place.column) == ("not_yaml", line, column)
    assert en in problem.message.en and zh in problem.message.zh
    assert not any(word in problem.message.zh for word in ("expected", "found", "allowed"))
