"""Conditions that hold never or always: contradictions between what their parts say about the same operands.

A finding is always true; what is not found may still be one. A condition is read as alternatives of leaves that hold
together (at most `_MOST` of them, else nothing is said); such a conjunction is refuted by what its leaves demand of one
operand, of a pair of operands, or of the presence of one field.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from rules.language.evaluation import compare
from rules.language.tree import (
    MIRRORED,
    NEGATED,
    Absence,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Changed,
    Comparison,
    ComparisonSign,
    Condition,
    Constant,
    Done,
    Leaf,
    Lookup,
    Membership,
    Negative,
    Operand,
    Plain,
    Side,
    TextTest,
    Type,
    canonical,
    operands_of,
)
from streams.model import Kind

_MOST: Final = 256
_ORDERS: Final[Mapping[ComparisonSign, frozenset[str]]] = {
    "==": frozenset("="),
    "!=": frozenset("<>"),
    "<": frozenset("<"),
    "<=": frozenset("<="),
    ">": frozenset(">"),
    ">=": frozenset(">="),
}

Conjunction = tuple[Leaf, ...]
Witness = tuple[Leaf, Leaf]  # what cannot hold together; twice the same where one leaf alone cannot


def refutation(condition: Condition, kind: Kind) -> Witness | None:
    """Two leaves that exclude each other, where a condition can never hold; None where it may hold."""
    found: Witness | None = None
    for conjunction in alternatives(condition) or [()]:
        witness = clash(conjunction, kind)
        if witness is None:
            return None
        found = found or witness
    return found


def holds_always(condition: Condition, kind: Kind) -> bool:
    """Whether it holds on every snapshot, whatever is missing."""
    negation = _negation(condition, missing=True)
    return negation is not None and refutation(negation, kind) is not None


def holds_when_known(condition: Condition, kind: Kind) -> bool:
    """Whether it holds on every snapshot that has all its fields: `amount > 10 or amount <= 10`."""
    negation = _negation(condition, missing=False)
    return negation is not None and refutation(negation, kind) is not None


def alternatives(condition: Condition) -> list[Conjunction] | None:
    """The conjunctions of leaves of which one must hold; None: too many of them."""
    match condition:
        case AnyOf(parts=parts):
            found = [alternatives(part) for part in parts]
            listed = [one for several in found if several is not None for one in several]
            return None if None in found or len(listed) > _MOST else listed
        case AllOf(parts=parts):
            joined: list[Conjunction] = [()]
            for part in parts:
                more = alternatives(part)
                if more is None or len(joined) * len(more) > _MOST:
                    return None
                joined = [one + other for one, other in product(joined, more)]
            return joined
        case _:
            return [(condition,)]


def _negation(condition: Condition, *, missing: bool) -> Condition | None:
    """What holds when the condition does not; `missing`: also because an operand is. None: it cannot be said."""
    if isinstance(condition, AllOf | AnyOf):
        parts = [_negation(part, missing=missing) for part in condition.parts]
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts):
            return None
        return AnyOf(parts=known) if isinstance(condition, AllOf) else AllOf(parts=known)
    opposite = _opposite(condition)
    absent = [_missing(operand) for operand in operands_of(condition)]
    if not missing or isinstance(condition, Absence) or not any(absent):
        return opposite
    if not all(one is None or isinstance(one, Absence) for one in absent):
        return None
    return AnyOf(parts=(opposite, *(one for one in absent if isinstance(one, Absence))))


def _missing(operand: Operand) -> Absence | bool | None:
    """That an operand is missing; None where it never is, True where that has no form here (division, ranges)."""
    match operand:
        case Constant(value=value):
            return None if value is not None else True
        case Done() | Lookup(always=True):
            return None
        case Lookup():
            return Absence(operand=operand)
        case _:
            return True


def _opposite(leaf: Leaf) -> Leaf:
    match leaf:
        case Comparison(sign="==", right=Constant(type=Type.BOOL, value=value) as literal):
            return replace(leaf, right=replace(literal, value=not value))
        case Comparison(sign=sign):
            return replace(leaf, sign=NEGATED[sign])
        case _:
            return replace(leaf, negated=not leaf.negated)


# --- conjunctions --------------------------------------------------------------------------------------------------


def clash(conjunction: Conjunction, kind: Kind) -> Witness | None:
    """Two leaves that cannot hold on the same snapshot; None where none are found."""
    return _presence_clash(conjunction, kind) or _pair_clash(conjunction) or _value_clash(conjunction)


def _presence_clash(conjunction: Conjunction, kind: Kind) -> Witness | None:
    """A field that one leaf needs and another wants to be missing."""
    needed: dict[tuple[Side, str], Leaf] = {}
    absent: dict[tuple[Side, str], Leaf] = {}
    for leaf in conjunction:
        for lookup in _needs(leaf):
            needed.setdefault((lookup.side, lookup.name), leaf)
        for lookup in _excludes(leaf, kind):
            absent.setdefault((lookup.side, lookup.name), leaf)
    for place, leaf in absent.items():
        if place in needed:
            return needed[place], leaf
    return None


def _needs(leaf: Leaf) -> Iterator[Lookup]:
    """What must be there for a leaf to hold."""
    flag = _flag(leaf)
    if flag is not None:
        flagged, holds = flag
        if isinstance(flagged, Done) and holds:
            yield _reached(flagged.side, flagged.node)
    if not isinstance(leaf, Absence) or leaf.negated:
        for operand in operands_of(leaf):
            yield from _within(operand)


def _excludes(leaf: Leaf, kind: Kind) -> Iterator[Lookup]:
    """What must be missing for a leaf to hold."""
    if isinstance(leaf, Absence) and not leaf.negated and isinstance(leaf.operand, Lookup):
        yield leaf.operand
    flag = _flag(leaf)
    if flag is not None and not flag[1]:
        operand = flag[0]
        if isinstance(operand, Done):
            yield _reached(operand.side, operand.node)
        elif operand.name == "closed" and operand.always:
            yield from (_reached(operand.side, node) for node in kind.closed_by)


def _flag(leaf: Leaf) -> tuple[Done | Lookup, bool] | None:
    """NODE.done, closed or a bool field that must be true or false."""
    match leaf:
        case Comparison(
            sign="==", left=Done() | Lookup() as operand, right=Constant(type=Type.BOOL, value=bool(value))
        ):
            return operand, value
        case _:
            return None


def _reached(side: Side, node: str) -> Lookup:
    return Lookup(side=side, name=f"{node}.at", type=Type.TIMESTAMP)


def _within(operand: Operand) -> Iterator[Lookup]:
    """The fields without which an operand is missing."""
    match operand:
        case Lookup():
            yield operand
        case Negative(operand=inner):
            yield from _within(inner)
        case Arithmetic(left=left, right=right):
            yield from _within(left)
            yield from _within(right)
        case Call(operands=operands):
            for one in operands:
                yield from _within(one)
        case _:
            return


def _pair_clash(conjunction: Conjunction) -> Witness | None:
    """`a < b and b < a`; `a < a`."""
    seen: dict[tuple[Operand, Operand], list[tuple[frozenset[str], Leaf]]] = {}
    for leaf in conjunction:
        if not isinstance(leaf, Comparison) or isinstance(leaf.right, Constant):
            continue
        sign, left, right = leaf.sign, leaf.left, leaf.right
        if canonical(left) > canonical(right):
            sign, left, right = MIRRORED[sign], right, left
        orders = _ORDERS[sign] & (frozenset("=") if left == right else frozenset("<=>"))
        if not orders:
            return leaf, leaf
        for earlier, other in seen.setdefault((left, right), []):
            if not earlier & orders:
                return other, leaf
        seen[left, right].append((orders, leaf))
    return None


def _value_clash(conjunction: Conjunction) -> Witness | None:
    """Two leaves about one operand and literals that no value satisfies."""
    about: dict[Operand, list[Leaf]] = {}
    for leaf in conjunction:
        match leaf:
            case Comparison(left=operand, right=Constant()) | Membership(operand=operand) | TextTest(operand=operand):
                about.setdefault(operand, []).append(leaf)
            case Changed(name=name, type=type_):
                about.setdefault(Lookup(side=Side.SNAPSHOT, name=f"changed {name}", type=type_), []).append(leaf)
            case _:
                continue
    for leaves in about.values():
        found = _opposed(leaves) or _no_choice(leaves) or _empty_range(leaves)
        if found is not None:
            return found
    return None


def _opposed(leaves: Iterable[Leaf]) -> Witness | None:
    seen: set[Leaf] = set()
    for leaf in leaves:
        if _opposite(leaf) in seen:
            return _opposite(leaf), leaf
        seen.add(leaf)
    return None


def _no_choice(leaves: list[Leaf]) -> Witness | None:
    """Where the operand must be one of a few literals: none of them satisfies the other leaves."""
    for leaf in leaves:
        choices = _choices(leaf)
        if choices is None:
            continue
        left = set(choices)
        for other in leaves:
            left = {choice for choice in left if _allows(other, choice)}
            if not left:
                return leaf, other
    return None


def _choices(leaf: Leaf) -> list[Plain] | None:
    match leaf:
        case Comparison(sign="==", right=Constant(value=value)) if value is not None:
            return [value]
        case Membership(choices=choices, negated=False):
            return [choice.value for choice in choices if choice.value is not None]
        case _:
            return None


def _allows(leaf: Leaf, value: Plain) -> bool:
    match leaf:
        case Comparison(sign=sign, right=Constant(value=bound)):
            return bound is not None and compare(sign, value, bound)
        case Membership(choices=choices, negated=negated):
            return any(choice.value == value for choice in choices) != negated
        case TextTest(function=function, text=text, negated=negated) if isinstance(value, str):
            return (value.startswith(text) if function == "startswith" else text in value) != negated
        case _:
            return True


@dataclass(frozen=True, slots=True)
class _Bound:
    value: Plain
    strict: bool
    leaf: Leaf


def _empty_range(leaves: Iterable[Leaf]) -> Witness | None:
    lows: list[_Bound] = []
    highs: list[_Bound] = []
    for leaf in leaves:
        match leaf:
            case Comparison(sign=sign, right=Constant(value=value)) if value is not None:
                if sign in (">", ">="):
                    lows.append(_Bound(value, sign == ">", leaf))
                elif sign in ("<", "<="):
                    highs.append(_Bound(value, sign == "<", leaf))
    for low, high in product(lows, highs):
        strict = low.strict or high.strict
        if compare(">=" if strict else ">", low.value, high.value):
            return low.leaf, high.leaf
        if not strict and low.value == high.value and not all(_allows(leaf, low.value) for leaf in leaves):
            return low.leaf, high.leaf
    return None
