"""`tocsin rules check`: everything that is wrong in a workspace, at once."""

import json
from pathlib import Path

import pytest

from service.commands import rules
from service.workspace_template import write_workspace
from tests.service.commands import run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    write_workspace(tmp_path / "shop", "en")
    return tmp_path / "shop"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(workspace: Path) -> dict[str, set[str]]:
    """The codes of the findings, by file."""
    printed = json.loads(run(rules, "check", "-w", workspace, "--json").stdout)
    by_file: dict[str, set[str]] = {}
    for problem in printed["problems"]:
        by_file.setdefault(problem["file"], set()).add(problem["code"])
    return by_file


def test_errors_of_all_files_come_at_once(workspace):
    """A mistake in a rule does not hide those in chains, channels and settings; the exit code is 1."""
    change(workspace / "rules" / "stock.yaml", "on_hand <= 0\n    severity", "on_hnd <= 0\n    severity")
    change(workspace / "chains.yaml", "team:operations", "team:operation")
    change(workspace / "channels.yaml", "port: 1025", "port: 70000")
    change(workspace / "tocsin.yaml", "listen: 127.0.0.1:8321", "listen: everywhere")
    result = run(rules, "check", "-w", workspace)
    assert result.exit_code == 1
    assert set(found(workspace)) == {"rules/stock.yaml", "chains.yaml", "channels.yaml", "tocsin.yaml"}
    assert "did you mean on_hand?" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("4 errors, 0 warnings")


def test_a_finding_is_shown_with_its_line_and_a_caret(workspace):
    """File, line and column, what is wrong in the author's language, the line itself and a mark below it."""
    change(workspace / "rules" / "stock.yaml", "severity: minor", "severity: minr")
    first, line, caret = run(rules, "check", "-w", workspace, language="zh").stdout.splitlines()[:3]
    assert first.startswith("rules/stock.yaml:") and "错误" in first
    assert line.strip() == "severity: minr"
    assert caret.index("^") == line.index("minr")


def test_broken_rules_alone_do_not_lead_to_complaints_about_chains(workspace):
    """Where only a rule is wrong, people and chains are checked without it and found right."""
    change(workspace / "rules" / "orders.yaml", "overdue: shipped", "overdue: shiped")
    assert set(found(workspace)) == {"rules/orders.yaml"}


def test_without_a_model_it_says_what_could_not_be_checked(workspace):
    """People, chains and channels mean nothing without the model: named as not checked, not passed as right."""
    change(workspace / "model.yaml", "kinds:", "kindz:")
    printed = json.loads(run(rules, "check", "-w", workspace, "--json").stdout)
    assert printed["not_checked"] == ["people.yaml", "chains.yaml", "channels.yaml"]
    assert "checked once model and calendars are right" in run(rules, "check", "-w", workspace).stdout


def test_warnings_alone_are_no_failure(workspace):
    """A live rule without owner and chain is told about, and the exit code stays 0."""
    change(workspace / "rules" / "stock.yaml", "    owner: team:warehouse\n    chain: stock\n", "")
    result = run(rules, "check", "-w", workspace)
    assert result.exit_code == 0
    assert "warning: the rule stock-low has no owner" in result.stdout


def test_json_gives_place_code_and_message(workspace):
    """Each finding as one object, and the counts."""
    change(workspace / "people.yaml", "members: [sam]", "members: [sma]")
    printed = json.loads(run(rules, "check", "-w", workspace, "--json").stdout)
    (problem,) = printed["problems"]
    assert problem["file"] == "people.yaml"
    assert (workspace / "people.yaml").read_text().splitlines()[problem["line"] - 1].find("sma") + 1 == problem[
        "column"
    ]
    assert problem["severity"] == "error"
    assert "sam" in problem["message"]
    assert (printed["errors"], printed["warnings"]) == (1, 0)


def test_an_empty_folder_is_no_workspace(tmp_path):
    """What is missing is said with the command that makes it."""
    result = run(rules, "check", "-w", tmp_path)
    assert result.exit_code == 1
    assert "tocsin init" in result.stdout


def test_a_folder_that_is_not_there_could_not_be_checked(tmp_path):
    """Exit code 2: nothing was checked."""
    assert run(rules, "check", "-w", tmp_path / "nowhere").exit_code == 2
