"""Names that a model declares: Python identifiers in NFKC, none of the words of the rule language."""

from keyword import iskeyword

from rules.files.document import Leaf
from rules.language.functions import RESERVED
from streams.text import nfkc


def read_name(key: Leaf, text: str | None = None) -> str | None:
    """The name of a field or node (`text` where it is a part of the key); None, with a problem, where it is none."""
    name = nfkc(key.raw if text is None else text)
    problems = key.source.problems
    if not name.isidentifier():
        problems.error(
            key.place,
            "not_a_name",
            zh=f"{name} 不是名称：请用字母、数字和下划线，且不以数字开头",
            en=f"{name} is no name: use letters, digits and _, and no digit first",
        )
        return None
    if iskeyword(name) or name in RESERVED:
        problems.error(
            key.place,
            "reserved_name",
            zh=f"{name} 在规则中另有含义，不能用作名称",
            en=f"{name} has a meaning of its own in rules and cannot be a name",
        )
        return None
    return name


def report_twice(key: Leaf, name: str, kind: str, other: str) -> None:
    """One name has one meaning in a kind."""
    words = {"field": "字段", "node": "节点", "total": "汇总"}
    key.source.problems.error(
        key.place,
        "name_taken",
        zh=f"{kind} 中 {name} 已是{words[other]}；一个名称只能有一个含义",
        en=f"{name} is a {other} of {kind} already; one name has one meaning",
    )
