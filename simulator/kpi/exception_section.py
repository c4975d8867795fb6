"""The part of a KPI report about exceptions: their share, who took them and when, and when they were over."""

from typing import Final

from simulator.kpi.definitions import Declared
from simulator.kpi.exceptions import Exceptions, Times
from simulator.report.document import Cell, Fact, Facts, Head, Note, Part, Section, Table
from streams.instants import Micros
from streams.model import Kind
from streams.text import Text

_HEADS: Final = (
    Head(label=Text(zh="用时", en="time to")),
    Head(label=Text(zh="次数", en="incidents"), kind="number"),
    Head(label=Text(zh="平均", en="mean"), kind="duration"),
    Head(label=Text(zh="中位", en="median"), kind="duration"),
    Head(label=Text.plain("p90"), kind="duration"),
    Head(label=Text(zh="约定时限", en="agreed within")),
    Head(label=Text(zh="按时比例", en="share in time"), kind="share"),
    Head(label=Text(zh="工作时间平均", en="working time, mean"), kind="duration"),
    Head(label=Text(zh="工作时间中位", en="working time, median"), kind="duration"),
)
_FROM_REPLAY: Final = Text(
    zh="异常来自回放：没有人确认，因此没有 MTTA；解决用时是问题自行结束的用时。实际确认情况请用 --database",
    en="The incidents are replayed: nobody acknowledged them, so there is no MTTA, and the time to resolve is how long "
    "the trouble lasted by itself. What people did is in the service's database: --database.",
)


def exception_section(found: Exceptions, kind: Kind, declared: Declared) -> Section:
    title = Text(zh=f"{kind.label.zh}：异常", en=f"{kind.label.en}: exceptions")
    share = Fact(
        label=Text(zh="有异常的比例", en="Share with an exception"),
        value=found.share.value,
        kind="share",
        about=Text(
            zh=f"期内活动的 {found.share.of:,} 个中的 {found.share.count:,} 个（不是异常数 / 实体数）",
            en=f"{found.share.count:,} of {found.share.of:,} active in the period (entities, not incidents)",
        ),
    )
    incidents = Fact(label=Text(zh="期内异常", en="Incidents opened"), value=found.incidents)
    parts: list[Part] = [
        Facts(facts=(share, incidents, *_open(found))),
        Table(
            name=f"{kind.name}-responses",
            title=Text(zh="确认与解决", en="Acknowledging and resolving"),
            heads=_HEADS,
            rows=_rows(found, declared),
        ),
    ]
    if found.acknowledging is None:
        parts.append(Note(text=_FROM_REPLAY))
    return Section(name=f"{kind.name}-exceptions", title=title, parts=tuple(parts))


def _open(found: Exceptions) -> tuple[Fact, ...]:
    still_open = _ages(Text(zh="仍未解决", en="Still open"), found.still_open)
    if found.acknowledging is None:
        return (still_open,)
    return (
        still_open,
        _ages(Text(zh="仍未确认", en="Not acknowledged yet"), found.unacknowledged),
        Fact(label=Text(zh="无人确认即结束", en="Over before anybody took them"), value=found.over_unacknowledged),
    )


def _ages(label: Text, ages: tuple[Micros, ...]) -> Fact:
    if not ages:
        return Fact(label=label, value=0)
    oldest, middle = (_hours(age) for age in (ages[0], ages[len(ages) // 2]))
    return Fact(
        label=label,
        value=len(ages),
        about=Text(zh=f"最久 {oldest} 小时，中位 {middle} 小时", en=f"the oldest {oldest} h, the median {middle} h"),
    )


def _hours(age: Micros) -> str:
    return f"{age / 3_600_000_000:,.1f}"


def _rows(found: Exceptions, declared: Declared) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    if found.acknowledging is not None:
        label = Text(zh="确认 (MTTA)", en="acknowledge (MTTA)")
        rows.append(_row(label, found.acknowledging, declared.acknowledge_within))
    label = Text(zh="自行结束 (MTTR)", en="end by itself (MTTR)")
    rows.append(_row(label, found.resolved_itself, declared.resolve_within))
    if found.resolved_by_person is not None:
        label = Text(zh="由人解决 (MTTR)", en="be resolved by a person (MTTR)")
        rows.append(_row(label, found.resolved_by_person, declared.resolve_within))
    return rows


def _row(label: Text, times: Times, within: object) -> tuple[Cell, ...]:
    return (
        label,
        times.count,
        times.mean,
        times.median,
        times.p90,
        None if within is None else str(within),
        None if times.in_time is None else times.in_time.value,
        times.worked_mean,
        times.worked_median,
    )
