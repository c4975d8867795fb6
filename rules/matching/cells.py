"""Conditions on one operand and literals, tabulated: the operand's values fall into few cells that all act alike.

The literals c_0 < c_1 < ... cut the values into cells: below c_0 is cell 0, c_0 itself cell 1, between c_0 and c_1
cell 2, and so on; missing is a cell of its own, None. Within a cell no comparison with a literal changes its answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import cast

from rules.language.evaluation import compare
from rules.language.tree import (
    Absence,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Done,
    Leaf,
    Lookup,
    Membership,
    Operand,
    Plain,
    Type,
    leaves,
)


def subject(condition: Condition) -> Operand | None:
    """The one operand that all leaves compare with literals; None where there is no such one. NODE.done is NODE.at."""
    found = {_subject(leaf) for leaf in leaves(condition)}
    return found.pop() if len(found) == 1 else None


def _subject(leaf: Leaf) -> Operand | None:
    match leaf:
        case Comparison(left=Constant()):
            return None
        case Comparison(left=Done(side=side, node=node), right=Constant()):
            return Lookup(side=side, name=f"{node}.at", type=Type.TIMESTAMP)
        case Comparison(left=left, right=Constant(value=value)) if value is not None:
            return left
        case Membership(operand=operand) | Absence(operand=operand) if not isinstance(operand, Constant | Done):
            return operand
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """For each cell the mask of what can still hold."""

    cuts: tuple[Plain, ...]
    ordered: bool  # whether cells between literals differ from each other
    missing: int
    masks: tuple[int, ...]  # of the cells 0 to 2 * len(cuts)


def tabulate(conditions: Iterable[tuple[Condition, int]], everything: int) -> Table:
    """Conditions of one subject, each with the bits that need it to hold."""
    pairs = list(conditions)
    literals: set[Plain] = set()
    ordered = False
    for condition, _ in pairs:
        for leaf in leaves(condition):
            literals.update(_literals(leaf))
            ordered |= isinstance(leaf, Comparison) and leaf.sign not in ("==", "!=")
    cuts = tuple(sorted(literals, key=lambda value: cast(float, value)))
    places = {value: 2 * index + 1 for index, value in enumerate(cuts)}

    cells = 2 * len(cuts) + 1
    everywhere = (1 << cells + 1) - 1
    failing = [(everywhere & ~_holding(condition, cells, places), bits) for condition, bits in pairs]
    masks = tuple(everything & ~gone for gone in _gathered(failing, cells + 1))
    return Table(cuts=cuts, ordered=ordered, missing=masks[cells], masks=masks[:cells])


def _literals(leaf: Leaf) -> Iterable[Plain]:
    match leaf:
        case Comparison(left=left, right=Constant(value=value)) if value is not None and not isinstance(left, Done):
            return (value,)
        case Membership(choices=choices):
            return [choice.value for choice in choices if choice.value is not None]
    return ()


def _holding(condition: Condition, cells: int, places: Mapping[Plain, int]) -> int:
    """The cells in which a condition holds, as bits; the bit behind the last cell is missing."""
    missing = 1 << cells
    present = missing - 1
    match condition:
        case AllOf(parts=parts):
            return reduce(and_, (_holding(part, cells, places) for part in parts))
        case AnyOf(parts=parts):
            return reduce(or_, (_holding(part, cells, places) for part in parts))
        case Absence(negated=negated):
            return present if negated else missing
        case Comparison(left=Done(), right=Constant(value=wanted), sign=sign):
            return compare(sign, True, bool(wanted)) * present | compare(sign, False, bool(wanted)) * missing
        case Comparison(sign=sign, right=Constant(value=value)) if value is not None:
            at = 1 << places[value]
            below, above = at - 1, present & -(at << 1)
            return {"==": at, "!=": below | above, "<": below, "<=": below | at, ">": above, ">=": above | at}[sign]
        case Membership(choices=choices, negated=negated):
            chosen = reduce(or_, (1 << places[one.value] for one in choices if one.value is not None), 0)
            return present & ~chosen if negated else chosen
    raise TypeError(f"{condition} is not about one operand and literals")


def _gathered(sets: Iterable[tuple[int, int]], cells: int) -> list[int]:
    """For each cell the bits of all sets of cells that it is in; by a segment tree, as there may be thousands."""
    tree = [0] * (2 * cells)
    for inside, bits in sets:
        for first, last in _runs(inside):
            low, high = first + cells, last + cells + 1
            while low < high:
                if low & 1:
                    tree[low] |= bits
                    low += 1
                if high & 1:
                    high -= 1
                    tree[high] |= bits
                low, high = low >> 1, high >> 1
    for node in range(2, 2 * cells):
        tree[node] |= tree[node >> 1]
    return tree[cells:]


def _runs(bits: int) -> Iterator[tuple[int, int]]:
    """The first and the last place of each unbroken run of ones."""
    place = 0
    while bits:
        gap = (bits & -bits).bit_length() - 1
        bits >>= gap
        length = (~bits & (bits + 1)).bit_length() - 1
        yield place + gap, place + gap + length - 1
        bits >>= length
        place += gap + length
