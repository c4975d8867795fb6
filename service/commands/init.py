"""`tocsin init DIR`: writes a commented workspace that works as it is, with the rule packs that were chosen."""

import shlex
from pathlib import Path
from typing import Final

import click

from rules.errors import guess
from service.commands.program import program
from service.packs.catalogue import PACKS
from service.speech import Say, fail, run_language
from service.workspace_template import NotEmpty, write_workspace
from streams.text import Language

_SEND: Final = (
    'curl -H "Authorization: Bearer $(cat secrets/api-key)" --data-binary @{events} http://127.0.0.1:8321/api/events'
)
_EXAMPLE: Final = "examples/orders.csv --map examples/orders.map.yaml"
_EVENTS: Final = "examples/events.jsonl"
_ALL: Final = "all"


def command(say: Say) -> click.Command:
    @click.command(
        name="init",
        short_help=say("创建工作区", "write a new workspace"),
        help=say(
            "在 DIR 中创建一个带注释的工作区：模型、规则、人员、升级链、通道和示例数据，无需修改即可使用。\n\n"
            "示例：tocsin init shop --language zh --packs delay,stock",
            "Write a commented workspace into DIR: model, rules, people, chains, channels and sample data. It works as "
            "it is.\n\nExample: tocsin init shop --packs delay,stock",
        ),
    )
    @click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
    @click.option(
        "--language",
        type=click.Choice(["zh", "en"]),
        help=say("注释和名称的语言；默认与终端相同", "language of comments and names; default that of the terminal"),
    )
    @click.option(
        "--packs",
        metavar="NAME,...|all",
        default="",
        help=say(
            "要哪些规则包，代替少量的示例规则；all 为全部",
            "rule packs to write in place of the few sample rules; all of them with all",
        ),
    )
    @click.option(
        "--list-packs",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_list_packs,
        help=say("列出所有规则包", "list the rule packs"),
    )
    def run(directory: Path, language: Language | None, packs: str) -> None:
        chosen = _chosen(packs, say)
        try:
            write_workspace(directory, language or run_language(), chosen)
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
        click.echo(_next_steps(say, directory, chosen))

    return run


def _chosen(written: str, say: Say) -> list[str]:
    """The packs that `--packs` names."""
    names = [name for part in written.split(",") if (name := part.strip())]
    for name in names:
        if name not in PACKS and name != _ALL:
            end = guess(name, [*PACKS, _ALL])
            raise fail(
                say(
                    f"没有规则包 {name}{end.zh}；tocsin init --list-packs 列出全部",
                    f"there is no pack {name}{end.en}; tocsin init --list-packs lists them",
                )
            )
    return list(PACKS) if _ALL in names else [name for name in PACKS if name in names]


def _list_packs(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    language = run_language()
    finds, needs = ("发现：", "需要：") if language == "zh" else ("finds ", "needs ")
    for pack in PACKS.values():
        click.echo(f"{pack.name}: {pack.title.say(language)}")
        click.echo(f"  {finds}{pack.finds.say(language)}")
        click.echo(f"  {needs}{pack.needs.say(language)}")
    context.exit()


def _next_steps(say: Say, folder: Path, packs: list[str]) -> str:
    """What to do now, as commands that can be pasted."""
    events = f"examples/{packs[0]}.jsonl" if packs else _EVENTS
    tocsin = program()
    inside = [] if folder.resolve() == Path.cwd() else [(f"cd {shlex.quote(str(folder))}", "")]
    steps = [
        *inside,
        (f"{tocsin} rules check", say("检查所有文件", "check all files")),
        (f"{tocsin} rules test", say("运行规则文件里的测试", "run the tests in the rule files")),
        (
            f"{tocsin} replay {events if packs else _EXAMPLE}",
            say("看看规则会在示例数据里发现什么", "see what the rules find in the sample data"),
        ),
        (
            f"{tocsin} serve",
            say("启动服务，然后打开 http://127.0.0.1:8321", "start the service, then open http://127.0.0.1:8321"),
        ),
        (
            _SEND.format(events=events),
            say("在另一个终端里发送示例事件", "in another terminal: send it the sample events"),
        ),
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
