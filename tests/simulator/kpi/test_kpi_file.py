"""kpi.yaml: what it declares, and what is wrong with it, located and in both languages."""

import pytest

from rules.errors import Problem, Problems
from rules.files.document import read_text
from simulator.kpi.definitions import Declared, Quantities
from simulator.kpi.file import read_kpis
from tests.simulator.small_history import WORKSPACE

WHOLE = """
kpi:
  order:
    where: supplier == "A"
    cancelled: [cancelled]
    node: shipped
    promised: promised_at
    promise: requested
    requested: wanted_at
    compare: day
    early: 2d
    grace: 1d work
    lines: lines
    ordered: qty
    delivered: delivered
    rejected: rejected
    tolerance: 0.05
    level: line
    documents: right_papers
    condition: grade > 1
    pairs: ["placed:paid", "paid : shipped"]
    calendar: work
    acknowledge_within: 30m
    resolve_within: 8h work
    score: score
    low: 1
"""


def read(text: str) -> tuple[Declared | None, list[Problem]]:
    problems = Problems()
    root = read_text(text, "kpi.yaml", problems)
    found = {} if root is None else read_kpis(root, WORKSPACE.model, WORKSPACE.calendars)
    return found.get("order"), problems.found


def test_everything_that_can_be_declared():
    """Each key comes back as what it says."""
    found, problems = read(WHOLE)
    assert problems == []
    assert found is not None
    assert (found.node, found.promised, found.promise, found.requested, found.compare) == (
        "shipped",
        "promised_at",
        "requested",
        "wanted_at",
        "day",
    )
    assert found.quantities == Quantities(lines="lines", ordered="qty", delivered="delivered", rejected="rejected")
    assert (found.tolerance, found.level, found.low, found.score) == (0.05, "line", 1.0, "score")
    assert found.pairs == (("placed", "paid"), ("paid", "shipped"))
    assert [str(one) for one in (found.early, found.grace, found.acknowledge_within, found.resolve_within)] == [
        "2d",
        "1d work",
        "30m",
        "8h work",
    ]
    assert found.calendar is not None and found.calendar.name == "work"
    assert found.where is not None and found.documents is not None and found.condition is not None


@pytest.mark.parametrize(
    ("written", "place", "en", "zh"),
    [
        ("node: shiped", "2:16", "unknown node shiped; did you mean shipped?", "未知的节点 shiped；是否应为 shipped？"),
        ("promised: shipped.du", "2:20", "did you mean shipped.due?", "是否应为 shipped.due？"),
        ("promised: score", "2:20", "score is no timestamp field here", "score 不是此处的 timestamp 字段"),
        ("promise: requested", "2:19", "goes with requested: FIELD", "需要 requested: 字段"),
        ("compare: week", "2:19", "unknown value week", "未知的值 week"),
        ("grace: soon", "2:17", "is no duration", "不是时长"),
        ("lines: tags, ordered: qty, delivered: delivered", "2:17", "no records field here", "不是此处的 records 字段"),
        ("lines: lines, ordered: sku, delivered: delivered", "2:33", "no number field here", "不是此处的 number 字段"),
        ("lines: lines, ordered: qty", "2:9", "the key delivered is missing", "缺少键 delivered"),
        ("tolerance: 5", "2:21", "expected a number from 0 to below 1", "应为0 到 1 之间的数字"),
        ("low: bad", "2:15", "expected a number", "应为数字"),
        ("documents: papers == 1", "2:21", "papers", "papers"),
        ("pairs: [placed]", "2:18", "expected two nodes", "应为两个节点"),
        ("pairs: [placed:shiped]", "2:18", "unknown node shiped; did you mean shipped?", "未知的节点 shiped"),
        ("calendar: works", "2:20", "unknown calendar works; did you mean work?", "未知的日历 works"),
        ("on_time: yes", "2:10", "unknown key on_time", "未知的键 on_time"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(written, place, en, zh):
    """One mistake, one message, at its line and column."""
    _, problems = read(f"kpi:\n order: {{{written}}}\n")
    assert [str(one.place) for one in problems] == [f"kpi.yaml:{place}"], problems
    assert en in problems[0].message.en and zh in problems[0].message.zh


@pytest.mark.parametrize(("text", "code"), [("kpi: {ordr: {}}", "unknown_kind"), ("", "missing_key")])
def test_kinds_are_those_of_the_model(text, code):
    """An unknown kind, and a file without anything."""
    assert [one.code for one in read(text)[1]] == [code]
