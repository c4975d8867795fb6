"""`tocsin kpi`: on time, in full, perfect orders, dwell times and exceptions of a history."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from rules.check import render
from rules.errors import Problems, guess
from rules.workspace import Workspace
from service.commands.inputs import (
    instant_named,
    load_columns,
    load_inputs,
    load_mapping,
    reading_database,
    require_period,
    tell_refusals,
)
from service.commands.options import (
    charts_option,
    json_option,
    map_option,
    report_option,
    strict_option,
    until_option,
    workspace_option,
)
from service.commands.reports import can_be_written, write_chart_files, write_report
from service.speech import Say, fail, progress, run_language
from simulator.columns.tables import snapshots_of
from simulator.evaluation import evaluate
from simulator.kpi.definitions import NOTHING_DECLARED, Declared
from simulator.kpi.exceptions import of_replay, of_service
from simulator.kpi.file import load_kpis
from simulator.kpi.kpi_document import kpi_document
from simulator.kpi.kpi_json import kpi_json
from simulator.kpi.measuring import Kpis, Responses, measure
from simulator.reading.histories import ColumnHistory
from simulator.replay_columns import last_instant
from simulator.report.cells import cell_text
from simulator.report.text import document_text
from streams.instants import Instant
from streams.model import FieldType, Kind
from streams.text import Text

_SETTINGS = "tocsin.yaml"  # --database without a value
_GROUPED = (FieldType.STRING, FieldType.NUMBER, FieldType.BOOL)


def command(say: Say) -> click.Command:
    @click.command(
        name="kpi",
        short_help=say("历史的订单指标", "order KPIs of a history"),
        help=say(
            "计算一段历史的指标：准时、足量、OTIF、完美订单、节点之间的停留时间、有异常的比例。"
            "口径写在工作区的 kpi.yaml 中；没有写的取默认值，并列出取了什么。\n\n"
            "示例：tocsin kpi orders.csv --map orders.map.yaml --by supplier --report kpi.html",
            "The KPIs of a history: on time, in full, OTIF, perfect order, dwell times between nodes, the share with "
            "an exception. kpi.yaml in the workspace says what counts; the defaults that were taken are listed.\n\n"
            "Example: tocsin kpi orders.csv --map orders.map.yaml --by supplier --report kpi.html",
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @map_option(say)
    @click.option("--from", "since", metavar="T", help=say("从这一时刻起（含）", "the instant from which to count"))
    @until_option(say)
    @click.option("--by", metavar="FIELD", help=say("按此字段分组", "the same for each value of this field"))
    @click.option(
        "--database",
        is_flag=False,
        flag_value=_SETTINGS,
        metavar="[URL]",
        help=say(
            "从服务的数据库取异常和确认（不写地址：tocsin.yaml 中的）；否则用规则回放",
            "take incidents and acknowledgements from the service's database (without a value: that of tocsin.yaml); "
            "else the rules are replayed",
        ),
    )
    @json_option(say)
    @report_option(say)
    @charts_option(say)
    @strict_option(say)
    def run(
        history: Path,
        folder: Path,
        mapping_path: Path | None,
        since: str | None,
        until: str | None,
        by: str | None,
        database: str | None,
        as_json: bool,
        report_path: Path | None,
        charts_folder: Path | None,
        strict: bool,
    ) -> None:
        if report_path is not None:
            can_be_written(report_path, say)
        workspace, settings = load_inputs(folder)
        declared = _declared(folder, workspace)
        begin = instant_named("--from", since, workspace, say)
        end = instant_named("--until", until, workspace, say)
        mapping = None if mapping_path is None else load_mapping(mapping_path, workspace)
        read = load_columns(history, workspace, mapping, settings, say)
        last = last_instant(read, "occurred_at") if end is None else end
        if last is None:
            raise fail(say("历史中没有事件", "the history has no events"))
        require_period(begin, end, read, "occurred_at", say)
        kinds = _kinds(read, workspace, declared, by, say)
        responses = (
            _replayed(workspace, read, last, say)
            if database is None
            else _recorded(settings.database_url(folder) if database == _SETTINGS else database, say)
        )
        with progress(say("计算指标", "counting"), len(kinds)) as step:
            found = []
            for kind in kinds:
                found.append(_measured(kind, workspace, declared, read, last, begin, by, responses))
                step(1)
        document = kpi_document(found, _about(history, begin, last, workspace.model.zone), workspace.model.zone)
        if report_path is not None:
            write_report(document, report_path, say)
        if charts_folder is not None:
            write_chart_files(document, charts_folder, say)
        if as_json:
            click.echo(json.dumps({"kpis": [kpi_json(one) for one in found]}, ensure_ascii=False, indent=2))
        else:
            click.echo(document_text(document, run_language()))
        tell_refusals(read.refusals, say)
        if strict and read.refusals:
            sys.exit(1)

    return run


def _declared(folder: Path, workspace: Workspace) -> Mapping[str, Declared]:
    problems = Problems()
    declared = load_kpis(folder, workspace, problems)
    if problems.has_errors:
        raise fail(render(problems.in_order(), run_language(), folder))
    return declared


def _kinds(
    read: ColumnHistory, workspace: Workspace, declared: Mapping[str, Declared], by: str | None, say: Say
) -> list[Kind]:
    """Those of the history that are declared, or have nodes; with `by` those that have the field."""
    kinds = [kind for kind in workspace.model.kinds.values() if kind.name in read.kinds]
    kinds = [kind for kind in kinds if kind.name in declared or kind.nodes]
    if not kinds:
        raise fail(say("历史中没有带节点的实体类型", "no kind of this history has nodes"))
    if by is None:
        return kinds
    found = [kind for kind in kinds if by in kind.fields and kind.fields[by].type in _GROUPED]
    if not found:
        end = guess(by, [one.name for kind in kinds for one in kind.fields.values() if one.type in _GROUPED])
        raise fail(say(f"没有可以分组的字段 {by}{end.zh}", f"there is no field {by} to count by{end.en}"))
    return found


def _replayed(workspace: Workspace, read: ColumnHistory, until: Instant, say: Say) -> Responses | None:
    if all(rule.mode == "off" for rule in workspace.rules):
        return None
    with progress(say("回放规则", "replaying the rules"), read.count) as step:
        incidents = evaluate(workspace.model, workspace.rules, read, until=until, progress=step)
    return Responses(table=of_replay(incidents), with_people=False)


def _recorded(url: str, say: Say) -> Responses:
    with reading_database(url, say) as reader:
        return Responses(table=of_service(reader.responses()), with_people=True)


def _measured(
    kind: Kind,
    workspace: Workspace,
    declared: Mapping[str, Declared],
    read: ColumnHistory,
    until: Instant,
    since: Instant | None,
    by: str | None,
    responses: Responses | None,
) -> Kpis:
    snapshots = snapshots_of(read, workspace.model, kind.name, until)
    return measure(
        workspace.model,
        kind,
        declared.get(kind.name, NOTHING_DECLARED),
        snapshots,
        until=until,
        since=since,
        by=by,
        responses=responses,
    )


def _about(history: Path, since: Instant | None, until: Instant, zone: ZoneInfo) -> Text:
    begin, end = (None if at is None else cell_text(at, "instant", "en", zone) for at in (since, until))
    zh, en = ("", "") if begin is None else (f"从 {begin} 起，", f"from {begin} ")
    return Text(
        zh=f"{history.name}，{zh}截至 {end}（{zone.key}）；期内交付的订单",
        en=f"{history.name}, {en}until {end} ({zone.key}); orders delivered then",
    )
