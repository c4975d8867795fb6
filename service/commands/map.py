"""`tocsin map`: proposes a mapping for a foreign table, and shows what it understands before anything runs."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import click

from rules.check import render
from rules.errors import Problems, guess
from rules.files.document import read_text
from rules.workspace import Workspace
from service.checks.schemas import FOLDER
from service.commands.inputs import load_inputs, load_mapping
from service.commands.map_text import Shown, as_data, as_text
from service.commands.options import json_option, workspace_option
from service.commands.reports import can_be_written, cannot_write
from service.speech import Say, fail, progress, run_language
from simulator.history import mapped_files
from simulator.mapping_file import read_mapping
from simulator.mapping_proposal.proposal import NoProposal
from simulator.mapping_proposal.tables import Wanted, propose_mapping
from simulator.mapping_proposal.understood import Understood, understand
from simulator.mapping_proposal.yaml_text import yaml_text
from streams.errors import UnreadableSource
from streams.sources.mapping import TableMapping

_BYTES_PER_ROW = 60  # how many rows a file holds is known only at its end


def command(say: Say) -> click.Command:
    @click.command(
        name="map",
        short_help=say("为外部表格提出映射", "propose a mapping for a table"),
        help=say(
            "读取一张表格（CSV、Excel、Parquet、XES、OCEL），对照工作区的模型提出映射文件，并说明读懂了什么："
            "行、键、时间、时区、节点、缺失、先后颠倒，以及需要人来决定的事。\n\n"
            "示例：tocsin map orders.csv --output orders.map.yaml",
            "Read a table (CSV, Excel, Parquet, XES, OCEL), propose a mapping file for the workspace's model, and say "
            "what was understood: rows, keys, times, zones, nodes, gaps, impossible orders, and what somebody has to "
            "decide.\n\n"
            "Example: tocsin map orders.csv --output orders.map.yaml",
        ),
    )
    @click.argument("table", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help=say("把映射写入此新文件（默认打印）", "write the mapping to this new file (default: print it)"),
    )
    @click.option(
        "--map",
        "mapping_path",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("不提出映射，只说明此映射读懂了什么", "propose nothing, and say what this mapping understands"),
    )
    @click.option(
        "--join",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say(
            "另一个文件，其行属于本表的行，如订单明细", "another file whose rows belong to this table's, such as lines"
        ),
    )
    @click.option("--kind", help=say("实体类型（默认取最像的）", "the kind of entity (default: the likeliest)"))
    @click.option("--zone", help=say("时区（默认为模型的）", "the zone of times without one (default: the model's)"))
    @click.option("--sheet", help=say("工作表（默认第一个）", "the sheet of a workbook (default: the first)"))
    @click.option("--object-type", help=say("OCEL 日志的对象类型", "the type of objects of an OCEL log"))
    @json_option(say)
    def run(
        table: Path,
        folder: Path,
        output: Path | None,
        mapping_path: Path | None,
        as_json: bool,
        **wanted: Any,
    ) -> None:
        workspace, _ = load_inputs(folder)
        try:
            if mapping_path is None:
                _propose(table, folder, workspace, Wanted(**wanted), output, say, as_json=as_json)
            else:
                for path, mapping in mapped_files(table, load_mapping(mapping_path, workspace)):
                    shown = Shown(understood=_understand(path, mapping, workspace, say), zone=_zone(mapping, workspace))
                    _print(shown, say, as_json=as_json)
        except UnreadableSource as error:
            raise fail(error.say(run_language())) from None

    return run


def _propose(
    table: Path, folder: Path, workspace: Workspace, wanted: Wanted, output: Path | None, say: Say, *, as_json: bool
) -> None:
    if output is not None and output.exists():
        raise fail(say(f"{output} 已存在；请换一个名字", f"{output} is there already: name a file that is not there"))
    if output is not None:
        can_be_written(output, say)
    _check_names(wanted, workspace, say)
    beside = table.parent if output is None else output.parent  # what the files that it names are relative to
    with progress(say("读取样本", "reading a sample"), 1):
        proposal = propose_mapping(table, workspace.model, wanted, day=_day(table, workspace.model.zone), folder=beside)
    if isinstance(proposal, NoProposal):
        raise fail(f"{table.name}: {proposal.why.say(run_language())}")
    text = _schema_line(output, folder) + yaml_text(proposal, table.name, run_language())
    mapping = _read_back(text, table, beside, workspace)
    understood = _understand(table, mapping, workspace, say)
    if output is not None:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise cannot_write(output, error, say) from None
    elif not as_json:
        click.echo(text)
    zone = _zone(mapping, workspace)
    _print(Shown(understood=understood, zone=zone, proposal=proposal, text=text, output=output), say, as_json=as_json)


def _schema_line(output: Path | None, folder: Path) -> str:
    """For editors: what may stand where, as in the files that `tocsin init` writes."""
    schema = folder / FOLDER / "mapping.json"
    if output is None or not schema.is_file():
        return ""
    return f"# yaml-language-server: $schema={os.path.relpath(schema, output.parent)}\n"


def _print(shown: Shown, say: Say, *, as_json: bool) -> None:
    """What was understood goes to stderr where the mapping itself is printed, so that it can be sent to a file."""
    if as_json:
        click.echo(json.dumps(as_data(shown, run_language()), ensure_ascii=False))
    else:
        click.echo(as_text(shown, say), err=shown.text is not None and shown.output is None)


def _check_names(wanted: Wanted, workspace: Workspace, say: Say) -> None:
    kinds = workspace.model.kinds
    if wanted.kind is not None and wanted.kind not in kinds:
        end = guess(wanted.kind, kinds)
        raise fail(say(f"没有实体类型 {wanted.kind}{end.zh}", f"there is no kind {wanted.kind}{end.en}"))
    if wanted.zone is not None and wanted.zone not in available_timezones():
        end = guess(wanted.zone, available_timezones())
        raise fail(say(f"未知的时区 {wanted.zone}{end.zh}", f"unknown zone {wanted.zone}{end.en}"))


def _read_back(text: str, table: Path, folder: Path, workspace: Workspace) -> TableMapping:
    """What is proposed is read as any mapping file is; anything wrong with it is a fault of ours, and is shown."""
    problems = Problems()
    root = read_text(text, f"{table.name}.map.yaml", problems)
    mapping = None if root is None else read_mapping(root, workspace.model, folder)
    if mapping is None:
        raise fail(text + render(problems.in_order(), run_language(), table.parent))
    return mapping


def _understand(path: Path, mapping: TableMapping, workspace: Workspace, say: Say) -> Understood:
    rows = max(1, path.stat().st_size // _BYTES_PER_ROW) if path.exists() else 1
    with progress(say("读取全表", "reading the whole table"), rows) as step:
        return understand(path, mapping, workspace.model, step)


def _zone(mapping: TableMapping, workspace: Workspace) -> ZoneInfo:
    return mapping.zone or workspace.model.zone


def _day(table: Path, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(table.stat().st_mtime, zone).date().isoformat()
