"""durable-rules as a matcher, behind guards: what it is good at is asked of it, everything else is worked out before.

Each different condition becomes one or more rules ("alternatives") of plain tests, and alternatives are spread over
small rulesets ("shards"). A snapshot becomes one flat typed fact, asserted, answered and retracted before the next:
no joins, no timers, no threads of the library, no stored state. What it would get wrong (arithmetic, two fields
compared, order of texts, members of lists, changes) reaches it as a property that is true or absent. When loaded,
every shard is compared with the compiled reference at the boundaries of its own conditions; one that differs, and
one that ever fails, is matched by the reference instead. The limits were measured with durable-rules 2.0.28.
"""

import json
import logging
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from operator import itemgetter
from typing import Any, Final, cast

import durable_rules_engine as engine

from rules.language.expression import Expression
from rules.language.tree import (
    Absence,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Done,
    Lookup,
    Membership,
    Operand,
    Plain,
    Type,
    conjuncts,
)
from rules.matching.boundaries import boundary_situations
from rules.matching.compiled import Match, Snapshot, compile_conditions, compile_facts, grouped
from streams.event import Event
from streams.model import Value

MOST_RULES: Final = 60  # of one ruleset: it walks them with a stack of 64
MOST_TESTS_OF_A_PROPERTY: Final = 48  # from about 100 on it refuses facts
MOST_TESTS: Final = 400  # with 512 it loops without end
MOST_PROPERTIES: Final = 200  # a fact of more than 255 is refused
_MOST_ALTERNATIVES: Final = 8  # of one condition; beyond, `or` is worked out before
_GREATEST_INTEGER: Final = 1 << 62
_NOT_HANDLED: Final = 1
_ONLY: Final = "1"  # the id of the one fact and of the one state
_FACT: Final = f'{{"id":"{_ONLY}","sid":"{_ONLY}"'

_SIGNS: Final[Mapping[str, str]] = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}

Encoder = Callable[[Any], str]


def _number(value: float) -> str:
    """Always with a point: the library's reader takes 1e+22 for 1 and stumbles over the rest."""
    text = repr(float(value))
    if "e" not in text:
        return text
    mantissa, mark, exponent = text.partition("e")
    return text if "." in mantissa else f"{mantissa}.0{mark}{exponent}"


def _text(value: str) -> str:
    if not value.isascii():
        value.encode()  # what has no UTF-8 (half a surrogate pair) must not reach the library
    return json.dumps(value, ensure_ascii=False)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _integer(value: int) -> str:
    return str(max(-_GREATEST_INTEGER, min(value, _GREATEST_INTEGER)))


_ENCODERS: Final[Mapping[Type, Encoder]] = {
    Type.NUMBER: _number,
    Type.STRING: _text,
    Type.BOOL: _truth,
    Type.TIMESTAMP: _integer,
    Type.DURATION: _integer,
}

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Test:
    """One test of one property, in the library's words; `sign` "" is equality."""

    sign: str
    property: int
    literal: str

    def to_json(self) -> str:
        test = f'{{"p{self.property}":{self.literal}}}'
        return f'{{"{self.sign}":{test}}}' if self.sign else test


@dataclass(slots=True, eq=False)
class _Shard:
    """Rules of one ruleset: the tests of each, and the bits that it stands for."""

    alternatives: list[tuple[tuple[_Test, ...], int]] = field(default_factory=list)
    conditions: list[tuple[Condition, int]] = field(default_factory=list)
    handle: int = 0
    answered: bool = False  # a rule of it has held
    places: Sequence[int] = ()  # of the properties that its rules ask for
    of_it: Callable[[Sequence[str]], Iterable[str]] = tuple  # these, out of all

    @property
    def bits(self) -> int:
        bits = 0
        for _, own in self.conditions:
            bits |= own
        return bits

    def takes(self, alternatives: Sequence[tuple[_Test, ...]]) -> bool:
        tests = [test for tests, _ in self.alternatives for test in tests]
        tests += [test for one in alternatives for test in one]
        counts: dict[int, int] = {}
        for test in tests:
            counts[test.property] = counts.get(test.property, 0) + 1
        return (
            len(self.alternatives) + len(alternatives) <= MOST_RULES
            and len(tests) <= MOST_TESTS
            and len(counts) <= MOST_PROPERTIES
            and max(counts.values()) <= MOST_TESTS_OF_A_PROPERTY
        )


class DurableMatcher:
    """Matches by durable-rules. For one thread; equal facts are answered from memory (`remembered` of them at most)."""

    def __init__(self, expressions: Sequence[Expression | None], *, remembered: int = 4096) -> None:
        groups = grouped(expressions)
        self._expressions = tuple(expressions)
        self._reference = compile_conditions(expressions)
        facts = _Facts()
        self._live = _sharded(groups, facts)
        self._facts = compile_facts(facts.items)
        self._encoders = facts.encoders
        self._memory: dict[tuple[Value | None, ...], int] = {}
        self._remembered = remembered
        self._lost = 0  # bits that the reference answers for
        self._fallback: Match | None = None
        self._closed = False
        self.shards = len(self._live)
        self.fallback_shards = 0
        self._loaded: list[_Shard] = []
        self._finalizer = weakref.finalize(self, _delete, self._loaded)
        for index, shard in enumerate(tuple(self._live)):
            self._load(index, shard, facts)

    def match(self, values: Snapshot, before: Snapshot | None = None, event: Event | None = None) -> int:
        """Bit i of the answer: expression i holds."""
        fact = self._facts(values, before, event)
        mask = self._memory.get(fact)
        if mask is None:
            mask = self._ask(fact, values, before, event)
        return mask if self._fallback is None else mask | self._fallback(values, before, event)

    def close(self) -> None:
        """Delete the rulesets; the matcher cannot be asked any more."""
        self._closed = True
        self._live.clear()
        self._memory.clear()
        self._finalizer()

    def _ask(
        self, fact: tuple[Value | None, ...], values: Snapshot, before: Snapshot | None, event: Event | None
    ) -> int:
        if self._closed:
            raise RuntimeError("the matcher is closed")
        try:
            properties = _encoded(fact, self._encoders)
        except UnicodeEncodeError:
            return self._reference(values, before, event)
        mask = 0
        for shard in tuple(self._live):
            try:
                mask |= _matched(shard, "".join(shard.of_it(properties)))
            except Exception as error:
                self._lose(shard, f"failed: {error}")
                return self._reference(values, before, event)
        if len(self._memory) >= self._remembered:
            self._memory.clear()
        if self._remembered:
            self._memory[fact] = mask
        return mask

    def _load(self, index: int, shard: _Shard, facts: "_Facts") -> None:
        """Make the ruleset, and compare it with the reference before it is relied on."""
        try:
            shard.handle = engine.create_ruleset(f"shard{index}", _definition(shard))
            self._loaded.append(shard)
            differs = self._difference(shard, facts)
        except Exception as error:
            self._lose(shard, f"failed: {error}")
            return
        if differs is not None:
            self._lose(shard, f"differs from the reference on {differs}")

    def _difference(self, shard: _Shard, facts: "_Facts") -> str | None:
        """What a boundary situation of the shard's conditions looks like on which the two differ.

        Of facts and reference only what concerns the shard is worked out: with many rules that is a small part.
        """
        items, encoders = facts.items, facts.encoders
        fact_of = compile_facts([items[place] for place in shard.places])
        own = [encoders[place] for place in shard.places]
        reference = self._reference_of(shard.bits)
        answers: dict[str, int] = {}  # by the fact as it is written: the library is asked once about equal facts
        for condition, _ in shard.conditions:
            for situation in boundary_situations(condition):
                written = "".join(_encoded(fact_of(situation.values, situation.before, situation.event), own))
                if written not in answers:
                    answers[written] = _matched(shard, written)
                if answers[written] != reference(situation.values, situation.before, situation.event):
                    return f"{dict(situation.values)}"
        return None

    def _reference_of(self, bits: int) -> Match:
        return compile_conditions([one if bits >> bit & 1 else None for bit, one in enumerate(self._expressions)])

    def _lose(self, shard: _Shard, why: str) -> None:
        """From now on the reference answers for this shard."""
        self._live.remove(shard)
        self._memory.clear()
        self.fallback_shards += 1
        self._lost |= shard.bits
        self._fallback = self._reference_of(self._lost)
        _log.warning("a durable-rules shard of %d conditions %s; the reference matches it", len(shard.conditions), why)
        if shard in self._loaded:
            self._loaded.remove(shard)
            engine.delete_ruleset(shard.handle)  # its state is left alone: that may be what is broken


def _encoded(fact: Sequence[Value | None], encoders: Sequence[tuple[str, Encoder]]) -> list[str]:
    """The properties of a fact as members of a JSON object; empty where missing."""
    return ["" if value is None else name + encode(value) for value, (name, encode) in zip(fact, encoders, strict=True)]


def _matched(shard: _Shard, members: str) -> int:
    """Assert the fact, collect the rules that hold, retract it."""
    text = f"{_FACT}{members}}}"
    handle = shard.handle
    code, state = engine.assert_fact(handle, text)
    if code == _NOT_HANDLED:
        return 0
    if code != 0:
        raise RuntimeError(f"assert_fact said {code}")
    mask = 0
    started = engine.start_action_for_state(handle, state)
    action = started[1] if started else None
    shard.answered |= started is not None
    while action:
        # {"r12": {...}}: the rule's number stands in front
        mask |= shard.alternatives[int(action[3 : action.index('"', 3)])][1]
        action = engine.complete_and_start_action(handle, state)
    code, _ = engine.retract_fact(handle, f"{_FACT}}}")  # it goes by the id
    if code != 0:
        raise RuntimeError(f"retract_fact said {code}")
    return mask


def _delete(shards: list[_Shard]) -> None:
    """Give rulesets back, and first the state that each holds: `delete_ruleset` alone would leave 0.7 MB of it behind.

    The library sets a part of the state only when a rule first holds, and must not delete it before.
    """
    while shards:
        shard = shards.pop()
        if shard.answered:
            engine.delete_state(shard.handle, _ONLY)
        engine.delete_ruleset(shard.handle)


def _definition(shard: _Shard) -> str:
    """The ruleset as the library wants it. Written here: its reader knows no numbers such as 1e+22."""
    rules = [
        f'"r{index}":{{"all":[{{"m":{{"$and":[{",".join(test.to_json() for test in tests)}]}}}}]}}'
        for index, (tests, _) in enumerate(shard.alternatives)
    ]
    return f"{{{','.join(rules)}}}"


def _sharded(groups: Iterable[tuple[Condition, int]], facts: "_Facts") -> list[_Shard]:
    shards: list[_Shard] = []
    for condition, bits in groups:
        alternatives = _alternatives(condition, facts)
        if not _Shard().takes(alternatives):  # too much even alone
            alternatives = [(facts.told(condition),)]
        if not shards or not shards[-1].takes(alternatives):
            shards.append(_Shard())
        shards[-1].alternatives.extend((tests, bits) for tests in alternatives)
        shards[-1].conditions.append((condition, bits))
    for shard in shards:
        shard.places = sorted({test.property for tests, _ in shard.alternatives for test in tests})
        shard.of_it = _chosen(shard.places)
    return shards


def _chosen(places: Sequence[int]) -> Callable[[Sequence[str]], Iterable[str]]:
    """As itemgetter, whatever the number of places."""
    return itemgetter(*places) if len(places) > 1 else lambda found: [found[place] for place in places]


class _Facts:
    """The properties of a fact: operands by their value, conditions worked out before as true or absent."""

    def __init__(self) -> None:
        self._slots: dict[Operand | Condition, tuple[int, Type]] = {}

    @property
    def items(self) -> tuple[Operand | Condition, ...]:
        return tuple(self._slots)

    @property
    def encoders(self) -> tuple[tuple[str, Encoder], ...]:
        """Of each property: how it begins as a member of a JSON object, and how its value is written."""
        return tuple((f',"p{slot}":', _ENCODERS[type_]) for slot, type_ in self._slots.values())

    def told(self, condition: Condition) -> _Test:
        """The condition is worked out before; the rule asks for the answer."""
        return _Test("", self._slot(condition, Type.BOOL), "true")

    def present(self, operand: Operand, wanted: bool) -> _Test:
        slot = self._slot(Absence(operand=operand, negated=True), Type.BOOL)
        return _Test("$ex" if wanted else "$nex", slot, "1")

    def compared(self, sign: str, operand: Operand, literal: Plain) -> _Test:
        slot = self._slot(operand, operand.type)
        return _Test(_SIGNS.get(sign, ""), slot, _ENCODERS[operand.type](literal))

    def _slot(self, item: Operand | Condition, type_: Type) -> int:
        return self._slots.setdefault(item, (len(self._slots), type_))[0]


def _alternatives(condition: Condition, facts: _Facts) -> list[tuple[_Test, ...]]:
    """The condition as alternatives of tests that must all hold."""
    found: list[tuple[_Test, ...]] = [()]
    for part in conjuncts(condition):
        choices = _expanded(part, facts)
        if len(found) * len(choices) > _MOST_ALTERNATIVES:
            choices = [(facts.told(part),)]
        found = [(*one, *other) for one, other in product(found, choices)]
    return found


def _expanded(condition: Condition, facts: _Facts) -> list[tuple[_Test, ...]]:
    match condition:
        case AllOf():
            return _alternatives(condition, facts)
        case AnyOf(parts=parts):
            return [tests for part in parts for tests in _expanded(part, facts)]
        case Comparison(left=Done(side=side, node=node), sign="==", right=Constant(value=wanted)):
            moment = Lookup(side=side, name=f"{node}.at", type=Type.TIMESTAMP)
            return [(facts.present(moment, bool(wanted)),)]
        case Absence(operand=operand, negated=negated) if not isinstance(operand, Constant | Done):
            return [(facts.present(operand, negated),)]
        case Comparison(sign=sign, left=left, right=Constant(value=literal)) if _plain(sign, left, literal):
            return [(facts.compared(sign, left, cast(Plain, literal)),)]
        case Membership(operand=operand, choices=choices, negated=negated) if _listed(operand, choices):
            literals = [cast(Plain, choice.value) for choice in choices]
            if negated:
                return [tuple(facts.compared("!=", operand, literal) for literal in literals)]
            return [(facts.compared("==", operand, literal),) for literal in literals]
        case _:
            return [(facts.told(condition),)]


def _plain(sign: str, operand: Operand, literal: Plain | None) -> bool:
    """Whether the library compares such an operand with such a literal as we do."""
    if literal is None or isinstance(operand, Constant | Done):
        return False
    match operand.type:
        case Type.NUMBER:
            return True
        case Type.TIMESTAMP | Type.DURATION:
            return abs(cast(int, literal)) < _GREATEST_INTEGER
        case Type.BOOL:
            return sign == "=="
        case Type.STRING:  # their order would be that of their escaped bytes
            return sign in ("==", "!=")
        case Type.LIST:
            return False


def _listed(operand: Operand, choices: Sequence[Constant]) -> bool:
    return len(choices) <= _MOST_ALTERNATIVES and all(_plain("==", operand, choice.value) for choice in choices)
