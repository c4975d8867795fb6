"""The KPIs of a history as a report: figures first, then how each was counted."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from simulator.kpi.dwell import Dwell
from simulator.kpi.exception_section import exception_section
from simulator.kpi.in_full import PARTS, Fulfilment
from simulator.kpi.measuring import Kpis
from simulator.kpi.on_time import OnTime
from simulator.kpi.parameter_table import parameter_table
from simulator.kpi.satisfaction import Satisfaction
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
from simulator.shares import Share
from streams.model import Kind
from streams.text import Text

PROMISES: Final = {
    "last": Text(zh="最后约定", en="last agreed"),
    "first": Text(zh="最初承诺", en="original commit"),
    "requested": Text(zh="客户要求", en="customer requested"),
}
COMPARED: Final = {"day": Text(zh="日历日", en="calendar day"), "instant": Text(zh="时刻", en="instant")}
_CHARTED: Final = 25  # bars of a chart
LEVELS: Final = {"order": Text(zh="整单", en="order"), "line": Text(zh="明细行", en="line")}
LABELS: Final = {
    "on_time": Text(zh="准时", en="On time"),
    "in_full": Text(zh="足量", en="In full"),
    "documents": Text(zh="单据无误", en="Documents right"),
    "condition": Text(zh="完好", en="Undamaged"),
    "otif": Text(zh="准时足量 (OTIF)", en="OTIF"),
    "perfect": Text(zh="完美订单", en="Perfect order"),
}


def kpi_document(kpis: Sequence[Kpis], about: Text, zone: ZoneInfo) -> Document:
    sections = [section for one in kpis for section in _sections(one)]
    return Document(title=Text(zh="订单指标", en="Order KPIs"), sections=tuple(sections), about=about, zone=zone)


def _sections(kpis: Kpis) -> list[Section]:
    kind = kpis.definition.kind
    found = [_summary(kpis), _on_time(kpis)]
    if kpis.by is not None:
        found.append(_segments(kpis, kpis.by))
    if kpis.dwell:
        found.append(_dwell(kpis))
    if kpis.exceptions is not None:
        found.append(exception_section(kpis.exceptions, kind, kpis.definition.declared))
    if kpis.satisfaction is not None:
        found.append(_satisfaction(kind, kpis.satisfaction))
    name, title = _named(kind, "parameters", "口径", "what was counted")
    return [*found, Section(name=name, title=title, parts=(parameter_table(kpis.definition),))]


def _named(kind: Kind, name: str, zh: str, en: str) -> tuple[str, Text]:
    return f"{kind.name}-{name}", Text(zh=f"{kind.label.zh}：{zh}", en=f"{kind.label.en}: {en}")


def _summary(kpis: Kpis) -> Section:
    name, title = _named(kpis.definition.kind, "figures", "指标", "figures")
    counted = kpis.counted
    chosen = next((one for one in kpis.fulfilment if one.chosen), kpis.fulfilment[0])
    facts = [
        Fact(
            label=LABELS[figure],
            value=share.value,
            kind="share",
            about=Text(zh=f"{share.of:,} 中的 {share.count:,}", en=f"{share.count:,} of {share.of:,}"),
        )
        for figure, share in chosen.figures.items()
    ]
    parts: list[Part] = [Facts(facts=tuple(facts)), _levels(kpis)]
    about = Text(
        zh=f"{counted.entities:,} 个实体：交付 {counted.delivered:,}，未完成 {counted.open:,}，取消（不计）"
        f" {counted.cancelled:,}，未交付即关闭 {counted.closed:,}，不符合 where 的 {counted.elsewhere:,}",
        en=f"{counted.entities:,} entities: {counted.delivered:,} delivered, {counted.open:,} open, "
        f"{counted.cancelled:,} cancelled and left out, {counted.closed:,} closed without delivery, "
        f"{counted.elsewhere:,} not meant by where",
    )
    notes = _notes(chosen)
    return Section(name=name, title=title, about=about, parts=(*parts, *notes))


def _levels(kpis: Kpis) -> Table:
    return Table(
        name=f"{kpis.definition.kind.name}-fulfilment",
        title=Text(zh="交付", en="Fulfilment"),
        heads=(
            Head(label=Text(zh="级别", en="level")),
            Head(label=Text(zh="指标", en="figure")),
            Head(label=Text(zh="达到", en="met"), kind="number"),
            Head(label=Text(zh="可判断", en="judged"), kind="number"),
            Head(label=Text(zh="比例", en="share"), kind="share"),
            Head(label=Text(zh="95% 下限", en="95% from"), kind="share"),
            Head(label=Text(zh="95% 上限", en="to"), kind="share"),
            Head(label=Text(zh="无法判断", en="not judged"), kind="number"),
        ),
        rows=[
            (LEVELS[one.level], LABELS[figure], *_share_cells(share), one.not_judged(figure))
            for one in kpis.fulfilment
            for figure, share in one.figures.items()
        ],
    )


def _share_cells(share: Share) -> tuple[Cell, ...]:
    low, high = share.interval or (None, None)
    return (share.count, share.of, share.value, low, high)


def _notes(chosen: Fulfilment) -> list[Part]:
    missing = [LABELS[name] for name in PARTS[1:] if name not in chosen.figures]
    if not missing:
        return []
    zh, en = "、".join(one.zh for one in missing), ", ".join(one.en.lower() for one in missing)
    taken = Text(zh="，在完美订单中按达到计算", en=", and taken as met in the perfect order")
    if "perfect" not in chosen.figures:
        taken = Text(zh="，因此不算完美订单", en=", and there is no perfect order")
    keys = "documents, condition, ordered, delivered"
    text = Text(
        zh=f"没有声明，未衡量{taken.zh}：{zh}（见 kpi.yaml 的 {keys}）",
        en=f"Not declared, so not measured{taken.en}: {en} ({keys} in kpi.yaml)",
    )
    return [Note(text=text, warning=True)]


def _on_time(kpis: Kpis) -> Section:
    name, title = _named(kpis.definition.kind, "on-time", "准时", "on time")
    table = Table(
        name=name,
        title=Text(zh="按承诺和比较方式", en="By promise and way to compare"),
        heads=(
            Head(label=Text(zh="承诺", en="promise")),
            Head(label=Text(zh="比较", en="compared by")),
            Head(label=Text(zh="有承诺的交付", en="delivered with it"), kind="number"),
            Head(label=Text(zh="过早", en="too early"), kind="number"),
            Head(label=Text(zh="迟", en="late"), kind="number"),
            Head(label=Text(zh="准时", en="on time"), kind="number"),
            Head(label=Text(zh="准时率", en="share"), kind="share"),
            Head(label=Text(zh="未交付已逾期", en="open overdue"), kind="number"),
            Head(
                label=Text(zh="含未交付逾期", en="share incl. open"),
                kind="share",
                about=Text(zh="未交付且已过承诺的算迟", en="open ones past their promise count as late"),
            ),
            Head(label=Text(zh="采用", en="chosen")),
        ),
        rows=[_on_time_row(one) for one in kpis.on_time],
    )
    note = Text(
        zh="最后约定的承诺是交付那一刻有效的；到达恰好等于承诺为准时",
        en="The last agreed promise is the one in force at delivery; what arrives exactly at it is on time.",
    )
    if not kpis.on_time:
        note = Text(zh="历史中没有承诺", en="There are no promises in the history.")
        return Section(name=name, title=title, parts=(Note(text=note, warning=True),))
    return Section(name=name, title=title, parts=(table, Note(text=note)))


def _on_time_row(one: OnTime) -> tuple[Cell, ...]:
    share = one.on_time
    return (
        PROMISES[one.promise],
        COMPARED[one.compare],
        one.delivered,
        one.early,
        one.late,
        share.count,
        share.value,
        one.open_overdue,
        one.with_open.value,
        one.chosen,
    )


def _segments(kpis: Kpis, by: str) -> Section:
    name, title = _named(kpis.definition.kind, "by", f"按 {by}", f"by {by}")
    figures = tuple(kpis.segments[0].figures) if kpis.segments else ()
    table = Table(
        name=name,
        title=Text(zh=f"按 {by}", en=f"By {by}"),
        heads=(
            Head(label=Text.plain(by)),
            Head(label=Text(zh="交付", en="delivered"), kind="number"),
            *(Head(label=LABELS[figure], kind="share") for figure in figures),
        ),
        rows=[
            (
                None if one.value is None else str(one.value),
                one.delivered,
                *(one.figures[figure].value for figure in figures),
            )
            for one in kpis.segments
        ],
    )
    charted = next((one for one in ("otif", "on_time", "in_full") if one in figures), None)
    parts: tuple[Part, ...] = (table,) if charted is None else (table, _segment_chart(kpis, by, charted))
    return Section(name=name, title=title, parts=parts)


def _segment_chart(kpis: Kpis, by: str, figure: str) -> Chart:
    shares = [(one, one.figures[figure]) for one in kpis.segments[:_CHARTED]]
    return Chart(
        name=f"{kpis.definition.kind.name}-by",
        title=Text(
            zh=f"{LABELS[figure].zh}，按 {by}（交付最多的 {_CHARTED} 个以内）",
            en=f"{LABELS[figure].en} by {by} (at most {_CHARTED}, the most delivered first)",
        ),
        mark="bar",
        x=Axis(label=Text.plain(by), kind="text"),
        y=Axis(label=LABELS[figure], kind="share"),
        points=[
            {"x": "–" if one.value is None else str(one.value), "y": share.value}
            for one, share in shares
            if share.value is not None
        ],
    )


_WAY: Final = Head(label=Text(zh="从 → 到", en="from → to"))
_SPREAD: Final = (
    Head(label=Text.plain("p50"), kind="duration"),
    Head(label=Text.plain("p90"), kind="duration"),
    Head(label=Text.plain("p95"), kind="duration"),
)
_MEAN: Final = Head(label=Text(zh="平均", en="mean"), kind="duration")
_ARRIVED: Final = Head(label=Text(zh="到达", en="arrived"), kind="number")
_WITH_OPEN: Final = (
    Head(label=Text(zh="含未到达 p50", en="with open p50"), kind="duration"),
    Head(label=Text(zh="含未到达 p90", en="with open p90"), kind="duration"),
    Head(label=Text(zh="含未到达 p95", en="with open p95"), kind="duration"),
)
_OTHERS: Final = (
    Head(label=Text(zh="未到达", en="open"), kind="number"),
    Head(label=Text(zh="已等 p50", en="waiting p50"), kind="duration"),
    Head(label=Text(zh="已等 p90", en="waiting p90"), kind="duration"),
    Head(label=Text(zh="已等 p95", en="waiting p95"), kind="duration"),
    Head(label=Text(zh="中途关闭", en="closed before"), kind="number"),
    Head(label=Text(zh="越过", en="passed over"), kind="number"),
    Head(label=Text(zh="时间倒退", en="backwards"), kind="number"),
    Head(label=Text(zh="曾重置", en="reset"), kind="number"),
)


def _dwell(kpis: Kpis) -> Section:
    definition = kpis.definition
    name, title = _named(definition.kind, "dwell", "停留时间", "dwell times")
    kind = definition.kind
    parts: list[Part] = [
        Table(
            name=name,
            title=Text(zh="节点之间（日历时间）", en="Between nodes, in calendar time"),
            heads=(_WAY, _ARRIVED, *_SPREAD, _MEAN, *_WITH_OPEN),
            rows=[
                (_way(one, kind), one.arrived, *one.done.percentiles, one.done.mean, *one.estimated.percentiles)
                for one in kpis.dwell
            ],
        ),
        Table(
            name=f"{kind.name}-waiting",
            title=Text(zh="没有到达的，和数据质量", en="What did not arrive, and data quality"),
            heads=(_WAY, *_OTHERS),
            rows=[
                (
                    _way(one, kind),
                    one.open,
                    *one.open_age.percentiles,
                    one.closed,
                    one.passed,
                    one.negative,
                    one.reset,
                )
                for one in kpis.dwell
            ],
        ),
    ]
    calendar = definition.declared.calendar
    if calendar is not None:
        parts.append(_worked(kpis.dwell, definition.kind, calendar.name))
    parts.append(_dwell_chart(name, kpis.dwell, definition.kind))
    parts.append(
        Note(
            text=Text(
                zh="到达者的分位数偏乐观，慢的还在路上；“含未到达”用 Kaplan-Meier 法把未到达的算作至少这么久，"
                "空白表示到达的还不够多。倒退的行只计入数据质量",
                en="Percentiles of those that arrived flatter, as the slow ones are still open; those with open ones "
                "(Kaplan-Meier) count these as lasting at least so long, and are blank where too few have arrived. "
                "What went backwards in time is data quality and counts nowhere else.",
            )
        )
    )
    return Section(name=name, title=title, parts=tuple(parts))


def _way(one: Dwell, kind: Kind) -> Text:
    start, end = (kind.nodes[node].label for node in one.pair)
    return Text(zh=f"{start.zh} → {end.zh}", en=f"{start.en} → {end.en}")


def _worked(dwell: Sequence[Dwell], kind: Kind, calendar: str) -> Table:
    return Table(
        name=f"{kind.name}-worked",
        title=Text(zh=f"工作时间（{calendar}）", en=f"In working time ({calendar})"),
        heads=(_WAY, *_SPREAD, _MEAN),
        rows=[(_way(one, kind), *one.worked.percentiles, one.worked.mean) for one in dwell if one.worked is not None],
    )


def _dwell_chart(name: str, dwell: Sequence[Dwell], kind: Kind) -> Chart:
    shares = (Text.plain("p50"), Text.plain("p90"), Text.plain("p95"))
    return Chart(
        name=name,
        title=Text(zh="停留时间，含未到达", en="Dwell times, open ones counted"),
        mark="bar",
        x=Axis(label=Text(zh="从 → 到", en="from → to"), kind="text"),
        y=Axis(label=Text(zh="时长", en="time"), kind="duration"),
        points=[
            {"x": _way(one, kind), "y": span, "series": share}
            for one in dwell
            for share, span in zip(shares, one.estimated.percentiles, strict=True)
            if span is not None
        ],
    )


def _satisfaction(kind: Kind, found: Satisfaction) -> Section:
    name, title = _named(kind, "satisfaction", "满意度", "satisfaction")
    rows = ((LABELS["on_time"], found.on_time), (Text(zh="迟", en="Late"), found.late))
    table = Table(
        name=name,
        title=Text(zh="评分", en="Scores"),
        heads=(
            Head(label=Text(zh="订单", en="orders")),
            Head(label=Text(zh="已评分", en="scored"), kind="number"),
            Head(label=Text(zh="平均", en="mean"), kind="number"),
            Head(label=Text(zh="差评比例", en="share of bad ones"), kind="share"),
        ),
        rows=[
            (label, one.scored, one.mean, one.low.value)
            for label, one in ((Text(zh="全部", en="All"), found.all), *rows)
        ],
    )
    return Section(name=name, title=title, parts=(table,))
