"""A tuning as a report: which value costs how many incidents a day, and what it finds how early."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

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
    Reference,
    Section,
    Table,
)
from simulator.tuning.curves import Estimate
from simulator.tuning.running import Tuning
from simulator.tuning.suggesting import f1_of
from streams.model import Model
from streams.text import Text

_PER_DAY: Final = Text(zh="每天异常数", en="incidents a day")
_RECALL: Final = Text(zh="召回率", en="recall")
_PRECISION: Final = Text(zh="准确率", en="precision")
_LEAD: Final = Text(zh="提前量（中位数）", en="known before (median)")
_IN_FORCE: Final = Text(zh="现行", en="in force")


def tuning_document(tuning: Tuning, model: Model) -> Document:
    rule = tuning.wish.rule
    sections = [_summary(tuning, model), _curves(tuning), _settings(tuning)]
    return Document(
        title=Text(zh=f"调参：{rule.name.zh}", en=f"Tuning {rule.name.en}"),
        sections=tuple(sections),
        zone=model.zone,
    )


def setting_text(tuning: Tuning, place: int) -> str:
    """As people read it: "48h", and of several parameters "within 48h, where.amount 1000"."""
    values = tuning.wish.settings[place].values
    if len(values) == 1:
        return values[0]
    return ", ".join(f"{one.path} {value}" for one, value in zip(tuning.wish.parameters, values, strict=True))


def _summary(tuning: Tuning, model: Model) -> Section:
    names = ", ".join(parameter.path for parameter in tuning.wish.parameters)
    outcome = tuning.wish.outcome
    facts = [
        Fact(
            label=Text(zh="比较的取值", en="settings compared"),
            value=len(tuning.points),
            about=Text(zh=f"参数：{names}", en=f"of {names}"),
        ),
        Fact(label=Text(zh="订单", en="orders"), value=tuning.entities),
    ]
    if tuning.outcomes is not None:
        bad = int(tuning.outcomes["outcome"].sum())
        facts.append(Fact(label=Text(zh="出事的订单", en="orders that went bad"), value=bad))
    parts: list[Part] = [Facts(facts=tuple(facts)), _suggestions(tuning)]
    parts += [Note(text=period_text(tuning.period, model.zone)), *_cautions(tuning)]
    text = "" if outcome is None else outcome.text
    return Section(
        name="suggested",
        title=Text(zh="建议的取值", en="Suggested values"),
        parts=tuple(parts),
        about=Text(
            zh=f"“出事”指：{text}。召回率是出事的订单中当时已有异常的占比，准确率是有异常的订单中之后确实出事的占比。"
            if text
            else "没有给出结果（--outcome），因此只能说每个取值会通知多少，不能说通知得对不对。",
            en=f'An order "went bad" where: {text}. Recall is the share of those that had an incident by then, '
            "precision the share of orders with an incident that went bad afterwards."
            if text
            else "No outcome was given (--outcome): the report says how much each value tells, not how often it is "
            "right.",
        ),
    )


def _suggestions(tuning: Tuning) -> Table:
    rows = [(reason, *_cells(tuning, place)) for reason, place in suggestions(tuning) if place is not None]
    return Table(
        name="suggestions",
        title=Text(zh="按目标选择", en="By what is wanted"),
        heads=(Head(label=Text(zh="目标", en="wanted")), *_heads(tuning)),
        rows=rows,
    )


def suggestions(tuning: Tuning) -> Iterator[tuple[Text, int | None]]:
    """What could be wanted, and the setting for it; None: no setting does."""
    if tuning.in_force is not None:
        yield _IN_FORCE, tuning.in_force
    if tuning.wish.budget is not None:
        yield (
            _budget_text(tuning.wish.budget, tuning.wish.team),
            tuning.in_budget,
        )
    if tuning.best_f1 is not None:
        yield Text(zh="准确率与召回率最均衡（F1）", en="best balance of precision and recall (F1)"), tuning.best_f1
    for share, place in tuning.quiet:
        yield Text(zh=f"{share:.0%} 的订单没有异常", en=f"{share:.0%} of orders stay without an incident"), place


def _budget_text(budget: float, team: str | None) -> Text:
    if team is None:
        return Text(zh=f"每天至多 {budget:g} 个异常", en=f"at most {budget:g} incidents a day")
    return Text(zh=f"每个 {team} 每天至多 {budget:g} 个异常", en=f"at most {budget:g} incidents a day for each {team}")


def _curves(tuning: Tuning) -> Section:
    single = len(tuning.wish.parameters) == 1
    parts: list[Part] = []
    if single:
        parts.append(_by_value(tuning, "per-day", _PER_DAY, lambda point: point.per_day, "number"))
    if tuning.outcomes is not None:
        if single:
            parts.append(_by_value(tuning, "recall", _RECALL, lambda point: point.recall, "share"))
            parts.append(_by_value(tuning, "precision", _PRECISION, lambda point: point.precision, "share"))
        parts.append(_trade(tuning))
    return Section(
        name="curves",
        title=Text(zh="代价与收获", en="What it costs, what it brings"),
        parts=tuple(parts),
        about=Text(
            zh="色带是 95% 的范围：订单重复抽样 200 次（泊松自助法），各取值用同样的抽样，可以相互比较。",
            en="Bands hold 95 %: orders drawn again 200 times (Poisson bootstrap), by the same draws for each value, "
            "so that values can be compared.",
        ),
    )


def _by_value(tuning: Tuning, name: str, label: Text, figure: Any, kind: Any) -> Chart:
    points: list[Mapping[str, Any]] = []
    for place, point in enumerate(tuning.points):
        estimate: Estimate = figure(point)
        if estimate.value is not None:
            low, high = estimate.interval or (estimate.value, estimate.value)
            points.append({"x": setting_text(tuning, place), "y": estimate.value, "low": low, "high": high})
    path = tuning.wish.parameters[0].path
    references: tuple[Reference, ...] = ()
    if name == "per-day" and tuning.wish.budget is not None:
        references = (Reference(label=Text(zh="预算", en="budget"), at=tuning.wish.budget),)
    return Chart(
        name=f"{name}-by-value",
        title=Text(zh=f"{path} 与{label.zh}", en=f"{label.en.capitalize()} by {path}"),
        mark="line",
        x=Axis(label=Text.plain(path), kind="text"),
        y=Axis(label=label, kind=kind),
        points=points,
        references=references,
    )


def _trade(tuning: Tuning) -> Chart:
    best = set(tuning.best)
    names = {True: Text(zh="没有更好的", en="none is better"), False: Text(zh="有更好的", en="another is better")}
    return Chart(
        name="trade",
        title=Text(zh="每天异常数与召回率", en="Recall for incidents a day"),
        mark="point",
        x=Axis(label=_PER_DAY),
        y=Axis(label=_RECALL, kind="share"),
        points=[
            {
                "x": point.per_day.value,
                "y": point.recall.value,
                "series": names[place in best],
                "label": setting_text(tuning, place),
            }
            for place, point in sorted(enumerate(tuning.points), key=lambda one: one[0] not in best)
            if point.recall.value is not None
        ],
        about=Text(
            zh="每个点是一个取值；“没有更好的”：没有别的取值通知更少、发现更多且更早（帕累托前沿）。",
            en='Each point is a value. "None is better": no other tells less, finds more and finds it earlier (the '
            "Pareto front).",
        ),
    )


def _settings(tuning: Tuning) -> Section:
    best = set(tuning.best)
    heads = (*_heads(tuning), Head(label=Text(zh="没有更好的", en="none is better")))
    yes, no = Text(zh="是", en="yes"), Text.plain("")
    rows = [(*_cells(tuning, place), yes if place in best else no) for place in range(len(tuning.points))]
    table = Table(name="settings", title=Text(zh="全部取值", en="All settings"), heads=heads, rows=rows)
    return Section(name="settings", title=Text(zh="全部取值", en="All settings"), parts=(table,))


def _heads(tuning: Tuning) -> tuple[Head, ...]:
    heads = [
        *(Head(label=Text.plain(parameter.path)) for parameter in tuning.wish.parameters),
        Head(label=Text(zh="异常", en="incidents"), kind="number"),
        Head(label=_PER_DAY, kind="number"),
        Head(label=Text(zh="区间", en="between")),
        Head(label=Text(zh="最忙一天", en="busiest day"), kind="number"),
        Head(label=Text(zh="无异常的订单", en="orders without"), kind="share"),
    ]
    if tuning.outcomes is not None:
        heads += [
            Head(label=_PRECISION, kind="share"),
            Head(label=_RECALL, kind="share"),
            Head(label=Text(zh="召回率区间", en="recall between")),
            Head(label=Text.plain("F1"), kind="share"),
            Head(label=_LEAD, kind="duration"),
            Head(
                label=Text(zh="自行恢复", en="healed"),
                kind="share",
                about=Text(
                    zh="结果已知的异常中，没有出事且自行结束的占比",
                    en="of the incidents with a known outcome, those that ended by themselves without it",
                ),
            ),
        ]
    return tuple(heads)


def _cells(tuning: Tuning, place: int) -> tuple[Cell, ...]:
    point = tuning.points[place]
    cells: list[Cell] = [
        *tuning.wish.settings[place].values,
        point.incidents,
        None if point.per_day.value is None else round(point.per_day.value, 3),
        _between(point.per_day, "{:.3g}"),
        point.busiest_day,
        point.quiet,
    ]
    if tuning.outcomes is not None:
        cells += [point.precision.value, point.recall.value, _between(point.recall, "{:.0%}"), f1_of(point)]
        cells += [point.lead, point.healed]
    return tuple(cells)


def _between(estimate: Estimate, form: str) -> Cell:
    if estimate.interval is None:
        return None
    return " – ".join(form.format(one) for one in estimate.interval)


def _cautions(tuning: Tuning) -> Iterator[Note]:
    budget = tuning.wish.budget
    if budget is not None and tuning.in_budget is None:
        yield Note(
            text=Text(
                zh=f"没有取值能把每天异常数降到 {budget:g} 以内；请把范围放宽。",
                en=f"No value keeps to {budget:g} incidents a day; try a wider range.",
            ),
            warning=True,
        )
    if tuning.in_force is None:
        yield Note(
            text=Text(
                zh="规则现在的值不在比较的取值之中，因此没有“现行”一行。",
                en="The value that the rule has now is not among those compared, so none is marked as in force.",
            )
        )
    if tuning.outcomes is not None:
        open_ = tuning.outcomes["outcome"].null_count()
        if open_:
            yield Note(
                text=Text(
                    zh=f"{open_:,} 张订单在历史结束时尚无结论，不计入准确率和召回率。",
                    en=f"{open_:,} orders were not decided when the history ends; they count in neither precision nor "
                    "recall.",
                )
            )
    if tuning.period.wait > tuning.period.length:
        wait = span_text(tuning.period.wait)
        yield Note(
            text=Text(
                zh=f"最长的等待（{wait.zh}）比统计期还长：较长的取值看起来偏安静。",
                en=f"The longest wait ({wait.en}) is longer than the period: long values look too quiet.",
            ),
            warning=True,
        )
