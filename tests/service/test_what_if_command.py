"""`tocsin what-if`: a history before and after, from outside."""

import json
from pathlib import Path

import pytest

from service.commands import replay, what_if
from streams.text import Language
from tests.service.commands import run

MODEL = """
zone: UTC
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}, cancelled: {off_path: true}}
    closed_by: [shipped, cancelled]
    fields: {supplier: string}
"""
RULES = """
rules:
  - {id: stuck, overdue: shipped, after: paid, within: 10h}
  - {id: promise, overdue: shipped}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Twenty orders, ten of a supplier, shipped eight hours after payment and promised for the next day."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    lines = []
    for number in range(20):
        day = f"2026-03-{number + 1:02}"
        data = {"supplier": f"S{number % 2}", "shipped.due": f"{day}T23:00:00Z"}
        for type_, hour in (("placed", 8), ("paid", 9), ("shipped", 17)):
            lines.append(
                {
                    "source": "erp",
                    "id": f"{number}-{type_}",
                    "kind": "order",
                    "key": f"A-{number}",
                    "type": type_,
                    "occurred_at": f"{day}T{hour:02}:00:00Z",
                    "data": data if type_ == "placed" else {},
                }
            )
    (tmp_path / "h.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def test_before_and_after_by_rule_and_day(shop: Path):
    """Ten orders of one supplier two days late: their promises are missed, and they are stuck."""
    told = run(what_if, shop / "h.jsonl", "-w", shop, "--late", "supplier=S1:2d", "--until", "2026-04-01", "--json")
    assert told.exit_code == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["incidents"] == {"before": 0, "after": 20}
    assert found["changes"] == [{"change": "--late supplier=S1:2d", "touched": 10}]
    assert found["rules"]["promise"] | {"earlier": 0} == {
        "before": 0,
        "after": 10,
        "new": 10,
        "gone": 0,
        "earlier": 0,
        "later": 0,
    }
    assert {day["day"]: (day["before"], day["after"]) for day in found["days"]}["2026-03-02"] == (0, 2)


def test_the_changed_history_can_be_replayed(shop: Path):
    """Written as Parquet or JSON lines it gives the same incidents again."""
    for name in ("p.parquet", "p.jsonl"):
        told = run(
            what_if, shop / "h.jsonl", "-w", shop, "--dwell", "paid>shipped*2", "--volume", 2, "--output", shop / name,
            "--until", "2026-05-01", "--json",
        )  # fmt: skip
        assert told.exit_code == 0, told.stderr
        again = run(replay, shop / name, "-w", shop, "--strict", "--until", "2026-05-01", "--json")
        assert again.exit_code == 0, again.stderr
        rules = json.loads(again.stdout)["rules"]
        expected = json.loads(told.stdout)["rules"]
        assert {rule: counts["opened"] for rule, counts in rules.items()} == {
            rule: expected.get(rule, {"after": 0})["after"] for rule in rules
        }
        assert rules["stuck"]["opened"] == 40


@pytest.mark.parametrize(("language", "said"), [("zh", "涉及的实体"), ("en", "entities touched")])
def test_says_what_was_changed_and_reports_it(language: Language, said: str, shop: Path):
    """In words for the terminal and as a page; what touches nothing is said aloud."""
    told = run(
        what_if, shop / "h.jsonl", "-w", shop, "--late", "supplier=S9:1d", "--close", "2026-03-04..2026-03-06",
        "--cancel", 0.2, "--report", shop / "r.html", language=language,
    )  # fmt: skip
    assert told.exit_code == 0, told.stderr
    assert said in told.stdout and "--late supplier=S9:1d" in told.stdout
    assert ("没有涉及任何实体" if language == "zh" else "no entity is touched") in told.stdout
    assert said in (shop / "r.html").read_text(encoding="utf-8")


def test_cannot_run(shop: Path):
    """Without a question, with one that is wrong, with a format that is none, without events: exit code 2, and why."""
    (shop / "empty.jsonl").write_text("")
    for history, arguments, said in (
        ("h.jsonl", (), "--late"),
        ("h.jsonl", ("--late", "suplier=S1:2d"), "supplier"),
        ("h.jsonl", ("--volume", "2", "--output", "h.csv"), ".parquet"),
        ("h.jsonl", ("--volume", "2", "--output", shop / "no" / "h.jsonl"), "cannot be written"),
        ("h.jsonl", ("--volume", "2", "--output", shop / "no" / "h.parquet"), "cannot be written"),
        ("empty.jsonl", ("--volume", "2"), "no events"),
    ):
        told = run(what_if, shop / history, "-w", shop, *arguments)
        assert told.exit_code == 2, told.output
        assert said in told.stderr
