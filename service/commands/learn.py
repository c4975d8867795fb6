"""`tocsin learn`: how long the ways between nodes take, from a history into lead_times.yaml."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import click
import polars as pl

from rules.check import render
from rules.errors import InvalidWorkspace, Problem, Problems, guess
from rules.workspace import LEAD_TIME_FILE, Workspace, readable
from service.commands.inputs import instant_named, load_columns, load_mapping, tell_refusals
from service.commands.lead_file import NewFile
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
from service.config import Settings, load_settings
from service.speech import Say, fail, progress, run_language
from simulator.columns.tables import snapshots_of
from simulator.lead_learning.judging import KnownBefore, Tried, calibrate, split_at, try_rules
from simulator.lead_learning.learn_document import learn_document, way_text
from simulator.lead_learning.learn_json import learn_json
from simulator.lead_learning.learning import (
    DEFAULT_LEAST,
    DEFAULT_SHARES,
    Learning,
    Pair,
    learn_lead_times,
    usual_pairs,
)
from simulator.lead_learning.writing import lead_text, share_text
from simulator.reading.histories import ColumnHistory
from simulator.replay_columns import last_instant
from simulator.report.text import document_text
from simulator.results import By
from streams.instants import Instant
from streams.model import FieldType, Kind
from streams.text import nfkc

_SHARES: Final = ",".join(map(share_text, DEFAULT_SHARES))
_NOT_LEARNED: Final = ("unknown_lead_time", "quantile_not_listed")  # codes of what is wrong with a rule
_SEGMENTED: Final = (FieldType.STRING, FieldType.NUMBER, FieldType.BOOL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What to learn."""

    pairs: tuple[Pair, ...]
    by: tuple[str, ...]
    least: int
    shares: tuple[Fraction, ...]


def command(say: Say) -> click.Command:
    @click.command(
        name="learn",
        short_help=say("从历史中学习交期", "learn lead times from a history"),
        help=say(
            "从历史中得出节点之间的用时（分位数），写入工作区的 lead_times.yaml，供规则中的 lead() 使用；"
            "旧文件保存为 lead_times.yaml.bak。尚未到达的订单也计入。用 --judge-from 检验：用前一部分学习，"
            "看它对之后的订单有多准、规则能提前多久预警。\n\n"
            "示例：tocsin learn orders.csv --map orders.map.yaml --by supplier --judge-from 0.7",
            "Learn how long the ways between nodes take (quantiles), and write lead_times.yaml of the workspace, which "
            "lead() in rules reads; the file before is kept as lead_times.yaml.bak. Orders under way count too. "
            "--judge-from tries it: learned on the first part, judged on the orders that began afterwards, and how "
            "early rules would have warned.\n\n"
            "Example: tocsin learn orders.csv --map orders.map.yaml --by supplier --judge-from 0.7",
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @map_option(say)
    @click.option(
        "--pair",
        "pairs",
        multiple=True,
        metavar="[KIND.]NODE:NODE",
        help=say(
            "从哪个节点到哪个节点，可多次；默认：相邻的节点，以及各节点到之后有承诺的节点",
            "from which node to which, several times; default: neighbours, and every node to later promised ones",
        ),
    )
    @click.option("--by", metavar="FIELD,...", help=say("按这些字段分段", "make segments by these fields"))
    @click.option(
        "--min-orders",
        "least",
        type=click.IntRange(min=1),
        default=DEFAULT_LEAST,
        show_default=True,
        help=say("一条路径或一个分段至少要有多少到达的订单", "arrived orders that a way or a segment needs"),
    )
    @click.option(
        "--quantiles",
        default=_SHARES,
        show_default=True,
        metavar="SHARE,...",
        help=say("哪些分位数", "which quantiles"),
    )
    @click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help=say("写入此文件，代替工作区的 lead_times.yaml", "write this file in place of the workspace's"),
    )
    @click.option("--dry-run", is_flag=True, help=say("只显示差异，不写", "show the difference, write nothing"))
    @click.option("--list", "listing", is_flag=True, help=say("列出路径和订单数", "list the ways and their orders"))
    @until_option(say)
    @click.option(
        "--judge-from",
        metavar="T|SHARE",
        help=say(
            "检验：从这一时刻（或此比例的订单开始之后）起的订单；此时只有写明 --output 才写文件",
            "try it on the orders from this instant (or after this share of them) on; writes only with --output",
        ),
    )
    @click.option(
        "--promise",
        metavar="FIELD",
        help=say("检验时的承诺：时间字段或 节点.due", "the promise to judge by: a timestamp field or NODE.due"),
    )
    @json_option(say)
    @report_option(say)
    @charts_option(say)
    @strict_option(say)
    def run(
        history: Path,
        folder: Path,
        mapping_path: Path | None,
        pairs: tuple[str, ...],
        by: str | None,
        least: int,
        quantiles: str,
        output: Path | None,
        dry_run: bool,
        listing: bool,
        until: str | None,
        judge_from: str | None,
        promise: str | None,
        as_json: bool,
        report_path: Path | None,
        charts_folder: Path | None,
        strict: bool,
    ) -> None:
        for path in (report_path, output):
            if path is not None:
                can_be_written(path, say)
        workspace, settings, before = _load(folder)
        shares = _shares(quantiles, say)
        end = instant_named("--until", until, workspace, say)
        mapping = None if mapping_path is None else load_mapping(mapping_path, workspace)
        # What was known at the split can have been taken back later.
        time: By = "occurred_at" if judge_from is None else "recorded_at"
        read = load_columns(history, workspace, mapping, settings, say, by=time)
        last = last_instant(read, "occurred_at") if end is None else end
        if last is None:
            raise fail(say("历史中没有事件", "the history has no events"))
        snapshots = _snapshots(workspace, read, last, say)
        wanted = _Wanted(
            pairs=_pairs(pairs, workspace, snapshots, say),
            by=_by(by, workspace, snapshots, say),
            least=least,
            shares=shares,
        )
        learning = _learn(workspace, snapshots, wanted, last)
        tell_refusals(read.refusals, say)
        if listing:
            _list(learning, workspace, as_json)
            return
        learner = _Learner(folder, workspace, wanted, history.name, say)
        tried = None
        if judge_from is not None:
            split = _split(judge_from, workspace, snapshots, say)
            tried = learner.judge(learning, read, snapshots, split, last, promise)
        document = learn_document(learning, tried, workspace.model, history.name)
        if report_path is not None:
            write_report(document, report_path, say)
        if charts_folder is not None:
            write_chart_files(document, charts_folder, say)
        if as_json:
            click.echo(json.dumps(learn_json(learning, tried), ensure_ascii=False, indent=2))
        else:
            click.echo(document_text(document, run_language()))
        if judge_from is None or output is not None:
            file = NewFile(folder=folder, path=output or folder / LEAD_TIME_FILE, source=history.name, before=before)
            file.write(learning, dry_run=dry_run, say=say)
        if strict and read.refusals:
            sys.exit(1)

    return run


def _load(folder: Path) -> tuple[Workspace, Settings, tuple[Problem, ...]]:
    """The workspace as far as it is right: rules that ask for lead times can be wrong until these are learned."""
    found = readable(folder)
    problems = Problems()
    try:
        settings = load_settings(folder)
    except InvalidWorkspace as error:
        settings = Settings()
        problems.extend(error.problems)
    if found.workspace is None:
        problems.extend(found.problems)
    if found.workspace is None or problems.has_errors:
        raise fail(render(problems.in_order(), run_language(), folder))
    return found.workspace, settings, found.problems


def _shares(text: str, say: Say) -> tuple[Fraction, ...]:
    try:
        shares = tuple(sorted({Fraction(part.strip()) for part in text.split(",")}))
    except (ValueError, ZeroDivisionError):
        shares = ()
    if not shares or any(not 0 < share < 1 for share in shares):
        raise fail(
            say(f"--quantiles 应为 0 与 1 之间的数，如 {_SHARES}", f"--quantiles: expected shares such as {_SHARES}")
        )
    return shares


def _snapshots(workspace: Workspace, read: ColumnHistory, until: Instant, say: Say) -> Mapping[str, pl.DataFrame]:
    """Of each kind of the history that has nodes."""
    kinds = [kind.name for kind in workspace.model.kinds.values() if kind.nodes and kind.name in read.kinds]
    found: dict[str, pl.DataFrame] = {}
    with progress(say("折叠事件", "folding events"), len(kinds)) as step:
        for kind in kinds:
            frame = snapshots_of(read, workspace.model, kind, until)
            if len(frame):
                found[kind] = frame
            step(1)
    if not found:
        raise fail(say("历史中没有带节点的实体", "nothing in this history has nodes"))
    return found


def _pairs(
    texts: Sequence[str], workspace: Workspace, snapshots: Mapping[str, pl.DataFrame], say: Say
) -> tuple[Pair, ...]:
    kinds = [workspace.model.kinds[name] for name in snapshots]
    if not texts:
        return tuple(pair for kind in kinds for pair in usual_pairs(kind, snapshots[kind.name]))
    return tuple(dict.fromkeys(pair for text in texts for pair in _pair(text, kinds, say)))


def _pair(text: str, kinds: Sequence[Kind], say: Say) -> list[Pair]:
    """Of every kind that has both nodes."""
    start, colon, end = nfkc(text).replace(" ", "").partition(":")
    named, dot, rest = start.partition(".")
    start, wanted = (rest, [kind for kind in kinds if kind.name == named]) if dot else (start, kinds)
    found = [(kind.name, start, end) for kind in wanted if start in kind.nodes and end in kind.nodes and start != end]
    if not colon or not found:
        known = [
            f"{kind.name}.{a}:{b}" if dot else f"{a}:{b}" for kind in kinds for a in kind.nodes for b in kind.nodes
        ]
        close = guess(text, [one for one in known if one.partition(":")[0].split(".")[-1] != one.partition(":")[2]])
        raise fail(
            say(
                f"--pair 应为两个节点，如 paid:shipped，实为 {text}{close.zh}",
                f"--pair: expected two nodes, such as paid:shipped, found {text}{close.en}",
            )
        )
    return found


def _by(text: str | None, workspace: Workspace, snapshots: Mapping[str, pl.DataFrame], say: Say) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(nfkc(part.strip()) for part in (text or "").split(",") if part.strip()))
    kinds = [workspace.model.kinds[name] for name in snapshots]
    known = {field.name for kind in kinds for field in kind.fields.values() if field.type in _SEGMENTED}
    for name in names:
        if name not in known:
            end = guess(name, sorted(known))
            raise fail(
                say(f"--by：没有可以分段的字段 {name}{end.zh}", f"--by: no field {name} to make segments by{end.en}")
            )
    for kind in kinds:
        lacking = [name for name in names if name not in kind.fields]
        if lacking:
            what = ", ".join(lacking)
            click.echo(
                say(
                    f"{kind.name} 没有字段 {what}，因此不分段",
                    f"{kind.name} has no field {what}, so it has no segments",
                ),
                err=True,
            )
    return names


def _split(text: str, workspace: Workspace, snapshots: Mapping[str, pl.DataFrame], say: Say) -> Instant:
    try:
        share = float(text)
    except ValueError:
        found = instant_named("--judge-from", text, workspace, say)
        assert found is not None
        return found
    if not 0 < share < 1:
        raise fail(
            say("--judge-from 应为时刻，或 0 与 1 之间的比例", "--judge-from: an instant, or a share between 0 and 1")
        )
    return split_at(list(snapshots.values()), share)


def _learn(workspace: Workspace, snapshots: Mapping[str, pl.DataFrame], wanted: _Wanted, until: Instant) -> Learning:
    return learn_lead_times(
        workspace.model, snapshots, wanted.pairs, until, by=wanted.by, least=wanted.least, shares=wanted.shares
    )


def _list(learning: Learning, workspace: Workspace, as_json: bool) -> None:
    ways = (*learning.ways, *learning.left_out)
    if as_json:
        rows = [
            {"on": way.pair[0], "from": way.pair[1], "to": way.pair[2], "orders": way.overall.orders}
            | {"arrived": way.overall.arrived, "open": way.open}
            for way in ways
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for way in ways:
        kind, start, end = way.pair
        name = way_text(workspace.model, way.pair).say(run_language())
        click.echo(f"--pair {kind}.{start}:{end}  {name}  {way.overall.arrived:,}/{way.overall.orders:,}")


class _Learner:
    """Tries what was learned."""

    def __init__(
        self,
        folder: Path,
        workspace: Workspace,
        wanted: _Wanted,
        source: str,
        say: Say,
    ) -> None:
        self._folder = folder
        self._workspace = workspace
        self._wanted = wanted
        self._source = source
        self._say = say

    def judge(
        self,
        learning: Learning,
        history: ColumnHistory,
        snapshots: Mapping[str, pl.DataFrame],
        split: Instant,
        until: Instant,
        promise: str | None,
    ) -> Tried:
        """Learned again on what was known before the split."""
        model, say = self._workspace.model, self._say
        known = KnownBefore(history, split)
        first = {kind: snapshots_of(known, model, kind, split) for kind in snapshots}
        early = _learn(self._workspace, first, self._wanted, split)
        both = [readable(self._folder, lead_times=self._text(one)) for one in (early, learning)]
        rules = [() if one.workspace is None else one.workspace.rules for one in both]
        lacking = [(str(one.place), "not_learned") for one in both[1].problems if one.code in _NOT_LEARNED]
        with progress(say("检验规则", "trying rules"), history.count) as step:
            tried, refused = try_rules(
                model, rules[0], rules[1], history, snapshots, split, until, promise=promise, progress=step
            )
        return Tried(
            split=split,
            until=until,
            calibration=calibrate(model, early.ways, snapshots, split, until),
            rules=tried,
            not_tried=(*refused, *lacking),
        )

    def _text(self, learning: Learning) -> str:
        return lead_text(learning, self._source, "", "en")
