"""What was learned, and how it stands up to the orders that came afterwards, as a report."""

from collections.abc import Sequence
from typing import Final

from simulator.backtest.judging import Judgement
from simulator.lead_learning.judging import Calibration, RuleTried, Tried
from simulator.lead_learning.learning import LearnedWay, Learning, Sample
from simulator.lead_learning.writing import segment_text, share_text
from simulator.report.cells import cell_text
from simulator.report.document import Axis, Cell, Chart, Document, Head, Note, Part, Section, Table
from streams.model import Model
from streams.text import Text

_LEADS: Final = (0.1, 0.5, 0.9)
_HOW: Final = Text(
    zh="Kaplan-Meier 估计：未到达的算到历史末尾，中途关闭的算到关闭，越过的算到后一节点到达；95% 区间用 Greenwood 方差"
    "（Brookmeyer-Crowley，log-log）。倒退的不计；曾重置的算最后一轮",
    en="Kaplan-Meier estimates: open orders count up to the end of the history, closed ones up to their closing, those "
    "that passed the node over up to the next one reached; 95 % intervals by Greenwood's variance (Brookmeyer-Crowley, "
    "log-log). What went backwards in time is left out; of what was reset the last round counts.",
)
_NOT_TRIED: Final = {
    "no_promise": Text(
        zh="找不到承诺的时刻，用 --promise 指定字段或 节点.due",
        en="there is no promise to compare with; name a field or NODE.due with --promise",
    ),
    "not_learned": Text(
        zh="历史（或其第一部分）得不出它要的交期或分位数",
        en="the history, or its first part, does not give the lead times or quantiles that it asks for",
    ),
}


def learn_document(learning: Learning, tried: Tried | None, model: Model, source: str) -> Document:
    sections = [_learned(learning, model)]
    if any(way.by for way in learning.ways):
        sections.append(_segments(learning, model))
    if tried is not None:
        sections.append(_calibration(tried, model))
        sections += _rules(tried)
    until = cell_text(learning.until, "instant", "en", model.zone)
    return Document(
        title=Text(zh="学习交期", en="Learned lead times"),
        sections=tuple(sections),
        about=Text(zh=f"{source}，截至 {until}", en=f"{source}, until {until}"),
        zone=model.zone,
    )


def way_text(model: Model, pair: tuple[str, str, str]) -> Text:
    kind = model.kinds[pair[0]]
    start, end = kind.nodes[pair[1]].label, kind.nodes[pair[2]].label
    return Text(
        zh=f"{kind.label.zh}：{start.zh} → {end.zh}",
        en=f"{kind.label.en}: {start.en} → {end.en}",
    )


_WAY: Final = Head(label=Text(zh="路径", en="way"))
_ORDERS: Final = Head(label=Text(zh="开始", en="began"), kind="number")
_ARRIVED: Final = Head(label=Text(zh="到达", en="arrived"), kind="number")


def _learned(learning: Learning, model: Model) -> Section:
    ways = (*learning.ways, *learning.left_out)
    parts: list[Part] = [
        Table(
            name="ways",
            title=Text(zh="节点之间", en="Between nodes"),
            heads=(_WAY, _ORDERS, _ARRIVED, *_quantile_heads(ways)),
            rows=[_row(way_text(model, way.pair), way.overall) for way in ways],
        ),
        Table(
            name="ways-counted",
            title=Text(zh="数据", en="The data behind"),
            heads=(
                _WAY,
                Head(label=Text(zh="未到达", en="open"), kind="number"),
                Head(label=Text(zh="中途关闭", en="closed before"), kind="number"),
                Head(label=Text(zh="越过", en="passed over"), kind="number"),
                Head(label=Text(zh="时间倒退", en="backwards"), kind="number"),
                Head(label=Text(zh="曾重置", en="reset"), kind="number"),
                Head(label=Text(zh="学习", en="learned")),
            ),
            rows=[
                (
                    way_text(model, way.pair),
                    way.open,
                    way.closed,
                    way.passed,
                    way.negative,
                    way.reset,
                    way in learning.ways,
                )
                for way in ways
            ],
        ),
        _intervals(ways, model),
        _chart(learning.ways, model),
        Note(text=_HOW),
    ]
    if learning.left_out:
        parts.append(
            Note(
                text=Text(
                    zh=f"到达不足 {learning.least} 个（--min-orders）或到达太少而没有分位数的路径不写入文件",
                    en=f"Ways with fewer than {learning.least} arrived orders (--min-orders), or too few to have any "
                    "quantile, are not written.",
                ),
                warning=True,
            )
        )
    return Section(name="learned", title=Text(zh="得出的用时", en="What was learned"), parts=tuple(parts))


def _quantile_heads(ways: Sequence[LearnedWay]) -> list[Head]:
    shares = [one.share for one in ways[0].overall.quantiles] if ways else []
    return [Head(label=Text.plain(share_text(share)), kind="duration") for share in shares]


def _row(label: Cell, sample: Sample) -> tuple[Cell, ...]:
    return (label, sample.orders, sample.arrived, *(one.span for one in sample.quantiles))


def _intervals(ways: Sequence[LearnedWay], model: Model) -> Table:
    return Table(
        name="intervals",
        title=Text(zh="有多确定", en="How sure that is"),
        heads=(
            _WAY,
            Head(label=Text(zh="分位数", en="quantile")),
            Head(label=Text(zh="用时", en="time"), kind="duration"),
            Head(label=Text(zh="95% 下限", en="95% from"), kind="duration"),
            Head(label=Text(zh="95% 上限", en="to"), kind="duration"),
        ),
        rows=[
            (way_text(model, way.pair), share_text(one.share), one.span, one.low, one.high)
            for way in ways
            for one in way.overall.quantiles
        ],
    )


def _chart(ways: Sequence[LearnedWay], model: Model) -> Chart:
    return Chart(
        name="ways",
        title=Text(zh="节点之间的用时", en="Time between nodes"),
        mark="bar",
        x=Axis(label=Text(zh="路径", en="way"), kind="text"),
        y=Axis(label=Text(zh="用时", en="time"), kind="duration"),
        points=[
            {"x": way_text(model, way.pair), "y": one.span, "series": share_text(one.share)}
            for way in ways
            for one in way.overall.known
        ],
    )


def _segments(learning: Learning, model: Model) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for way in learning.ways:
        for values, sample in way.segments.items():
            _, *cells = _row("", sample)
            rows.append((way_text(model, way.pair), segment_text(way.by, values), *cells))
    left_out = [
        Note(
            text=Text(
                zh=f"{way_text(model, way.pair).zh}：{way.few} 个分段到达太少，{len(way.incomplete)} 个缺分位数；"
                "它们按总体计算",
                en=f"{way_text(model, way.pair).en}: {way.few} segments have too few arrived orders, "
                f"{len(way.incomplete)} lack a quantile; the figures over all count for them",
            )
        )
        for way in learning.ways
        if way.few or way.incomplete
    ]
    table = Table(
        name="segments",
        title=Text(zh="按分段", en="By segment"),
        heads=(_WAY, Head(label=Text(zh="分段", en="segment")), _ORDERS, _ARRIVED, *_quantile_heads(learning.ways)),
        rows=rows,
    )
    return Section(name="segments", title=Text(zh="分段", en="Segments"), parts=(table, *left_out))


def _calibration(tried: Tried, model: Model) -> Section:
    split = cell_text(tried.split, "instant", "en", model.zone)
    fitting = [one.fits for one in tried.calibration if one.fits is not None]
    table = Table(
        name="calibration",
        title=Text(zh="学到的分位数与之后的订单", en="Learned quantiles and the orders that came"),
        heads=(
            _WAY,
            Head(label=Text(zh="分段", en="segment")),
            Head(label=Text(zh="分位数", en="quantile")),
            Head(label=Text(zh="学到的用时", en="learned"), kind="duration"),
            Head(label=Text(zh="之后的订单", en="orders after"), kind="number"),
            Head(label=Text(zh="实际在此之内", en="took at most so long"), kind="share"),
            Head(label=Text(zh="95% 下限", en="95% from"), kind="share"),
            Head(label=Text(zh="95% 上限", en="to"), kind="share"),
            Head(label=Text(zh="相符", en="fits")),
        ),
        rows=[_calibration_row(one, model) for one in tried.calibration],
    )
    chart = Chart(
        name="calibration",
        title=Text(zh="应有与实有的比例（总体）", en="Share expected and share that came, over all"),
        mark="point",
        x=Axis(label=Text(zh="应有", en="expected"), kind="share"),
        y=Axis(label=Text(zh="实有", en="came"), kind="share"),
        points=[
            {
                "x": float(one.share),
                "y": one.done,
                "low": one.low,
                "high": one.high,
                "series": way_text(model, one.pair),
            }
            for one in tried.calibration
            if not one.segment and one.done is not None and one.low is not None
        ],
    )
    note = Note(
        text=Text(
            zh=f"用 {split} 之前已知的事件学习，用这一刻及之后开始的订单检验；{len(fitting)} 个分位数中"
            f" {sum(fitting)} 个与之后的订单相符（在 95% 区间内）",
            en=f"Learned from what was known before {split}, tried on what began then or later: {sum(fitting)} of "
            f"{len(fitting)} quantiles fit what came (within its 95 % interval).",
        )
    )
    return Section(name="calibration", title=Text(zh="检验", en="Out of sample"), parts=(note, table, chart))


def _calibration_row(one: Calibration, model: Model) -> tuple[Cell, ...]:
    return (
        way_text(model, one.pair),
        segment_text(one.by, one.segment) if one.segment else Text(zh="总体", en="over all"),
        share_text(one.share),
        one.span,
        one.orders,
        one.done,
        one.low,
        one.high,
        one.fits,
    )


def _rules(tried: Tried) -> list[Section]:
    sections = [_rule(one) for one in tried.rules]
    notes: list[Part] = [
        Note(
            text=Text(zh=f"规则 {rule} 未检验：{_NOT_TRIED[why].zh}", en=f"{rule} was not tried: {_NOT_TRIED[why].en}"),
            warning=True,
        )
        for rule, why in tried.not_tried
    ]
    if not tried.rules and not tried.not_tried:
        notes.append(
            Note(
                text=Text(
                    zh="没有规则使用 lead()，因此只检验分位数", en="No rule uses lead(), so only quantiles are tried."
                )
            )
        )
    if notes:
        sections.append(Section(name="not-tried", title=Text(zh="未检验", en="Not tried"), parts=tuple(notes)))
    return sections


def _rule(one: RuleTried) -> Section:
    columns = (one.out_of_sample, one.in_sample)
    table = Table(
        name=f"rule-{one.rule.id}",
        title=Text(zh="预警有多准、多早", en="How often right, how early"),
        heads=(
            Head(label=Text(zh="交期学自", en="lead times learned on")),
            Head(label=Text(zh="预警对了", en="warned, missed"), kind="number"),
            Head(label=Text(zh="虚警", en="warned, in time"), kind="number"),
            Head(label=Text(zh="没有预警", en="missed, no warning"), kind="number"),
            Head(label=Text(zh="晚于承诺才报", en="told after the promise"), kind="number"),
            Head(label=Text(zh="结果未知", en="not known yet"), kind="number"),
            Head(label=Text(zh="准确率", en="precision"), kind="share"),
            Head(label=Text(zh="召回率", en="recall"), kind="share"),
            *(
                Head(label=Text(zh=f"提前量 p{share * 100:g}", en=f"ahead p{share * 100:g}"), kind="duration")
                for share in _LEADS
            ),
        ),
        rows=[
            (label, *_judged(judgement))
            for label, judgement in zip(
                (Text(zh="第一部分", en="the first part"), Text(zh="全部（事后）", en="everything (afterwards)")),
                columns,
                strict=True,
            )
        ],
    )
    about = Text(
        zh=f"要防的是：{one.end} 晚于 {one.promise}，或到历史末尾仍未到达。只看分割时刻及之后开始的订单"
        f"（之前开始的 {one.before:,} 个不计；未到达即关闭的 {one.closed:,} 个不计）",
        en=f"To be prevented: {one.end} reached after {one.promise}, or never by the end. Orders that began at the "
        f"split or later ({one.before:,} that began before are left out, and {one.closed:,} closed without arriving)",
    )
    low, high = one.out_of_sample.precision.share.interval or (None, None)
    parts: list[Part] = [table, _lead_chart(one)]
    if low is not None and high is not None:
        parts.append(
            Note(
                text=Text(
                    zh=f"第一部分学到的准确率，95% 区间 {low:.0%} 至 {high:.0%}",
                    en=f"Precision with lead times of the first part: 95 % interval {low:.0%} to {high:.0%}.",
                )
            )
        )
    return Section(
        name=f"rule-{one.rule.id}",
        title=Text(zh=f"规则 {one.rule.name.zh}", en=f"Rule {one.rule.name.en}"),
        parts=tuple(parts),
        about=about,
    )


def _judged(judgement: Judgement) -> tuple[Cell, ...]:
    return (
        judgement.count("warned"),
        judgement.count("false"),
        judgement.count("missed"),
        judgement.count("late"),
        judgement.count("open_warned", "open_quiet"),
        judgement.precision.share.value,
        judgement.recall.share.value,
        *(judgement.lead_at(share) for share in _LEADS),
    )


def _lead_chart(one: RuleTried) -> Chart:
    """The share of missed promises that were known at least so long before."""
    named = (
        (Text(zh="第一部分", en="the first part"), one.out_of_sample),
        (Text(zh="全部（事后）", en="everything (afterwards)"), one.in_sample),
    )
    points = []
    for series, judgement in named:
        bad = judgement.count("warned", "late", "missed")
        leads = judgement.leads.to_list()
        points += [{"x": lead, "y": (len(leads) - place) / bad, "series": series} for place, lead in enumerate(leads)]
    return Chart(
        name=f"ahead-{one.rule.id}",
        title=Text(zh="至少提前这么久知道的比例", en="Share of missed promises known at least so long before"),
        mark="step",
        x=Axis(label=Text(zh="提前量", en="ahead"), kind="duration"),
        y=Axis(label=Text(zh="召回率", en="recall"), kind="share"),
        points=points,
    )
