"""Conditions on one operand and literals, tabulated: the operand's values fall into few cells that all act alike.

The literals c_0 < c_1 < ... cut the values into cells: below c_0 is cell 0, c_0 itself cell 1, between c_0 and c_1
cell 2, and so on; missing is a cell of its own, None. Within a cell no comparison with a literal changes its answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

Cell = int | None


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

    def mask(cell: Cell) -> int:
        kept = everything
        for condition, bits in pairs:
            if not _holds(condition, cell, places):
                kept &= ~bits
        return kept

    return Table(
        cuts=cuts,
        ordered=ordered,
        missing=mask(None),
        masks=tuple(mask(cell) for cell in range(2 * len(cuts) + 1)),
    )


def _literals(leaf: Leaf) -> Iterable[Plain]:
    match leaf:
        case Comparison(left=left, right=Constant(value=value)) if value is not None and not isinstance(left, Done):
            return (value,)
        case Membership(choices=choices):
            return [choice.value for choice in choices if choice.value is not None]
    return ()


def _holds(condition: Condition, cell: Cell, places: Mapping[Plain, int]) -> bool:
    match condition:
        case AllOf(parts=parts):
            return all(_holds(part, cell, places) for part in parts)
        case AnyOf(parts=parts):
            return any(_holds(part, cell, places) for part in parts)
        case Absence(negated=negated):
            return (cell is None) != negated
        case Comparison(left=Done(), right=Constant(value=wanted), sign=sign):
            return compare(sign, cell is not None, bool(wanted))
        case Comparison(sign=sign, right=Constant(value=value)) if value is not None:
            return cell is not None and compare(sign, cell, places[value])
        case Membership(choices=choices, negated=negated):
            chosen = (places[choice.value] for choice in choices if choice.value is not None)
            return cell is not None and (cell in chosen) != negated
    raise TypeError(f"{condition} is not about one operand and literals")
