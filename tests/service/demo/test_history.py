"""The history that the demo writes: good for its workspace, with something in it that the commands shown find."""

import shlex

import polars as pl
import pytest
from click.testing import CliRunner

from service.cli import build
from service.demo.history import HISTORY, SCENARIO, TRUTH, HistoryWriter, commands_to_try, write_demo_history


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    written = tmp_path_factory.mktemp("demo") / "history of the demo"
    write_demo_history(written, "zh", seed=7)
    return written


def test_history_and_truth_lie_in_the_workspace(folder):
    """Three months of all the orders, and the faults that were injected into them."""
    events = pl.read_parquet(folder / HISTORY)
    assert events.filter(kind="order", type="placed")["key"].n_unique() == pytest.approx(SCENARIO.orders, rel=0.01)
    assert len(pl.read_parquet(folder / TRUTH)) > 50


@pytest.mark.parametrize("place", range(1, 6))
def test_each_command_works_when_pasted(folder, place, monkeypatch):
    """In the folder that the first one enters; nothing is refused, and what makes orders late is found."""
    commands = commands_to_try(folder, "tocsin")
    change, into = shlex.split(commands[0].command)
    assert (change, into) == ("cd", str(folder))
    monkeypatch.chdir(into)
    monkeypatch.setenv("TOCSIN_LANG", "zh")
    program, *arguments = shlex.split(commands[place].command)
    assert program == "tocsin"
    result = CliRunner().invoke(build(), arguments)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    if arguments[0] == "why":
        assert "= b2b" in result.stdout


def test_the_writer_offers_the_commands_once_all_is_written(tmp_path):
    """Whoever hears of them finds the files; stop() returns when nothing more is written."""
    offered = []

    def hear(commands):
        offered.append((commands, (tmp_path / "history" / TRUTH).exists()))

    writer = HistoryWriter(tmp_path / "history", "en", seed=1, program="tocsin", written=hear)
    writer.start()
    writer.stop()
    assert offered == [(commands_to_try(tmp_path / "history", "tocsin"), True)]


def test_where_it_cannot_be_written_the_demo_goes_on(tmp_path):
    """Nothing is offered, and nothing raised."""
    (tmp_path / "history").write_text("in the way", encoding="utf-8")
    offered: list[object] = []
    writer = HistoryWriter(tmp_path / "history", "en", seed=1, program="tocsin", written=offered.append)
    writer.start()
    writer.stop()
    assert offered == []


def test_a_writer_that_was_not_started_can_be_stopped(tmp_path):
    """A demo that is stopped before it is ready."""
    HistoryWriter(tmp_path, "en", seed=1, program="tocsin", written=print).stop()
    assert list(tmp_path.iterdir()) == []
