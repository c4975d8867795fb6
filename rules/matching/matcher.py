"""Who says which conditions hold: durable-rules behind its guards, or the compiled reference."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, Protocol

from rules.language.expression import Expression
from rules.matching.compiled import CompiledMatcher, Match
from rules.matching.durable import DurableMatcher

MatcherName = Literal["durable", "compiled"]
Make = Callable[[Sequence[Expression | None]], "Matcher"]


class Matcher(Protocol):
    """Matches all conditions of a kind at once.

    `shards` rulesets were made of the conditions, `fallback_shards` of them are matched by the reference instead.
    """

    shards: int
    fallback_shards: int

    @property
    def match(self) -> Match:
        """`match(values, before, event)`: bit i of the answer is set where expression i holds."""

    def close(self) -> None:
        """Give back what it holds; not to be matched with again."""


MATCHERS: Final[Mapping[MatcherName, Make]] = {
    "durable": DurableMatcher,
    "compiled": CompiledMatcher,
}


def make_matcher(by: MatcherName | Make, expressions: Sequence[Expression | None]) -> Matcher:
    """A matcher of these conditions; None holds never. `by` is who makes it: a kind of matcher, or a pool of them."""
    return (MATCHERS[by] if isinstance(by, str) else by)(expressions)
