"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from service.speech import Say

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
