"""Expressions of the rule language: parsed with `ast`, typed against the model, normalised; nothing is executed."""

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, cast

from rules.errors import Place, Problem, Problems
from rules.language.reading import Reader
from rules.language.scope import Scope
from rules.language.syntax import MOST_DEPTH, Source, complain, depth
from rules.language.tree import (
    Absence,
    AllOf,
    AnyOf,
    Changed,
    Comparison,
    Condition,
    Constant,
    Done,
    Lookup,
    Membership,
    Operand,
    Side,
    TextTest,
    Type,
    both,
    canonical,
    leaves,
    lookups,
    operands_of,
    say,
)

__all__ = ["Expression", "Scope", "Type", "conjunction", "done", "not_closed", "not_done", "parse", "parse_operand"]

Locate = Callable[[int], Place]

BUILT_IN: Final = Place(file="(built in)", line=1, column=1)


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A condition (`type` BOOL, `root` a condition) or a value (`root` an operand), ready to be matched."""

    text: str
    place: Place
    type: Type
    root: Condition | Operand

    @cached_property
    def fields(self) -> frozenset[str]:
        """What it reads: names of a snapshot ("amount", "paid.at"); others begin with "before." or "event."."""
        return frozenset(say(lookup) for lookup in lookups(self.root))

    @cached_property
    def pulse(self) -> bool:
        """Whether it looks at single events: it uses event, before or changed."""
        if any(lookup.side is not Side.SNAPSHOT for lookup in lookups(self.root)):
            return True
        return self.type is Type.BOOL and any(isinstance(leaf, Changed) for leaf in leaves(self.condition))

    @cached_property
    def canonical(self) -> str:
        """The meaning as text, for versions: equal for expressions that differ in writing only."""
        return canonical(self.root)

    @cached_property
    def texts(self) -> Mapping[int, str]:
        """What each part of a condition says, by its id(): explanations are made too often to write it every time."""
        return {id(part): say(part) for part in _within(self.root)}

    @property
    def condition(self) -> Condition:
        if self.type is not Type.BOOL:
            raise TypeError(f"{self.text!r} is a value, not a condition")
        return cast(Condition, self.root)

    @property
    def operand(self) -> Operand:
        if self.type is Type.BOOL:
            raise TypeError(f"{self.text!r} is a condition, not a value")
        return cast(Operand, self.root)


def parse(text: str, scope: Scope, want: Type, place: Place | Locate) -> tuple[Expression | None, list[Problem]]:
    """Read an expression of type `want`; BOOL is a condition.

    `place` is where the text begins in its file (further lines begin in the same column), or a function from the
    offset of a character in the text to its place. Returns every problem found; no expression where one is an error.
    """
    source, problems = _source(text, place), Problems()
    tree = _tree(source, problems)
    if tree is None:
        return None, problems.found
    reader = Reader(scope=scope, source=source, problems=problems)
    root = reader.condition(tree) if want is Type.BOOL else reader.wanted(tree, want)
    if root is None or problems.has_errors:
        return None, problems.found
    expression = Expression(text=text.strip(), place=source.locate(0), type=want, root=root)
    return expression, problems.found


def parse_operand(text: str, scope: Scope, place: Place | Locate) -> tuple[Operand | None, list[Problem]]:
    """Read a value of whatever type."""
    source, problems = _source(text, place), Problems()
    tree = _tree(source, problems)
    operand = None if tree is None else Reader(scope=scope, source=source, problems=problems).operand(tree)
    return operand, problems.found


def _source(text: str, place: Place | Locate) -> Source:
    return Source(text=text, locate=place if callable(place) else _from(text, place))


def conjunction(*expressions: Expression) -> Expression:
    """All of them at once: one condition."""
    if len(expressions) == 1:
        return expressions[0]
    root = both(*(expression.condition for expression in expressions))
    return Expression(text=say(root), place=expressions[0].place, type=Type.BOOL, root=root)


def _within(root: Condition | Operand) -> Iterator[Condition | Operand]:
    yield root
    if isinstance(root, AllOf | AnyOf):
        for part in root.parts:
            yield from _within(part)
    elif isinstance(root, Comparison | Membership | Absence | TextTest):
        yield from operands_of(root)


def done(node: str) -> Expression:
    return _flag(Done(side=Side.SNAPSHOT, node=node), holds=True)


def not_done(node: str) -> Expression:
    return _flag(Done(side=Side.SNAPSHOT, node=node), holds=False)


def not_closed() -> Expression:
    return _flag(Lookup(side=Side.SNAPSHOT, name="closed", type=Type.BOOL, always=True), holds=False)


def _flag(operand: Done | Lookup, *, holds: bool) -> Expression:
    root = Comparison(sign="==", left=operand, right=Constant(type=Type.BOOL, value=holds, text=str(holds)))
    return Expression(text=say(root), place=BUILT_IN, type=Type.BOOL, root=root)


def _from(text: str, place: Place) -> Locate:
    def locate(offset: int) -> Place:
        before = text[:offset]
        line_start = max(before.rfind("\n"), before.rfind("\r")) + 1
        line = place.line + before.replace("\r\n", "\n").replace("\r", "\n").count("\n")
        return Place(file=place.file, line=line, column=place.column + offset - line_start)

    return locate


@lru_cache(maxsize=1024)  # the cells of decision tables are the same few many times over
def _parsed(text: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as for "\d" in a text: it is the author's text, not our code
        root = ast.parse(text, mode="eval").body
    for node in ast.walk(root) if "\\" in text else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value.encode()  # half a character such as "\ud800" is a ValueError: nothing can show or store it
    return root


def _tree(source: Source, problems: Problems) -> ast.expr | None:
    """Python's tree of the text, with the positions of `source.wrapped`; None where it is no expression at all."""
    try:
        root = _parsed(source.wrapped)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        complain(source, error, problems)
        return None
    if root.lineno == 1 and isinstance(root, ast.Tuple) and not root.elts:
        zh, en = "表达式为空；请写出条件", "the expression is empty; write one"
        problems.error(source.locate(0), "empty_expression", zh=zh, en=en)
        return None
    if root.lineno == 1 and not isinstance(root, ast.Tuple | ast.GeneratorExp):
        complain(source, None, problems)  # brackets closed and opened again: only our own pair made it parse
        return None
    # A level takes a character at least, but for the last two: a name and how it is used.
    if len(source.text) > MOST_DEPTH - 2 and depth(root) > MOST_DEPTH:
        problems.error(
            source.locate(0),
            "too_deep",
            zh=f"表达式嵌套过深（超过 {MOST_DEPTH} 层）；请拆成几条规则",
            en=f"nested deeper than {MOST_DEPTH} levels; split it into several rules",
        )
        return None
    return root
