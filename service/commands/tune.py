"""`tocsin tune`: the parameters of a rule swept over a history, and the values worth a look."""

import json
import sys
from pathlib import Path

import click

from rules.errors import Problems, guess
from rules.rule import Rule
from rules.workspace import Workspace
from service.commands.inputs import (
    instant_named,
    load_columns,
    load_inputs,
    load_mapping,
    require_period,
    rule_named,
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
from service.commands.outcomes import outcome_options, read_outcome
from service.commands.reports import can_be_written, write_chart_files, write_report
from service.speech import Say, fail, progress, run_language
from simulator.report.text import document_text
from simulator.tuning.running import Wish, run_tuning
from simulator.tuning.settings import MOST, Parameter, read_range, settings_of
from simulator.tuning.tuning_document import tuning_document
from simulator.tuning.tuning_json import tuning_json
from streams.text import nfkc


def command(say: Say) -> click.Command:
    @click.command(
        name="tune",
        short_help=say("在历史上调整规则的参数", "tune the parameters of a rule on a history"),
        help=say(
            "把一条规则的参数在一段历史上逐个取值（只读一遍历史），列出每个取值每天产生多少异常、"
            "发现多少出事的订单、提前多久，并给出建议。参数是规则的键（如 within、stages.0.at），"
            '或条件中与字段比较的数字（where.amount）。日历也是取值：--values "2d,2d cn-workdays"。\n\n'
            "示例：tocsin tune orders.csv --map orders.map.yaml --rule paid-not-shipped --param within "
            '--range 24h:96h:4h --outcome "received.at > promised_at" --budget 20',
            "Take the parameters of a rule through many values in one pass over a history: how many incidents a day "
            "each makes, how many of the orders that went bad it finds, how early; and which are worth a look. A "
            "parameter is a key of the rule (within, stages.0.at), or the number that a field is compared with "
            '(where.amount). Calendars are values too: --values "2d,2d cn-workdays".\n\n'
            "Example: tocsin tune orders.csv --map orders.map.yaml --rule paid-not-shipped --param within "
            '--range 24h:96h:4h --outcome "received.at > promised_at" --budget 20',
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @map_option(say)
    @click.option("--rule", "rule_id", required=True, help=say("调整哪条规则", "the rule to tune"))
    @click.option(
        "--param",
        "paths",
        multiple=True,
        required=True,
        metavar="KEY",
        help=say(
            "要调整的键；可多次，每个跟一个 --range 或 --values，取所有组合",
            "the key to tune; several times for all combinations, each with its --range or --values",
        ),
    )
    @click.option(
        "--range",
        "ranges",
        multiple=True,
        metavar="A:B:STEP",
        help=say("从 A 到 B（含），如 24h:96h:4h", "from A to B, itself included, such as 24h:96h:4h"),
    )
    @click.option(
        "--values",
        "lists",
        multiple=True,
        metavar="V,V,...",
        help=say("逐个给出的取值，逗号分隔", "values one by one, with commas between"),
    )
    @outcome_options(say)
    @click.option(
        "--budget", type=click.FloatRange(min=0), help=say("每天至多多少个异常", "at most so many incidents a day")
    )
    @click.option(
        "--team",
        metavar="FIELD",
        help=say(
            "预算按这个字段的每个值（团队、销售、供应商）分别计算",
            "the budget holds for each value of this field by itself: a team, a sales person, a supplier",
        ),
    )
    @click.option(
        "--from", "begin", metavar="T", help=say("从此刻开启的异常才计入", "incidents opened from this instant on")
    )
    @until_option(say)
    @click.option("--seed", type=int, default=0, show_default=True, help=say("随机抽样的种子", "the seed of the draws"))
    @json_option(say)
    @report_option(say)
    @charts_option(say)
    @strict_option(say)
    def run(
        history: Path,
        folder: Path,
        mapping_path: Path | None,
        rule_id: str,
        paths: tuple[str, ...],
        ranges: tuple[str, ...],
        lists: tuple[str, ...],
        condition: str | None,
        outcome_node: str | None,
        outcome_column: str | None,
        budget: float | None,
        team: str | None,
        begin: str | None,
        until: str | None,
        seed: int,
        as_json: bool,
        report_path: Path | None,
        charts_folder: Path | None,
        strict: bool,
    ) -> None:
        if report_path is not None:
            can_be_written(report_path, say)
        workspace, settings = load_inputs(folder)
        rule = rule_named(workspace, rule_id, say)
        if rule.count is not None:
            raise fail(
                say(
                    f"{rule_id} 统计一组实体，不能按订单调参；请用 tocsin backtest --rule {rule_id} --with 比较",
                    f"{rule_id} counts groups, which are no orders; compare values with tocsin backtest --rule "
                    f"{rule_id} --with",
                )
            )
        parameters = _parameters(paths, ranges, lists, say)
        problems = Problems()
        found = settings_of(rule, parameters, workspace, problems)
        _end_with(problems, say)
        wish = Wish(
            rule=rule,
            parameters=parameters,
            settings=tuple(found),
            outcome=read_outcome(condition, outcome_node, outcome_column, rule.on, workspace, say),
            budget=budget,
            team=_team(team, rule, workspace, say),
            begin=instant_named("--from", begin, workspace, say),
            until=instant_named("--until", until, workspace, say),
            seed=seed,
        )
        mapping = None if mapping_path is None else load_mapping(mapping_path, workspace)
        read = load_columns(history, workspace, mapping, settings, say)
        require_period(wish.begin, wish.until, read, "occurred_at", say)
        with progress(say("逐个取值", "taking values"), read.count) as step:
            tuning = run_tuning(wish, workspace.model, read, step)
        if tuning is None:
            raise fail(say("历史中没有事件", "there are no events in the history"))
        document = tuning_document(tuning, workspace.model)
        if report_path is not None:
            write_report(document, report_path, say)
        if charts_folder is not None:
            write_chart_files(document, charts_folder, say)
        if as_json:
            click.echo(json.dumps(tuning_json(tuning), ensure_ascii=False))
        else:
            click.echo(document_text(document, run_language()))
        tell_refusals(read.refusals, say)
        if strict and read.refusals:
            sys.exit(1)

    return run


def _parameters(
    paths: tuple[str, ...], ranges: tuple[str, ...], lists: tuple[str, ...], say: Say
) -> tuple[Parameter, ...]:
    """Ranges go to the first parameters, then lists of values."""
    problems = Problems()
    given = [read_range(text, f"--range {text}", problems) for text in ranges]
    given += [tuple(value.strip() for value in text.split(",") if value.strip()) for text in lists]
    _end_with(problems, say)
    if len(given) != len(paths):
        raise fail(
            say(
                f"{len(paths)} 个 --param，{len(given)} 个 --range 或 --values：每个参数恰好一个，范围在前",
                f"{len(paths)} --param and {len(given)} --range or --values: each parameter has exactly one, the first "
                "parameters the ranges",
            )
        )
    count = 1
    for values in given:
        count *= len(values)
    if not 1 <= count <= MOST:
        raise fail(say(f"共 {count:,} 个组合；应为 1 到 {MOST:,} 个", f"{count:,} settings; expected 1 to {MOST:,}"))
    return tuple(Parameter(path=path, values=values) for path, values in zip(paths, given, strict=True))


def _team(name: str | None, rule: Rule, workspace: Workspace, say: Say) -> str | None:
    fields = workspace.model.kinds[rule.on].fields
    if name is None or nfkc(name) in fields:
        return None if name is None else nfkc(name)
    end = guess(name, fields)
    raise fail(say(f"--team：没有字段 {name}{end.zh}", f"--team: there is no field {name}{end.en}"))


def _end_with(problems: Problems, say: Say) -> None:
    if problems.has_errors:
        told = [f"{problem.place.file}: {problem.message.say(run_language())}" for problem in problems.in_order()]
        raise fail("\n".join(dict.fromkeys(told)))
