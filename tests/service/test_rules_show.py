"""`tocsin rules show`: rules in core form, sentences, and templates in the workspace's words."""

import json
from pathlib import Path

import pytest

from rules.workspace import load_workspace
from service.commands import rules
from service.workspace_template import write_workspace
from tests.service.commands import run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    write_workspace(tmp_path / "shop", "zh")
    return tmp_path / "shop"


def add(workspace: Path, text: str) -> None:
    (workspace / "rules" / "sentences.yaml").write_text(f"rules:\n{text}", encoding="utf-8")


def test_all_rules_are_printed_as_one_file(workspace):
    """In their order; pasted back they are the same rules."""
    add(workspace, "  - {id: s, sentence: 付款后2天(workdays)内未发货, severity: critical}\n")
    printed = run(rules, "show", "-w", workspace, language="zh").stdout
    before = [(rule.id, rule.version) for rule in load_workspace(workspace).rules]
    for path in (workspace / "rules").glob("*.yaml"):
        path.unlink()
    (workspace / "rules" / "all.yaml").write_text(printed, encoding="utf-8")
    assert [(rule.id, rule.version) for rule in load_workspace(workspace).rules] == before


def test_a_sentence_is_shown_in_core_form_with_the_sentence_below(workspace):
    """Of the rules asked for only; the sentence in both languages, and what it stands for."""
    add(workspace, "  - {id: s, sentence: 付款后2天(workdays)内未发货}\n")
    assert run(rules, "show", "s", "-w", workspace).stdout.splitlines() == [
        "rules:",
        "  - id: s",
        "    on: order",
        "    overdue: shipped",
        "    after: paid",
        "    within: 2d workdays",
        "    # as a sentence, in place of overdue, after, within:",
        "    #   sentence: 付款 后 2天(workdays) 内 未 发货",
        "    #   sentence: not shipped within 2d (workdays) after paid",
    ]


def test_json_has_core_sentences_and_version(workspace):
    """For programs: one object a rule."""
    add(workspace, "  - {id: s, sentence: 库存低于补货点}\n  - {id: n, when: urgent}\n")
    sentence, none = json.loads(run(rules, "show", "s", "n", "-w", workspace, "--json").stdout)
    assert sentence["core"] == {"id": "s", "on": "stock", "when": "on_hand < reorder_level"}
    assert sentence["written"] == "库存低于补货点"
    assert sentence["sentences"] == {"zh": "库存 低于 补货点", "en": "on_hand below reorder_level"}
    assert sentence["in_place_of"] == ["when"]
    assert (none["written"], none["sentences"]) == (None, None)
    assert sentence["version"] in {rule.version for rule in load_workspace(workspace).rules if rule.id == "s"}


def test_an_unknown_rule_is_answered_with_the_nearest(workspace):
    """Exit code 2, as nothing could be shown."""
    result = run(rules, "show", "stock-lo", "-w", workspace)
    assert result.exit_code == 2
    assert "did you mean stock-low?" in result.stderr


def test_an_invalid_workspace_is_refused_with_its_errors(workspace):
    """The same list as that of check."""
    add(workspace, "  - {id: s, sentence: 付款后2天内未发获}\n")
    result = run(rules, "show", "-w", workspace, language="zh")
    assert result.exit_code == 2
    assert "是否应为 发货" in result.stderr


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template_that_is_listed_is_a_rule(workspace, language):
    """All five templates, in the model's words; each example is understood."""
    listed = json.loads(run(rules, "show", "--templates", "--json", "-w", workspace, language=language).stdout)
    assert len({one["template"] for one in listed}) == 5
    add(
        workspace,
        "".join(f"  - {{id: t{n}, on: {one['kind']}, sentence: {one['sentence']}}}\n" for n, one in enumerate(listed)),
    )
    assert len([rule for rule in load_workspace(workspace).rules if rule.id.startswith("t")]) == len(listed)


def test_templates_are_listed_under_their_names(workspace):
    """Without --json: the template, and below it the kind and an example."""
    lines = run(rules, "show", "--templates", "-w", workspace, language="zh").stdout.splitlines()
    assert lines[:2] == ["期限", "  order    付款 后 48小时 内 未 发货"]
    assert "供应商延迟" in lines


def test_a_rule_is_found_by_its_name_too(workspace):
    """Who asks for the name of a rule is told its id."""
    result = run(rules, "show", "付款后未发货", "-w", workspace, language="zh")
    assert (result.exit_code, result.stderr) == (2, "没有规则 付款后未发货；是否应为 paid-not-shipped？\n")
