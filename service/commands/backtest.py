"""`tocsin backtest`: rule versions beside each other on one history, and against what became of the orders."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from rules.errors import guess
from rules.files.rule_file import DEFAULT_KIND
from rules.workspace import Workspace
from service.commands.inputs import instant_named, load_inputs, require_period, rule_named, tell_refusals
from service.commands.options import (
    by_option,
    charts_option,
    json_option,
    map_option,
    report_option,
    strict_option,
    until_option,
    workspace_option,
)
from service.commands.outcomes import outcome_options, read_outcome
from service.commands.reports import write_chart_files, write_report
from service.commands.rule_versions import Histories, changed_version, other_version
from service.speech import Say, fail, progress, run_language
from simulator.backtest.backtest_document import backtest_document
from simulator.backtest.backtest_json import backtest_json
from simulator.backtest.breakdowns import dimensions_of
from simulator.backtest.running import Question, run_backtest
from simulator.backtest.versions import Version
from simulator.report.text import document_text
from simulator.results import By
from streams.text import nfkc

_PER: Final = "day,hour,node"


def command(say: Say) -> click.Command:
    @click.command(
        name="backtest",
        short_help=say("在历史上比较规则版本", "compare rule versions on a history"),
        help=say(
            "在同一段历史上比较两个或多个规则版本：哪些异常新增、消失、提前、推迟；与订单的结果对照："
            "准确率、召回率、提前多久。版本来自另一个工作区文件夹或规则文件（--against），"
            "或来自改动某些键的一条规则（--rule 与 --with）。两者都不给，则只评价现有规则。\n\n"
            "示例：tocsin backtest orders.csv --map orders.map.yaml --rule paid-not-shipped --with within=24h "
            '--outcome "received.at > promised_at"',
            "Compare two or more versions of rules on one history: which incidents are new, gone, earlier, later; and "
            "against what became of the orders: precision, recall, how long before. Versions come from another "
            "workspace folder or rule file (--against), or from one rule with other values for some keys (--rule and "
            "--with). Without either the rules are judged as they are.\n\n"
            "Example: tocsin backtest orders.csv --map orders.map.yaml --rule paid-not-shipped --with within=24h "
            '--outcome "received.at > promised_at"',
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @map_option(say)
    @click.option(
        "--against",
        "against",
        multiple=True,
        type=click.Path(exists=True, path_type=Path),
        help=say(
            "与之比较的工作区文件夹（如 git worktree）或规则文件；可多次",
            "a workspace folder (a git worktree, say) or rule file to compare with; several times for several",
        ),
    )
    @click.option(
        "--rule", "rule_ids", multiple=True, help=say("只看这些规则；可多次", "these rules only; several times")
    )
    @click.option(
        "--with",
        "changes",
        multiple=True,
        metavar="KEY=VALUE",
        help=say(
            "改动 --rule 那条规则的键，如 within=24h；一个版本改多个键用分号隔开；可多次",
            "that rule with another value for a key, such as within=24h; several keys of one version with ; between; "
            "several times for several versions",
        ),
    )
    @outcome_options(say)
    @click.option("--on", "kind", help=say("结果所属的类型", "the kind that the outcome is about"))
    @click.option(
        "--from", "begin", metavar="T", help=say("从此刻开启的异常才计入", "incidents opened from this instant on")
    )
    @until_option(say)
    @by_option(say)
    @click.option(
        "--per",
        default=_PER,
        show_default=True,
        help=say(
            "按什么细分：day、hour、node 或任意字段，逗号分隔；空为不细分",
            "break down by day, hour, node or any field, with commas between; empty for none",
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
        against: tuple[Path, ...],
        rule_ids: tuple[str, ...],
        changes: tuple[str, ...],
        condition: str | None,
        outcome_node: str | None,
        outcome_column: str | None,
        kind: str | None,
        begin: str | None,
        until: str | None,
        by: By,
        per: str,
        as_json: bool,
        report_path: Path | None,
        charts_folder: Path | None,
        strict: bool,
    ) -> None:
        workspace, settings = load_inputs(folder)
        now = Version(name=say("现有", "now"), model=workspace.model, rules=workspace.rules)
        if changes and len(rule_ids) != 1:
            raise fail(say("--with 需要恰好一个 --rule", "--with goes with exactly one --rule"))
        compared = [other_version(path, workspace, say) for path in against]
        compared += [changed_version(rule_named(workspace, rule_ids[0], say), change, workspace) for change in changes]
        asked = _Asked(workspace, (now, *compared), say)
        on = kind or asked.kind(rule_ids)
        outcome = read_outcome(condition, outcome_node, outcome_column, on, workspace, say)
        question = Question(
            versions=asked.versions,
            rules=asked.rules(rule_ids),
            outcome=outcome,
            by=by,
            begin=instant_named("--from", begin, workspace, say),
            until=instant_named("--until", until, workspace, say),
            per=asked.per(per),
        )
        read = Histories(history, mapping_path, by, settings, workspace, say)
        require_period(question.begin, question.until, read.of(now), by, say)
        total = read.of(now).count * read.models(asked.versions)
        with progress(say("回放", "replaying"), total) as step:
            backtest = run_backtest(question, read.of, step)
        if backtest is None:
            raise fail(say("历史中没有事件", "there are no events in the history"))
        document = backtest_document(backtest)
        if report_path is not None:
            write_report(document, report_path, say)
        if charts_folder is not None:
            write_chart_files(document, charts_folder, say)
        if as_json:
            click.echo(json.dumps(backtest_json(backtest), ensure_ascii=False))
        else:
            click.echo(document_text(document, run_language()))
        tell_refusals(read.of(now).refusals, say)
        if strict and read.of(now).refusals:
            sys.exit(1)

    return run


@dataclass(frozen=True)
class _Asked:
    """What the options ask for, checked; what is wrong ends the command."""

    workspace: Workspace
    versions: tuple[Version, ...]
    say: Say

    def rules(self, ids: Sequence[str]) -> tuple[str, ...] | None:
        known = list(dict.fromkeys(rule.id for version in self.versions for rule in version.rules))
        for id_ in ids:
            if id_ not in known:
                end = guess(id_, known)
                raise fail(self.say(f"没有规则 {id_}{end.zh}", f"there is no rule {id_}{end.en}"))
        return tuple(ids) or None

    def kind(self, ids: Sequence[str]) -> str:
        """That of the rules, where they have one; else order."""
        rules = [rule for version in self.versions for rule in version.rules if not ids or rule.id in ids]
        kinds = {rule.on for rule in rules}
        return kinds.pop() if len(kinds) == 1 else DEFAULT_KIND

    def per(self, text: str) -> tuple[str, ...]:
        wanted = tuple(dict.fromkeys(nfkc(name.strip()) for name in text.split(",") if name.strip()))
        known = dict.fromkeys(one for kind in self.workspace.model.kinds.values() for one in dimensions_of(kind))
        for name in wanted:
            if name not in known:
                end = guess(name, known, listed=40)
                raise fail(self.say(f"--per：无法按 {name} 细分{end.zh}", f"--per: nothing is called {name}{end.en}"))
        return wanted
