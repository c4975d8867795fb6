"""Why these: a set of incidents of one rule, and what its orders have in common that the others have not."""

from dataclasses import dataclass
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from rules.language.expression import Expression
from rules.rule import Rule
from simulator.backtest.censoring import Period
from simulator.why.items import items_of
from simulator.why.population import population
from simulator.why.searching import Search, search
from streams.instants import Micros
from streams.model import Kind

_LEAST: Final = 5
_LEAST_PART: Final = 0.01  # of the set


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """`age`: at which orders outside the set were looked at; None: all as they were in the end. `of_rule`: fields left
    out, because the rule itself looks at them. `least`: how many orders of the base something must hold for.
    """

    kind: str
    period: Period
    age: Micros | None
    of_rule: tuple[str, ...]
    least: int
    search: Search


def why(
    snapshots: pl.DataFrame,
    openings: pl.DataFrame,
    *,
    kind: Kind,
    zone: ZoneInfo,
    period: Period,
    rule: Rule | None = None,
    where: Expression | None = None,
    depth: int = 2,
    least: int | None = None,
) -> Why:
    """`openings`: key and opened_at of the set (simulator/why/population.py); `where`: of the rule."""
    found = population(snapshots, openings, period, rule, where)
    of_rule = () if rule is None else fields_of(rule, kind)
    enough = max(_LEAST, ceil(_LEAST_PART * int(found.member.sum()))) if least is None else least
    items = items_of(found.states, kind, zone, enough, of_rule)
    return Why(
        kind=kind.name,
        period=period,
        age=found.age,
        of_rule=of_rule,
        least=enough,
        search=search(items, found.member, depth=depth, least=enough),
    )


def fields_of(rule: Rule, kind: Kind) -> tuple[str, ...]:
    """The fields that the rule's condition looks at: that they are as they are is no news."""
    read = {name.removeprefix("event.").removeprefix("before.") for name in rule.condition.fields}
    return tuple(name for name in kind.fields if name in read)
