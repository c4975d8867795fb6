"""Applying decision tables: the first row whose condition holds on a snapshot decides, and it alone.

What that row leaves out, and everything where no row hits, is the rule's own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.language.evaluation import Situation, holds
from rules.language.truth import truth_tree
from rules.matching.compiled import compile_conditions
from rules.rule import Decision, Rule
from streams.model import Value, Values


def first_hit(rows: Sequence[Decision], values: Mapping[str, Value]) -> int | None:
    """The place of the row that decides on a snapshot; None where no row hits."""
    if not rows:
        return None
    situation = Situation(values=values)
    for place, row in enumerate(rows):
        if row.condition is None or holds(row.condition.condition, situation):
            return place
    return None


def owner_of(rule: Rule, values: Mapping[str, Value]) -> str | None:
    """Who owns incidents of a rule on an entity as it is: as written, it may be a field, team:NAME or a person."""
    hit = first_hit(rule.decisions, values)
    return rule.owner if hit is None else rule.decisions[hit].owner or rule.owner


def chain_of(rule: Rule, values: Mapping[str, Value]) -> str | None:
    """The name of the chain, as written."""
    hit = first_hit(rule.decisions, values)
    return rule.chain if hit is None else rule.decisions[hit].chain or rule.chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an incident can come by: an owner and a chain as written. `row` is None where it is the rule's own."""

    owner: str | None
    chain: str | None
    row: Decision | None = None


def outcomes(rule: Rule) -> Iterator[Outcome]:
    """Of every row, and the rule's own unless a row without a condition takes all that is left."""
    for row in rule.decisions:
        yield Outcome(owner=row.owner or rule.owner, chain=row.chain or rule.chain, row=row)
    if all(row.condition is not None for row in rule.decisions):
        yield Outcome(owner=rule.owner, chain=rule.chain)


def decided_record(rule: Rule, values: Mapping[str, Value]) -> dict[str, Any] | None:
    """Which row decides on a snapshot, why it hits and what it gives, as plain JSON; None for a rule without a table.

    Rows count from 1; where none hits there is no row, and where it takes all that is left no truth.
    """
    if not rule.decisions:
        return None
    hit = first_hit(rule.decisions, values)
    row = None if hit is None else rule.decisions[hit]
    condition = None if row is None else row.condition
    return {
        "row": None if hit is None else hit + 1,
        "rows": len(rule.decisions),
        "truth": None if condition is None else truth_tree(condition, values).to_json(),
        "severity": None if row is None or row.severity is None else row.severity.word,
        "owner": None if row is None else row.owner,
        "chain": None if row is None else row.chain,
    }


def decides_severity(rows: Sequence[Decision]) -> bool:
    return any(row.severity is not None for row in rows)


def compile_severity(rule: Rule) -> Callable[[Values], int] | None:
    """The severity that a rule's table gives on a snapshot; None where the table names none."""
    if not decides_severity(rule.decisions):
        return None
    own = int(rule.stages[0].severity)
    given = [own if row.severity is None else int(row.severity) for row in rule.decisions]
    match = compile_conditions([row.condition for row in rule.decisions])  # a row without a condition: never
    always = sum(1 << place for place, row in enumerate(rule.decisions) if row.condition is None)

    def severity(values: Values) -> int:
        hits = match(values) | always
        return given[(hits & -hits).bit_length() - 1] if hits else own

    return severity
