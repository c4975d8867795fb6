"""`tocsin rules test`: the tests in the rule files, and boundary cases generated for each rule."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rules.check import render
from rules.errors import Problem
from rules.rule import Rule
from rules.testing.coverage import percent
from rules.testing.junit import junit_xml
from rules.testing.showing import Reader, show_coverage, show_report
from rules.testing.suite import Report, RuleReport, run_tests
from rules.workspace import Workspace
from service.commands.inputs import load_inputs, rule_named
from service.commands.options import json_option, workspace_option
from service.commands.order_tests import Wanted, tests_from_orders
from service.speech import Say, fail, run_language
from streams.decoding import DEFAULT_SKEW
from streams.instants import Instant, format_instant
from streams.text import Language


def command(say: Say) -> click.Command:
    @click.command(
        name="test",
        short_help=say("运行规则文件里的测试", "run the tests in the rule files"),
        help=say(
            "运行规则文件里的测试（tests:），以及自动生成的边界用例。只显示与期望不同之处。"
            "全部通过时退出码为 0，否则为 1。\n\n"
            "示例：tocsin rules test paid-not-shipped -w shop --coverage",
            "Run the tests in the rule files (tests:), and boundary cases generated for each rule. Shows only what "
            "differs from what is expected. Exit code 0 where all pass, else 1.\n\n"
            "Example: tocsin rules test paid-not-shipped -w shop --coverage",
        ),
    )
    @click.argument("names", metavar=say("[规则]...", "[RULE]..."), nargs=-1)
    @workspace_option(say)
    @click.option("-v", "--verbose", is_flag=True, help=say("列出每个测试", "list every test"))
    @click.option(
        "--strict",
        is_flag=True,
        help=say("规则缺少触发或安静的测试时也算失败", "fail also where a rule lacks a firing or a silent test"),
    )
    @click.option("--no-boundaries", is_flag=True, help=say("不生成边界用例", "generate no boundary cases"))
    @click.option(
        "--coverage",
        "with_coverage",
        is_flag=True,
        help=say(
            "列出没有测试到达的条件、级别和决策行", "list conditions, severities and decision rows that no test reached"
        ),
    )
    @click.option(
        "--junit",
        "junit_path",
        type=click.Path(dir_okay=False, path_type=Path),
        help=say("把结果写成 JUnit XML 文件", "write the results to this file, as JUnit XML"),
    )
    @click.option(
        "--from-order",
        "keys",
        metavar="KEY",
        multiple=True,
        help=say(
            "不运行测试，而是由这张真实订单写出一个测试；可重复",
            "run nothing, but write a test from this real order; may be repeated",
        ),
    )
    @click.option("--kind", help=say("--from-order 的类型（默认 order）", "the kind for --from-order (default: order)"))
    @click.option(
        "--history",
        type=click.Path(exists=True, path_type=Path),
        help=say(
            "--from-order 取自此历史文件（默认取服务的数据库）", "where --from-order looks (default: the database)"
        ),
    )
    @click.option(
        "--map",
        "mapping",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("--history 为外部表格时的映射文件", "the mapping file where --history is a foreign table"),
    )
    @json_option(say)
    @click.pass_context
    def run(
        context: click.Context,
        names: tuple[str, ...],
        folder: Path,
        verbose: bool,
        strict: bool,
        no_boundaries: bool,
        with_coverage: bool,
        junit_path: Path | None,
        keys: tuple[str, ...],
        kind: str | None,
        history: Path | None,
        mapping: Path | None,
        as_json: bool,
    ) -> None:
        language = run_language()
        workspace, settings = load_inputs(folder)
        rules = _chosen(workspace, names, say)
        if keys:
            wanted = Wanted(keys=keys, kind=kind, history=history, mapping=mapping)
            click.echo(tests_from_orders(workspace, settings, folder, rules, wanted, named=bool(names), say=say))
            return
        report = run_tests(
            workspace,
            rules,
            matcher=settings.matcher,
            skew=max([DEFAULT_SKEW, *(source.skew for source in settings.sources.values())]),
            boundaries=not no_boundaries,
        )
        reader = Reader(language=language, zone=workspace.model.zone)
        if junit_path is not None:
            _write(junit_path, junit_xml(report, reader, strict=strict), say)
        if as_json:
            click.echo(json.dumps(_as_json(report, language, with_coverage), ensure_ascii=False, indent=2))
        else:
            _print(report, reader, folder, everything=verbose, with_coverage=with_coverage)
        context.exit(0 if report.passed(strict=strict) else 1)

    return run


def _chosen(workspace: Workspace, names: Sequence[str], say: Say) -> tuple[Rule, ...]:
    """The rules that were named, all of them without names."""
    return tuple(rule_named(workspace, name, say) for name in dict.fromkeys(names)) or workspace.rules


def _print(report: Report, reader: Reader, folder: Path, *, everything: bool, with_coverage: bool) -> None:
    findings = sorted((*report.problems, *report.lacks), key=lambda problem: problem.place)
    if findings:
        click.echo(render(findings, reader.language, folder) + "\n")
    if with_coverage:
        click.echo(show_coverage(report, reader) + "\n")
    click.echo(show_report(report, reader, everything=everything))


def _write(path: Path, text: bytes, say: Say) -> None:
    try:
        path.write_bytes(text)
    except OSError as error:
        raise fail(say(f"无法写入 {path}：{error.strerror}", f"{path} cannot be written: {error.strerror}")) from None


def _as_json(report: Report, language: Language, with_coverage: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "rules": {rule.rule.id: _rule(rule, language, with_coverage) for rule in report.rules},
        "tests": len(report.results),
        "failed": sum(not result.passed for result in report.results),
        "problems": [_problem(problem, language) for problem in (*report.problems, *report.lacks)],
    }
    if with_coverage:
        found["coverage"] = round(report.percent, 1)
    return found


def _rule(rule: RuleReport, language: Language, with_coverage: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "tests": [
            {
                "name": result.case.name.say(language),
                "place": str(result.case.place),
                "generated": result.case.generated,
                "passed": result.passed,
                "changes": [
                    {
                        "at": format_instant(row.at),
                        "key": row.key,
                        "expected": None if row.expected is None else str(row.expected),
                        "found": None if row.happened is None else str(row.happened),
                        "known": _instant(None if row.happened is None else row.happened.known),
                        "right": row.right,
                    }
                    for row in result.rows
                ],
            }
            for result in rule.results
        ],
        "no_boundaries": None if rule.no_boundaries is None else rule.no_boundaries.say(language),
    }
    if with_coverage:
        found["coverage"] = {
            "percent": round(percent(rule.branches), 1),
            "reached": sum(branch.reached for branch in rule.branches),
            "branches": len(rule.branches),
            "not_reached": [branch.what.say(language) for branch in rule.branches if not branch.reached],
        }
    return found


def _instant(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)


def _problem(problem: Problem, language: Language) -> dict[str, Any]:
    return {
        "place": str(problem.place),
        "severity": problem.severity,
        "code": problem.code,
        "message": problem.message.say(language),
    }
