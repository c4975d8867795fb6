"""`tocsin rules`: what authors of rules need before they go live."""

import json
from pathlib import Path
from typing import Any

import click

from rules.check import render
from rules.errors import Problem
from service.checking import Checked, check_workspace
from service.commands import rules_show, rules_test
from service.speech import Say, run_language
from streams.clock import WallClock
from streams.text import Language


def command(say: Say) -> click.Command:
    @click.group(
        name="rules",
        short_help=say("检查规则", "check the rules"),
        help=say("上线之前，规则作者需要的工具。", "What authors of rules need before they go live."),
    )
    def group() -> None: ...

    group.add_command(_check(say))
    group.add_command(rules_test.command(say))
    group.add_command(rules_show.command(say))
    return group


def _check(say: Say) -> click.Command:
    @click.command(
        name="check",
        short_help=say("检查工作区的全部文件", "check all files of the workspace"),
        help=say(
            "检查工作区的全部文件：模型、日历、规则、人员、升级链、通道和 tocsin.yaml。"
            "一次列出所有问题，注明文件、行和列。没有错误时退出码为 0，有错误时为 1。\n\n"
            "示例：tocsin rules check -w shop",
            "Check all files of a workspace: model, calendars, rules, people, chains, channels and tocsin.yaml. Lists "
            "everything at once, with file, line and column. Exit code 0 without errors, 1 with.\n\n"
            "Example: tocsin rules check -w shop",
        ),
    )
    @click.option(
        "-w",
        "--workspace",
        "folder",
        default=".",
        show_default=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=say("工作区文件夹", "the workspace folder"),
    )
    @click.option("--json", "as_json", is_flag=True, help=say("以 JSON 输出", "print JSON"))
    @click.pass_context
    def run(context: click.Context, folder: Path, as_json: bool) -> None:
        language = run_language()
        checked = check_workspace(folder, WallClock().now())
        if as_json:
            click.echo(json.dumps(_as_json(checked, language), ensure_ascii=False, indent=2))
        else:
            click.echo(_as_text(checked, say, language, folder))
        context.exit(1 if checked.has_errors else 0)

    return run


def _as_text(checked: Checked, say: Say, language: Language, folder: Path) -> str:
    """The findings with their lines, and one line that sums up."""
    found = render(checked.problems, language, folder)
    if checked.not_checked:
        files = ", ".join(checked.not_checked)
        return found + say(
            f"（{files} 要等模型和日历无误后才能检查）", f" ({files}: checked once model and calendars are right)"
        )
    return found + say(
        f"（{checked.rules} 条规则，{checked.people} 人，{checked.chains} 条升级链，{checked.channels} 个通道）",
        f" (rules {checked.rules}, people {checked.people}, chains {checked.chains}, channels {checked.channels})",
    )


def _as_json(checked: Checked, language: Language) -> dict[str, Any]:
    return {
        "problems": [_problem(problem, language) for problem in checked.problems],
        "errors": checked.errors,
        "warnings": len(checked.problems) - checked.errors,
        "not_checked": list(checked.not_checked),
    }


def _problem(problem: Problem, language: Language) -> dict[str, Any]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity,
        "code": problem.code,
        "message": problem.message.say(language),
    }
