"""The reference matcher: all conditions of a kind as one generated Python function.

What a condition joins by `and` is taken apart. Parts about one operand and literals are tabulated (cells.py), so
that an operand costs one look-up for all rules together; what is left (operand with operand, texts, `or` across
operands) is asked only while a rule needs it. The generated source holds numbered names alone: names, literals and
functions stand in its namespace, and nothing of an author's text is executed.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, cast

from rules.language.evaluation import NOTHING, Situation, holds, never_missing
from rules.language.expression import Expression
from rules.language.functions import SIGNS, VALUES, negative
from rules.language.tree import (
    Absence,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Changed,
    Comparison,
    Condition,
    Constant,
    Done,
    Leaf,
    Learned,
    Lookup,
    Membership,
    Negative,
    Operand,
    Side,
    TextTest,
    Type,
    conjuncts,
    leaves,
    operands_of,
)
from rules.matching.cells import Table, subject, tabulate
from streams.event import Event
from streams.model import Value

Snapshot = Mapping[str, Value]
Facts = Callable[[Snapshot, Snapshot | None, Event | None], tuple[Value | None, ...]]


class Match(Protocol):
    """Bit i of the answer: expression i holds. A pulse needs the snapshot just before the event, and the event."""

    def __call__(self, values: Snapshot, before: Snapshot | None = None, event: Event | None = None) -> int: ...


def compile_conditions(expressions: Sequence[Expression | None]) -> Match:
    """One function for all; None holds never."""
    return cast(Match, _Writer().conditions(grouped(expressions)))


def compile_value(expression: Expression) -> Callable[[Snapshot], Value | None]:
    """The value of a `by` expression on a snapshot; None where missing."""
    return cast(Callable[[Snapshot], Value | None], _Writer().value(expression.operand))


def compile_facts(items: Sequence[Operand | Condition]) -> Facts:
    """The values of operands, and of each condition True, or None where it does not hold."""
    return cast(Facts, _Writer().facts(items))


def grouped(expressions: Sequence[Expression | None]) -> list[tuple[Condition, int]]:
    """Every different condition once, with the bits of those that mean it."""
    groups: dict[str, tuple[Condition, int]] = {}
    for index, expression in enumerate(expressions):
        if expression is not None:
            condition, bits = groups.get(expression.canonical, (expression.condition, 0))
            groups[expression.canonical] = (condition, bits | 1 << index)
    return list(groups.values())


class CompiledMatcher:
    """The generated function as a matcher."""

    def __init__(self, expressions: Sequence[Expression | None]) -> None:
        self.match: Match = compile_conditions(expressions)
        self.shards = 0
        self.fallback_shards = 0

    def close(self) -> None:
        """Nothing is held."""


_NOWHERE: Final = Situation(values={})
_SIMPLE: Final = (Constant, Lookup, Done)
_Parts = dict[Condition, int]


class _Writer:
    """Writes the source of one function, line by line, and what its names stand for."""

    def __init__(self) -> None:
        self._namespace: dict[str, Any] = {"NOTHING": NOTHING, "left": bisect_left, "right": bisect_right}
        self._names: dict[tuple[type, Any], str] = {}
        self._lines: list[str] = []
        self._variables: dict[Operand, str] = {}
        self._getters: set[Side] = set()
        self._temporaries = 0

    # --- whole functions -------------------------------------------------------------------------------------------

    def conditions(self, groups: Iterable[tuple[Condition, int]]) -> Any:
        everything, tabled, loose = _taken_apart(groups)
        tables = {operand: tabulate(parts.items(), everything) for operand, parts in tabled.items()}
        self._line(0, f"mask = {self._name(everything)}")
        for operand in sorted(tables, key=lambda one: _cost(one, tables[one])):
            if isinstance(operand, Lookup):
                self._table(0, operand, tables[operand])
        computed = [operand for operand in tables if not isinstance(operand, Lookup)]
        if computed or loose:
            self._line(0, "if not mask:")
            self._line(1, "return 0")
            self._shared(computed, loose)
        for operand in computed:
            bits = 0
            for needing in tabled[operand].values():
                bits |= needing
            self._load(operand)
            self._line(0, f"if mask & {self._name(bits)}:")
            self._table(1, operand, tables[operand])
        for part, bits in loose.items():
            self._load(*_operands(part))
            self._line(0, f"if mask & {self._name(bits)} and not ({self._condition(part)}):")
            self._line(1, f"mask &= {self._name(everything & ~bits)}")
        self._line(0, "return mask")
        return self._function()

    def value(self, operand: Operand) -> Any:
        self._load(operand)
        self._line(0, f"return {self._operand(operand)}")
        return self._function()

    def facts(self, items: Sequence[Operand | Condition]) -> Any:
        found = []
        for item in items:
            if isinstance(item, Constant | Lookup | Done | Negative | Arithmetic | Call | Learned):
                self._load(item)
                found.append(f"{self._operand(item)},")
            else:
                self._load(*_operands(item))
                found.append(f"True if {self._condition(item)} else None,")
        self._line(0, f"return ({' '.join(found)})")
        return self._function()

    def _function(self) -> Any:
        getters = {
            Side.SNAPSHOT: "get = values.get",
            Side.BEFORE: "earlier = (NOTHING if before is None else before).get",
            Side.EVENT: "told = (NOTHING if event is None else event.data).get",
        }
        head = [text for side, text in getters.items() if side in self._getters]
        body = "\n".join(f"    {line}" for line in [*head, *self._lines])
        source = f"def function(values, before=None, event=None):\n{body}\n"
        exec(compile(source, "<conditions>", "exec"), self._namespace)
        return self._namespace["function"]

    # --- statements ------------------------------------------------------------------------------------------------

    def _line(self, indent: int, text: str) -> None:
        self._lines.append("    " * indent + text)

    def _load(self, *operands: Operand) -> None:
        """Look up all that they read, each once."""
        for operand in operands:
            for lookup in _looked_up(operand):
                if lookup not in self._variables:
                    variable = self._variables[lookup] = f"v{len(self._variables)}"
                    self._line(0, f"{variable} = {self._look_up(lookup)}")

    def _shared(self, computed: Iterable[Operand], loose: Iterable[Condition]) -> None:
        """Compute what occurs more than once, inner ones first."""
        counts: Counter[Operand] = Counter()
        for operand in (*computed, *(one for part in loose for one in _operands(part))):
            counts.update(_computed(operand))
        for operand, count in sorted(counts.items(), key=lambda pair: sum(1 for _ in _computed(pair[0]))):
            if count > 1:
                self._load(operand)
                code = self._operand(operand)
                variable = self._variables[operand] = f"v{len(self._variables)}"
                self._line(0, f"{variable} = {code}")

    def _table(self, indent: int, operand: Operand, table: Table) -> None:
        plain = isinstance(operand, Lookup) and operand.side is Side.SNAPSHOT and not operand.always
        if plain and not table.cuts:
            present = f"{self._name(cast(Lookup, operand).name)} in values"
            self._line(indent, f"mask &= {self._name(table.masks[0])} if {present} else {self._name(table.missing)}")
            return
        self._load(operand)
        value = self._operand(operand)
        if not isinstance(operand, Lookup) and table.ordered:
            self._line(indent, f"value = {value}")
            value = "value"
        self._line(indent, f"mask &= {self._cell(value, table)}")

    def _cell(self, value: str, table: Table) -> str:
        if not table.cuts:
            return f"{self._name(table.missing)} if {value} is None else {self._name(table.masks[0])}"
        if not table.ordered:
            answers = {cut: table.masks[2 * index + 1] for index, cut in enumerate(table.cuts)}
            return f"{self._constant({**answers, None: table.missing})}({value}, {self._name(table.masks[0])})"
        masks = self._constant(table.masks)
        if len(table.cuts) == 1:
            cut = self._name(table.cuts[0])
            cell = f"({value} >= {cut}) + ({value} > {cut})"
        else:
            cuts = self._constant(table.cuts)
            cell = f"left({cuts}, {value}) + right({cuts}, {value})"
        return f"{self._name(table.missing)} if {value} is None else {masks}[{cell}]"

    # --- expressions -----------------------------------------------------------------------------------------------

    def _look_up(self, lookup: Lookup) -> str:
        if lookup.side is Side.EVENT and lookup.name == "type":
            return "None if event is None else event.type"
        if lookup.side is Side.EVENT and lookup.name == "at":
            return "None if event is None else event.occurred_at"
        self._getters.add(lookup.side)
        getter = {Side.SNAPSHOT: "get", Side.BEFORE: "earlier", Side.EVENT: "told"}[lookup.side]
        default = never_missing(lookup)
        last = "" if default is None else f", {self._name(default)}"
        return f"{getter}({self._name(lookup.name)}{last})"

    def _operand(self, operand: Operand) -> str:
        if operand in self._variables:
            return self._variables[operand]
        match operand:
            case Constant(value=value):
                return "None" if value is None else self._name(value)
            case Done(side=side, node=node):
                return f"({self._variables[_node_at(side, node)]} is not None)"
            case Negative(operand=inner):
                return f"{self._name(negative)}({self._operand(inner)})"
            case Arithmetic(sign=sign, left=left, right=right):
                act = self._name(SIGNS[sign, left.type, right.type][1])
                return f"{act}({self._operand(left)}, {self._operand(right)})"
            case Call(function=function, operands=operands, zone=zone):
                arguments = [self._operand(one) for one in operands]
                if zone is not None:
                    arguments.append(self._name(zone))
                return f"{self._name(VALUES[function])}({', '.join(arguments)})"
            case Learned(overall=overall, operands=operands, segments=segments):
                if not segments:
                    return self._name(overall)
                key = "".join(f"{self._operand(one)}, " for one in operands)
                return f"{self._constant(dict(segments))}(({key}), {self._name(overall)})"
        raise KeyError(operand)

    def _condition(self, condition: Condition) -> str:
        match condition:
            case AllOf(parts=parts):
                return f"({' and '.join(self._condition(part) for part in parts)})"
            case AnyOf(parts=parts):
                return f"({' or '.join(self._condition(part) for part in parts)})"
        guards, values = self._present(condition)
        match condition:
            case Absence(negated=negated):
                return f"{values[0]} {'is not' if negated else 'is'} None"
            case Comparison(sign=sign):
                test = f"{values[0]} {sign} {values[1]}"
            case Changed(negated=negated):
                test = f"{values[0]} {'==' if negated else '!='} {values[1]}"
            case Membership(choices=choices, negated=negated):
                among = self._constant(frozenset(choice.value for choice in choices))
                test = f"{values[0]} {'not in' if negated else 'in'} {among}"
            case TextTest(function="startswith", text=text, negated=negated):
                test = f"{'not ' if negated else ''}{values[0]}.startswith({self._name(text)})"
            case TextTest(text=text, negated=negated):
                test = f"{self._name(text)} {'not in' if negated else 'in'} {values[0]}"
        return f"({' and '.join([*guards, test])})"

    def _present(self, leaf: Leaf) -> tuple[list[str], list[str]]:
        """Tests that its operands are present, and the names that they then have."""
        guards: list[str] = []
        values: list[str] = []
        for operand in operands_of(leaf):
            code = self._operand(operand)
            if isinstance(leaf, Absence):
                values.append(code)
                continue
            if not isinstance(operand, _SIMPLE) and operand not in self._variables:
                self._temporaries += 1
                name = f"t{self._temporaries}"
                guards.append(f"({name} := {code}) is not None")
                code = name
            elif not isinstance(operand, Done) and not (isinstance(operand, Constant) and operand.value is not None):
                guards.append(f"{code} is not None")
            values.append(code)
        return guards, values

    def _name(self, value: Any) -> str:
        """The name of a hashable value; equal ones of one type share it."""
        key = (type(value), value)
        if key not in self._names:
            self._names[key] = self._constant(value)
        return self._names[key]

    def _constant(self, value: Any) -> str:
        """A new name; of a dict, that of its `get`."""
        name = f"c{len(self._namespace)}"
        self._namespace[name] = value.get if isinstance(value, dict) else value
        return name


def _taken_apart(groups: Iterable[tuple[Condition, int]]) -> tuple[int, dict[Operand, _Parts], _Parts]:
    """The bits that can hold at all; the parts about one operand and literals, by operand; and all others."""
    everything = 0
    tabled: dict[Operand, _Parts] = {}
    loose: _Parts = {}
    for condition, bits in groups:
        parts = []
        for part in conjuncts(condition):
            if not _constant(part):
                parts.append(part)
            elif not holds(part, _NOWHERE):
                break
        else:
            everything |= bits
            for part in parts:
                operand = subject(part)
                needing = loose if operand is None else tabled.setdefault(operand, {})
                needing[part] = needing.get(part, 0) | bits
    return everything, tabled, loose


def _constant(condition: Condition) -> bool:
    return all(isinstance(one, Constant) for leaf in leaves(condition) for one in operands_of(leaf))


def _operands(condition: Condition) -> Iterator[Operand]:
    for leaf in leaves(condition):
        yield from operands_of(leaf)


def _looked_up(operand: Operand) -> Iterator[Lookup]:
    match operand:
        case Lookup():
            yield operand
        case Done(side=side, node=node):
            yield _node_at(side, node)
        case Negative(operand=inner):
            yield from _looked_up(inner)
        case Arithmetic(left=left, right=right):
            yield from _looked_up(left)
            yield from _looked_up(right)
        case Call(operands=operands) | Learned(operands=operands):
            for one in operands:
                yield from _looked_up(one)


def _computed(operand: Operand) -> Iterator[Operand]:
    """The operand and its parts, as far as they are computed."""
    match operand:
        case Negative(operand=inner):
            inners: tuple[Operand, ...] = (inner,)
        case Arithmetic(left=left, right=right):
            inners = (left, right)
        case Call(operands=operands) | Learned(operands=operands):
            inners = operands
        case _:
            return
    yield operand
    for inner in inners:
        yield from _computed(inner)


def _node_at(side: Side, node: str) -> Lookup:
    return Lookup(side=side, name=f"{node}.at", type=Type.TIMESTAMP)


def _cost(operand: Operand, table: Table) -> int:
    """Cheap look-ups first: presence, then equality, then order."""
    return (1 if table.cuts else 0) + (1 if table.ordered else 0)
