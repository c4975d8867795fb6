"""`tocsin why`: what the orders of a set of incidents have in common that the others have not."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import polars as pl

from rules.errors import Place
from rules.language.expression import Expression, Scope, Type, parse
from rules.rule import Rule
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
from service.commands.reports import write_chart_files, write_report
from service.commands.rule_versions import Histories, changed_version, other_version
from service.speech import Say, fail, progress, run_language
from simulator.backtest.censoring import Period, period_of
from simulator.backtest.comparing import CLASSES, Class, compare
from simulator.backtest.versions import Version
from simulator.columns.tables import snapshots_of
from simulator.evaluation import evaluate_versions
from simulator.frames import INSTANT
from simulator.replay_columns import last_instant
from simulator.report.text import document_text
from simulator.results import By
from simulator.why.asking import Why, why
from simulator.why.sets import opened_in, read_openings
from simulator.why.why_document import why_document, why_json
from streams.errors import UnreadableSource
from streams.text import Text

_TOP: Final = 20


def command(say: Say) -> click.Command:
    @click.command(
        name="why",
        short_help=say("这些异常的订单有什么共同点", "what the orders of incidents have in common"),
        help=say(
            "一条规则的异常（或其中一部分）与其他订单相比，哪些特征更常见：供应商、金额区间、下单的星期、节点间的时长，"
            "以及它们的组合；附倍数、订单数和置信区间，并对检验许多值作了校正。\n\n"
            "示例：tocsin why orders.csv --map orders.map.yaml --rule paid-not-shipped",
            "What is more frequent among the orders of a rule's incidents (or some of them) than among the others: a "
            "supplier, a range of amounts, the weekday of an order, the time between nodes, and combinations of these; "
            "with how many times the share, how many orders, an interval, and a correction for looking at many.\n\n"
            "Example: tocsin why orders.csv --map orders.map.yaml --rule paid-not-shipped",
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @map_option(say)
    @click.option("--rule", "rule_id", required=True, help=say("哪条规则的异常", "the rule whose incidents these are"))
    @click.option(
        "--incidents",
        "incidents_path",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say(
            "只看此文件中的：replay --incidents 写出的行，或每行一个主键",
            "those in this file only: lines of replay --incidents, or keys, one a line",
        ),
    )
    @click.option(
        "--filter",
        "condition",
        metavar="EXPR",
        help=say("只看开启时满足此条件的，用规则语言书写", "those only for which this held when they opened"),
    )
    @click.option(
        "--against",
        type=click.Path(exists=True, path_type=Path),
        help=say(
            "与此工作区文件夹或规则文件中的版本比较，只看 --class 那一类",
            "compare with the version in this workspace folder or rule file, and take those of --class",
        ),
    )
    @click.option(
        "--with",
        "change",
        metavar="KEY=VALUE",
        help=say("与改动后的规则比较，如 within=24h", "compare with the rule so changed, such as within=24h"),
    )
    @click.option(
        "--class",
        "class_",
        type=click.Choice(CLASSES),
        default="new",
        show_default=True,
        help=say("比较版本时看哪一类异常", "which class of incidents, where versions are compared"),
    )
    @click.option(
        "--from", "begin", metavar="T", help=say("从此刻开启的异常才计入", "incidents opened from this instant on")
    )
    @until_option(say)
    @by_option(say)
    @click.option(
        "--depth",
        type=click.IntRange(1, 3),
        default=2,
        show_default=True,
        help=say("至多几个特征的组合", "combinations of up to so many"),
    )
    @click.option("--least", type=click.IntRange(1), help=say("至少多少张订单", "for at least so many orders"))
    @click.option("--top", type=click.IntRange(1), default=_TOP, show_default=True, help=say("列出多少条", "how many"))
    @json_option(say)
    @report_option(say)
    @charts_option(say)
    @strict_option(say)
    def run(
        history: Path,
        folder: Path,
        mapping_path: Path | None,
        rule_id: str,
        incidents_path: Path | None,
        condition: str | None,
        against: Path | None,
        change: str | None,
        class_: Class,
        begin: str | None,
        until: str | None,
        by: By,
        depth: int,
        least: int | None,
        top: int,
        as_json: bool,
        report_path: Path | None,
        charts_folder: Path | None,
        strict: bool,
    ) -> None:
        workspace, settings = load_inputs(folder)
        rule = _countable(rule_named(workspace, rule_id, say), say)
        now = Version(name=say("现有", "now"), model=workspace.model, rules=workspace.rules)
        other = None if against is None else other_version(against, workspace, say)
        if change is not None:
            other = changed_version(rule, change, workspace)
        if other is not None and incidents_path is not None:
            raise fail(say("--incidents 与版本比较只能取一", "--incidents and versions do not go together"))
        read = Histories(history, mapping_path, by, settings, workspace, say)
        asking = _Asking(
            workspace=workspace,
            rule=rule,
            read=read,
            now=now,
            by=by,
            filter=None if condition is None else _parsed(condition, rule.on, workspace),
            begin=begin,
            until=until,
            say=say,
        )
        period = asking.period()
        if incidents_path is not None:
            chosen = _from_file(incidents_path, rule_id)
        else:
            chosen = asking.incidents(period, other, class_)
        found = asking.why(chosen, period, depth=depth, least=least)
        subject = Text.plain(rule_id) if other is None else Text.plain(f"{rule_id} ({other.name}: {class_})")
        document = why_document(found, subject, workspace.model.kinds[rule.on], workspace.model.zone, top)
        if report_path is not None:
            write_report(document, report_path, say)
        if charts_folder is not None:
            write_chart_files(document, charts_folder, say)
        if as_json:
            click.echo(json.dumps(why_json(found, top), ensure_ascii=False))
        else:
            click.echo(document_text(document, run_language()))
        tell_refusals(read.of(now).refusals, say)
        if strict and read.of(now).refusals:
            sys.exit(1)

    return run


def _countable(rule: Rule, say: Say) -> Rule:
    if rule.count is not None:
        raise fail(
            say(
                f"规则 {rule.id} 的异常属于一组订单，不是单张订单，无法比较",
                f"the incidents of {rule.id} are those of groups, not of single orders: there is nothing to compare",
            )
        )
    return rule


def _parsed(text: str, kind: str, workspace: Workspace) -> Expression:
    scope = Scope.of(workspace.model, kind, pulse=False, totals=False)
    expression, problems = parse(text, scope, Type.BOOL, Place(file="--filter", line=1, column=1))
    if expression is None:
        told = [problem.message.say(run_language()) for problem in problems]
        raise fail("\n".join(f"--filter {text}: {message}" for message in told))
    return expression


def _from_file(path: Path, rule: str) -> pl.DataFrame:
    try:
        return read_openings(path, rule)
    except UnreadableSource as error:
        raise fail(error.say(run_language())) from None


@dataclass(frozen=True, kw_only=True)
class _Asking:
    workspace: Workspace
    rule: Rule
    read: Histories
    now: Version
    by: By
    filter: Expression | None
    begin: str | None
    until: str | None
    say: Say

    def period(self) -> Period:
        begin = instant_named("--from", self.begin, self.workspace, self.say)
        until = instant_named("--until", self.until, self.workspace, self.say)
        history = self.read.of(self.now)
        require_period(begin, until, history, self.by, self.say)
        end = until if until is not None else last_instant(history, self.by)
        if history.occurred_at is None or end is None:
            raise fail(self.say("历史中没有事件", "there are no events in the history"))
        return period_of(history.occurred_at.first, end, [self.rule], self.workspace.model.kinds, begin)

    def incidents(self, period: Period, other: Version | None, class_: Class) -> pl.DataFrame:
        """Key and opened_at of those of the rule; where there is another version, of those of a class."""
        tables = [self._evaluated(version, period) for version in (self.now, other) if version is not None]
        if len(tables) == 1:
            openings = tables[0].select("key", "opened_at")
        else:
            found = compare(*tables).of(class_)
            openings = found.select("key", pl.coalesce("opened_at_after", "opened_at_before").alias("opened_at"))
        return openings.filter(pl.col("opened_at") >= pl.lit(period.begin).cast(INSTANT))

    def _evaluated(self, version: Version, period: Period) -> pl.DataFrame:
        rule = version.rule(self.rule.id)
        history = self.read.of(version)
        with progress(self.say("回放", "replaying"), history.count) as step:
            rules = [[] if rule is None else [rule]]
            (found,) = evaluate_versions(version.model, rules, history, until=period.until, by=self.by, progress=step)
        return found

    def why(self, openings: pl.DataFrame, period: Period, *, depth: int, least: int | None) -> Why:
        model = self.workspace.model
        snapshots = snapshots_of(self.read.of(self.now), model, self.rule.on, period.until)
        if self.filter is not None:
            openings = opened_in(openings, snapshots, self.filter)
        return why(
            snapshots,
            openings,
            kind=model.kinds[self.rule.on],
            zone=model.zone,
            period=period,
            rule=self.rule,
            where=self._where(),
            depth=depth,
            least=least,
        )

    def _where(self) -> Expression | None:
        """The rule's `where`, unless it looks at single events."""
        leaf = self.workspace.core[self.rule.id].string("where")
        if leaf is None:
            return None
        scope = Scope.of(self.workspace.model, self.rule.on, pulse=True)
        expression, _ = parse(leaf, scope, Type.BOOL, Place(file="where", line=1, column=1))
        return None if expression is None or expression.pulse else expression
