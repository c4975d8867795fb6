"""`tocsin backtest` and `tocsin why` as a user runs them: Northwind, whose late orders anybody can count, and a shop of
three orders."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.commands import backtest, why
from streams.text import Language
from tests.conftest import shared_data
from tests.service.commands import run
from tests.simulator.test_northwind import count, rows

UNTIL = "1998-07-01"
LATE = "shipped.at > shipped.due"
MODEL = """
zone: UTC
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes: {placed: {label: {zh: 下单, en: Placed}}, shipped: {label: {zh: 发货, en: Shipped}}}
    closed_by: [shipped]
    fields: {customer: string, shipper: string, freight: number}
"""
RULES = """
rules:
  - {id: slow, overdue: shipped, after: placed, within: 21d}
  - {id: late, overdue: shipped}
  - {id: crowd, overdue: shipped, after: placed, within: 21d, count: {at_least: 3, within: 7d}}
"""
MAP = """
kind: order
format: wide
source: northwind
key: order_id
nodes: {placed: order_date, shipped: {column: shipped_date, as: date}}
due: {shipped: {column: required_date, as: date}}
fields: {customer: customer_id, freight: freight, shipper: ship_via}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "northwind"
    (folder / "rules").mkdir(parents=True)
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    (folder / "rules" / "orders.yaml").write_text(RULES, encoding="utf-8")
    (folder / "orders.map.yaml").write_text(MAP, encoding="utf-8")
    return folder


def asked(workspace: Path, *options: Any, language: Language = "en") -> Any:
    table = shared_data("northwind", "orders.csv")
    mapping = workspace / "orders.map.yaml"
    return run(backtest, table, "-w", workspace, "--map", mapping, *options, language=language)


def judged(workspace: Path, *options: Any) -> Any:
    result = asked(workspace, "--json", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def days(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def taking_longer_than(table: Path, span: int) -> set[str]:
    """Orders not shipped within so many days; what was never shipped by then is among them."""
    end = days(UNTIL)
    found = set()
    for row in rows(table):
        shipped = days(row["shipped_date"]) if row["shipped_date"] else end + 1
        if shipped > days(row["order_date"]) + span <= end:
            found.add(row["order_id"])
    return found


def test_a_shorter_wait_finds_more_and_earlier(workspace):
    """Which orders are new, and which earlier, is what the file says."""
    table = shared_data("northwind", "orders.csv")
    found = judged(workspace, "--rule", "slow", "--with", "within=14d", "--until", UNTIL, "--from", "1996-01-01")
    (comparison,) = found["comparisons"]
    told = comparison["rules"]["slow"]
    before, after = taking_longer_than(table, 21), taking_longer_than(table, 14)
    assert (told["before"], told["after"]) == (len(before), len(after))
    assert set(told["orders"]["new"]) == after - before
    assert set(told["orders"]["earlier"]) == before
    assert not told["gone"] and not told["later"] and not told["same"]
    assert (comparison["before"], comparison["after"]) == ("now", "within=14d")


def test_late_orders_against_the_promise(workspace):
    """58 went bad by July: the 37 shipped late and the 21 never shipped. The rule on the promise itself finds them all,
    on the very day; the one that waits 21 days finds those with a longer promise a week before."""
    table = shared_data("northwind", "orders.csv")
    counted = count(table)
    found = judged(workspace, "--outcome", LATE, "--until", UNTIL, "--from", "1996-01-01", "--per", "")
    assert found["outcome"] == {"kind": "order", "text": LATE, "yes": 58, "no": 772, "not_known": 0}
    (version,) = found["versions"]
    late = version["judgements"]["late"]
    assert (late["precision"]["value"], late["recall"]["value"], late["f1"]) == (1, 1, 1)
    assert late["lead_seconds"]["0.5"] == 0
    bad = {key for key, *_ in counted.late | counted.unshipped}
    promised = {row["order_id"]: days(row["required_date"]) for row in rows(table)}
    placed = {row["order_id"]: days(row["order_date"]) for row in rows(table)}
    slow = taking_longer_than(table, 21)
    warned = {key for key in slow & bad if placed[key] + 21 <= promised[key]}
    told = version["judgements"]["slow"]
    assert (told["precision"]["count"], told["precision"]["of"]) == (len(warned), len(slow))
    assert (told["recall"]["count"], told["recall"]["of"]) == (len(warned), 58)
    assert told["orders"]["late"] == len(slow & bad - warned)
    assert told["orders"]["false"] == len(slow - bad)
    assert told["incidents"]["healed"]["count"] == len(slow - bad)
    assert "crowd" not in version["judgements"]  # a group is no order


def test_what_is_not_known_at_the_end_is_left_out_and_bounded(workspace):
    """On the last day of the file 21 orders are not shipped, and none of their promises has passed unkept."""
    found = judged(workspace, "--rule", "slow", "--outcome", LATE, "--from", "1996-01-01")
    assert (found["outcome"]["yes"], found["outcome"]["not_known"]) == (37, 21)
    precision = found["versions"][0]["judgements"]["slow"]["precision"]
    assert precision["worst"] < precision["value"] < precision["best"]


def test_the_warm_up_is_as_long_as_the_rules_wait(workspace):
    """21 days from the first order; said, and chosen otherwise by --from."""
    assert judged(workspace, "--rule", "slow")["from"] == "1996-07-25T00:00:00.000000Z"
    assert judged(workspace, "--rule", "slow", "--from", "1997-01-01")["from"] == "1997-01-01T00:00:00.000000Z"
    assert "The first 21 d are warm-up" in asked(workspace, "--rule", "slow").stdout
    assert "历史开头的 21 天作为预热期不计" in asked(workspace, "--rule", "slow", language="zh").stdout


def test_versions_of_another_folder_and_of_a_file(workspace, tmp_path):
    """Only what differs is looked at; the name of a version is where it comes from."""
    other = tmp_path / "other"
    (other / "rules").mkdir(parents=True)
    (other / "model.yaml").write_text(MODEL, encoding="utf-8")
    (other / "rules" / "orders.yaml").write_text(RULES.replace("21d}", "28d}"), encoding="utf-8")
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text("rules: [{id: slow, overdue: shipped, after: placed, within: 28d}]", encoding="utf-8")
    found = judged(workspace, "--against", other, "--against", candidate)
    assert found["unchanged"] == ["late", "crowd"]
    assert [version["name"] for version in found["versions"]] == ["now", str(other), "candidate.yaml"]
    one, two = (comparison["rules"]["slow"] for comparison in found["comparisons"])
    assert one == two and one["gone"] > 0 and one["later"] > 0


def test_a_model_that_differs_reads_the_history_itself(workspace, tmp_path):
    """In Shanghai the days begin eight hours earlier: the same orders, each eight hours before."""
    other = tmp_path / "other"
    (other / "rules").mkdir(parents=True)
    (other / "model.yaml").write_text(MODEL.replace("zone: UTC", "zone: Asia/Shanghai"), encoding="utf-8")
    (other / "rules" / "orders.yaml").write_text(RULES, encoding="utf-8")
    found = judged(workspace, "--against", other, "--rule", "late", "--until", "1998-07-02")
    told = found["comparisons"][0]["rules"]["late"]
    assert told["earlier"] == told["before"] == told["after"] > 50


def test_an_outcome_of_a_table(workspace, tmp_path):
    """A column that the analyst made: instants, or yes and no."""
    table = shared_data("northwind", "orders.csv")
    late = [
        (row["order_id"], row["required_date"]) for row in rows(table) if row["shipped_date"] > row["required_date"]
    ]
    dated = tmp_path / "late.csv"
    dated.write_text("\n".join(["order,late_on", *(f"{key},{day}" for key, day in late)]), encoding="utf-8")
    found = judged(workspace, "--rule", "late", "--outcome-column", f"{dated}:late_on", "--until", UNTIL)
    assert (found["outcome"]["yes"], found["outcome"]["no"], found["outcome"]["not_known"]) == (37, 772, 21)
    flags = tmp_path / "flags.csv"
    flags.write_text("\n".join(["note,order,bad", *(f",{key},yes" for key, _ in late), ",10248,no"]), encoding="utf-8")
    found = judged(workspace, "--rule", "late", "--outcome-column", f"{flags}:order:bad", "--until", UNTIL)
    assert (found["outcome"]["yes"], found["outcome"]["no"]) == (37, 1)
    assert found["versions"][0]["judgements"]["late"]["lead_seconds"]["0.5"] is None


def test_a_node_as_outcome(workspace):
    """Every shipped order has reached it."""
    found = judged(workspace, "--rule", "late", "--outcome-node", "shipped")
    assert (found["outcome"]["yes"], found["outcome"]["not_known"]) == (809, 21)


def test_breakdowns_by_any_field(workspace):
    """The incidents of all shippers are those of the rule."""
    found = judged(workspace, "--rule", "late", "--until", UNTIL, "--from", "1996-01-01", "--per", "shipper,hour")
    by = {one["per"]: one["rows"] for one in found["versions"][0]["breakdowns"]}
    assert sum(row["incidents"] for row in by["shipper"]) == sum(row["incidents"] for row in by["hour"]) == 58
    assert {row["value"] for row in by["shipper"]} == {"1", "2", "3"}


def test_by_what_was_known_and_by_what_was_true(workspace):
    """Where every event was known when it happened both are the same, but for the word."""
    options = ["--rule", "slow", "--with", "within=14d", "--outcome", LATE, "--per", "hour", "--by"]
    known, true = judged(workspace, *options, "recorded_at"), judged(workspace, *options, "occurred_at")
    assert (known.pop("by"), true.pop("by")) == ("recorded_at", "occurred_at")
    assert known == true


def test_the_report_is_written(workspace, tmp_path):
    """One page with every section, in the language of the run."""
    page = tmp_path / "report.html"
    options = ["--rule", "slow", "--with", "within=14d", "--outcome", LATE, "--report", page]
    assert asked(workspace, *options, language="zh").exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "规则版本对比" in text and "准确率" in text and "异常出现在哪里" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rule", "slov"], "there is no rule slov; did you mean slow?"),
        (["--with", "within=14d"], "--with goes with exactly one --rule"),
        (["--rule", "slow", "--with", "withn=14d"], "unknown key withn; did you mean within?"),
        (["--rule", "slow", "--with", "within=14 d cn"], "unknown calendar cn"),
        (["--rule", "slow", "--with", "faster"], "expected something like within=24h"),
        (["--rule", "slow", "--with", "stages.0.at=1h"], "the rule slow has no stages.0.at"),
        (["--outcome", "shiped.at > shipped.due"], "did you mean shipped.at?"),
        (["--outcome", LATE, "--outcome-node", "shipped"], "give one outcome, not several"),
        (["--outcome", LATE, "--on", "ordr"], "did you mean order?"),
        (["--outcome-column", "nowhere.csv:late"], "nowhere.csv"),
        (["--per", "custommer"], "did you mean customer?"),
        (["--from", "soon"], "--from"),
    ],
)
def test_what_cannot_be_run_is_said(workspace, options, said):
    """Exit code 2, and a sentence that says what to write instead."""
    result = asked(workspace, *options)
    assert result.exit_code == 2
    assert said in result.stderr


# --- why -----------------------------------------------------------------------------------------------------------


def explained(workspace: Path, *options: Any, language: Language = "en") -> Any:
    table = shared_data("northwind", "orders.csv")
    mapping = workspace / "orders.map.yaml"
    return run(why, table, "-w", workspace, "--map", mapping, *options, language=language)


def test_late_orders_are_those_with_a_short_promise(workspace):
    """Whoever was promised two weeks in place of four is late three to four times as often: counted in the file."""
    table = shared_data("northwind", "orders.csv")
    found = json.loads(explained(workspace, "--rule", "late", "--until", "1998-05-06", "--json").stdout)
    whole = list(rows(table))
    late = {row["order_id"] for row in whole if row["required_date"] <= "1998-05-06" and is_late(row)}
    short = {row["order_id"] for row in whole if days(row["required_date"]) - days(row["order_date"]) == 14}
    first = found["findings"][0]
    assert first["items"] == [{"attribute": "shipped.due", "value": "14 d"}]
    assert (first["in_set"], first["in_base"]) == (len(late & short), len(short))
    assert first["lift"] == pytest.approx((len(late & short) / len(late)) / (len(short) / 830))
    assert (found["set"], found["base"]) == (len(late), 830)


def is_late(row: dict[str, str]) -> bool:
    return not row["shipped_date"] or row["shipped_date"] > row["required_date"]


def test_orders_of_a_file_and_of_a_filter(workspace, tmp_path):
    """Keys one a line; and only those of one shipper."""
    keys = tmp_path / "keys.txt"
    keys.write_text("10264\n10271\n\n10280\n", encoding="utf-8")
    assert json.loads(explained(workspace, "--rule", "late", "--incidents", keys, "--json").stdout)["set"] == 3
    options = ["--rule", "late", "--filter", 'shipper == "3"', "--until", UNTIL, "--from", "1996-01-01", "--json"]
    table = shared_data("northwind", "orders.csv")
    late = {key for key, *_ in count(table).late | count(table).unshipped}
    expected = {row["order_id"] for row in rows(table) if row["ship_via"] == "3"} & late
    assert json.loads(explained(workspace, *options).stdout)["set"] == len(expected)


def test_the_new_ones_of_a_changed_rule(workspace):
    """The same orders as in the backtest."""
    change = ["--rule", "slow", "--with", "within=14d", "--json"]
    new = judged(workspace, *change)["comparisons"][0]["rules"]["slow"]["new"]
    assert json.loads(explained(workspace, *change).stdout)["set"] == new


def test_it_is_said_in_both_languages_and_written(workspace, tmp_path):
    """The table, what it is compared with, and how."""
    page = tmp_path / "why.html"
    said = explained(workspace, "--rule", "late", "--report", page, language="zh").stdout
    assert "为什么是这些订单：late" in said and "承诺发货距开始 = 14 天" in said and "Benjamini" in said
    assert "Shipped promised after = 14 d" in explained(workspace, "--rule", "late").stdout
    assert "发货" in page.read_text(encoding="utf-8")


def test_why_cannot_be_asked_of_groups_nor_of_nonsense(workspace, tmp_path):
    """Exit code 2 and the reason."""
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"rule": "late"}\n', encoding="utf-8")
    for options, said in (
        (["--rule", "crowd"], "groups"),
        (["--rule", "late", "--filter", "shiper == 1"], "did you mean shipper?"),
        (["--rule", "late", "--incidents", broken], "broken.jsonl:1"),
    ):
        result = explained(workspace, *options)
        assert result.exit_code == 2
        assert said in result.stderr
