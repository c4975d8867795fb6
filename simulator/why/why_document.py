"""What a set of orders has in common, as a report."""

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from simulator.backtest.backtest_document import period_text
from simulator.backtest.judgement_document import span_text
from simulator.report.document import (
    Axis,
    Cell,
    Chart,
    Document,
    Fact,
    Facts,
    Head,
    Note,
    Part,
    Section,
    Table,
)
from simulator.why.asking import Why
from simulator.why.items import Item
from simulator.why.searching import FALSE_DISCOVERIES, LEAST_GAIN, MOST_COMBINED, Finding
from streams.instants import format_instant
from streams.model import Kind
from streams.text import Text

_ALONE: Final = Text(zh="更常见的特征", en="What is more frequent")
_TOGETHER: Final = Text(zh="比各部分说明得更多的组合", en="Combinations that say more than each of their parts")


def why_document(found: Why, subject: Text, kind: Kind, zone: ZoneInfo, top: int) -> Document:
    """`subject`: which incidents these are; `top`: how many single values, and how many
    combinations, are shown."""
    alone, together = alone_and_together(found)
    parts: list[Part] = [_facts(found, kind), Note(text=period_text(found.period, zone))]
    if found.search.findings:
        parts.append(_chart((alone or together)[:top]))
    else:
        parts.append(Note(text=_nothing(found)))
    if alone:
        parts.append(_table("alone", _ALONE, alone, top))
    if together:
        parts.append(_table("together", _TOGETHER, together, top))
    parts += [Note(text=text) for text in _notes(found, kind)]
    title = Text(zh=f"为什么是这些订单：{subject.zh}", en=f"Why these orders: {subject.en}")
    return Document(title=title, sections=(Section(name="why", title=subject, parts=tuple(parts)),), zone=zone)


def alone_and_together(found: Why) -> tuple[list[Finding], list[Finding]]:
    """Single values, and combinations of them."""
    findings = found.search.findings
    return [one for one in findings if len(one.items) == 1], [one for one in findings if len(one.items) > 1]


def _facts(found: Why, kind: Kind) -> Facts:
    base = Text(
        zh="统计期内在途、且规则会看的单据；“份额”都与它们相比", en="active in the period, and looked at by the rule"
    )
    return Facts(
        facts=(
            Fact(label=Text(zh="这些异常的单据", en="in the set"), value=found.search.size),
            Fact(
                label=Text(zh=f"对比：{kind.label.zh}", en=f"compared with: {kind.label.en}"),
                value=found.search.base,
                about=base,
            ),
            Fact(label=Text(zh="检验的值与组合", en="values and combinations tested"), value=found.search.tests),
        )
    )


def _against(kind: Kind) -> Text:
    return Text(zh=f"对比：{kind.label.zh}", en=f"compared with: {kind.label.en}")


def sentence(finding: Finding) -> Text:
    """ "supplier = S4: 3.1 times the share, 214 orders"."""
    times = f"{finding.lift:.1f}"
    return Text(
        zh=f"{_said(finding.items).zh}：份额为总体的 {times} 倍，{finding.found} 张",
        en=f"{_said(finding.items).en}: {times} times the share, {finding.found} orders",
    )


def _said(items: Sequence[Item]) -> Text:
    texts = [item.text for item in items]
    return Text(zh=" 且 ".join(text.zh for text in texts), en=" and ".join(text.en for text in texts))


def _table(name: str, title: Text, findings: Sequence[Finding], top: int) -> Table:
    about = Text(zh="按倍数的区间下限排序。", en="In order of the lower end of the interval.")
    if len(findings) > top:
        about = Text(
            zh=f"共 {len(findings)} 条，列出前 {top} 条。{about.zh}",
            en=f"The first {top} of {len(findings)}. {about.en}",
        )
    return Table(
        name=name,
        title=title,
        heads=(
            Head(label=Text(zh="特征", en="what")),
            Head(label=Text(zh="倍数", en="times the share"), kind="number"),
            Head(label=Text(zh="区间下限", en="at least"), kind="number"),
            Head(label=Text(zh="区间上限", en="at most"), kind="number"),
            Head(label=Text(zh="这些异常中（张）", en="orders in the set"), kind="number"),
            Head(label=Text(zh="总体中（张）", en="orders in the base"), kind="number"),
            Head(
                label=Text(zh="其中有此异常", en="of these in the set"),
                kind="share",
                about=Text(zh="具有该特征的单据中，属于这些异常的占比", en="of all orders like this, those in the set"),
            ),
            Head(
                label=Text(zh="与第一条重合", en="shared with the first"),
                kind="share",
                about=Text(
                    zh="这些单据中同时符合第一条的占比：接近 100% 说明是同一批单据",
                    en="of these orders of the set, those of the first line too: near 100 % they are the same",
                ),
            ),
        ),
        rows=[_row(finding) for finding in findings[:top]],
        about=about,
    )


def _row(finding: Finding) -> tuple[Cell, ...]:
    return (
        _said(finding.items),
        round(finding.lift, 2),
        round(finding.low, 2),
        round(finding.high, 2),
        finding.found,
        finding.has,
        finding.found / finding.has,
        finding.shared,
    )


def _chart(findings: Sequence[Finding]) -> Chart:
    return Chart(
        name="lift",
        title=Text(zh="份额为总体的几倍（95% 区间）", en="Times the share of the base (95 % interval)"),
        mark="bar",
        x=Axis(label=Text(zh="特征", en="what"), kind="text"),
        y=Axis(label=Text(zh="倍数", en="times the share")),
        points=[
            {"x": _said(finding.items), "y": finding.lift, "low": finding.low, "high": finding.high}
            for finding in findings
        ],
    )


def _nothing(found: Why) -> Text:
    if not found.search.size:
        return Text(zh="没有这样的异常。", en="There are no such incidents.")
    return Text(
        zh="没有发现任何特征比偶然更常见：这些订单看起来与其他订单一样。",
        en="Nothing is more frequent than chance makes it: these orders look like the others.",
    )


def _notes(found: Why, kind: Kind) -> list[Text]:
    share = f"{FALSE_DISCOVERIES:.0%}"
    notes = [
        Text(
            zh=f"倍数：该特征在这些异常中的份额除以在总体中的份额；低于 {LEAST_GAIN} 倍的不列。"
            "区间有 95% 把握（Katz 对数法）。"
            f"检验了许多值，因此作了校正：列出的特征中，出于偶然的预计不超过 {share}"
            "（Fisher 精确检验，Benjamini-Hochberg 校正）。",
            en=f"Times the share: how frequent it is in the set, divided by how frequent it is in the base; below "
            f"{LEAST_GAIN} it is not listed. The interval holds with 95 % confidence (Katz, logarithm of the ratio). "
            f"Many values were looked at, so the test is stricter: of what is listed, {share} at most are expected to "
            "be there by chance (Fisher's exact test, corrected by Benjamini and Hochberg).",
        ),
        Text(
            zh=f"至少 {found.least} 张单据才算。",
            en=f"What holds for fewer than {found.least} orders is not looked at.",
        ),
        _age_text(found),
        Text(
            zh="更常见不等于原因：与真正原因一同出现的特征也会列出。",
            en="More frequent is not why yet: what comes together with the true reason is listed too.",
        ),
    ]
    if found.of_rule:
        labels = [kind.labels.get(name, Text.plain(name)) for name in found.of_rule]
        notes.append(
            Text(
                zh=f"规则自身会看、因此不列的字段：{'、'.join(label.zh for label in labels)}",
                en=f"Left out, as the rule itself looks at them: {', '.join(label.en for label in labels)}",
            )
        )
    if found.search.left_out:
        notes.append(
            Text(
                zh=f"只组合最常见的 {MOST_COMBINED} 个值；其余 {found.search.left_out} 个只单独检验。",
                en=f"Only the {MOST_COMBINED} most frequent values are combined; {found.search.left_out} others are "
                "tested alone.",
            )
        )
    return notes


def _age_text(found: Why) -> Text:
    if found.age is None:
        return Text(zh="所有单据都取历史结束时的值。", en="All orders are taken as they were in the end.")
    age = span_text(found.age)
    return Text(
        zh=f"这些异常的单据取异常开启时的值；其他单据取同样年龄（开始后{age.zh}，中位数）时的值。",
        en="Orders of the set are taken as they were when the incident opened, the others as they were at the same "
        f"age ({age.en} after their beginning, the median).",
    )


def why_json(found: Why, top: int) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "from": format_instant(found.period.begin),
        "until": format_instant(found.period.until),
        "set": found.search.size,
        "base": found.search.base,
        "tests": found.search.tests,
        "least": found.least,
        "fields_of_rule": list(found.of_rule),
        "findings": [
            {
                "items": [{"attribute": item.attribute, "value": item.value.en} for item in finding.items],
                "text": sentence(finding).en,
                "lift": finding.lift,
                "low": finding.low,
                "high": finding.high,
                "in_set": finding.found,
                "in_base": finding.has,
                "chance": finding.chance,
                "shared_with_first": finding.shared,
            }
            for findings in alone_and_together(found)
            for finding in findings[:top]
        ],
    }
