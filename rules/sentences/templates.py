"""The table of sentences: five templates in two languages, and the core keys that each of their forms gives.

A pattern is words, `{slots}` and `[optional parts]`; the first of a language is how Tocsin itself says the form. A word
that has synonyms stands for them too. A core key whose slot the author left out is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from rules.sentences.patterns import Item, read_pattern
from streams.text import Language, Text

Core = str | Mapping[str, str]  # of one key; {slots} are filled in


Template = Literal["deadline", "shortage", "supplier delay", "change request", "repeated problem"]

TEMPLATES: Final[Mapping[Template, Text]] = {
    "deadline": Text(zh="期限", en="deadline"),
    "shortage": Text(zh="短缺", en="shortage"),
    "supplier delay": Text(zh="供应商延迟", en="supplier delay"),
    "change request": Text(zh="变更", en="change request"),
    "repeated problem": Text(zh="反复出现的问题", en="repeated problem"),
}


@dataclass(frozen=True, kw_only=True)
class Form:
    """One thing that a template says: its core keys, and the patterns in which it can be said."""

    template: Template
    core: Mapping[str, Core]
    zh: tuple[str, ...]
    en: tuple[str, ...]

    @cached_property
    def patterns(self) -> Mapping[Language, tuple[tuple[Item, ...], ...]]:
        return {"zh": tuple(map(read_pattern, self.zh)), "en": tuple(map(read_pattern, self.en))}


FORMS: Final[tuple[Form, ...]] = (
    Form(
        template="deadline",
        core={"overdue": "{node}", "after": "{after}", "within": "{within}"},
        zh=(
            "{after} 后 {within} 内 未 {node}",
            "[已] {after} [后] [超过] {within} [内] 未 {node}",
            "[超过] {after} 后 {within} 未 {node}",
            "{after} 后 {within} 内 {node} 未 [完成]",
            "{node} 未 在 {after} 后 {within} 内 [完成]",
            "未 在 {after} 后 {within} 内 {node}",
        ),
        en=(
            "not {node} within {within} after {after}",
            "not {node} [more_than] {within} after {after}",
            "{node} not within {within} after {after}",
            "{node} more_than {within} after {after}",
            "[more_than] {within} after {after} [but] not {node}",
            "{after} but not {node} within {within}",
            "{after} [but] not {node} [more_than] {within}",
            "after {after} not {node} within {within}",
        ),
    ),
    Form(
        template="deadline",
        core={"overdue": "{node}"},
        zh=(
            "{node} 未 按 承诺 完成",
            "[供应商] {node} 未 按 承诺 [完成]",
            "[供应商] 未 按 承诺 {node}",
            "[供应商] 未 按时 {node}",
            "[供应商] {node} 未 按时 [完成]",
            "[供应商] 超过 承诺 未 {node}",
            "[供应商] 逾期 [未] {node}",
            "[供应商] {node} 逾期",
        ),
        en=(
            "{node} is overdue",
            "{node} [is] overdue",
            "[the_supplier] not {node} as promised",
            "[the_supplier] not {node} on_time",
            "[the_supplier] not {node} by promised",
        ),
    ),
    Form(
        template="deadline",
        core={"overdue": "{node}", "stages": "{late}"},
        zh=(
            "超过 承诺 {late} 未 {node}",
            "[供应商] 承诺 后 [超过] {late} 未 {node}",
            "[供应商] 超过 承诺 [后] [超过] {late} 未 {node}",
            "[供应商] 逾期 [超过] {late} 未 {node}",
            "[供应商] 逾期 [未] {node} [超过] {late}",
            "[供应商] {node} 逾期 [超过] {late}",
            "[供应商] {node} 超过 承诺 {late}",
        ),
        en=(
            "{node} is overdue by {late}",
            "{node} [is] overdue [by] [more_than] {late}",
            "{node} [is] [more_than] {late} overdue",
            "[the_supplier] not {node} [more_than] {late} past promised",
        ),
    ),
    Form(
        template="supplier delay",
        core={"overdue": "{node}", "before": "{ahead}"},
        zh=(
            "承诺 前 {ahead} 未 {node}",
            "[供应商] 未 在 承诺 前 {ahead} {node}",
            "[供应商] [在] 承诺 前 {ahead} 未 {node}",
            "[供应商] 距 承诺 [不足] {ahead} 未 {node}",
            "[供应商] {node} 距 承诺 [不足] {ahead}",
            "[供应商] {node} 未 在 承诺 前 {ahead} 完成",
        ),
        en=(
            "not {node} {ahead} before promised",
            "[the_supplier] not {node} {ahead} before promised",
            "{ahead} before promised [but] not {node}",
            "{node} [is] due within {ahead}",
        ),
    ),
    Form(
        template="shortage",
        core={"when": "{left} {sign} {right}", "for": "{lasting}"},
        zh=("{left} {sign} {right} [持续 {lasting}]", "{left} {sign} {right} [件] [持续 {lasting}]"),
        en=("{left} {sign} {right} [for {lasting}]", "{left} [is] {sign} {right} [units] [for {lasting}]"),
    ),
    Form(
        template="shortage",
        core={"when": "{left} + {more} {sign} {right}", "for": "{lasting}"},
        zh=(
            "{left} 加 {more} {sign} {right} [持续 {lasting}]",
            "{left} 加 {more} {sign} {right} [件] [持续 {lasting}]",
        ),
        en=(
            "{left} plus {more} {sign} {right} [for {lasting}]",
            "{left} plus {more} is {sign} {right} [for {lasting}]",
        ),
    ),
    Form(
        template="change request",
        core={"when": "{type} and {node}.done"},
        zh=("{node} 后 {type}", "[已] {node} 后 [又] {type}", "{type} 在 {node} 后"),
        en=("{type} after {node}", "after {node} {type}"),
    ),
    Form(
        template="change request",
        core={"when": "changed({field}) and {node}.done"},
        zh=("{node} 后 {field} 变更", "[已] {node} 后 [又] {field} 变更", "[已] {node} 后 [又] 变更 {field}"),
        en=("{field} changed after {node}", "after {node} {field} changed"),
    ),
    Form(
        template="repeated problem",
        core={"when": "{type}", "count": {"at_least": "{times}", "within": "{within}", "per": "{per}"}},
        zh=(
            "[同一 {per}] {within} 内 {times} 次 {type}",
            "[同一 {per}] {within} 内 [有] {times} 次 [以上] {type}",
            "{within} 内 同一 {per} [有] {times} 次 [以上] {type}",
            "[同一 {per}] {within} 内 {type} [有] {times} 次 [以上]",
            "{within} 内 同一 {per} {type} [有] {times} 次 [以上]",
        ),
        en=(
            "{times} {type} within {within} [per {per}]",
            "[at_least] {times} [or_more] [times] {type} within {within} [per {per}]",
            "[at_least] {times} [or_more] [times] {type} per {per} within {within}",
            "{type} [at_least] {times} [or_more] times within {within} [per {per}]",
            "{type} [at_least] {times} [or_more] times per {per} within {within}",
        ),
    ),
    Form(
        template="repeated problem",
        core={"when": "changed({field})", "count": {"at_least": "{times}", "within": "{within}", "per": "{per}"}},
        zh=(
            "[同一 {per}] {within} 内 {times} 次 变更 {field}",
            "[同一 {per}] {within} 内 [有] {times} 次 [以上] 变更 {field}",
            "{within} 内 同一 {per} [有] {times} 次 [以上] 变更 {field}",
            "[同一 {per}] {within} 内 {field} 变更 [有] {times} 次 [以上]",
            "{within} 内 同一 {per} {field} 变更 [有] {times} 次 [以上]",
        ),
        en=(
            "{field} changed {times} times within {within} [per {per}]",
            "{field} changed [at_least] {times} [or_more] times within {within} [per {per}]",
            "{field} changed [at_least] {times} [or_more] times per {per} within {within}",
        ),
    ),
    Form(
        template="repeated problem",
        core={"overdue": "{node}", "count": {"at_least": "{times}", "within": "{within}", "per": "{per}"}},
        zh=(
            "[同一 {per}] {within} 内 {times} 次 {node} 逾期",
            "[同一 {per}] {within} 内 [有] {times} 次 [以上] {node} 逾期",
            "{within} 内 同一 {per} [有] {times} 次 [以上] {node} 逾期",
            "[同一 {per}] {within} 内 {node} 逾期 [有] {times} 次 [以上]",
            "{within} 内 同一 {per} {node} 逾期 [有] {times} 次 [以上]",
        ),
        en=(
            "{node} overdue {times} times within {within} [per {per}]",
            "{node} [is] overdue [at_least] {times} [or_more] times within {within} [per {per}]",
            "{node} [is] overdue [at_least] {times} [or_more] times per {per} within {within}",
        ),
    ),
)
