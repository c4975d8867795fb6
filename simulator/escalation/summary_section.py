"""A rehearsal in short: its figures, or those of two beside each other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.escalation.figures import Figures
from simulator.escalation.shown import Saying, Shown
from simulator.report.document import Cell, CellKind, Fact, Facts, Head, Note, Part, Section, Table
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    label: Text
    value: Callable[[Figures, Saying], Cell]
    kind: CellKind = "number"
    about: Text | None = None


_FIGURES: Final = (
    _Figure(label=Text(zh="异常", en="Incidents"), value=lambda one, _: one.incidents),
    _Figure(
        label=Text(zh="通知到了的异常", en="Incidents told"),
        value=lambda one, _: one.told,
        about=Text(zh="至少一条消息送达", en="at least one message arrived"),
    ),
    _Figure(
        label=Text(zh="不通知任何人", en="Nobody to tell"),
        value=lambda one, _: one.without_chain,
        about=Text(zh="影子规则、发现太迟或没有升级链", en="shadow rules, found late, or no chain"),
    ),
    _Figure(
        label=Text(zh="一条也没送达", en="Nothing arrived"),
        value=lambda one, _: one.unreached,
        about=Text(zh="有升级链但没有消息送达", en="there is a chain, and no message of it arrived"),
    ),
    _Figure(
        label=Text(zh="发给人的消息", en="Messages to people"),
        value=lambda one, _: one.messages,
        about=Text(zh="含解决通知", en="those that say it is over included"),
    ),
    _Figure(label=Text(zh="每天", en="A day"), value=lambda one, _: one.messages / one.days if one.days else None),
    _Figure(
        label=Text(zh="夜间消息", en="At night"),
        value=lambda one, _: one.night,
        about=Text(zh="按收件人当地时间", en="by the clock of whom they reach"),
    ),
    _Figure(
        label=Text(zh="最糟的一夜", en="Worst night"), value=lambda one, said: said.peak(one.worst_night), kind="text"
    ),
    _Figure(label=Text(zh="最忙的一天", en="Busiest day"), value=lambda one, said: said.peak(one.busiest), kind="text"),
    _Figure(label=Text(zh="群消息", en="Messages to groups"), value=lambda one, _: one.to_groups),
    _Figure(label=Text(zh="未送达", en="Did not arrive"), value=lambda one, _: one.failed),
    _Figure(label=Text(zh="已确认", en="Acknowledged"), value=lambda one, _: one.acknowledged),
    _Figure(
        label=Text(zh="无人确认即已解决", en="Over before anybody acknowledged"),
        value=lambda one, _: one.over_before,
    ),
    _Figure(label=Text(zh="到最后仍无人确认", en="Still nobody at the end"), value=lambda one, _: one.waiting),
    _Figure(
        label=Text(zh="确认用时 p50", en="Time to acknowledge, p50"),
        value=lambda one, _: one.answered.p50,
        kind="duration",
        about=Text(zh="从异常开启起，只计已确认的", en="from the opening, of those acknowledged"),
    ),
    _Figure(
        label=Text(zh="确认用时 p90", en="Time to acknowledge, p90"),
        value=lambda one, _: one.answered.p90,
        kind="duration",
    ),
    _Figure(label=Text(zh="升级链走完", en="Chains that ran out"), value=lambda one, _: one.run_out),
)
# Of two rehearsals beside each other a table has one kind, so that its columns can be read and sorted as what they are.
_COMPARED: Final[tuple[tuple[str, Text, CellKind], ...]] = (
    ("compared-counts", Text(zh="对比：数目", en="Compared: how many"), "number"),
    ("compared-times", Text(zh="对比：用时", en="Compared: how long"), "duration"),
    ("compared-peaks", Text(zh="对比：最糟的时候", en="Compared: the worst"), "text"),
)


def summary_section(shown: Sequence[Shown], said: Saying, notes: Iterable[Note]) -> Section:
    if len(shown) == 1:
        parts: list[Part] = [Facts(facts=tuple(_fact(figure, shown[0], said) for figure in _FIGURES))]
    else:
        parts = [_compared(name, title, kind, shown, said) for name, title, kind in _COMPARED]
    return Section(name="summary", title=Text(zh="概要", en="In short"), parts=(*parts, *notes))


def _fact(figure: _Figure, one: Shown, said: Saying) -> Fact:
    return Fact(label=figure.label, value=figure.value(one.figures, said), kind=figure.kind, about=figure.about)


def _compared(name: str, title: Text, kind: CellKind, shown: Sequence[Shown], said: Saying) -> Table:
    return Table(
        name=name,
        title=title,
        heads=(
            Head(label=Text(zh="指标", en="figure")),
            *(Head(label=Text.plain(one.name), kind=kind) for one in shown),
        ),
        rows=[
            [figure.label, *(figure.value(one.figures, said) for one in shown)]
            for figure in _FIGURES
            if figure.kind == kind
        ],
    )
