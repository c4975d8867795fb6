"""`tocsin replay`: a history through the same engine in virtual time."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from rules.judging.judge import Judge
from service.commands.inputs import instant_named, load_columns, load_history, load_inputs, load_mapping, tell_refusals
from service.commands.options import charts_option, report_option, workspace_option
from service.commands.reports import can_be_written, cannot_write, write_chart_files, write_report
from service.speech import Say, progress
from simulator.columns.parts import facts_to_judge
from simulator.history import History, Reading
from simulator.reading.histories import ColumnHistory
from simulator.replay import replay, results_of
from simulator.replay_columns import replay_columns
from simulator.report.replay_document import holiday_calendars, replay_document, unknown_holidays
from simulator.results import By, Results, incident_rows, summary
from streams.engine import Engine
from streams.instants import format_instant
from streams.sources.mapping_report import MappingReport

_MOST_FACTS: Final = 50_000_000


def command(say: Say) -> click.Command:
    @click.command(
        name="replay",
        short_help=say("用历史数据回放规则", "run a history through the rules"),
        help=say(
            "把一段历史送入同一引擎，以虚拟时间回放，列出会发生的异常。\n\n"
            "示例：tocsin replay orders.csv --map orders.map.yaml --until 1998-07-01",
            "Run a history through the same engine in virtual time and say which incidents there would have been.\n\n"
            "Example: tocsin replay orders.csv --map orders.map.yaml --until 1998-07-01",
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @click.option(
        "--map",
        "mapping_path",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("外部表格的映射文件", "the mapping file of a foreign table"),
    )
    @click.option("--until", help=say("回放到这一时刻为止（含）", "the instant up to which to replay, itself included"))
    @click.option(
        "--by",
        type=click.Choice(["occurred_at", "recorded_at"]),
        default="occurred_at",
        show_default=True,
        help=say("按发生时间（事实）或获知时间（当时所知）", "by when it was true, or by when it was known"),
    )
    @click.option(
        "--engine",
        "engine_name",
        type=click.Choice(["live", "columns"]),
        help=say(
            "由谁计算，结果相同：columns 整列计算，快得多；live 与服务逐事件相同（给出 --matcher 时的默认）",
            "who computes it, with the same result: columns takes whole histories at once and is much faster; live "
            "goes event by event as the service does (the default where --matcher is given)",
        ),
    )
    @click.option(
        "--matcher",
        type=click.Choice(["durable", "compiled"]),
        help=say(
            "live 引擎由谁匹配条件（默认取 tocsin.yaml）",
            "who matches the conditions for the live engine (default: that of tocsin.yaml)",
        ),
    )
    @click.option(
        "--incidents",
        "incidents_path",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        help=say("把异常逐行写入此 JSON lines 文件", "write the incidents to this file, as JSON lines"),
    )
    @report_option(say)
    @charts_option(say)
    @click.option("--json", "as_json", is_flag=True, help=say("以 JSON 输出汇总", "print the summary as JSON"))
    @click.option(
        "--strict", is_flag=True, help=say("有任何一行被拒绝时以 1 退出", "exit with 1 where anything was refused")
    )
    def run(
        history: Path,
        folder: Path,
        mapping_path: Path | None,
        until: str | None,
        by: By,
        engine_name: str | None,
        matcher: Any,
        incidents_path: Path | None,
        report_path: Path | None,
        charts_folder: Path | None,
        as_json: bool,
        strict: bool,
    ) -> None:
        for path in (incidents_path, report_path):
            if path is not None:
                can_be_written(path, say)
        workspace, settings = load_inputs(folder)
        mapping = None if mapping_path is None else load_mapping(mapping_path, workspace)
        end = instant_named("--until", until, workspace, say)
        read: History | ColumnHistory | None = None
        if (engine_name is None and matcher is None) or engine_name == "columns":
            read = load_columns(history, workspace, mapping, settings, say, by=by)
        if isinstance(read, ColumnHistory) and engine_name is None and by == "recorded_at" and _much_late(read):
            click.echo(
                say(
                    "个别实体有大量迟到的事件，逐事件计算更快：改用 --engine live",
                    "single entities have very many late events, which is quicker event by event: taking --engine live",
                ),
                err=True,
            )
            read = None
        if read is None:
            read = load_history(history, workspace, mapping, settings, say)
            engine = Engine(workspace.model, Judge(workspace.rules, matcher or settings.matcher))
            with progress(say("回放", "replaying"), len(read.events)) as step:
                replayed = results_of(replay(engine, read.events, by=by, until=end, progress=step))
        else:
            assert isinstance(read, ColumnHistory)
            wanted = any(path is not None for path in (incidents_path, report_path, charts_folder))
            wanted = wanted or bool(holiday_calendars(workspace))  # whose openings are warned of
            with progress(say("回放", "replaying"), read.count) as step:
                replayed = replay_columns(
                    workspace.model, workspace.rules, read, by=by, until=end, only_counts=not wanted, progress=step
                )
        if incidents_path is not None:
            _write(incidents_path, replayed, say)
        rules = [rule.id for rule in workspace.rules if rule.mode != "off"]
        if as_json:
            click.echo(json.dumps(summary(replayed, rules), ensure_ascii=False))
        else:
            click.echo(_report(replayed, read, rules, say))
            for warning in unknown_holidays(replayed, workspace):
                click.echo(say(f"警告：{warning.zh}", f"warning: {warning.en}"), err=True)
        if report_path is not None or charts_folder is not None:
            document = replay_document(replayed, read, workspace, history.name)
            if report_path is not None:
                write_report(document, report_path, say)
            if charts_folder is not None:
                write_chart_files(document, charts_folder, say)
        tell_refusals(read.refusals, say)
        if strict and read.refusals:
            sys.exit(1)

    return run


def _much_late(history: ColumnHistory) -> bool:
    """Whether the versions of what was known have more facts than columns make good."""
    return sum(facts_to_judge(events) for kind in history.kinds for events in history.partitions(kind)) > _MOST_FACTS


def _write(path: Path, replayed: Results, say: Say) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            for row in incident_rows(replayed.incidents):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise cannot_write(path, error, say) from None


def _report(replayed: Results, read: Reading, rules: Sequence[str], say: Say) -> str:
    counted = summary(replayed, rules)
    until = "-" if replayed.until is None else format_instant(replayed.until)
    lines = [
        say(
            f"{replayed.events} 个事件，{replayed.entities} 个实体，截至 {until}",
            f"{replayed.events} events of {replayed.entities} entities, until {until}",
        ),
        say("按发生时间：事实上是什么", "by occurred_at: what was true")
        if replayed.by == "occurred_at"
        else say("按获知时间：当时会知道什么", "by recorded_at: what would have been known, and when"),
    ]
    if read.never_late and replayed.events:
        lines.append(
            say(
                "历史中没有晚于发生的获知时间，因此不会有迟到的数据",
                "every event was known when it happened, so nothing can be late in this history",
            )
        )
    width = max([4, *map(len, rules)])
    # A Chinese character is two columns wide.
    lines += [
        "",
        say(f"{'规则':{width - 2}}    发生     仍未解决", f"{'rule':{width}}  opened  open at end"),
    ]
    for rule in rules:
        numbers = counted["rules"][rule]
        lines.append(f"{rule:{width}}  {numbers['opened']:>6}  {numbers['open_at_end']:>11}")
    lines += _notes(read, say)
    return "\n".join(lines)


def _notes(read: Reading, say: Say) -> list[str]:
    notes = []
    for field, count in read.left_out.items():
        notes.append(say(f"未声明的字段 {field}：{count} 个事件", f"undeclared field {field}: in {count} events"))
    if read.copies:
        notes.append(say(f"重复的事件：{read.copies}", f"events that came again: {read.copies}"))
    for report in read.mappings:
        notes += _mapping_notes(report, say)
    return ["", *notes] if notes else []


def _mapping_notes(report: MappingReport, say: Say) -> list[str]:
    notes = [say(f"{report.file}：{report.rows} 行", f"{report.file}: {report.rows} rows")]
    if report.without_key:
        notes.append(say(f"没有键的行：{report.without_key}", f"rows without a key: {report.without_key}"))
    if report.without_event:
        notes.append(
            say(f"没有事件的行：{report.without_event}", f"rows in which nothing happened: {report.without_event}")
        )
    if report.ignored:
        notes.append(say(f"按映射忽略的行：{report.ignored}", f"rows ignored by the mapping: {report.ignored}"))
    if report.known_from_start:
        names = ", ".join(report.known_from_start)
        notes.append(say(f"视为一开始就已知：{names}", f"taken as known from the beginning: {names}"))
    for (node, before), count in sorted(report.backwards.items()):
        notes.append(say(f"{node} 早于 {before}：{count} 行", f"{node} before {before}: {count} rows"))
    for type_, count in report.unknown_types.most_common():
        notes.append(say(f"未知的类型 {type_}：{count} 行", f"unknown type {type_}: {count} rows"))
    return notes
