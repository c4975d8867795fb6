"""Two versions of rules on one history, by hand."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from simulator.backtest.comparing import CLASSES, Comparison, compare
from streams.instants import HOUR
from tests.simulator.backtest.incident_tables import incidents


def keys(comparison: Comparison) -> dict[str, list[str]]:
    found = {class_: comparison.of(class_)["key"].to_list() for class_ in CLASSES}
    return {class_: listed for class_, listed in found.items() if listed}


def test_each_class_has_its_orders() -> None:
    """New, gone, earlier, later, of another severity, ended otherwise, and the same."""
    before = incidents(
        {"key": "gone", "opened": 1, "resolved": 2},
        {"key": "earlier", "opened": 10, "resolved": 20},
        {"key": "later", "opened": 10, "resolved": 20},
        {"key": "graver", "opened": 5, "resolved": 6},
        {"key": "longer", "opened": 5, "resolved": 6},
        {"key": "same", "opened": 5},
    )
    after = incidents(
        {"key": "new", "opened": 1, "resolved": 2},
        {"key": "earlier", "opened": 4, "resolved": 20},
        {"key": "later", "opened": 12, "resolved": 20},
        {"key": "graver", "opened": 5, "resolved": 6, "severity": 3},
        {"key": "longer", "opened": 5, "resolved": 7},
        {"key": "same", "opened": 5, "version": "v2"},
    )
    comparison = compare(before, after)
    assert keys(comparison) == {
        "new": ["new"],
        "gone": ["gone"],
        "earlier": ["earlier"],
        "later": ["later"],
        "severity": ["graver"],
        "ending": ["longer"],
        "same": ["same"],
    }
    assert comparison.of("earlier")["shift"].to_list() == [-6 * HOUR]
    assert comparison.of("later")["shift"].to_list() == [2 * HOUR]
    assert comparison.counts.rows() == [("late", 6, 6, 1, 1, 1, 1, 1, 1, 1)]


def test_one_incident_can_be_in_several_classes() -> None:
    """It opens earlier, is graver and ends by another reason."""
    before = incidents({"key": "A", "opened": 5, "resolved": 9})
    after = incidents({"key": "A", "opened": 4, "resolved": 9, "severity": 3, "reason": "cleared"})
    assert keys(compare(before, after)) == {"earlier": ["A"], "severity": ["A"], "ending": ["A"]}


def test_what_does_not_overlap_is_another_incident() -> None:
    """It ends where the other begins: one is gone, one is new."""
    before, after = incidents({"key": "A", "opened": 1, "resolved": 2}), incidents({"key": "A", "opened": 2})
    assert keys(compare(before, after)) == {"new": ["A"], "gone": ["A"]}


def test_an_equal_opening_wins_over_an_overlap() -> None:
    """As in the service: the old one goes on as the one that begins with it."""
    before = incidents({"key": "A", "opened": 30, "resolved": 60})
    after = incidents({"key": "A", "opened": 10, "resolved": 40}, {"key": "A", "opened": 30, "resolved": 60})
    assert keys(compare(before, after)) == {"new": ["A"], "same": ["A"]}


def test_rules_and_kinds_are_not_mixed() -> None:
    """The same key of another rule, or of another kind, is another incident."""
    before = incidents({"key": "A", "opened": 1}, {"key": "A", "opened": 1, "kind": "stock"})
    after = incidents({"key": "A", "opened": 1, "rule": "other"}, {"key": "A", "opened": 1, "kind": "stock"})
    assert compare(before, after).counts.select("rule", "new", "gone", "same").rows() == [
        ("late", 0, 1, 1),
        ("other", 1, 0, 0),
    ]


def test_openings_that_late_data_took_back_are_told_apart() -> None:
    """Withdrawn, then found again with the same opening: the same two on both sides."""
    known = incidents(
        {"key": "A", "opened": 1, "resolved": 3, "reason": "late_data"}, {"key": "A", "opened": 1, "detected": 5}
    )
    assert keys(compare(known, known)) == {"same": ["A", "A"]}


def test_earlier_means_known_earlier() -> None:
    """Late data makes both versions find it at once: whoever is told is told no earlier."""
    before = incidents({"key": "A", "opened": 5, "resolved": 9, "detected": 7})
    after = incidents({"key": "A", "opened": 3, "resolved": 9, "detected": 7})
    assert keys(compare(before, after)) == {"same": ["A"]}


def test_nothing_on_either_side() -> None:
    """No incidents at all are no failure."""
    assert compare(incidents(), incidents()).counts.is_empty()


stretches = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 8), st.integers(1, 4)), max_size=8, unique_by=lambda one: one[:2]
)


@given(stretches, stretches)
def test_nothing_is_lost_and_nothing_counted_twice(old, new):
    """Each incident of either side stands in exactly one row; a comparison with itself finds all the same."""
    before, after = (
        incidents(*({"key": key, "opened": at, "resolved": at + length} for key, at, length in side))
        for side in (old, new)
    )
    pairs = compare(before, after).pairs
    for side, table in (("before", before), ("after", after)):
        kept = pairs.select("key", pl.col(f"opened_at_{side}").alias("opened_at")).drop_nulls()
        assert sorted(kept.rows()) == sorted(table.select("key", "opened_at").rows())
    assert compare(before, before).of("same").height == before.height
