"""A backtest as a report, in the words of those who run orders."""

from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from simulator.backtest.breakdown_document import breakdown_section
from simulator.backtest.censoring import Period
from simulator.backtest.comparing import CLASSES, Class, Comparison
from simulator.backtest.judgement_document import outcome_section, span_text
from simulator.backtest.running import Backtest, VersionFound
from simulator.report.cells import local_time
from simulator.report.document import (
    Document,
    Fact,
    Facts,
    Head,
    Note,
    Part,
    Section,
    Table,
)
from streams.text import Text

CLASS_NAMES: Final[dict[Class, Text]] = {
    "new": Text(zh="新增", en="new"),
    "gone": Text(zh="消失", en="gone"),
    "earlier": Text(zh="提前", en="earlier"),
    "later": Text(zh="推迟", en="later"),
    "severity": Text(zh="级别不同", en="other severity"),
    "ending": Text(zh="结束不同", en="ended otherwise"),
    "same": Text(zh="相同", en="the same"),
}
_RULE: Final = Head(label=Text(zh="规则", en="rule"))


def backtest_document(backtest: Backtest) -> Document:
    sections = [_summary(backtest)]
    pairs = zip(backtest.comparisons, backtest.found[1:], strict=True)
    sections += [_changes(place, one, backtest.found[0], found) for place, (one, found) in enumerate(pairs, 1)]
    if backtest.outcomes is not None:
        sections.append(outcome_section(backtest))
    if backtest.question.per:
        sections.append(breakdown_section(backtest))
    return Document(
        title=Text(zh="规则版本对比", en="Rule versions compared"),
        sections=tuple(sections),
        zone=backtest.question.versions[0].model.zone,
    )


def period_text(period: Period, zone: ZoneInfo) -> Text:
    """Which part of the history counts, and why."""
    begin, until = (f"{local_time(instant, zone):%Y-%m-%d %H:%M}" for instant in (period.begin, period.until))
    counted = Text(zh=f"统计 {begin} 至 {until} 开启的异常。", en=f"Incidents opened from {begin} until {until} count.")
    wait, warm = span_text(period.wait), span_text(period.warm_up)
    if period.chosen:
        why = Text(zh="起点由 --from 指定。", en="The beginning is that of --from.")
    elif not period.wait:
        why = Text(zh="规则不需要等待，因此没有预热期。", en="The rules wait for nothing, so there is no warm-up.")
    elif period.capped:
        why = Text(
            zh=f"历史开头的 {warm.zh}作为预热期不计：规则最长等待{wait.zh}，但预热期至多占历史的四分之一。",
            en=f"The first {warm.en} are warm-up and left out: the rules wait for up to {wait.en}, but the warm-up "
            "takes a quarter of the history at most.",
        )
    else:
        why = Text(
            zh=f"历史开头的 {warm.zh}作为预热期不计，即规则的最长等待：那时已在途的订单，历史只知道后半段。",
            en=f"The first {warm.en} are warm-up and left out, the longest wait of the rules: of orders that were "
            "under way then the history knows only the rest.",
        )
    return Text(zh=counted.zh + why.zh, en=f"{counted.en} {why.en}")


def by_text(backtest: Backtest) -> Text:
    if backtest.question.by == "occurred_at":
        return Text(zh="按发生时间：事实上是什么。", en="By occurred_at: what was true.")
    return Text(zh="按获知时间：当时会知道什么。", en="By recorded_at: what would have been known, and when.")


def _summary(backtest: Backtest) -> Section:
    zone = backtest.question.versions[0].model.zone
    facts = [
        Fact(label=Text(zh="事件", en="events"), value=backtest.events),
        *(
            Fact(label=Text(zh=f"异常：{one.name}", en=f"incidents: {one.name}"), value=one.incidents.height)
            for one in backtest.found
        ),
    ]
    parts: list[Part] = [
        Facts(facts=tuple(facts)),
        Note(text=period_text(backtest.period, zone)),
        Note(text=by_text(backtest)),
    ]
    if backtest.unchanged:
        names = ", ".join(backtest.unchanged)
        told = Text(zh=f"各版本含义相同、未列出的规则：{names}", en=f"Left out, as they mean the same in all: {names}")
        parts.append(Note(text=told))
    return Section(name="summary", title=Text(zh="概要", en="Summary"), parts=tuple(parts))


# --- what changed --------------------------------------------------------------------------------------------------


def _changes(place: int, comparison: Comparison, before: VersionFound, after: VersionFound) -> Section:
    title = Text(zh=f"{before.name} → {after.name}：变化", en=f"{before.name} → {after.name}: what changes")
    counts = Table(
        name=f"changes-{place}",
        title=Text(zh="每条规则的异常数", en="Incidents of each rule"),
        heads=(
            _RULE,
            Head(label=Text.plain(before.name), kind="number"),
            Head(label=Text.plain(after.name), kind="number"),
            *(Head(label=CLASS_NAMES[class_], kind="number") for class_ in CLASSES),
        ),
        rows=comparison.counts.rows(),
        about=Text(
            zh="同一订单的异常按服务更换规则时的方式对应：先看开启时刻相同，再看时间重叠。一个异常可以同时提前且级别不同。"
            "在一个版本中于预热期开启、在另一个版本中之后才开启的，也计入此处。",
            en="Incidents of one order are paired as the service pairs them when a rule changes: first by the same "
            "opening, then by overlap. One incident can be both earlier and of another severity. What opened in the "
            "warm-up in one version and after it in the other counts here too.",
        ),
    )
    parts: list[Part] = [counts]
    parts += [_orders(place, class_, comparison) for class_ in CLASSES if class_ != "same"]
    return Section(name=f"comparison-{place}", title=title, parts=tuple(part for part in parts if not _is_empty(part)))


def _is_empty(part: Part) -> bool:
    return isinstance(part, Table) and not part.rows


def _orders(place: int, class_: Class, comparison: Comparison) -> Table:
    found = comparison.of(class_)
    rows = found.with_columns(
        pl.col("detected_at_before", "detected_at_after", "resolved_at_before", "resolved_at_after").to_physical()
    )
    columns = ["rule", "key", "detected_at_before", "detected_at_after", "shift"]
    columns += ["resolved_at_before", "resolved_at_after"]
    name = CLASS_NAMES[class_]
    return Table(
        name=f"{class_}-{place}",
        title=Text(zh=f"{name.zh}的异常", en=f"Incidents: {name.en}"),
        heads=(
            _RULE,
            Head(label=Text(zh="订单", en="order")),
            Head(label=Text(zh="原开启", en="opened before"), kind="instant"),
            Head(label=Text(zh="现开启", en="opens now"), kind="instant"),
            Head(label=Text(zh="推迟（负为提前）", en="later by (negative: earlier)"), kind="duration"),
            Head(label=Text(zh="原结束", en="ended before"), kind="instant"),
            Head(label=Text(zh="现结束", en="ends now"), kind="instant"),
        ),
        rows=rows.select(columns).rows(),
    )
