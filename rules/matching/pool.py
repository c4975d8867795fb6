"""Matchers that outlive a change of rules: where the conditions of a kind are the same, so is their matcher."""

from collections.abc import Iterable, Sequence

from rules.language.expression import Expression
from rules.matching.matcher import MATCHERS, Matcher, MatcherName

_Key = tuple[MatcherName, tuple[object, ...]]


class MatcherPool:
    """Makes matchers, and gives back the one it has where it is asked for the same conditions again."""

    def __init__(self) -> None:
        self._made: dict[_Key, Matcher] = {}

    def make(self, name: MatcherName, expressions: Sequence[Expression | None]) -> Matcher:
        key = (name, tuple(None if expression is None else expression.root for expression in expressions))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = MATCHERS[name](expressions)
        return found

    def keep(self, used: Iterable[Matcher]) -> None:
        """Close all others."""
        wanted = {id(matcher) for matcher in used}
        for key, matcher in list(self._made.items()):
            if id(matcher) not in wanted:
                del self._made[key]
                matcher.close()
