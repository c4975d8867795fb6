"""`tocsin init DIR`: writes a commented workspace that works as it is."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

import click

from service.speech import Say, fail, run_language
from service.workspace_template import NotEmpty, write_workspace
from streams.text import Language

_SEND: Final = (
    'curl -H "Authorization: Bearer $(cat secrets/api-key)" --data-binary @examples/events.jsonl '
    "http://127.0.0.1:8321/api/events"
)
_EXAMPLE: Final = "examples/orders.csv --map examples/orders.map.yaml"


def command(say: Say) -> click.Command:
    @click.command(
        name="init",
        short_help=say("创建工作区", "write a new workspace"),
        help=say(
            "在 DIR 中创建一个带注释的工作区：模型、规则、人员、升级链、通道和示例数据，无需修改即可使用。\n\n"
            "示例：tocsin init shop --language zh",
            "Write a commented workspace into DIR: model, rules, people, chains, channels and sample data. It works as "
            "it is.\n\nExample: tocsin init shop",
        ),
    )
    @click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
    @click.option(
        "--language",
        type=click.Choice(["zh", "en"]),
        help=say("注释和名称的语言；默认与终端相同", "language of comments and names; default that of the terminal"),
    )
    def run(directory: Path, language: Language | None) -> None:
        try:
            write_workspace(directory, language or run_language())
        except NotEmpty:
            raise fail(
                say(
                    f"{directory} 中已有文件，未作任何改动；请指定一个新的或空的目录。",
                    f"{directory} is not empty, and nothing was changed; name a new or an empty folder.",
                )
            ) from None
        except OSError as error:
            raise fail(
                say(
                    f"无法写入 {error.filename or directory}：{error.strerror}",
                    f"{error.filename or directory} cannot be written: {error.strerror}",
                )
            ) from None
        click.echo(_next_steps(say, directory))

    return run


def _next_steps(say: Say, folder: Path) -> str:
    """What to do now, as commands that can be pasted."""
    program = "tocsin" if shutil.which("tocsin") else shlex.quote(str(Path(sys.argv[0]).resolve()))
    inside = [] if folder.resolve() == Path.cwd() else [(f"cd {shlex.quote(str(folder))}", "")]
    steps = [
        *inside,
        (f"{program} rules check", say("检查所有文件", "check all files")),
        (
            f"{program} replay {_EXAMPLE}",
            say("看看规则会在示例订单里发现什么", "see what the rules find in the sample orders"),
        ),
        (
            f"{program} serve",
            say("启动服务，然后打开 http://127.0.0.1:8321", "start the service, then open http://127.0.0.1:8321"),
        ),
        (_SEND, say("在另一个终端里发送示例事件", "in another terminal: send it the sample events")),
    ]
    lines = [f"  # {why}\n  {what}" if why else f"  {what}" for what, why in steps]
    return "\n".join(
        [
            say(f"工作区已创建：{folder}", f"The workspace is written: {folder}"),
            "",
            say("接下来：", "Next:"),
            *lines,
            "",
            say(
                "控制台密码在 secrets/console-password，发送事件用的密钥在 secrets/api-key。",
                "The password of the console is in secrets/console-password, the key for sending events in "
                "secrets/api-key.",
            ),
        ]
    )
