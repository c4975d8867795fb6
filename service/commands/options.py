"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from service.speech import Say, fail

_REPORTS: Final = frozenset({".html", ".htm", ".json"})

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def workspace_option(say: Say) -> Option:
    """`-w DIR`, given to the command as `folder`."""
    return click.option(
        "-w",
        "--workspace",
        "folder",
        default=".",
        show_default=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=say("工作区文件夹", "the workspace folder"),
    )


def json_option(say: Say) -> Option:
    """`--json`, given to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=say("以 JSON 输出", "print JSON"))


def map_option(say: Say) -> Option:
    """`--map FILE`, given to the command as `mapping_path`."""
    return click.option(
        "--map",
        "mapping_path",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("外部表格的映射文件", "the mapping file of a foreign table"),
    )


def until_option(say: Say) -> Option:
    """`--until T`, given to the command as a text."""
    return click.option(
        "--until",
        metavar="T",
        help=say("回放到这一时刻为止（含）", "the instant up to which to replay, itself included"),
    )


def by_option(say: Say) -> Option:
    """`--by`, given to the command as a simulator.replay.By."""
    return click.option(
        "--by",
        type=click.Choice(["occurred_at", "recorded_at"]),
        default="occurred_at",
        show_default=True,
        help=say("按发生时间（事实）或获知时间（当时所知）", "by when it was true, or by when it was known"),
    )


def report_option(say: Say) -> Option:
    """`--report FILE.html`, given to the command as `report_path`."""

    def readable(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
        if path is None or path.suffix.lower() in _REPORTS:
            return path
        raise fail(
            say(
                f"--report {path}：应以 .html 或 .json 结尾",
                f"--report {path}: expected a file that ends in .html or .json",
            )
        )

    return click.option(
        "--report",
        "report_path",
        callback=readable,
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        help=say(
            "把报告写入此文件：.html 为可离线打开的网页，.json 为数据",
            "write a report to this file: .html is a page that opens offline, .json its data",
        ),
    )


def charts_option(say: Say) -> Option:
    """`--charts DIR`, given to the command as `charts_folder`."""
    return click.option(
        "--charts",
        "charts_folder",
        metavar="DIR",
        type=click.Path(file_okay=False, writable=True, path_type=Path),
        help=say(
            "把报告的每张图写入此文件夹（SVG 和 PNG）",
            "write each chart of the report into this folder, as SVG and PNG",
        ),
    )


def strict_option(say: Say) -> Option:
    """`--strict`."""
    return click.option(
        "--strict", is_flag=True, help=say("有任何一行被拒绝时以 1 退出", "exit with 1 where anything was refused")
    )
