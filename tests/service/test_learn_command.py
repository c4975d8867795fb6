"""`tocsin learn`: from a history into lead_times.yaml, shown first, kept beside, never one that breaks the rules."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from rules.workspace import load_workspace
from service.commands import learn
from streams.instants import DAY
from tests.conftest import shared_data
from tests.service.commands import run
from tests.simulator.kpi.adventureworks import write_adventureworks
from tests.simulator.test_northwind import MODEL, ORDERS_MAP

RULES = """
rules:
  - {id: soon, when: not shipped.done, by: 'shipped.due - lead("placed", "shipped", 0.8)'}
"""


@pytest.fixture
def northwind(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "rules").mkdir(parents=True)
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    (folder / "rules" / "orders.yaml").write_text(RULES, encoding="utf-8")
    (folder / "orders.map.yaml").write_text(ORDERS_MAP, encoding="utf-8")
    return folder


def learned(folder: Path, *options: Any, code: int = 0, language: Any = "en") -> Result:
    table = shared_data("northwind", "orders.csv")
    arguments = [table, "-w", folder, "--map", folder / "orders.map.yaml", *options]
    result = run(learn, *arguments, language=language)
    assert result.exit_code == code, result.output
    return result


def plain_days() -> list[int]:
    """From order to shipping, of what was shipped, as anybody counts it in the file."""
    with shared_data("northwind", "orders.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["shipped_date"]]
    return [(date.fromisoformat(row["shipped_date"]) - date.fromisoformat(row["order_date"])).days for row in rows]


def test_a_workspace_whose_rules_wait_for_the_file(northwind):
    """A rule that uses lead() is wrong without the file; learning makes it right. Twice is no change."""
    learned(northwind)
    workspace = load_workspace(northwind)
    times = workspace.model.lead_times
    assert times is not None and (times.learned_from, len(workspace.rules)) == ("orders.csv", 1)
    spans = [span // DAY for span in times.times["order", "placed", "shipped"].overall.spans]
    plain = np.quantile(plain_days(), [0.5, 0.8, 0.9, 0.95], method="inverted_cdf").tolist()
    assert all(mine >= theirs for mine, theirs in zip(spans, plain, strict=True)), "21 open orders make none shorter"
    assert (plain, spans) == ([7, 10, 18, 25], [7, 10, 19, 26])
    text = (northwind / "lead_times.yaml").read_text(encoding="utf-8")
    assert "stays as it is" in learned(northwind).stderr
    assert (northwind / "lead_times.yaml").read_text(encoding="utf-8") == text
    assert not (northwind / "lead_times.yaml.bak").exists()


def test_the_file_before_is_kept_and_the_difference_shown(northwind):
    """One can see what changes and undo it; other ways that a person wrote stay."""
    old = "lead_times:\n  - {from: shipped, to: placed, quantiles: {0.8: 1h}}\n"
    path = northwind / "lead_times.yaml"
    path.write_text(old, encoding="utf-8")
    result = learned(northwind, "--dry-run")
    assert "+    quantiles: {0.5: 7d, 0.8: 10d" in result.stderr
    assert path.read_text(encoding="utf-8") == old, "a dry run writes nothing"
    learned(northwind)
    assert (northwind / "lead_times.yaml.bak").read_text(encoding="utf-8") == old
    times = load_workspace(northwind).model.lead_times
    assert times is not None and set(times.times) == {("order", "placed", "shipped"), ("order", "shipped", "placed")}
    assert {one.name for one in northwind.iterdir() if "lead_times" in one.name} == {
        "lead_times.yaml",
        "lead_times.yaml.bak",
    }


def test_a_file_of_another_encoding_is_kept_as_it_was(northwind):
    """What no longer is UTF-8 is replaced, and its bytes are kept."""
    old = "lead_times: []  # 手写\n".encode("gb18030")
    (northwind / "lead_times.yaml").write_bytes(old)
    learned(northwind)
    assert (northwind / "lead_times.yaml.bak").read_bytes() == old
    assert load_workspace(northwind).model.lead_times is not None


def test_a_file_that_would_break_rules_is_not_written(northwind):
    """A quantile that a rule asks for must be there: exit code 1, the rule is shown, the old file stays."""
    learned(northwind)
    before = (northwind / "lead_times.yaml").read_text(encoding="utf-8")
    result = learned(northwind, "--quantiles", "0.5", code=1)
    assert "rules/orders.yaml" in result.stderr and "Not written" in result.stderr
    assert (northwind / "lead_times.yaml").read_text(encoding="utf-8") == before


def test_out_of_sample(northwind, tmp_path):
    """Learned before 1998, tried on the 270 orders of 1998: what anybody can count. Nothing is written."""
    page = tmp_path / "learn.html"
    result = learned(northwind, "--judge-from", "1998-01-01", "--until", "1998-07-01", "--json", "--report", page)
    found = json.loads(result.stdout)["judged"]
    with shared_data("northwind", "orders.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["order_date"] >= "1998-01-01"]
    late = sum(not row["shipped_date"] or row["shipped_date"] > row["required_date"] for row in rows)
    (rule,) = found["rules"]
    for sample in (rule["out_of_sample"], rule["in_sample"]):
        assert sample["warned"] + sample["late"] + sample["missed"] == late == sample["recall"]["of"]
        assert sample["not_known_yet"] == 0
        assert sum(sample[word] for word in ("warned", "late", "missed", "false", "quiet")) == len(rows) == 270
    assert (rule["promise"], rule["end"], rule["began_before"]) == ("shipped.due", "shipped", 560)
    assert [one["share"] for one in found["calibration"]] == [0.5, 0.8, 0.9, 0.95]
    assert all(one["orders"] == 270 and abs(one["took_at_most"] - one["share"]) < 0.06 for one in found["calibration"])
    assert not (northwind / "lead_times.yaml").exists()
    assert "校准" not in page.read_text(encoding="utf-8") and "Out of sample" in page.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_said(northwind):
    """Where the file has to be there is a folder: exit code 2, and no half of a file is left."""
    (northwind / "lead_times.yaml.new").mkdir()
    assert "cannot be written" in learned(northwind, code=2).stderr
    assert not (northwind / "lead_times.yaml").exists()


def test_nothing_learned_is_nothing_written(northwind):
    """Too few orders for any way: exit code 1, and no file without lead times in place of one that has some."""
    result = learned(northwind, "--min-orders", "810", code=1)
    assert "Not written: no way has 810 arrived orders" in result.stderr
    assert not (northwind / "lead_times.yaml").exists()


def test_a_rule_that_asks_for_what_is_not_learned_is_said(northwind):
    """It cannot be tried, and that is not the same as no rule using lead()."""
    result = learned(northwind, "--quantiles", "0.5", "--judge-from", "0.7")
    assert "rules/orders.yaml:3" in result.stdout and "does not give the lead times or quantiles" in result.stdout
    assert "No rule uses lead()" not in result.stdout


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages(northwind, language):
    """The text, and the comments of the file."""
    result = learned(northwind, "--judge-from", "0.7", "--by", "customer", "--min-orders", "20", language=language)
    assert ("检验" if language == "zh" else "Out of sample") in result.stdout
    assert ("准确率" if language == "zh" else "precision") in result.stdout


def test_the_list_of_ways(northwind):
    """--list tells what there is to learn from, and writes nothing."""
    assert "--pair order.placed:shipped" in learned(northwind, "--list").stdout
    (row,) = json.loads(learned(northwind, "--list", "--json").stdout)
    assert (row["orders"], row["arrived"], row["open"]) == (830, 809, 21)
    assert not (northwind / "lead_times.yaml").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--pair", "placed:shiped"), "--pair"),
        (("--pair", "placed"), "such as paid:shipped"),
        (("--by", "custmer"), "did you mean customer?"),
        (("--quantiles", "0.5,2"), "--quantiles"),
        (("--quantiles", "half"), "--quantiles"),
        (("--judge-from", "1.5"), "between 0 and 1"),
        (("--judge-from", "soon"), "--judge-from"),
        (("--until", "1990-01-01"), "nothing in this history"),
    ],
)
def test_what_cannot_be_done_is_said(northwind, options, said):
    """Exit code 2 and what was expected."""
    result = learned(northwind, *options, code=2)
    assert said in result.stderr


def test_adventureworks(tmp_path):
    """3,689 purchase orders took nine days each, and 237 are open for months; vendors make segments."""
    table = write_adventureworks(tmp_path)
    options = ["-w", tmp_path, "--map", tmp_path / "orders.map.yaml", "--by", "vendor", "--min-orders", "40", "--json"]
    result = run(learn, table, *options)
    assert result.exit_code == 0, result.output
    (way,) = json.loads(result.stdout)["ways"]
    assert [one["seconds"] for one in way["quantiles"]] == [9 * 86_400] * 3 + [None]
    assert (way["arrived"], way["open"], way["closed"]) == (3_689, 237, 86)
    times = load_workspace(tmp_path).model.lead_times
    assert times is not None
    assert len(times.times["purchase", "ordered", "received"].segments) == len(way["segments"]) > 30
