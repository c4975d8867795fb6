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


def test_a_wrong_rule_does_not_hide_what_is_wrong_with_the_others(workspace):
    """Owners, tests and doubts of the rules that can be read are told beside the error in another rule."""
    change(workspace / "rules" / "stock.yaml", "on_hand <= 0\n    severity", "on_hnd <= 0\n    severity")
    change(workspace / "rules" / "orders.yaml", "owner: sales_rep", "owner: sales_rap")
    change(workspace / "rules" / "orders.yaml", "expect: open minor", "expect: opened")
    change(workspace / "rules" / "orders.yaml", "    runbook: runbooks.md#promise-missed\n", "")
    assert found(workspace) == {
        "rules/stock.yaml": {"unknown_name"},
        "rules/orders.yaml": {"unknown_owner", "unknown_change", "no_runbook"},
    }


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("{overdue: 发货, after: paid, within: 2d}", "shipped"),
        ("{on: 订单, when: urgent}", "order"),
        ("{on: stock, when: 库存 <= 0}", "on_hand"),
        ("{when: 付款.done}", "paid.done"),
        ("{when: urgent, severity: 紧急}", "critical"),
        ("{when: urgent, mode: 影子}", "shadow"),
        ("{when: urgent, 负责人: sales_rep}", "owner"),
        ("{when: event.type == '变更申请', count: {at_least: 2, within: 7d, per: 客户}}", "customer"),
        ("{when: urgent, tests: [{name: a, timeline: [{at: 2026-03-02 09:00, event: 付款}]}]}", "paid"),
        (
            "{when: urgent, tests: [{name: a, timeline: [{at: 2026-03-02 09:00, event: paid, data: {加急: true}}]}]}",
            "urgent",
        ),
    ],
)
def test_who_writes_a_label_is_told_the_name(tmp_path, rule, meant):
    """Labels of the model, and the words of messages and of the console, lead to what has to be written."""
    write_workspace(tmp_path / "shop", "zh")
    (tmp_path / "shop" / "rules" / "new.yaml").write_text(f"rules:\n  - {{id: a, {rule[1:]}\n", encoding="utf-8")
    assert f"是否应为 {meant}？" in run(rules, "check", "-w", tmp_path / "shop", language="zh").stdout


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


def rule_with(workspace: Path, lines: str) -> None:
    """A further rule, right but for what its lines say."""
    path = workspace / "rules" / "orders.yaml"
    around = "    owner: sales_rep\n    chain: orders\n    runbook: https://example.com\n"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n  - id: another\n{lines}{around}", encoding="utf-8")


def test_strict_fails_on_warnings_and_ignore_leaves_them_out(workspace):
    """A warning is exit code 1 with --strict only, and nothing once its code is ignored; errors cannot be ignored."""
    rule_with(workspace, "    when: amount > 10 and amount < 5\n")
    assert run(rules, "check", "-w", workspace).exit_code == 0
    assert run(rules, "check", "-w", workspace, "--strict").exit_code == 1
    ignoring = run(rules, "check", "-w", workspace, "--strict", "--ignore", "never_holds")
    assert ignoring.exit_code == 0 and "never_holds" not in ignoring.stdout
    assert run(rules, "check", "-w", workspace, "--ignore", "unknown_name").exit_code == 2


def test_notes_never_fail(workspace):
    """A rule without runbook is worth a note, also with --strict."""
    change(workspace / "rules" / "stock.yaml", "    runbook: runbooks.md#stock-out\n", "")
    result = run(rules, "check", "-w", workspace, "--strict")
    assert result.exit_code == 0
    assert "0 errors, 0 warnings, 1 note" in result.stdout


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sarif_has_what_code_hosts_read(workspace, language, monkeypatch):
    """Version, driver, a rule for each code, and each finding with level, message, path from here, and region."""
    monkeypatch.chdir(workspace.parent)
    change(workspace / "rules" / "stock.yaml", "severity: minor", "severity: minr")
    change(workspace / "people.yaml", "members: [sam]", "members: [sma]")
    result = run(rules, "check", "-w", "shop", "--format", "sarif", language=language)
    assert result.exit_code == 1
    log = json.loads(result.stdout)
    (ran,) = log["runs"]
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    driver = ran["tool"]["driver"]
    assert driver["name"] == "tocsin"
    codes = [rule["id"] for rule in driver["rules"]]
    assert codes == ["unknown_person", "unknown_word"]
    last = ran["results"][-1]
    assert (last["ruleId"], codes[last["ruleIndex"]], last["level"]) == ("unknown_word", "unknown_word", "error")
    assert ("未知" in last["message"]["text"]) == (language == "zh")
    physical = last["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "shop/rules/stock.yaml"
    region, line = physical["region"], (workspace / "rules" / "stock.yaml").read_text(encoding="utf-8").splitlines()
    assert line[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1] == "minr"


def test_a_chain_that_reaches_nobody(workspace):
    """Where no one in it has a channel that leads to them; and where it tells only an owner whom a rule lacks."""
    path = workspace / "chains.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "chains:\n", "chains:\n  nobody: {steps: [{notify: [deaf]}]}\n  own: {steps: [{notify: [owner]}]}\n", 1
        ),
        encoding="utf-8",
    )
    change(workspace / "people.yaml", "people:\n", "people:\n  deaf: {name: Deaf}\n")
    rule_with(workspace, "    when: urgent\n")
    change(
        workspace / "rules" / "orders.yaml",
        "id: another\n    when: urgent\n    owner: sales_rep\n    chain: orders",
        "id: another\n    when: urgent\n    chain: own",
    )
    printed = json.loads(run(rules, "check", "-w", workspace, "--json").stdout)
    silent = [one for one in printed["problems"] if one["code"] == "chain_reaches_nobody"]
    assert [one["file"] for one in silent] == ["chains.yaml", "rules/orders.yaml"]
    assert "tells only the owner" in silent[1]["message"]


def test_retention_is_compared_with_what_rules_need(workspace):
    """A window longer than events are kept is a warning, and the setting says that nothing is deleted yet."""
    change(workspace / "tocsin.yaml", "language:", "retention: 2d\nlanguage:")
    assert found(workspace)["tocsin.yaml"] == {"retention_not_applied"}
    assert "window_longer_than_retention" in found(workspace)["rules/orders.yaml"]


def test_a_history_says_which_rules_are_noisy(workspace, tmp_path):
    """A rule that opens for every order is named with its figures and the thresholds; quiet ones are not."""
    rule_with(workspace, "    when: paid.done\n")
    lines = [
        {"source": "erp", "id": f"{n}-{type_}", "kind": "order", "key": f"A-{n}", "type": type_, "occurred_at": day}
        for n in range(30)
        for type_, day in (("placed", "2026-03-02T01:00:00Z"), ("paid", "2026-03-03T01:00:00Z"))
    ]
    history = tmp_path / "orders.jsonl"
    history.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    result = run(rules, "check", "-w", workspace, "--history", history, "--strict")
    noisy = [line for line in result.stdout.splitlines() if "[noisy]" in line]
    assert result.exit_code == 1 and len(noisy) == 1
    assert "another opened 30 times in 1 days of history: 30.0 a day, 100 for 100 entities" in noisy[0]


def test_a_summary_that_names_what_is_not_there(workspace):
    """It would fail at night and be replaced: each unknown name is said once, known ones are not."""
    rule_with(
        workspace, '    when: urgent\n    summary: "{{ key }} {{ fields.amuont }} {{ nodes.paid.at }} {{ sinc }}"\n'
    )
    printed = json.loads(run(rules, "check", "-w", workspace, "--json").stdout)
    said = [one["message"] for one in printed["problems"] if one["code"] == "summary_name"]
    assert len(said) == 2
    assert any("did you mean amount?" in one for one in said) and any("did you mean since?" in one for one in said)
