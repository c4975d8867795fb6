"""`tocsin tune` from outside: what it prints, and what it refuses in words."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from service.commands import tune
from streams.text import Language
from tests.service.commands import run

MODEL = """
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    closed_by: [shipped]
    fields: {amount: number, team: string}
"""
RULES = """
rules:
  - {id: slow, name: {zh: 发货慢, en: Slow}, where: amount > 10, overdue: shipped, after: placed, within: 2d}
  - {id: many, when: event.type == "placed", count: {at_least: 2, within: 1d}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Twenty orders, one a day; order n takes n days, every third for team b, amounts 5 and 20 in turn."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "rules" / "all.yaml").write_text(RULES, encoding="utf-8")
    lines = []
    for day in range(1, 21):
        placed = {"amount": 5 if day % 2 else 20, "team": "b" if day % 3 == 0 else "a"}
        base = {"source": "erp", "key": f"o{day}"}
        lines.append({**base, "id": f"p{day}", "type": "placed", "occurred_at": f"2026-03-{day:02}", "data": placed})
        if day <= 10:
            shipped = f"2026-03-{2 * day:02}"
            lines.append({**base, "id": f"s{day}", "type": "shipped", "occurred_at": shipped})
    (tmp_path / "history.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return tmp_path


def tuned(shop: Path, *options: object, language: Language = "en") -> Result:
    given = ("--rule", "slow", "--from", "2026-03-01", *options)
    return run(tune, shop / "history.jsonl", "-w", shop, *given, language=language)


def test_each_value_is_counted(shop: Path) -> None:
    """Of the ten orders of 20, those that took longer than the value, or wait still, have an incident."""
    result = tuned(shop, "--param", "within", "--range", "1d:9d:4d", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert [setting["values"] for setting in found["settings"]] == [["1d"], ["5d"], ["9d"]]
    # of 20 are 2, 4, ... 20; those up to 10 took so many days, the others are open when the history ends on the 20th
    assert [setting["incidents"] for setting in found["settings"]] == [9, 5, 1]


def test_two_parameters_make_a_grid(shop: Path) -> None:
    """All combinations, the number in a condition too."""
    result = tuned(
        shop, "--param", "within", "--param", "where.amount", "--range", "1d:5d:4d", "--values", "1,10", "--json"
    )
    found = json.loads(result.stdout)
    assert [setting["values"] for setting in found["settings"]] == [
        ["1d", "1"],
        ["1d", "10"],
        ["5d", "1"],
        ["5d", "10"],
    ]
    assert found["settings"][0]["incidents"] > found["settings"][1]["incidents"]


@pytest.mark.parametrize(
    ("language", "budget"),
    [("en", "at most 0.2 incidents a day for each team"), ("zh", "每个 team 每天至多 0.2 个异常")],
)
def test_a_budget_for_each_team(shop: Path, language: Language, budget: str) -> None:
    """The report names the budget, the outcome and the values, in the reader's language."""
    options = ("--param", "within", "--range", "1d:9d:2d", "--budget", "0.2", "--team", "team")
    result = tuned(shop, *options, "--outcome", "shipped.at > placed.at + days(8)", language=language)
    assert result.exit_code == 0, result.stderr
    assert budget in result.stdout
    assert ("发货慢" if language == "zh" else "Slow") in result.stdout


@pytest.mark.parametrize(
    ("options", "en", "zh"),
    [
        (("--param", "within", "--range", "1d"), "FROM:TO:STEP", "起:止:步长"),
        (("--param", "within"), "exactly one", "恰好一个"),
        (("--param", "within", "--values", "soon"), "is no duration", "不是时长"),
        (("--param", "where.weight", "--values", "1"), "does not compare weight", "没有"),
        (("--param", "within", "--values", "1d", "--team", "teem"), "no field teem", "没有字段 teem"),
        (
            ("--param", "within", "--values", "1d", "--report", "t.pdf"),
            "ends in .html or .json",
            "应以 .html 或 .json 结尾",
        ),
        (("--param", "within", "--values", "1d", "--from", "2027-01-01"), "is after the end", "晚于结束时刻"),
        (("--param", "count.at_least", "--values", "3", "--rule", "many"), "counts groups", "统计一组实体"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_cannot_be_tuned_is_said(
    shop: Path, options: tuple[str, ...], en: str, zh: str, language: Language
) -> None:
    """Exit code 2, nothing on the standard output, and a sentence that says what is wrong."""
    result = tuned(shop, *options, language=language)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert (zh if language == "zh" else en) in result.stderr
