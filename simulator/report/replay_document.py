"""A replay as a report: which incidents there would have been, when, how long, on which orders, and what to doubt."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from notifiers.words import REASONS, SEVERITIES
from rules.lints.horizon import calendars_of
from rules.rule import Rule
from rules.workspace import Workspace
from rules.worktime.calendars import Calendar
from rules.worktime.public_holidays import NO_HOLIDAYS
from simulator.history import Reading
from simulator.report.cells import all_days, local_time
from simulator.report.data_quality import data_quality_section
from simulator.report.document import Cell, Document, Fact, Facts, Head, Note, Part, Section, Table
from simulator.report.incident_charts import lasted_chart, open_chart, opened_chart, week_chart
from simulator.results import Results
from streams.firing import Reason, Severity
from streams.text import Text

_RULE: Final = Head(label=Text(zh="规则", en="Rule"))
_TOP: Final = 20  # entities
_OPEN: Final = Text(zh="截至时仍未解决", en="open at the end")


def replay_document(replayed: Results, read: Reading, workspace: Workspace, history: str) -> Document:
    """`history` is what the history is called: its file's name."""
    ended = pl.col("resolved_at").to_physical().fill_null(pl.lit(replayed.until, pl.Int64))
    incidents = replayed.incidents.with_columns(lasted=ended - pl.col("opened_at").to_physical())
    names = rule_names(workspace)
    sections = [_summary(replayed, read, workspace, incidents), _rules(workspace, incidents, names)]
    if replayed.until is not None and not incidents.is_empty():
        sections += [
            _when(replayed, workspace, incidents, names),
            _which(workspace, incidents, names),
        ]
    sections.append(data_quality_section(read))
    return Document(
        title=Text(zh=f"回放：{history}", en=f"Replay of {history}"),
        about=_about(replayed, workspace),
        sections=tuple(sections),
        zone=workspace.model.zone,
    )


def cautions(replayed: Results, read: Reading, workspace: Workspace) -> Iterator[Text]:
    """What must be known before the figures are believed."""
    if read.never_late and replayed.events:
        yield Text(
            zh="历史中没有晚于发生的获知时间，因此不会有迟到的数据。",
            en="Every event was known when it happened, so nothing can be late in this history.",
        )
    yield from unknown_holidays(replayed, workspace)
    if read.refusals:
        count = len(read.refusals)
        yield Text(
            zh=f"{count:,} 处被拒绝，没有参与回放；见“数据质量”。",
            en=f"{count:,} refused and not replayed: see data quality.",
        )
    known = sorted({name for report in read.mappings for name in report.known_from_start})
    if known:
        yield Text(
            zh=f"视为一开始就已知的字段：{'、'.join(known)}。当时也许还不知道，回放可能比实际更早发现。",
            en=f"Taken as known from the beginning: {', '.join(known)}. What was not yet known is found too early.",
        )


def unknown_holidays(replayed: Results, workspace: Workspace) -> Iterator[Text]:
    """The rules whose working time had to count days as ordinary ones, because their holidays are not known."""
    for rule, calendar in holiday_calendars(workspace):
        opened = replayed.incidents.filter(pl.col("rule") == rule.id)["opened_at"].to_physical()
        unknown = sum(not calendar.knows(at) for at in opened)
        if unknown:
            country, (first, last) = calendar.holidays.country, calendar.holidays.years
            yield Text(
                zh=f"规则 {rule.id} 有 {unknown} 次发生在 {country} 节假日数据（{first} 到 {last} 年）之外，"
                "那些日子按普通日计算",
                en=f"{unknown} openings of {rule.id} lie outside the years whose holidays of {country} are "
                f"known ({first} to {last}): those days count as ordinary ones",
            )


def holiday_calendars(workspace: Workspace) -> list[tuple[Rule, Calendar]]:
    """The rules that count in calendars with public holidays; of them `unknown_holidays` asks for the incidents."""
    return [
        (rule, calendar)
        for rule in workspace.rules
        for calendar in calendars_of(rule, workspace.model.kinds[rule.on])
        if calendar.holidays != NO_HOLIDAYS
    ]


def rule_names(workspace: Workspace) -> dict[str, Text]:
    """What people call each rule that runs, in the order of the files; its id too where two are called the same."""
    running = [rule for rule in workspace.rules if rule.mode != "off"]
    often = Counter(rule.name for rule in running)
    return {
        rule.id: rule.name
        if often[rule.name] == 1
        else Text(zh=f"{rule.name.zh}（{rule.id}）", en=f"{rule.name.en} ({rule.id})")
        for rule in running
    }


def _about(replayed: Results, workspace: Workspace) -> Text:
    if replayed.until is None:
        return Text(zh="历史中没有事件。", en="There are no events in the history.")
    until = f"{local_time(replayed.until, workspace.model.zone):%Y-%m-%d %H:%M}"
    counted = Text(
        zh=f"{replayed.events:,} 个事件，{replayed.entities:,} 个实体，截至 {until}（{workspace.model.zone.key}）。",
        en=f"{replayed.events:,} events of {replayed.entities:,} entities, until {until} ({workspace.model.zone.key}).",
    )
    if replayed.by == "occurred_at":
        return Text(zh=f"{counted.zh}按发生时间：事实上是什么。", en=f"{counted.en} By occurred_at: what was true.")
    return Text(
        zh=f"{counted.zh}按获知时间：当时会知道什么。",
        en=f"{counted.en} By recorded_at: what would have been known, and when.",
    )


def _summary(replayed: Results, read: Reading, workspace: Workspace, incidents: pl.DataFrame) -> Section:
    touched = incidents.select("kind", "key").unique().height
    resolved = incidents.filter(pl.col("resolved_at").is_not_null())
    facts = (
        Fact(label=Text(zh="异常", en="Incidents"), value=incidents.height),
        Fact(
            label=Text(zh="其间已解决", en="Resolved"),
            value=resolved.height,
            about=Text(zh="在截至时刻之前结束", en="over before the end of the replay"),
        ),
        Fact(label=Text(zh="截至时仍未解决", en="Open at the end"), value=incidents.height - resolved.height),
        Fact(
            label=Text(zh="涉及的实体", en="Entities concerned"),
            value=touched,
            about=Text(zh=f"共 {replayed.entities:,} 个", en=f"of {replayed.entities:,}"),
        ),
        Fact(
            label=Text(zh="中位持续时间", en="Median duration"),
            value=_quantile(resolved["lasted"], 0.5),
            kind="duration",
            about=Text(zh="只计已解决的", en="of those resolved"),
        ),
    )
    parts: list[Part] = [Note(text=text, warning=True) for text in cautions(replayed, read, workspace)]
    return Section(name="summary", title=Text(zh="概要", en="Summary"), parts=(*parts, Facts(facts=facts)))


def _rules(workspace: Workspace, incidents: pl.DataFrame, names: Mapping[str, Text]) -> Section:
    versions = {rule.id: rule.version for rule in workspace.rules}
    by_rule = incidents.partition_by("rule", as_dict=True)
    table = Table(
        name="rules",
        title=Text(zh="每条规则的异常", en="Incidents of each rule"),
        heads=(
            _RULE,
            Head(label=Text(zh="标识", en="Id")),
            Head(
                label=Text(zh="版本", en="Version"),
                about=Text(zh="规则含义的指纹：含义改变则版本改变", en="Changes when the meaning of the rule does"),
            ),
            Head(label=Text(zh="开启", en="Opened"), kind="number"),
            Head(
                label=Text(zh="已解决", en="Resolved"),
                kind="number",
                about=Text(zh="在截至时刻之前结束", en="Over before the end of the replay"),
            ),
            Head(label=Text(zh="仍未解决", en="Open at end"), kind="number"),
            Head(label=Text(zh="实体", en="Entities"), kind="number"),
            Head(
                label=Text(zh="中位持续", en="Median duration"),
                kind="duration",
                about=Text(zh="已解决的异常中，一半不超过它", en="Half of those resolved lasted no longer"),
            ),
            Head(
                label=Text(zh="90% 持续", en="90% duration"),
                kind="duration",
                about=Text(zh="已解决的异常中，十分之九不超过它", en="Nine of ten of those resolved lasted no longer"),
            ),
        ),
        rows=[
            (name, id_, versions[id_][:8], *_figures(by_rule.get((id_,), incidents.clear())))
            for id_, name in names.items()
        ],
    )
    return Section(name="rules", title=Text(zh="规则", en="Rules"), parts=(table,))


def _figures(own: pl.DataFrame) -> tuple[Cell, ...]:
    resolved = own.filter(pl.col("resolved_at").is_not_null())
    lasted = resolved["lasted"]
    entities = own.select("kind", "key").unique().height
    return (
        own.height,
        resolved.height,
        own.height - resolved.height,
        entities,
        _quantile(lasted, 0.5),
        _quantile(lasted, 0.9),
    )


def _when(replayed: Results, workspace: Workspace, incidents: pl.DataFrame, names: Mapping[str, Text]) -> Section:
    assert replayed.until is not None
    zone = workspace.model.zone
    parts: list[Part] = [opened_chart(incidents, names, zone), open_chart(incidents, replayed.until)]
    if all_days(incidents["opened_at"].to_physical(), zone):
        hours = Text(
            zh="所有异常都在零点开启，因为历史只有日期；因此没有按小时的图。",
            en="All incidents open at midnight, as the history knows days only; so there is no chart of hours.",
        )
        parts.append(Note(text=hours))
    else:
        parts.append(week_chart(incidents, zone))
    parts.append(lasted_chart(incidents))
    return Section(name="when", title=Text(zh="何时、多久", en="When and how long"), parts=tuple(parts))


def _which(workspace: Workspace, incidents: pl.DataFrame, names: Mapping[str, Text]) -> Section:
    several = incidents.group_by("kind", "key").len().filter(pl.col("len") > 1)
    parts: list[Part] = [_incident_table(workspace, incidents, names)]
    if not several.is_empty():
        parts.append(_top_entities(workspace, incidents))
    return Section(name="which", title=Text(zh="哪些单据", en="Which entities"), parts=tuple(parts))


def _incident_table(workspace: Workspace, incidents: pl.DataFrame, names: Mapping[str, Text]) -> Table:
    shown = incidents.sort("lasted", descending=True, maintain_order=True).select(
        "rule", "kind", "key", "severity", pl.col("opened_at", "resolved_at").to_physical(), "lasted", "reason"
    )
    kinds = workspace.model.kinds
    return Table(
        name="incidents",
        title=Text(zh="全部异常，最久的在前", en="All incidents, the longest first"),
        about=Text(
            zh="有期限的规则从期限到来时开启，因此“持续”就是晚了多久；未解决的计至截至时刻。",
            en="Rules with a deadline open when it has passed, so the duration is by how much it was missed; what is "
            "open counts until the end of the replay.",
        ),
        heads=(
            Head(label=Text(zh="单据", en="Key")),
            Head(label=Text(zh="类型", en="Kind")),
            _RULE,
            Head(label=Text(zh="级别", en="Severity"), about=Text(zh="达到过的最高级别", en="The highest it reached")),
            Head(label=Text(zh="开启", en="Opened"), kind="instant"),
            Head(label=Text(zh="解决", en="Resolved"), kind="instant"),
            Head(label=Text(zh="持续", en="Lasted"), kind="duration"),
            Head(label=Text(zh="结束原因", en="Why it ended")),
        ),
        rows=[
            (
                key,
                kinds[kind].label if kind in kinds else kind,
                names.get(rule, Text.plain(rule)),
                SEVERITIES[Severity(severity)],
                opened,
                resolved,
                lasted,
                _OPEN if reason == "end" else REASONS[Reason(reason)],
            )
            for rule, kind, key, severity, opened, resolved, lasted, reason in shown.iter_rows()
        ],
    )


def _top_entities(workspace: Workspace, incidents: pl.DataFrame) -> Table:
    top = (
        incidents.group_by("kind", "key", maintain_order=True)
        .agg(
            pl.len().alias("count"),
            pl.col("rule").n_unique().alias("rules"),
            pl.col("resolved_at").is_null().sum().alias("open"),
            pl.col("lasted").sum(),
        )
        .sort("count", "lasted", descending=True, maintain_order=True)
        .head(_TOP)
    )
    kinds = workspace.model.kinds
    return Table(
        name="top-entities",
        title=Text(zh="异常最多的单据", en="Entities with the most incidents"),
        heads=(
            Head(label=Text(zh="单据", en="Key")),
            Head(label=Text(zh="类型", en="Kind")),
            Head(label=Text(zh="异常", en="Incidents"), kind="number"),
            Head(label=Text(zh="规则", en="Rules"), kind="number"),
            Head(label=Text(zh="仍未解决", en="Open at end"), kind="number"),
            Head(label=Text(zh="合计持续", en="Lasted in all"), kind="duration"),
        ),
        rows=[(key, kinds[kind].label if kind in kinds else kind, *figures) for kind, key, *figures in top.iter_rows()],
    )


def _quantile(lasted: pl.Series, share: float) -> int | None:
    found = lasted.quantile(share, "linear")
    return None if found is None else round(found)
