"""`tocsin rules test`: every option, exit codes, both languages, and tests from real orders that pass."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from rules.judging.judge import Judge
from rules.workspace import load_workspace
from service.commands import rules
from service.workspace_template import write_workspace
from simulator.history import read_history
from store.database import Store
from streams.engine import Engine
from streams.learning import learn
from streams.text import Language
from tests.service.commands import run

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    nodes: {placed: , paid: , shipped: }
    fields:
      {amount: number, channel: string, urgent: bool, tags: list, lines: {sku: string, qty: number}, at_risk: timestamp}
    events: {change_requested: {}}
"""
RULES = """
rules:
  - id: stuck
    overdue: shipped
    after: paid
    within: 48h
    stages: [{at: -4h, severity: minor}, {at: 0h, severity: major}]
    tests:
      - name: fires
        timeline:
          - {at: 2026-03-02 09:00, event: paid}
          - {at: +44h, expect: open minor}
      - name: silent
        timeline:
          - {at: 2026-03-02 09:00, event: paid}
          - {at: +43h, event: shipped}
  - id: promised
    where: >-
      channel != "a: b, #c" and (amount > 1.5 or urgent or contains(tags, "x") or at_risk is None)
    overdue: shipped
    owner: team:nobody
  - id: changed
    when: changed(amount)
    expires: 1d
  - {id: elsewhere, on: order, when: amount < 0}
"""
EVENTS: Sequence[dict[str, Any]] = (
    {
        "id": "1",
        "type": "placed",
        "at": "2026-03-02T01:00:00Z",
        "data": {"channel": "网店", "urgent": True, "tags": ["no", "12"]},
    },
    {"id": "2", "type": "updated", "at": "2026-03-02T01:00:00.5Z", "data": {"shipped.due": "2026-03-05T01:00:00Z"}},
    {
        "id": "3",
        "type": "updated",
        "at": "2026-03-02T02:00:00Z",
        "data": {"amount": 3, "lines": [{"sku": "a", "qty": 1}]},
    },
    {
        "id": "4",
        "type": "updated",
        "at": "2026-03-02T03:00:00Z",
        "data": {"amount": 4.25, "at_risk": "2026-03-02T00:30:00Z"},
    },
    {"id": "5", "type": "updated", "at": "2026-03-02T03:00:00Z", "data": {"amount": 4, "channel": "a: b, #d\n"}},
    {"id": "6", "type": "paid", "at": "2026-03-02T04:00:00Z"},
    {"id": "7", "type": "paid", "at": "2026-03-02T03:30:00Z", "known": "2026-03-05T00:00:00Z"},
    {"id": "8", "type": "shipped", "at": "2026-03-04T12:00:00Z", "known": "2026-03-06T00:00:00Z"},
    {"id": "9", "type": "updated", "at": "2026-03-06T12:00:00Z", "retracts": "8"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "rules" / "all.yaml").write_text(RULES, encoding="utf-8")
    lines = [
        json.dumps(
            {
                "source": "erp",
                "id": event["id"],
                "kind": "order",
                "key": "A-1",
                "type": event["type"],
                "occurred_at": event["at"],
                "recorded_at": event.get("known", event["at"]),
                "data": event.get("data"),
                "retracts": event.get("retracts"),
            }
        )
        for event in EVENTS
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def invoke(folder: Path, *options: Any, language: Language = "en") -> Result:
    return run(rules, "test", "-w", folder, *options, language=language)


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "rules" / "all.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_tests_that_pass_are_one_line_and_exit_code_0(folder):
    """The totals alone, for the rule that is named."""
    result = invoke(folder, "stuck", "--no-boundaries")
    assert (result.exit_code, result.stdout) == (0, "1 rule: 2 tests, 0 failed; 0 boundary cases, 0 failed\n")


def test_a_failing_test_is_shown_and_exit_code_1(folder):
    """In the language of the run."""
    change(folder, "+44h, expect: open minor", "+45h, expect: open minor")
    result = invoke(folder, "stuck", "--no-boundaries", language="zh")
    assert result.exit_code == 1
    assert "✗ 周三 2026-03-04 05:00" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 条规则：2 个测试，1 个失败；0 个边界用例，0 个失败"


def test_a_lacking_test_is_a_warning_and_strictly_a_failure(folder):
    """Rules without tests are listed with their place."""
    result = invoke(folder, "changed")
    assert result.exit_code == 0
    assert "rules/all.yaml:22:5: warning: the rule changed has no test in which it fires" in result.stdout
    assert invoke(folder, "changed", "--strict").exit_code == 1
    assert invoke(folder, "stuck", "--strict").exit_code == 0


def test_boundary_cases_run_by_default(folder):
    """They come after the written ones; -v lists all by name."""
    printed = json.loads(invoke(folder, "stuck", "--json").stdout)
    assert [one["generated"] for one in printed["rules"]["stuck"]["tests"][:3]] == [False, False, True]
    assert "  ✓ boundary: exactly at the stage minor" in invoke(folder, "stuck", "-v").stdout


def test_json_holds_every_change_and_the_coverage(folder):
    """Expected beside found, when it was known, problems and figures."""
    printed = json.loads(invoke(folder, "stuck", "--json", "--coverage", "--no-boundaries").stdout)
    assert (printed["tests"], printed["failed"], printed["problems"]) == (2, 0, [])
    rule = printed["rules"]["stuck"]
    assert rule["tests"][0]["changes"] == [
        {
            "at": "2026-03-03T21:00:00.000000Z",
            "key": "T-1",
            "expected": "open minor",
            "found": "open minor",
            "known": "2026-03-03T21:00:00.000000Z",
            "right": True,
        }
    ]
    assert "severity major" in rule["coverage"]["not_reached"]
    assert printed["coverage"] == rule["coverage"]["percent"]


def test_junit_is_written_to_a_file(folder):
    """One suite a rule; a folder that is not there is said before anything else is printed."""
    assert invoke(folder, "--junit", folder / "junit.xml").exit_code == 0
    text = (folder / "junit.xml").read_text(encoding="utf-8")
    assert text.count("<testsuite ") == 4
    result = invoke(folder, "--junit", folder / "nowhere" / "junit.xml")
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_test_that_cannot_be_read_is_an_error_also_of_the_check(folder):
    """With place and caret; `rules check` finds it too."""
    change(folder, "event: shipped}", "event: shiped}")
    result = invoke(folder, "stuck")
    assert result.exit_code == 1
    assert "order has no event type shiped; did you mean shipped?" in result.stdout
    checked = json.loads(run(rules, "check", "-w", folder, "--json").stdout)
    assert "unknown_type" in {problem["code"] for problem in checked["problems"]}


def test_a_rule_that_is_not_there_cannot_be_tested(folder):
    """Exit code 2 and the nearest id, in both languages."""
    result = invoke(folder, "stack")
    assert (result.exit_code, result.stderr) == (2, "there is no rule stack; did you mean stuck?\n")
    assert invoke(folder, "stack", language="zh").stderr == "没有规则 stack；是否应为 stuck？\n"


def round_trip(folder: Path, printed: str, rule: str) -> Result:
    """Put a printed test under the rule that it is for, alone, and run it."""
    path = folder / "rules" / "all.yaml"
    whole = path.read_text(encoding="utf-8")
    entry = next(part for part in whole.split("  - ") if part.startswith(f"id: {rule}\n"))
    body = entry.partition("    tests:")[0]
    path.write_text(f"rules:\n  - {body.rstrip()}\n    tests:\n{printed}\n", encoding="utf-8")
    try:
        return invoke(folder, rule, "--no-boundaries")
    finally:
        path.write_text(whole, encoding="utf-8")


def printed_tests(output: str) -> dict[str, str]:
    """The test of each rule, by the comment above it."""
    found: dict[str, str] = {}
    for line in output.splitlines():
        if line.startswith("# rule "):
            rule = line.split()[2].rstrip(":")
            found[rule] = ""
        else:
            found[rule] += line + "\n"
    return found


@pytest.mark.parametrize("rule", ["stuck", "promised", "changed"])
def test_a_test_from_a_history_passes(folder, rule):
    """Late events, one that is taken back, texts that need quotes: as printed under `tests:`, it passes."""
    result = invoke(folder, rule, "--from-order", "A-1", "--history", folder / "events.jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    (text,) = printed_tests(result.stdout).values()
    back = round_trip(folder, text, rule)
    assert "1 test, 0 failed" in back.stdout, (text, back.stdout)


def test_it_holds_what_the_rule_reads_and_when_things_became_known(folder):
    """No amounts for a rule on nodes alone; what came late says so, and what was taken back is named."""
    result = invoke(folder, "stuck", "--from-order", "A-1", "--history", folder / "events.jsonl")
    assert result.stdout.splitlines() == [
        "# rule stuck: to be pasted under its tests:",
        '      - name: "order A-1"',
        "        timeline:",
        "          - {at: 2026-03-02 09:00, event: placed}",
        "          - {at: 2026-03-02 11:30, event: paid, known: 2026-03-05 08:00}",
        "          - {at: 2026-03-02 12:00, event: paid}",
        "          - {at: 2026-03-04 08:00, expect: open minor}",
        "          - {at: 2026-03-04 12:00, expect: major}",
        "          - {at: 2026-03-04 20:00, event: shipped, known: 2026-03-06 08:00, id: e4}",
        "          - {at: 2026-03-04 20:00, expect: resolved condition}",
        "          - {at: 2026-03-05 08:00, expect: amended}",
        "          - {at: 2026-03-06 20:00, event: updated, retracts: e4}",
        "          - {at: 2026-03-06 20:00, expect: reopened}",
    ]


def test_without_names_it_writes_for_every_rule_that_fired(folder):
    """Each under its own heading, each passing; rules that stayed silent are left out."""
    result = invoke(folder, "--from-order", "A-1", "--history", folder / "events.jsonl")
    found = printed_tests(result.stdout)
    assert set(found) == {"stuck", "promised", "changed"}


def test_a_test_from_the_database_of_the_service_is_the_same(folder):
    """What the service has taken in gives the test that the history gives."""
    workspace = load_workspace(folder)
    engine = Engine(workspace.model, Judge(workspace.rules, "compiled"))
    events = read_history(folder / "events.jsonl", workspace.model).events
    store = Store(f"sqlite:///{folder / 'tocsin.db'}")
    try:
        for event in sorted(events, key=lambda one: one.recorded_at):
            with store.begin() as transaction:
                learn(engine, transaction.ledger, [event], event.recorded_at)
    finally:
        store.close()
    kept = invoke(folder, "stuck", "--from-order", "A-1")
    assert (kept.exit_code, kept.stderr) == (0, "")
    assert kept.stdout == invoke(folder, "stuck", "--from-order", "A-1", "--history", folder / "events.jsonl").stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from-order", "A-2", "--history", "events.jsonl"), "there is no order A-2"),
        (("--from-order", "A-1"), "there is no database"),
        (("--from-order", "A-1", "--kind", "ordr", "--history", "events.jsonl"), "the model has no kind ordr (order)"),
    ],
)
def test_what_stands_in_the_way_of_a_test_from_an_order_is_said(folder, monkeypatch, options, said):
    """Exit code 2, the reason on standard error, nothing printed; no database is made by asking."""
    monkeypatch.chdir(folder)
    result = invoke(folder, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert not (folder / "tocsin.db").exists()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rules_of_a_new_workspace_pass_their_tests_strictly(tmp_path, language):
    """What `tocsin init` writes comes with a firing and a silent test for each rule."""
    write_workspace(tmp_path / "shop", language)
    result = invoke(tmp_path / "shop", "--strict", language=language)
    assert result.exit_code == 0, result.stdout
