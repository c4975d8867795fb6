"""`tocsin rules check`: everything that is wrong or doubtful in a workspace, for authors and for CI."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click

from rules.check import render
from rules.errors import Problem, Problems
from service.checks.checking import Checked, check_workspace
from service.checks.lints import LINTS
from service.checks.noise import lint_noise
from service.checks.sarif import as_sarif
from service.commands.inputs import load_columns, load_mapping
from service.commands.options import workspace_option
from service.speech import Say, progress, run_language
from streams.clock import WallClock
from streams.text import Language

Format = Literal["text", "json", "sarif"]


def command(say: Say) -> click.Command:
    @click.command(
        name="check",
        short_help=say("检查工作区的全部文件", "check all files of the workspace"),
        help=say(
            "检查工作区的全部文件：模型、日历、规则、人员、升级链、通道和 tocsin.yaml。"
            "一次列出所有问题，注明文件、行和列。\n\n"
            "退出码：0 没有错误；1 有错误（加 --strict 时警告也算）；2 命令本身有误。提示从不影响退出码。\n\n"
            "示例：tocsin rules check -w shop",
            "Check all files of a workspace: model, calendars, rules, people, chains, channels and tocsin.yaml. Lists "
            "everything at once, with file, line and column.\n\n"
            "Exit code: 0 without errors, 1 with errors (with --strict also with warnings), 2 where the command itself "
            "is wrong. Notes never count.\n\n"
            "Example: tocsin rules check -w shop",
        ),
    )
    @workspace_option(say)
    @click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json", "sarif"]),
        default="text",
        show_default=True,
        help=say("输出格式；sarif 供代码平台使用", "what to print; sarif is for code hosts"),
    )
    @click.option("--json", "as_json", is_flag=True, help=say("即 --format json", "the same as --format json"))
    @click.option(
        "--strict", is_flag=True, help=say("有警告时也以 1 退出", "exit with 1 also where there are warnings")
    )
    @click.option(
        "--ignore",
        "ignored",
        multiple=True,
        metavar="CODE",
        type=click.Choice(sorted(LINTS)),
        help=say(
            "不报告此代码的警告或提示，可重复；错误不能忽略",
            "leave out warnings and notes of this code; may be repeated. Errors cannot be ignored",
        ),
    )
    @click.option(
        "--history",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("用这段历史检查哪些规则过于频繁", "a history: which rules would have opened too often in it"),
    )
    @click.option(
        "--map",
        "mapping_path",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("历史为外部表格时的映射文件", "the mapping file, where the history is a foreign table"),
    )
    @click.pass_context
    def run(
        context: click.Context,
        folder: Path,
        format_: Format,
        as_json: bool,
        strict: bool,
        ignored: tuple[str, ...],
        history: Path | None,
        mapping_path: Path | None,
    ) -> None:
        checked = check_workspace(folder, WallClock().now())
        if history is not None:
            checked = _with_noise(checked, history, mapping_path, say)
        checked = checked.without(ignored)
        click.echo(_shown(checked, "json" if as_json else format_, folder, say))
        context.exit(1 if checked.errors or (strict and checked.warnings) else 0)

    return run


def _with_noise(checked: Checked, history: Path, mapping_path: Path | None, say: Say) -> Checked:
    """Also what a history says; nothing where the rules or the settings have errors."""
    if checked.workspace is None or checked.settings is None:
        return checked
    mapping = None if mapping_path is None else load_mapping(mapping_path, checked.workspace)
    read = load_columns(history, checked.workspace, mapping, checked.settings, say)
    problems = Problems()
    problems.extend(checked.problems)
    with progress(say("回放", "replaying"), read.count) as step:
        lint_noise(checked.workspace, read, step, problems)
    return replace(checked, problems=problems.in_order())


def _shown(checked: Checked, format_: Format, folder: Path, say: Say) -> str:
    language = run_language()
    match format_:
        case "text":
            return _as_text(checked, say, language, folder)
        case "json":
            return json.dumps(_as_json(checked, language), ensure_ascii=False, indent=2)
        case "sarif":
            return json.dumps(as_sarif(checked.problems, folder, language), ensure_ascii=False, indent=2)


def _as_text(checked: Checked, say: Say, language: Language, folder: Path) -> str:
    """The findings with their lines, and one line that sums up."""
    found = render(checked.problems, language, folder)
    if checked.not_checked:
        files = ", ".join(checked.not_checked)
        return found + say(
            f"（{files} 要等模型和日历无误后才能检查）", f" ({files}: checked once model and calendars are right)"
        )
    if checked.errors:
        return found
    return found + say(
        f"（{checked.rules} 条规则，{checked.people} 人，{checked.chains} 条升级链，{checked.channels} 个通道）",
        f" (rules {checked.rules}, people {checked.people}, chains {checked.chains}, channels {checked.channels})",
    )


def _as_json(checked: Checked, language: Language) -> dict[str, Any]:
    return {
        "problems": [_problem(problem, language) for problem in checked.problems],
        "errors": checked.errors,
        "warnings": checked.warnings,
        "notes": checked.notes,
        "not_checked": list(checked.not_checked),
    }


def _problem(problem: Problem, language: Language) -> dict[str, Any]:
    place = problem.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_column": place.column + place.width,  # the first one after it
        "severity": problem.severity,
        "code": problem.code,
        "message": problem.message.say(language),
    }
