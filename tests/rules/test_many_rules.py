"""A thousand rules, checked at once."""

import time
from pathlib import Path

import pytest

from bench.rule_pack import MISTAKES, rule_files, write_workspace
from rules.check import check, render
from rules.errors import Problem

COUNT = 1_000
SECONDS = 5.0


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Problem, ...]]:
    """The pack with its mistakes."""
    folder = tmp_path_factory.mktemp("pack") / "planted"
    write_workspace(folder, rule_files(COUNT, planted=True)[0])
    return folder, check(folder)


def test_a_thousand_rules_are_checked_in_time(tmp_path):
    """A thousand varied rules are right, and are read and checked in less than five seconds."""
    write_workspace(tmp_path / "pack", rule_files(COUNT)[0])
    started = time.process_time()
    found = check(tmp_path / "pack")
    assert time.process_time() - started < SECONDS
    assert {problem.code for problem in found} == {"no_owner", "no_runbook"}


def test_forty_mistakes_are_all_found_where_they_are(checked):
    """Each planted mistake is reported once, by its code, at its line, column and width, and nothing else is."""
    _, planted = rule_files(COUNT, planted=True)
    assert len(planted) == len(MISTAKES) == 40
    found = [
        (problem.code, problem.place.file, problem.place.line, problem.place.column, problem.place.width)
        for problem in checked[1]
    ]
    assert found == sorted(
        ((one.code, one.file, one.line, one.column, one.width) for one in planted), key=lambda one: one[1:4]
    )


@pytest.mark.parametrize(("language", "word"), [("zh", "错误"), ("en", "error")])
def test_the_mistakes_are_shown_in_both_languages(checked, language, word):
    """In either language each is told at the same place, with its line and a mark below what is wrong."""
    folder, problems = checked
    lines = render(problems, language, folder).splitlines()
    heads = [line for line in lines if line.startswith("rules/")]
    assert [head.partition(": ")[0] for head in heads] == [str(problem.place) for problem in problems]
    assert all(f": {word}: " in head for head in heads)
    assert sum(line.strip().strip("^~") == "" and "^" in line for line in lines) == 40
    chinese = [any("一" <= char <= "鿿" for char in head.partition(": ")[2].replace("金客", "")) for head in heads]
    assert all(chinese) if language == "zh" else sum(chinese) == 1  # the field that was meant is 金额
