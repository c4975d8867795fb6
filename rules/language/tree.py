"""The normalised tree of an expression: one dataclass a node kind, with types known and `not` pushed to the leaves.

Operands have a value or are missing; conditions hold or do not. Equal trees mean the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal
from zoneinfo import ZoneInfo

from streams.instants import Instant, Micros, format_instant


class Type(StrEnum):
    NUMBER = "number"
    STRING = "string"
    BOOL = "bool"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    LIST = "list"


class Side(StrEnum):
    """Where a name is looked up."""

    SNAPSHOT = ""
    BEFORE = "before"  # the snapshot just before the event
    EVENT = "event"  # the event's own data; `type` and `at` are its envelope's


ArithmeticSign = Literal["+", "-", "*", "/"]
ComparisonSign = Literal["==", "!=", "<", "<=", ">", ">="]
Plain = float | str | bool | Instant | Micros

NEGATED: Final[dict[ComparisonSign, ComparisonSign]] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
}
MIRRORED: Final[dict[ComparisonSign, ComparisonSign]] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A literal, or an operand of literals alone; `value` None is missing (1 / 0)."""

    type: Type
    value: Plain | None
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A field, NODE.at, NODE.due, closed, key, a total: `name` is its key in the snapshot."""

    side: Side
    name: str
    type: Type
    always: bool = False  # never missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """NODE.done: whether NODE.at is present."""

    side: Side
    node: str

    @property
    def type(self) -> Type:
        return Type.BOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    operand: "Operand"

    @property
    def type(self) -> Type:
        return self.operand.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    sign: ArithmeticSign
    left: "Operand"
    right: "Operand"
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function of rules.language.functions applied to operands; `zone` where it looks at local days."""

    function: str
    operands: tuple["Operand", ...]
    type: Type
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """lead("paid", "shipped", 0.9): a duration of the lead-time file, that of the entity's segment where it has one.

    It is never missing: an entity of no segment, or with a field missing, has the overall one.
    """

    text: str = field(compare=False)
    overall: Micros
    operands: tuple[Lookup, ...] = ()  # the fields of the segments
    segments: tuple[tuple[tuple[Plain, ...], Micros], ...] = ()

    @property
    def type(self) -> Type:
        return Type.DURATION


Operand = Constant | Lookup | Done | Negative | Arithmetic | Call | Learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    sign: ComparisonSign
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """in [...] and not in [...]; choices in order, each once."""

    operand: Operand
    choices: tuple[Constant, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """is None, negated: is not None."""

    operand: Operand
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTest:
    function: Literal["startswith", "contains"]
    operand: Operand  # a string; with contains also a list
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Both present and different, negated: both present and equal."""

    name: str
    type: Type
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    parts: tuple["Condition", ...]


Leaf = Comparison | Membership | Absence | TextTest | Changed
Condition = Leaf | AllOf | AnyOf


def operands_of(leaf: Leaf) -> tuple[Operand, ...]:
    match leaf:
        case Comparison(left=left, right=right):
            return (left, right)
        case Changed(name=name, type=type_):
            return (
                Lookup(side=Side.BEFORE, name=name, type=type_),
                Lookup(side=Side.SNAPSHOT, name=name, type=type_),
            )
        case Membership() | Absence() | TextTest():
            return (leaf.operand,)


def leaves(root: Condition) -> Iterator[Leaf]:
    if isinstance(root, AllOf | AnyOf):
        for part in root.parts:
            yield from leaves(part)
    else:
        yield root


def lookups(root: Operand | Condition) -> Iterator[Lookup]:
    """Every place that is looked at, NODE.done as its NODE.at."""
    match root:
        case Lookup():
            yield root
        case Done(side=side, node=node):
            yield Lookup(side=side, name=f"{node}.at", type=Type.TIMESTAMP)
        case Negative(operand=operand):
            yield from lookups(operand)
        case Arithmetic(left=left, right=right):
            yield from lookups(left)
            yield from lookups(right)
        case Call(operands=operands) | Learned(operands=operands):
            for operand in operands:
                yield from lookups(operand)
        case Constant():
            return
        case _:
            for leaf in leaves(root):
                for operand in operands_of(leaf):
                    yield from lookups(operand)


def parts_of(operand: Operand) -> Iterator[Operand]:
    """The places it looks at and the lead times it uses, as they are written."""
    match operand:
        case Learned():
            yield operand
            yield from operand.operands
        case Lookup() | Done():
            yield operand
        case Negative(operand=inner):
            yield from parts_of(inner)
        case Arithmetic(left=left, right=right):
            yield from parts_of(left)
            yield from parts_of(right)
        case Call(operands=operands):
            for one in operands:
                yield from parts_of(one)
        case Constant():
            return


def conjuncts(root: Condition) -> tuple[Condition, ...]:
    return root.parts if isinstance(root, AllOf) else (root,)


def both(*conditions: Condition) -> Condition:
    """Their conjunction, flat, each part once."""
    parts = tuple(dict.fromkeys(part for condition in conditions for part in conjuncts(condition)))
    return parts[0] if len(parts) == 1 else AllOf(parts=parts)


def either(*conditions: Condition) -> Condition:
    flat = (part for one in conditions for part in (one.parts if isinstance(one, AnyOf) else (one,)))
    parts = tuple(dict.fromkeys(flat))
    return parts[0] if len(parts) == 1 else AnyOf(parts=parts)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# --- as people read it ---------------------------------------------------------------------------------------------

_STRENGTH: Final = {"+": 1, "-": 1, "*": 2, "/": 2}


def say(node: Operand | Condition) -> str:
    """The node as an expression; conditions in their normal form."""
    match node:
        case Constant(text=text) | Learned(text=text):
            return text
        case Lookup(side=side, name=name):
            return f"{side}.{name}" if side else name
        case Done(side=side, node=name):
            return f"{side}.{name}.done" if side else f"{name}.done"
        case Negative(operand=operand):
            return f"-{_inner(operand, 3)}"
        case Arithmetic(sign=sign, left=left, right=right):
            strength = _STRENGTH[sign]
            return f"{_inner(left, strength)} {sign} {_inner(right, strength + 1)}"
        case Call(function=function, operands=operands):
            return f"{function}({', '.join(_argument(operand) for operand in operands)})"
        case AllOf(parts=parts):
            return " and ".join(f"({say(part)})" if isinstance(part, AnyOf) else say(part) for part in parts)
        case AnyOf(parts=parts):
            return " or ".join(say(part) for part in parts)
        case _:
            return _say_leaf(node)


def _say_leaf(leaf: Leaf) -> str:
    match leaf:
        case Comparison(sign="==", left=left, right=Constant(type=Type.BOOL, value=value)):
            return say(left) if value else f"not {say(left)}"
        case Comparison(sign=sign, left=left, right=right):
            return f"{say(left)} {sign} {say(right)}"
        case Membership(operand=operand, choices=choices, negated=negated):
            listed = ", ".join(choice.text for choice in choices)
            return f"{say(operand)} {'not in' if negated else 'in'} [{listed}]"
        case Absence(operand=operand, negated=negated):
            return f"{say(operand)} {'is not None' if negated else 'is None'}"
        case TextTest(function=function, operand=operand, text=text, negated=negated):
            return f"{'not ' if negated else ''}{function}({say(operand)}, {quoted(text)})"
        case Changed(name=name, negated=negated):
            return f"{'not ' if negated else ''}changed({name})"


def _argument(operand: Operand) -> str:
    text = say(operand)
    return text[1:-1] if isinstance(operand, Constant) and text.startswith("(") else text


def _inner(node: Operand, strength: int) -> str:
    text = say(node)
    own = _STRENGTH[node.sign] if isinstance(node, Arithmetic) else 3
    if isinstance(node, Constant):
        own = 1 if text.startswith("-") else 3
    return f"({text})" if own < strength else text


# --- as versions are made of it ------------------------------------------------------------------------------------


def canonical(node: Operand | Condition) -> str:
    """Its meaning as text: independent of white space, comments, quotes, and the order of what `and`, `or` join."""
    match node:
        case Constant(type=type_, value=value):
            return f"{type_}:{_plain(type_, value)}"
        case Lookup():
            return f"({node.side or 'now'} {node.name})"
        case Done(side=side, node=name):
            return f"(done {side or 'now'} {name})"
        case Negative(operand=operand):
            return f"(neg {canonical(operand)})"
        case Arithmetic(sign=sign, left=left, right=right):
            return f"({sign} {canonical(left)} {canonical(right)})"
        case Call(function=function, operands=operands, zone=zone):
            place = f"@{zone.key}" if zone is not None else ""
            return f"({function}{place} {' '.join(canonical(operand) for operand in operands)})"
        case Learned(overall=overall, operands=operands, segments=segments):
            inner = [f"{key}={span}" for key, span in sorted(segments, key=repr)]
            return f"(lead {overall} {' '.join([*map(canonical, operands), *inner])})"
        case AllOf(parts=parts):
            return f"(and {' '.join(sorted({canonical(part) for part in parts}))})"
        case AnyOf(parts=parts):
            return f"(or {' '.join(sorted({canonical(part) for part in parts}))})"
        case _:
            return _canonical_leaf(node)


def _canonical_leaf(leaf: Leaf) -> str:
    match leaf:
        case Comparison(sign=sign, left=left, right=right):
            return f"({sign} {canonical(left)} {canonical(right)})"
        case Membership(operand=operand, choices=choices, negated=negated):
            listed = " ".join(sorted(canonical(choice) for choice in choices))
            return f"({'not-in' if negated else 'in'} {canonical(operand)} {listed})"
        case Absence(operand=operand, negated=negated):
            return f"({'present' if negated else 'absent'} {canonical(operand)})"
        case TextTest(function=function, operand=operand, text=text, negated=negated):
            return f"({'not-' if negated else ''}{function} {canonical(operand)} {quoted(text)})"
        case Changed(name=name, negated=negated):
            return f"({'same' if negated else 'changed'} {name})"


def _plain(type_: Type, value: Plain | None) -> str:
    if value is None:
        return "missing"
    if type_ is Type.TIMESTAMP and isinstance(value, int):
        return format_instant(value)
    return quoted(value) if isinstance(value, str) else repr(value)
