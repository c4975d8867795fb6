"""`tocsin serve` and `tocsin` itself: what is said where the service cannot run, and what helps whoever asks."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service import cli
from service.commands import serve
from service.config import Settings
from service.wiring import Service
from service.workspace_template import write_workspace
from store.database import Store
from streams.text import Language
from tests.service.commands import run

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The services that were started in place of waiting for requests."""
    started: list[str] = []

    def note(service: Service, listening: socket.socket) -> None:
        service.start()
        service.stop()
        started.append("served")

    monkeypatch.setattr(serve, "serve", note)
    monkeypatch.setattr(serve, "configure_logs", lambda level: None)
    return started


@pytest.fixture
def folder(tmp_path: Path, served: list[str]) -> Path:
    write_workspace(tmp_path / "shop", "en")
    change(tmp_path / "shop" / "tocsin.yaml", "listen: 127.0.0.1:8321", "listen: 127.0.0.1:0")
    return tmp_path / "shop"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refused(result: Result, *said: str) -> None:
    """Exit code 2, a text and no traceback."""
    assert result.exit_code == 2, result.output
    assert result.stdout == "" and "Traceback" not in result.stderr
    for text in said:
        assert text in result.stderr


def test_answers_leave_at_once():
    """asyncio sets TCP_NODELAY only on what is said to be TCP; without it each answer waits 40 ms for an ACK."""
    with serve.listen(Settings(port=0), lambda zh, en: en) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_good_workspace_is_served(folder, served):
    """What is refused below is not refused for another reason."""
    result = run(serve, "-w", folder)
    assert (result.exit_code, served) == (0, ["served"]), result.output


def test_nothing_but_json_on_a_standard_error_that_is_no_terminal(folder, served):
    """The address of the console stands in the log; a line for people is for a terminal only."""
    assert run(serve, "-w", folder).stderr == ""


# Where it cannot run


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "请在 tocsin.yaml 的 listen 中换"), ("en", "Choose another port")]
)
def test_a_port_that_is_taken(folder, served, taken_port, language, said):
    """One sentence: which address, why, and what to do; the database is not touched."""
    change(folder / "tocsin.yaml", "127.0.0.1:0", f"127.0.0.1:{taken_port}")
    result = run(serve, "-w", folder, language=language)
    refused(result, f"127.0.0.1:{taken_port}", said)
    assert len(result.stderr.splitlines()) == 1
    assert not (folder / "tocsin.db").exists() and served == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_that_is_not_this_machine_s(folder, language):
    """An address of another machine cannot be listened on."""
    change(folder / "tocsin.yaml", "127.0.0.1:0", "203.0.113.9:8321")
    refused(run(serve, "-w", folder, language=language), "203.0.113.9:8321")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_open_to_others_without_a_password(folder, served, host, language):
    """Whoever reached the console could choose who they are: it is not served so."""
    settings = folder / "tocsin.yaml"
    change(settings, "127.0.0.1:0", f"{host}:0")
    change(settings, "console:\n  password: file:secrets/console-password\n", "")
    refused(run(serve, "-w", folder, language=language), host, "console: {password:")
    assert served == []


@pytest.mark.parametrize(("language", "word"), [("zh", "错误"), ("en", "error")])
def test_everything_that_is_wrong_in_the_files_is_said_at_once(folder, served, language, word):
    """Rules, chains, channels and settings, with place, line and caret, as `rules check` shows them."""
    change(folder / "rules" / "stock.yaml", "on_hand <= 0", "on_hnd <= 0")
    change(folder / "chains.yaml", "team:operations", "team:operation")
    change(folder / "channels.yaml", "port: 1025", "port: 70000")
    change(folder / "tocsin.yaml", "listen: 127.0.0.1:0", "listen: everywhere")
    result = run(serve, "-w", folder, language=language)
    refused(result, "on_hand", "^", *(f"{file}.yaml:" for file in ("rules/stock", "chains", "channels", "tocsin")))
    assert result.stderr.splitlines()[-1].startswith("4 " if language == "en" else "4 个")
    assert word in result.stderr and served == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_folder_that_is_no_workspace(tmp_path, language):
    """It says which command makes one."""
    refused(run(serve, "-w", tmp_path, language=language), "model.yaml", "tocsin init")


@pytest.mark.parametrize("name", ["api-key", "console-password"])
@pytest.mark.parametrize(("language", "said"), [("zh", "无法读取"), ("en", "cannot be read")])
def test_a_key_or_password_that_is_not_there(folder, served, name, language, said):
    """Said at the start, with the place that refers to it, not at each request with a fault of the server."""
    (folder / "secrets" / name).unlink()
    result = run(serve, "-w", folder, language=language)
    refused(result, "tocsin.yaml:", name, said)
    assert served == []


def no_database(path: Path) -> None:
    path.write_bytes(b"What stands here is a letter and no database. " * 20)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_newer_one(path: Path) -> None:
    Store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


@pytest.mark.parametrize(
    ("make", "en", "zh"),
    [
        (no_database, "cannot be used", "无法使用"),
        (a_folder, "cannot be used", "无法使用"),
        (a_newer_one, "a newer one has used it", "更新的版本"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_database_that_cannot_be_used(folder, served, language, make: Callable[[Path], None], en, zh):
    """No database, no file, or one that a newer version has used: one sentence, and what is there stays as it is."""
    make(folder / "tocsin.db")
    before = (folder / "tocsin.db").read_bytes() if (folder / "tocsin.db").is_file() else b""
    result = run(serve, "-w", folder, language=language)
    refused(result, zh if language == "zh" else en)
    assert len(result.stderr.splitlines()) == 1
    assert served == []
    assert ((folder / "tocsin.db").read_bytes() if before else b"") == before


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "暂不支持 postgresql"), ("en", "postgresql is not supported yet")]
)
def test_another_database_is_refused_without_its_password(folder, language, said):
    """The URL holds a password, which is not repeated."""
    change(folder / "tocsin.yaml", "database: tocsin.db", 'database: "postgresql://tocsin:hunter2@localhost/t"')
    result = run(serve, "-w", folder, language=language)
    refused(result, said)
    assert "hunter2" not in result.output


@pytest.mark.parametrize(
    "arguments", [["-w", "nothere"], ["--log-level", "loud"], ["--nonsense"], ["more"]], ids=" ".join
)
def test_wrong_use(folder, monkeypatch, arguments):
    """Exit code 2 and the usage line."""
    monkeypatch.chdir(folder)
    refused(run(serve, *arguments), "Usage:", "Error:")


@pytest.mark.parametrize(("language", "said"), [("zh", "示例：tocsin serve"), ("en", "Example: tocsin serve")])
def test_help_has_an_example(language, said):
    """And every option."""
    result = run(serve, "--help", language=language)
    assert result.exit_code == 0
    assert said in result.stdout and "--workspace" in result.stdout and "--log-level" in result.stdout


# `tocsin`


def tocsin(*arguments: str, language: Language, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("TOCSIN_LANG", language)
    return CliRunner().invoke(cli.build(), list(arguments), prog_name="tocsin")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ("在订单异常还来得及补救时", "运行服务", "先试试")),
        ("en", ("finds exceptions", "run the service", "To begin")),
    ],
)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands(monkeypatch, language, said, option):
    """Each with a few words that are not cut off, and how to begin."""
    result = tocsin(option, language=language, monkeypatch=monkeypatch)
    assert result.exit_code == 0
    listed = [line.split() for line in result.stdout.splitlines() if line.startswith("  ")]
    commands = {
        words[0] for words in listed if len(words) > 1 and words[0] in ("demo", "init", "serve", "rules", "replay")
    }
    assert commands == {"demo", "init", "serve", "rules", "replay"}
    assert "..." not in result.stdout.partition("\n")[2]  # the first line has it as click's sign for arguments
    for text in (*said, "tocsin demo"):
        assert text in result.stdout


@pytest.mark.parametrize("command", ["demo", "init", "serve", "rules", "replay"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_explains_itself(monkeypatch, command, language):
    """In the language of the run; what is wrong in its use ends with 2."""
    result = tocsin(command, "--help", language=language, monkeypatch=monkeypatch)
    assert result.exit_code == 0
    assert any("\u4e00" <= char <= "\u9fff" for char in result.stdout) == (language == "zh")
    assert tocsin(command, "--nonsense", language=language, monkeypatch=monkeypatch).exit_code == 2


def test_an_unknown_command_ends_with_2(monkeypatch):
    """It is named, and help is offered."""
    refused(tocsin("sreve", language="en", monkeypatch=monkeypatch), "sreve", "-h")


def test_no_command_at_all_shows_the_help_and_ends_with_2(monkeypatch):
    """Nothing ran."""
    result = tocsin(language="en", monkeypatch=monkeypatch)
    assert result.exit_code == 2 and "Commands:" in result.output


def test_the_version(monkeypatch):
    """`tocsin --version` prints its name and its version."""
    result = tocsin("--version", language="en", monkeypatch=monkeypatch)
    assert result.exit_code == 0 and result.stdout.startswith("tocsin, version ")
