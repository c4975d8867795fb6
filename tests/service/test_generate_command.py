"""`tocsin generate`: every option, what it prints, and every way in which it cannot run."""

import json
from pathlib import Path

import pytest

from service.commands import generate, replay
from service.packs.catalogue import PACKS
from service.workspace_template import write_workspace
from streams.text import Language
from tests.service.commands import run


def test_a_history_can_be_replayed_at_once(tmp_path: Path):
    """init, generate, replay: nothing in between, and the packs' rules ring."""
    shop = tmp_path / "shop"
    write_workspace(shop, "en", list(PACKS))
    history = tmp_path / "history.jsonl"
    made = run(generate, "--orders", 120, "--output", history, "-w", shop, "--json")
    assert made.exit_code == 0, made.stderr
    summary = json.loads(made.stdout)
    assert summary["orders"] == 120
    assert summary["events"] == sum(summary["kinds"].values()) == len(history.read_text(encoding="utf-8").splitlines())
    assert summary["faults"]
    replayed = run(replay, history, "-w", shop, "--strict", "--json")
    assert replayed.exit_code == 0, replayed.stderr
    assert sum(rule["opened"] for rule in json.loads(replayed.stdout)["rules"].values()) > 10


def test_only_kinds_that_the_workspace_has(tmp_path: Path):
    """A workspace without packs gets orders, stock and purchases, nothing that it would refuse."""
    shop = tmp_path / "shop"
    write_workspace(shop, "en")
    made = run(generate, "--orders", 50, "--output", tmp_path / "h.jsonl", "-w", shop, "--json")
    assert set(json.loads(made.stdout)["kinds"]) == {"order", "stock", "supply"}


@pytest.mark.parametrize(("language", "said"), [("zh", "注入的异常"), ("en", "faults injected")])
def test_says_what_was_made(language: Language, said: str, tmp_path: Path):
    """How many orders, events and faults, where the truth is, and what to do next."""
    scenario = tmp_path / "s.yaml"
    scenario.write_text("{orders: 40, days: 10, kinds: [order]}")
    history, truth = tmp_path / "h.parquet", tmp_path / "t.jsonl"
    made = run(
        generate, "--scenario", scenario, "--output", history, "--truth", truth, "-w", tmp_path, language=language
    )
    assert made.exit_code == 0, made.stderr
    assert said in made.stdout and str(truth) in made.stdout and f"tocsin replay {history}" in made.stdout
    assert history.exists() and truth.exists()


@pytest.mark.parametrize(("language", "about"), [("zh", "供应商迟到"), ("en", "a supplier delivers late")])
def test_lists_the_faults(language: Language, about: str):
    """Each with its share and the rules that should see it."""
    listed = run(generate, "--list-faults", language=language)
    assert listed.exit_code == 0
    assert about in listed.stdout and "supply-late" in listed.stdout and "2.00%" in listed.stdout


def test_cannot_run(tmp_path: Path):
    """Without a file, with a format that is none, into no folder, with a wrong scenario: exit code 2, and why."""
    wrong = tmp_path / "s.yaml"
    wrong.write_text("oders: 4")
    for arguments, said in (
        ((), "--output"),
        (("--output", "h.csv"), ".parquet"),
        (("--output", tmp_path / "no" / "h.jsonl"), "cannot be written"),
        (("--output", tmp_path / "no" / "h.parquet"), "cannot be written"),
        (("--output", tmp_path / "h.jsonl", "--truth", "t.txt"), ".jsonl"),
        (("--output", tmp_path / "h.jsonl", "--scenario", wrong), "s.yaml:1:1"),
    ):
        told = run(generate, "--orders", 5, "-w", tmp_path, *arguments)
        assert told.exit_code == 2, told.output
        assert said in told.stderr
