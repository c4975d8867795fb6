"""`tocsin serve`: the embedded service, one process."""

import signal
import socket
import sys
from contextlib import closing
from pathlib import Path

import click
import uvicorn

from rules.check import render
from rules.errors import InvalidWorkspace
from service.checks.checking import check_workspace
from service.commands.options import workspace_option
from service.config import Settings, load_settings
from service.logs import configure_logs
from service.speech import Say, fail, run_language
from service.web import create_web
from service.wiring import Service
from store.errors import StoreError
from streams.clock import WallClock
from streams.secret import SettingMissing

_GRACE = 3  # seconds that open requests get when the service stops; live pages would hold it for ever


def command(say: Say) -> click.Command:
    @click.command(
        name="serve",
        short_help=say("运行服务", "run the service"),
        help=say(
            "在一个进程里运行整个服务：接收事件、判断规则、通知责任人、控制台。\n\n示例：tocsin serve -w my-company",
            "Run the whole service in one process: events in, rules judged, people told, the console.\n\n"
            "Example: tocsin serve -w my-company",
        ),
    )
    @workspace_option(say)
    @click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
        help=say("日志的详细程度", "how much the log says"),
    )
    def run(folder: Path, log_level: str) -> None:
        configure_logs(level=log_level)
        try:
            settings = load_settings(folder)
            _guard(settings, say)
            settings.reveal_all()
            with closing(listen(settings, say)) as listening:
                service = Service(folder, settings=settings)
                if sys.stderr.isatty():  # elsewhere every line is a JSON object
                    click.echo(say(f"控制台：{settings.url}", f"Console: {settings.url}"), err=True)
                serve(service, listening)
        except InvalidWorkspace:
            everything = check_workspace(folder, WallClock().now()).problems
            errors = [problem for problem in everything if problem.severity == "error"]
            raise fail(render(errors, run_language(), folder)) from None
        except (StoreError, SettingMissing) as error:
            raise fail(error.say(run_language())) from None

    return run


def _guard(settings: Settings, say: Say) -> None:
    """Without a password anybody who reaches the console may choose who they are."""
    if not settings.is_local and settings.console_password is None:
        raise fail(
            say(
                f"监听 {settings.host} 时必须在 tocsin.yaml 中设置 console: {{password: env:名称 或 file:路径}}",
                f"to listen on {settings.host}, set console: {{password: env:NAME or file:PATH}} in tocsin.yaml",
            )
        )


def listen(settings: Settings, say: Say) -> socket.socket:
    """The port, taken before anything else is started, so that a taken one is said in one sentence."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only on sockets that are said to be TCP: others answer 40 ms later.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise fail(
            say(
                f"无法监听 {settings.host}:{settings.port}：{error.strerror}。请在 tocsin.yaml 的 listen 中换一个端口",
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
                "Choose another port under `listen` in tocsin.yaml",
            )
        ) from None
    return listening


def serve(service: Service, listening: socket.socket) -> None:
    """Serve until a signal says to stop. SIGHUP reads the files again."""
    signal.signal(signal.SIGHUP, lambda _number, _frame: service.reload_soon())
    config = uvicorn.Config(
        create_web(service),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    uvicorn.Server(config).run(sockets=[listening])
