"""`tocsin demo`: the whole service in one process, with sample orders and fake phones, mailboxes and chats."""

import socket
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from console.backend import DemoCommand
from service.commands.program import program
from service.commands.serve import serve
from service.config import load_settings
from service.demo.flow import Flow
from service.demo.history import FOLDER, HistoryWriter
from service.demo.providers import Providers
from service.demo.stage import FIRST_ORDER, Stage
from service.demo.workspace_files import write_demo_workspace
from service.logs import configure_logs
from service.speech import Say, run_language
from service.wiring import Service
from streams.clock import WallClock
from streams.instants import Instant
from streams.text import Language

_HOST = "127.0.0.1"
_PERSON = "li-wei"  # whom the visitor is signed in as


def command(say: Say) -> click.Command:
    @click.command(
        name="demo",
        short_help=say("一分钟看懂：样例订单、假的手机和邮箱", "see it work: sample orders, a fake phone and mailbox"),
        help=say(
            "在一个进程里运行整个服务，样例订单不断流入，其中一些会出错；手机、邮箱和群聊都是假的，在控制台里显示。"
            "不会联系本机以外的任何地址，结束后不留下任何文件。\n\n示例：tocsin demo",
            "Run the whole service in one process, with sample orders flowing in, some of them going wrong. Phone, "
            "mailbox and chat are fake and shown in the console. Nothing leaves this machine, nothing is left "
            "behind.\n\n"
            "Example: tocsin demo",
        ),
    )
    @click.option("--port", default=8321, show_default=True, help=say("控制台的端口", "the console's port"))
    @click.option(
        "--seed", default=7, show_default=True, help=say("样例订单的随机种子", "the seed of the sample orders")
    )
    def run(port: int, seed: int) -> None:
        configure_logs(level="warning")
        with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
            play(Path(folder), port, seed, run_language(), say)

    return run


def play(folder: Path, port: int, seed: int, language: Language, say: Say) -> None:
    """Run the demo in a folder until it is stopped."""
    with closing(_listen(port)) as listening, Providers() as providers:
        port = listening.getsockname()[1]
        write_demo_workspace(folder, language, providers, host=_HOST, port=port)
        stage = Stage(providers.inbox, language)
        service = Service(folder, settings=load_settings(folder), demo=stage, demo_person=_PERSON)
        stage.look_at(service.read, service.workspace.contacts)
        url = f"http://{_HOST}:{port}"
        key = (folder / "secrets" / "api-key").read_text(encoding="utf-8").strip()

        def offer(commands: Sequence[DemoCommand]) -> None:
            stage.offer(commands)
            click.echo(_to_try(commands, language, say))

        history = HistoryWriter(folder / FOLDER, language, seed=seed, program=program(), written=offer)

        def began(at: Instant) -> None:
            stage.begin(at)
            history.start()  # not before: the start shall be quick

        flow = Flow(url, key, WallClock(), seed=seed, started=began)
        click.echo(_welcome(url, say))
        flow.start()
        try:
            serve(service, listening)
        finally:
            flow.stop()
            history.stop()


def _listen(port: int) -> socket.socket:
    """The wanted port, or a free one where it is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError:
        listening.bind((_HOST, 0))
    return listening


def _to_try(commands: Sequence[DemoCommand], language: Language, say: Say) -> str:
    return "\n".join(
        [
            say(
                "三个月的历史已写好，可以分析。在另一个终端里粘贴（演示结束时该文件夹会被删除）：",
                "Three months of history to analyse are written. Paste into another terminal (the folder goes when "
                "the demo ends):",
            ),
            "",
            *(f"  # {one.text[language]}\n  {one.command}" for one in commands),
            "",
        ]
    )


def _welcome(url: str, say: Say) -> str:
    return say(
        f"""警钟（Tocsin）演示

  打开  {url}/demo

  1. 现在      样例订单开始流入，每 4 秒一单
  2. 17 秒后   订单 {FIRST_ORDER} 付款后没有按时发货：出现一个异常，李伟的（假）手机收到短信
  3. 轮到您    点开短信里的链接并确认，升级链就此停止；不确认的话，20 秒后通知仓库群和经理

  一切都在本机上，不会真的发送任何消息。按 Ctrl-C 结束。
""",
        f"""Tocsin (警钟) demo

  Open  {url}/demo

  1. now         sample orders flow in, one every 4 seconds
  2. in 17 s     order {FIRST_ORDER} was paid and has not shipped in time: an incident opens, Li Wei's (fake) phone
                 gets an SMS
  3. your turn   open the link in the SMS and acknowledge: the chain stops. If nobody does, the group chat and the
                 manager hear of it 20 seconds later

  Everything stays on this machine; no message is really sent. Stop with Ctrl-C.
""",
    )
