"""`tocsin rules shadow`: shadow rules beside live ones, out of the service's database."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.commands import rules_shadow
from streams.instants import HOUR, MINUTE
from streams.text import Language
from tests.service.commands import run
from tests.service.test_changing_rules import UNPAID_SHIPMENT, Shop

BOTH = f"""rules:
  - {{id: late, owner: li-wei, {UNPAID_SHIPMENT}}}
  - {{id: late-v2, mode: shadow, overdue: shipped, after: paid, within: 1h, when: amount > 10}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Orders A and B are late for both, C for the live rule only, D for the shadow rule only."""
    made = Shop(tmp_path)
    made.write("rules/late", BOTH)
    made.whole.reload()
    for key, amount in (("A", 50), ("B", 60), ("C", 5)):
        made.event("paid", key, amount=amount)
    made.wait(3 * HOUR)
    made.event("paid", "D", amount=70)
    made.wait(90 * MINUTE)
    made.event("shipped", "D")
    yield made
    made.whole.close()


def test_what_both_found_and_what_only_one(shop: Shop) -> None:
    """The live rule is found by the id without -v2; who opened earlier is said of what both found."""
    (found,) = json.loads(run(rules_shadow, "-w", str(shop.folder), "--json").stdout)
    assert (found["shadow"], found["live"], found["found"]) == ("late-v2", "late", 3)
    assert [one["key"] for one in found["both"]] == ["A", "B"]
    assert ([one["key"] for one in found["only_shadow"]], [one["key"] for one in found["only_live"]]) == (["D"], ["C"])
    assert (found["earlier"], found["later"], found["median_later_seconds"]) == (2, 0, -3600.0)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "the shadow rule finds 1 more, and misses 1; what both find it opens 1 h earlier (median)"),
        ("zh", "影子规则多出 1 个，漏掉 1 个；共同的异常早 1 小时（中位数）"),
    ],
)
def test_a_verdict_in_one_line(shop: Shop, language: Language, said: str) -> None:
    """In the language of who asks."""
    assert said in run(rules_shadow, "late-v2", "-w", str(shop.folder), language=language).stdout


def test_only_since_an_instant(shop: Shop) -> None:
    """What had ended before is left out: D was over by then."""
    until = "2026-03-03T00:00:00Z"
    (found,) = json.loads(run(rules_shadow, "--since", until, "-w", str(shop.folder), "--json").stdout)
    assert (found["found"], found["only_shadow"]) == (2, [])


def test_what_cannot_be_compared_is_said(shop: Shop) -> None:
    """A live rule as the first, an unknown one as the second, nothing in shadow at all."""
    live = run(rules_shadow, "late", "-w", str(shop.folder))
    assert (live.exit_code, "expected a shadow rule" in live.stderr) == (2, True)
    unknown = run(rules_shadow, "--against", "latte", "-w", str(shop.folder))
    assert (unknown.exit_code, "did you mean late" in unknown.stderr) == (2, True)
    shop.write("rules/late", "rules: []\n")
    assert run(rules_shadow, "-w", str(shop.folder)).exit_code == 2
