"""Rules against what became of the orders, as a section of a report."""

from typing import Any, Final

from notifiers.localise import duration_text
from simulator.backtest.judging import LEADS, QUANTILES, Judgement
from simulator.backtest.running import Backtest, VersionFound
from simulator.report.document import Axis, Chart, Fact, Facts, Head, Note, Part, Section, Table
from streams.instants import Micros
from streams.text import Text

Judged = list[tuple[VersionFound, str, Judgement]]  # version, rule

_RULE: Final = Head(label=Text(zh="规则", en="rule"))
_VERSION: Final = Head(label=Text(zh="版本", en="version"))
_PRECISION: Final = Text(zh="准确率", en="precision")
_OF_PRECISION: Final = Text(
    zh="有异常的订单中，开启时或之后出事的占比", en="of the orders with an incident, those that went bad then or later"
)
_RECALL: Final = Text(zh="召回率", en="recall")
_OF_RECALL: Final = Text(
    zh="出事的订单中，出事时已有异常的占比", en="of the orders that went bad, those that had an incident by then"
)
_AHEAD: Final = Text(
    zh="出事的订单中，至少提前这么久已知的占比", en="Of orders that went bad, known at least so long before"
)


def span_text(span: Micros) -> Text:
    return Text(zh=duration_text(span, "zh"), en=duration_text(span, "en"))


def outcome_section(backtest: Backtest) -> Section:
    outcome = backtest.question.outcome
    judged = [(found, rule, one) for found in backtest.found for rule, one in found.judgements.items()]
    parts: list[Part] = [_outcome_facts(backtest), _by_order(judged), _sureness(judged)]
    parts += [_by_incident(judged), _early(judged)]
    if any(one.leads.len() for _, _, one in judged):
        parts.append(_lead_chart(judged))
    parts.append(_lead_table(judged))
    parts += [Note(text=text) for text in censoring_texts(judged)]
    text = "" if outcome is None else outcome.text
    return Section(
        name="outcome",
        title=Text(zh=f"对照结果：{text}", en=f"Against what became of them: {text}"),
        parts=tuple(parts),
        about=Text(
            zh="“出事”指上面的结果成立。按订单统计时，每张订单只看统计期内的第一个异常；按异常统计时，每个异常各算一次。",
            en='An order "went bad" where the outcome above came about. Per order, its first incident in the period '
            "counts; per incident, each counts by itself.",
        ),
    )


def outcome_counts(backtest: Backtest) -> tuple[int, int, int]:
    """How many entities went bad, did not, and are not known yet."""
    assert backtest.outcomes is not None
    outcome = backtest.outcomes["outcome"]
    bad, known = int(outcome.sum()), outcome.len() - outcome.null_count()
    return bad, known - bad, outcome.null_count()


def _outcome_facts(backtest: Backtest) -> Facts:
    bad, well, unknown = outcome_counts(backtest)
    told = Text(
        zh="历史结束时尚无结论：不计入准确率和召回率，另列最好与最坏的情形",
        en="not decided when the history ends: left out of precision and recall; best and worst case are given",
    )
    return Facts(
        facts=(
            Fact(label=Text(zh="出事的订单", en="orders that went bad"), value=bad),
            Fact(label=Text(zh="没出事的订单", en="orders that did not"), value=well),
            Fact(label=Text(zh="尚无结论", en="not known yet"), value=unknown, about=told),
        )
    )


def _by_order(judged: Judged) -> Table:
    return Table(
        name="by-order",
        title=Text(zh="按订单", en="Per order"),
        heads=(
            _VERSION,
            _RULE,
            Head(label=_PRECISION, kind="share", about=_OF_PRECISION),
            Head(label=_RECALL, kind="share", about=_OF_RECALL),
            Head(label=Text.plain("F1"), kind="share", about=Text(zh="两者的调和平均", en="the harmonic mean of both")),
            Head(label=Text(zh="及时发现", en="known by then"), kind="number"),
            Head(label=Text(zh="事后才发现", en="only afterwards"), kind="number"),
            Head(label=Text(zh="漏报", en="missed"), kind="number"),
            Head(label=Text(zh="误报", en="false alarms"), kind="number"),
            Head(label=Text(zh="尚无结论", en="not known yet"), kind="number"),
        ),
        rows=[
            (
                found.name,
                rule,
                one.precision.share.value,
                one.recall.share.value,
                one.f1,
                *(one.count(verdict) for verdict in ("warned", "late", "missed", "false", "open_warned")),
            )
            for found, rule, one in judged
        ],
        about=Text(
            zh=f"准确率：{_OF_PRECISION.zh}。召回率：{_OF_RECALL.zh}。",
            en=f"Precision: {_OF_PRECISION.en}. Recall: {_OF_RECALL.en}.",
        ),
    )


def _sureness(judged: Judged) -> Table:
    measures = [
        (found.name, rule, name, bounds)
        for found, rule, one in judged
        for name, bounds in ((_PRECISION, one.precision), (_RECALL, one.recall))
    ]
    return Table(
        name="sureness",
        title=Text(zh="有多可靠", en="How sure this is"),
        heads=(
            _VERSION,
            _RULE,
            Head(label=Text(zh="指标", en="figure")),
            Head(label=Text(zh="订单", en="orders"), kind="number"),
            Head(label=Text(zh="占比", en="share"), kind="share"),
            Head(label=Text(zh="区间下限", en="at least"), kind="share"),
            Head(label=Text(zh="区间上限", en="at most"), kind="share"),
            Head(label=Text(zh="最坏", en="worst case"), kind="share"),
            Head(label=Text(zh="最好", en="best case"), kind="share"),
        ),
        rows=[
            (
                version,
                rule,
                name,
                bounds.share.of,
                bounds.share.value,
                *(bounds.share.interval or (None, None)),
                bounds.worst.value,
                bounds.best.value,
            )
            for version, rule, name, bounds in measures
        ],
        about=Text(
            zh="区间为 95% 置信区间（Wilson）：订单越少，区间越宽。"
            "最坏与最好：把尚无结论的订单全部按最不利或最有利的情形计算。",
            en="The interval holds with 95 % confidence (Wilson): the fewer orders, the wider it is. Worst and best "
            "case: if all that is not known yet turned out as badly, or as well, as it can.",
        ),
    )


def _by_incident(judged: Judged) -> Table:
    return Table(
        name="by-incident",
        title=Text(zh="按异常", en="Per incident"),
        heads=(
            _VERSION,
            _RULE,
            Head(label=Text(zh="异常", en="incidents"), kind="number"),
            Head(label=Text(zh="之后出事", en="followed by the outcome"), kind="number"),
            Head(label=Text(zh="出事之后才开启", en="opened after it"), kind="number"),
            Head(label=Text(zh="没有出事", en="without it"), kind="number"),
            Head(label=Text(zh="尚无结论", en="not known yet"), kind="number"),
            Head(label=Text(zh="之后出事占比", en="followed, share"), kind="share"),
            Head(
                label=Text(zh="自行恢复占比", en="healed by itself, share"),
                kind="share",
                about=Text(
                    zh="异常自行结束且订单没有出事；历史中若有人处理过，也算在内",
                    en="it ended by itself and the order did not go bad; what somebody repaired at the time is in it",
                ),
            ),
        ),
        rows=[
            (
                found.name,
                rule,
                one.incidents.height,
                *(one.incidents_that(verdict) for verdict in ("followed", "late", "false", "open")),
                one.right_incidents.value,
                one.healed.value,
            )
            for found, rule, one in judged
        ],
    )


def _early(judged: Judged) -> Table:
    return Table(
        name="lead-times",
        title=Text(zh="提前多久", en="How long before"),
        heads=(
            _VERSION,
            _RULE,
            Head(label=Text(zh="及时发现的订单", en="orders known by then"), kind="number"),
            *(
                Head(label=Text(zh=f"{quantile:.0%} 不超过", en=f"{quantile:.0%} at most"), kind="duration")
                for quantile in QUANTILES
            ),
        ),
        rows=[
            (found.name, rule, one.leads.len(), *(one.lead_at(quantile) for quantile in QUANTILES))
            for found, rule, one in judged
        ],
        about=Text(
            zh="从第一个异常开启到出事的时间，只统计及时发现的订单。",
            en="From the opening of the first incident to the outcome, of the orders known by then.",
        ),
    )


def _lead_chart(judged: Judged) -> Chart:
    points: list[dict[str, Any]] = []
    for found, rule, one in judged:
        longest = one.lead_at(1) or 0
        points += [
            {"x": lead, "y": one.ahead(lead).value, "series": f"{found.name}: {rule}"}
            for lead in (0, *LEADS)
            if lead <= longest and one.ahead(lead).of
        ]
    return Chart(
        name="known-before",
        title=Text(
            zh="出事的订单中，至少提前这么久已知的占比", en="Of orders that went bad, known at least so long before"
        ),
        mark="step",
        x=Axis(label=Text(zh="提前", en="before"), kind="duration"),
        y=Axis(label=Text(zh="占比", en="share"), kind="share"),
        points=points,
    )


def _lead_table(judged: Judged) -> Table:
    return Table(
        name="known-before",
        title=Text(
            zh="出事的订单中，至少提前这么久已知的占比", en="Of orders that went bad, known at least so long before"
        ),
        heads=(_VERSION, _RULE, *(Head(label=lead_text(lead), kind="share") for lead in LEADS)),
        rows=[(found.name, rule, *(one.ahead(lead).value for lead in LEADS)) for found, rule, one in judged],
    )


def lead_text(lead: Micros) -> Text:
    return Text(zh="早于出事", en="before it at all") if lead == 1 else span_text(lead)


def censoring_texts(judged: Judged) -> list[Text]:
    """What the figures leave out."""
    found = []
    for version, rule, one in judged:
        unknown = one.count("open_warned", "open_quiet")
        if unknown or one.left_out:
            found.append(
                Text(
                    zh=f"{version.name}，{rule}：{unknown} 张订单尚无结论，{one.left_out} 张属于预热期"
                    "（已了结，或当时异常已开启），均未计入。",
                    en=f"{version.name}, {rule}: left out are {unknown} orders whose outcome is not known yet and "
                    f"{one.left_out} of the warm-up (over by then, or with an incident open).",
                )
            )
    return found
