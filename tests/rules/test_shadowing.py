"""Which live rule a shadow rule is compared with, and which firings are the same exception."""

import pytest

from rules.rule import Rule
from rules.shadowing import compare_firings, counterpart
from rules.workspace import read_workspace
from streams.firing import Firing, Severity, Stage

MODEL = "kinds: {order: {nodes: {paid: {}}, fields: {amount: number}}}"


def rules(*texts: str) -> dict[str, Rule]:
    entries = "".join(f"  - {{when: amount > 1, {text}}}\n" for text in texts)
    return {rule.id: rule for rule in read_workspace(MODEL, "rules:\n" + entries).rules}


def firing(rule: str, key: str, opened_at: int, resolved_at: int | None = None) -> Firing:
    return Firing(
        rule=rule,
        version="1",
        kind="order",
        key=key,
        number=opened_at + 1,
        opened_at=opened_at,
        detected_at=opened_at,
        stages=(Stage(Severity.MAJOR, opened_at),),
        resolved_at=resolved_at,
    )


@pytest.mark.parametrize(
    ("shadow", "live", "expected"),
    [
        ("id: a-x, labels: {shadow_of: b}", ("id: a", "id: b"), "b"),
        ("id: a-shadow", ("id: a", "id: b"), "a"),
        ("id: a-v12", ("id: a", "id: b"), "a"),
        ("id: other", ("id: a", "id: b"), "b"),
        ("id: a-v2", ("id: a, mode: shadow",), None),
    ],
)
def test_the_live_rule_to_compare_with(shadow: str, live: tuple[str, ...], expected: str | None) -> None:
    """The label before the id, the id before shared entities; only a live one."""
    found = rules(f"{shadow}, mode: shadow", *live)
    mine = next(iter(found.values()))
    firings = {mine.id: [firing(mine.id, "A", 0)], "b": [firing("b", "A", 5)], "a": [firing("a", "B", 5)]}
    chosen = counterpart(mine, found.values(), firings)
    assert (None if chosen is None else chosen.id) == expected


def test_firings_that_overlap_are_the_same_exception() -> None:
    """Each is matched once; one that ends as the other begins is another one."""
    found = rules("id: s, mode: shadow", "id: l")
    mine = [firing("s", "A", 0, 10), firing("s", "A", 20, 30), firing("s", "A", 40), firing("s", "B", 5)]
    theirs = [firing("l", "A", 10, 15), firing("l", "A", 25, 28), firing("l", "A", 45), firing("l", "A", 60)]
    both = compare_firings(found["s"], found["l"], mine, theirs)
    assert [(one.key, one.later) for one in both.both] == [("A", -5), ("A", -5)]
    assert both.only_shadow == (("order", "A"), ("order", "B"))
    assert both.only_live == (("order", "A"), ("order", "A"))
    assert (both.earlier, both.later, both.median_later) == (2, 0, -5)
