"""Tables of conditions on one operand: for each cell of its values what can still hold."""

from itertools import pairwise
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from rules.language.evaluation import Situation, holds
from rules.language.tree import Condition
from rules.matching.cells import tabulate
from tests.rules.language import read

LITERALS = st.integers(-2, 4)
LEAVES = st.one_of(
    st.builds("amount {} {}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), LITERALS),
    st.builds("amount {} [{}, {}]".format, st.sampled_from(["in", "not in"]), LITERALS, LITERALS),
    st.sampled_from(["amount is None", "amount is not None"]),
)
TEXTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=6,
)


def condition(text: str) -> Condition:
    return cast(Condition, read(text).root)


@given(st.lists(st.tuples(TEXTS, st.integers(0, 15)), min_size=1, max_size=4))
def test_a_cell_keeps_what_holds_for_its_values(pairs: list[tuple[str, int]]) -> None:
    """Also the values between the literals, and the missing one."""
    conditions = [(condition(text), bits) for text, bits in pairs]
    table = tabulate(conditions, 15)

    def kept(amount: float | None) -> int:
        values = {} if amount is None else {"amount": amount}
        found = 15
        for one, bits in conditions:
            if not holds(one, Situation(values=values)):
                found &= ~bits
        return found

    cuts = [float(cut) for cut in table.cuts if not isinstance(cut, str)]
    between = [(low + high) / 2 for low, high in pairwise(cuts)]
    outside = [cuts[0] - 1, *between, cuts[-1] + 1] if cuts else [0.0]
    assert table.missing == kept(None)
    assert list(table.masks[1::2]) == [kept(cut) for cut in cuts]
    assert list(table.masks[::2]) == [kept(value) for value in outside]


def test_thousands_of_comparisons_of_one_field_are_tabulated_at_once() -> None:
    """Not cell by cell and comparison by comparison: that took twenty seconds."""
    many = 2_000
    pairs = [(condition(f"amount != {number}"), 1 << number) for number in range(many)]
    table = tabulate(pairs, (1 << many) - 1)
    assert all(table.masks[2 * number + 1] == ((1 << many) - 1) ^ (1 << number) for number in range(many))
